"""What the PLC does with cars, doors and people. Wants the simulator's powers over the machine."""

from __future__ import annotations

import asyncio

import pytest

from firmware_bridge import register_map as rm
from firmware_bridge.job_mailbox import NOWHERE, Place, bay, lift, slot
from firmware_bridge.meanings import (
    BayInhibit,
    BayState,
    BayStatus,
    ControlCommand,
    DoneResult,
    DoorState,
    Inhibit,
    JobState,
    LoadState,
    MachineState,
    PcLink,
    Profile,
    Result,
    UnitMode,
    Verb,
)
from firmware_bridge.meanings import PlaceKind as WirePlaceKind
from firmware_bridge.words import encode_block, numbers_in
from hardware_sim.plant.car import Car
from hardware_sim.runner import SimulatedTower
from tests.contract.plc_bench import PlcBench


@pytest.fixture
def speed_factor() -> float:
    """A whole fetch in a second; jobs that must be met on their way ask for less speed."""
    return 50.0


def place_of(tower: SimulatedTower, vin: str) -> tuple[str, int]:
    place = tower.where_is(vin)
    assert place is not None
    return place.kind.value, place.number


async def car_in_bay(bench: PlcBench, number: int, car: Car) -> None:
    """A customer drives in, walks out, the door is closed, the car is measured."""
    tower = bench.tower
    assert await bench.door(Verb.OPEN_OUTER_DOOR, bay(number)) == DoneResult.DONE
    tower.car_drives_in(number, car)
    await tower.until(lambda: bool(tower.events("car entered")))
    tower.person_leaves(number)
    await tower.until(lambda: bool(tower.events("person left")))
    assert await bench.door(Verb.CLOSE_OUTER_DOOR, bay(number)) == DoneResult.DONE
    await bench.until_bay(number, lambda b: b["state"] == BayState.READY)


# --- whole ways of a car


@pytest.mark.slow
async def test_a_car_out_and_another_one_in(bench: PlcBench) -> None:
    tower = bench.tower
    assert (await bench.run(Verb.FETCH, slot(7), bay(1)))["done_result"] == DoneResult.DONE
    assert place_of(tower, "VIN-A") == ("bay", 1)
    assert (await bench.bay(1))["state"] == BayState.READY
    assert 7 not in numbers_in((await bench.block(rm.SLOTS))["occupied"])

    assert await bench.door(Verb.OPEN_OUTER_DOOR, bay(1)) == DoneResult.DONE
    assert (await bench.bay(1))["state"] == BayState.EXIT
    tower.person_enters(1)
    await bench.until_bay(1, lambda b: bool(b["status"] & BayStatus.CURTAIN_CLEAR))
    tower.car_drives_out(1)
    await tower.until(lambda: bool(tower.events("car left")))
    shown = await bench.bay(1)
    assert not shown["status"] & (BayStatus.PRESENCE | BayStatus.PERSON_INSIDE)
    assert shown["weight"] == 0
    assert await bench.door(Verb.CLOSE_OUTER_DOOR, bay(1)) == DoneResult.DONE
    assert (await bench.bay(1))["state"] == BayState.FREE

    await car_in_bay(bench, 2, Car("VIN-C", height_mm=1600, weight_kg=1700))
    shown = await bench.bay(2)
    assert (shown["length"], shown["height"], shown["weight"]) == (4600, 1600, 1700)
    stored = await bench.run(
        Verb.STORE, bay(2), slot(7), expected_weight_kg=1700, expected_height_mm=1600
    )
    assert stored["done_result"] == DoneResult.DONE
    assert (await bench.run(Verb.MOVE, slot(7), slot(8)))["done_result"] == DoneResult.DONE
    assert place_of(tower, "VIN-C") == ("slot", 8)
    assert place_of(tower, "VIN-A") == ("outside", 0)
    assert tower.violations == []


# --- what is refused


@pytest.mark.parametrize(
    ("source", "destination", "expected"),
    [
        (slot(9), bay(1), Result.PLACE_STATE),
        (lift(1), bay(1), Result.PLACE_STATE),
        (slot(7), slot(20), Result.PLACE_STATE),
    ],
)
async def test_empty_sources_and_taken_destinations(
    bench: PlcBench, source: Place, destination: Place, expected: Result
) -> None:
    assert bench.tower
    verb = Verb.FETCH if destination == bay(1) else Verb.MOVE
    assert await bench.send(await bench.job(verb, source, destination)) is expected


async def test_a_taken_bay_and_a_loaded_lift_take_no_further_car(bench: PlcBench) -> None:
    tower = bench.tower
    await bench.run(Verb.FETCH, slot(7), bay(1))
    words = await bench.job(Verb.FETCH, slot(20), bay(1))
    assert await bench.send(words) is Result.PLACE_STATE
    tower.act(lambda: tower.sensors.override("lift1.loaded", True))
    tower.act(lambda: tower.sensors.override("lift1.load_kg", 1500))
    words = await bench.job(Verb.FETCH, slot(20), bay(2))
    assert await bench.send(words) is Result.PLACE_STATE


async def test_nobody_may_be_in_the_bay_concerned(bench: PlcBench) -> None:
    tower = bench.tower
    tower.act(lambda: tower.people.hide_inside(1))
    words = await bench.job(Verb.FETCH, slot(7), bay(1))
    assert await bench.send(words) is Result.INTERLOCK
    assert (await bench.bay(1))["inhibit"] & BayInhibit.PERSON_INSIDE
    assert await bench.send(await bench.job(Verb.FETCH, slot(7), bay(2))) is Result.ACCEPTED


async def test_an_open_outer_door_keeps_the_lift_away(bench: PlcBench) -> None:
    assert bench.tower
    await bench.door(Verb.OPEN_OUTER_DOOR, bay(1))
    words = await bench.job(Verb.FETCH, slot(7), bay(1))
    assert await bench.send(words) is Result.INTERLOCK


async def test_an_open_inner_door_keeps_the_lift_still(bench: PlcBench) -> None:
    assert bench.tower
    await bench.run(Verb.PARK, NOWHERE, bay(1))
    assert await bench.door(Verb.OPEN_INNER_DOOR, bay(1)) == DoneResult.DONE
    words = await bench.job(Verb.OPEN_OUTER_DOOR, NOWHERE, bay(1), box=0)
    assert await bench.send(words, box=0) is Result.INTERLOCK
    assert await bench.send(await bench.job(Verb.PARK)) is Result.INTERLOCK
    assert (await bench.lift())["inhibit"] & Inhibit.DOOR_OPEN
    assert await bench.door(Verb.CLOSE_INNER_DOOR, bay(1)) == DoneResult.DONE
    assert (await bench.run(Verb.PARK))["done_result"] == DoneResult.DONE
    assert bench.tower.violations == []


async def test_the_inner_door_opens_only_onto_a_waiting_lift_with_the_street_shut(
    bench: PlcBench,
) -> None:
    assert bench.tower
    await bench.run(Verb.PARK, NOWHERE, slot(42))
    words = await bench.job(Verb.OPEN_INNER_DOOR, NOWHERE, bay(1), box=0)
    assert await bench.send(words, box=0) is Result.INTERLOCK
    await bench.run(Verb.PARK, NOWHERE, bay(1))
    await bench.door(Verb.OPEN_OUTER_DOOR, bay(1))
    words = await bench.job(Verb.OPEN_INNER_DOOR, NOWHERE, bay(1), box=0)
    assert await bench.send(words, box=0) is Result.INTERLOCK


async def test_no_outer_door_opens_during_a_transfer(bench: PlcBench) -> None:
    assert bench.tower
    words = await bench.job(Verb.FETCH, slot(7), bay(1))
    assert await bench.send(words) is Result.ACCEPTED
    door = await bench.job(Verb.OPEN_OUTER_DOOR, NOWHERE, bay(1), box=0)
    assert await bench.send(door, box=0) is Result.INTERLOCK
    assert (await bench.bay(1))["inhibit"] & BayInhibit.TRANSFER
    await bench.ended(words[0])
    assert await bench.door(Verb.OPEN_OUTER_DOOR, bay(1)) == DoneResult.DONE


async def test_a_car_that_is_not_the_announced_one_is_not_stored(bench: PlcBench) -> None:
    assert bench.tower
    await car_in_bay(bench, 1, Car("VIN-C", height_mm=1600, weight_kg=1700))
    for wrong in ({"expected_weight_kg": 1300}, {"expected_height_mm": 1450}):
        words = await bench.job(Verb.STORE, bay(1), slot(8), **wrong)
        assert await bench.send(words) is Result.MISMATCH


async def test_a_car_that_does_not_fit_is_not_stored_and_may_leave(bench: PlcBench) -> None:
    tower = bench.tower
    await car_in_bay(bench, 1, Car("VIN-C", height_mm=2150, weight_kg=2700))
    shown = await bench.bay(1)
    assert shown["profile"] == Profile.TOO_HIGH | Profile.TOO_HEAVY
    assert await bench.send(await bench.job(Verb.STORE, bay(1), slot(1))) is Result.MISMATCH
    await bench.door(Verb.OPEN_OUTER_DOOR, bay(1))
    assert (await bench.bay(1))["state"] == BayState.EXIT
    tower.person_enters(1)
    tower.car_drives_out(1)
    await tower.until(lambda: bool(tower.events("car left")))
    assert place_of(tower, "VIN-C") == ("outside", 0)


async def test_a_tall_car_fits_a_high_slot_only(bench: PlcBench) -> None:
    assert bench.tower
    await car_in_bay(bench, 1, Car("VIN-C", height_mm=1900))
    assert await bench.send(await bench.job(Verb.STORE, bay(1), slot(8))) is Result.MISMATCH
    assert (await bench.run(Verb.STORE, bay(1), slot(1)))["done_result"] == DoneResult.DONE


async def test_a_car_that_weighs_otherwise_ends_the_fetch_on_the_lift(bench: PlcBench) -> None:
    tower = bench.tower
    ended = await bench.run(Verb.FETCH, slot(7), bay(1), expected_weight_kg=2400)
    assert ended["done_result"] == DoneResult.LOAD_MISMATCH
    assert ended["load_state"] == LoadState.CAR
    assert (await bench.run(Verb.STORE, lift(1), slot(7)))["done_result"] == DoneResult.DONE
    assert place_of(tower, "VIN-A") == ("slot", 7)


async def test_a_slot_sensor_that_lies_ends_the_job_when_nothing_is_gripped(
    bench: PlcBench,
) -> None:
    tower = bench.tower
    tower.act(lambda: tower.sensors.override("slot9.occupied", True))
    ended = await bench.run(Verb.FETCH, slot(9), bay(1))
    assert ended["done_result"] == DoneResult.PLACE_STATE
    assert ended["load_state"] == LoadState.EMPTY
    assert ended["inhibit"] & Inhibit.NOT_HOMED
    assert await bench.send(await bench.job(Verb.PARK)) is Result.INTERLOCK
    assert (await bench.run(Verb.HOME))["done_result"] == DoneResult.DONE
    assert tower.violations == []


# --- doors and people


async def test_the_outer_door_does_not_close_on_anybody(bench: PlcBench) -> None:
    tower = bench.tower
    await bench.door(Verb.OPEN_OUTER_DOOR, bay(1))
    tower.act(lambda: tower.people.person_blocks_curtain(1))
    words = await bench.job(Verb.CLOSE_OUTER_DOOR, NOWHERE, bay(1), box=0)
    assert await bench.send(words, box=0) is Result.INTERLOCK
    tower.act(lambda: tower.people.person_clears_curtain(1))
    tower.person_enters(1)
    await bench.until_bay(1, lambda b: bool(b["status"] & BayStatus.CURTAIN_CLEAR))
    words = await bench.job(Verb.CLOSE_OUTER_DOOR, NOWHERE, bay(1), box=0)
    assert await bench.send(words, box=0) is Result.INTERLOCK


async def test_the_outer_door_opens_again_when_its_curtain_breaks(bench: PlcBench) -> None:
    tower = bench.tower
    await bench.door(Verb.OPEN_OUTER_DOOR, bay(1))
    words = await bench.job(Verb.CLOSE_OUTER_DOOR, NOWHERE, bay(1), box=0)
    assert await bench.send(words, box=0) is Result.ACCEPTED
    await bench.until_bay(1, lambda b: b["outer"] == DoorState.CLOSING)
    tower.act(lambda: tower.people.person_blocks_curtain(1))
    system = await bench.until_system(lambda s: s["aux_done_seq"] == words[0])
    assert system["aux_done_result"] == DoneResult.CURTAIN_BROKEN
    assert (await bench.bay(1))["outer"] == DoorState.OPEN
    assert tower.violations == []


@pytest.mark.slow
async def test_a_stuck_door_is_found_reset_and_ordered_again(bench: PlcBench) -> None:
    tower = bench.tower
    door = tower.plant.bays[1].outer
    words = await bench.job(Verb.OPEN_OUTER_DOOR, NOWHERE, bay(1), box=0)
    assert await bench.send(words, box=0) is Result.ACCEPTED
    tower.act(lambda: door.jam(tower.plant.now_s))
    system = await bench.until_system(lambda s: s["aux_done_seq"] == words[0])
    assert system["aux_done_result"] == DoneResult.DOOR_STUCK
    assert (await bench.bay(1))["outer"] == DoorState.STUCK
    door.free()
    words = await bench.job(Verb.OPEN_OUTER_DOOR, NOWHERE, bay(1), box=0)
    assert await bench.send(words, box=0) is Result.INTERLOCK
    assert await bench.door(Verb.RESET_FAULT, bay(1)) == DoneResult.DONE
    assert await bench.door(Verb.OPEN_OUTER_DOOR, bay(1)) == DoneResult.DONE


@pytest.mark.slow
async def test_somebody_appearing_in_the_bay_stops_the_transfer(bench: PlcBench) -> None:
    tower = bench.tower
    words = await bench.job(Verb.FETCH, slot(7), bay(1), speed_permille=400)
    assert await bench.send(words) is Result.ACCEPTED
    await tower.until(lambda: bool(tower.events("inner door open", "bay 1")))
    await tower.until(lambda: tower.plant.lifts[1].shuttle.moving(tower.plant.now_s))
    tower.act(lambda: tower.people.hide_inside(1))
    ended = await bench.ended(words[0])
    assert ended["done_result"] == DoneResult.PERSON_INSIDE
    assert ended["load_state"] == LoadState.SHIFTED
    # Nothing may go on while the person is there; afterwards the job is continued by a new one.
    again = await bench.job(Verb.FETCH, lift(1), bay(1))
    assert await bench.send(again) is Result.INTERLOCK
    tower.act(lambda: tower.people.found_inside(1))
    ended = await bench.run(Verb.FETCH, lift(1), bay(1))
    assert ended["done_result"] == DoneResult.DONE
    assert place_of(tower, "VIN-A") == ("bay", 1)
    assert tower.violations == []


@pytest.mark.slow
@pytest.mark.parametrize("goal", [Verb.STORE, Verb.FETCH, Verb.HOME])
async def test_a_stop_in_the_middle_of_the_stroke_is_continued_by_a_new_job(
    bench: PlcBench, goal: Verb
) -> None:
    tower = bench.tower
    words = await bench.job(Verb.FETCH, slot(7), bay(1), speed_permille=200)
    assert await bench.send(words) is Result.ACCEPTED
    await tower.until(lambda: bool(tower.events("gripped")))
    await bench.until_lift(lambda v: v["shuttle_vel"] < 0)
    await bench.send(await bench.job(Verb.ABORT))
    ended = await bench.ended(words[0])
    assert ended["load_state"] == LoadState.SHIFTED
    assert 0 < ended["shuttle_pos"] < 5600
    assert place_of(tower, "VIN-A") == ("lift", 1)
    assert await bench.send(await bench.job(Verb.PARK)) is Result.INTERLOCK
    destinations = {Verb.STORE: slot(7), Verb.FETCH: bay(1), Verb.HOME: NOWHERE}
    source = lift(1)
    ended = await bench.run(goal, source, destinations[goal])
    assert ended["done_result"] == DoneResult.DONE
    assert ended["shuttle_pos"] == 0
    expected = {Verb.STORE: ("slot", 7), Verb.FETCH: ("bay", 1), Verb.HOME: ("lift", 1)}
    assert place_of(tower, "VIN-A") == expected[goal]
    assert tower.violations == []


# --- emergency stop, restart, lost link


async def test_the_emergency_stop(bench: PlcBench) -> None:
    tower = bench.tower
    words = await bench.job(Verb.FETCH, slot(20), bay(1), speed_permille=100)
    assert await bench.send(words) is Result.ACCEPTED
    await bench.until_lift(lambda v: v["hoist_vel"] != 0)
    tower.press_estop()
    assert (await bench.ended(words[0]))["done_result"] == DoneResult.EMERGENCY_STOP
    await bench.until_system(lambda s: s["state_current"] == MachineState.ABORTED)
    assert await bench.send(await bench.job(Verb.HOME)) is Result.FAULTED
    await bench.command(ControlCommand.CLEAR)
    await bench.command(ControlCommand.RESET)
    assert (await bench.system())["state_current"] == MachineState.ABORTED
    tower.release_estop()
    await asyncio.sleep(0.1)
    assert (await bench.system())["state_current"] == MachineState.ABORTED
    await bench.make_ready()
    assert (await bench.run(Verb.HOME))["done_result"] == DoneResult.DONE
    assert tower.violations == []


async def test_a_restarted_plc_adopts_a_filled_mailbox_and_never_runs_it(bench: PlcBench) -> None:
    tower = bench.tower
    before = await bench.system()
    words = await bench.job(Verb.FETCH, slot(20), bay(1), speed_permille=100)
    assert await bench.send(words) is Result.ACCEPTED
    executed = (await bench.until_lift(lambda v: v["turn_vel"] != 0))["exec_count"]
    bench.heart_beats = False
    await tower.restart_plc()
    await bench.reconnect()

    system = await bench.system()
    after = await bench.until_lift(lambda v: v["hoist_vel"] == v["turn_vel"] == 0)
    assert system["boot_id"] != before["boot_id"]
    assert system["pc_link"] == PcLink.NEVER
    assert system["state_current"] == MachineState.STOPPED
    assert (after["ack_seq"], after["ack_result"]) == (words[0], Result.STALE_AT_BOOT)
    assert after["ack_job"] == 1000 + words[0]
    assert (after["job_state"], after["done_seq"]) == (JobState.NONE, 0)
    assert after["exec_count"] == executed
    stood = (after["hoist_pos"], after["turn_pos"])

    bench.heart_beats = True
    await bench.until_system(lambda s: s["pc_link"] == PcLink.OK)
    await bench.make_ready()
    await bench.write(rm.MAILBOXES[1].address, words)
    assert await bench.answer(words[0]) is Result.STALE_AT_BOOT
    await asyncio.sleep(0.1)
    after = await bench.lift()
    assert (after["hoist_pos"], after["turn_pos"]) == stood
    assert after["exec_count"] == executed
    assert (await bench.run(Verb.FETCH, slot(20), bay(1)))["done_result"] == DoneResult.DONE


async def test_a_command_found_at_boot_is_not_carried_out(bench: PlcBench) -> None:
    tower = bench.tower
    await bench.command(ControlCommand.STOP)
    await bench.until_system(lambda s: s["state_current"] == MachineState.STOPPED)
    bench.heart_beats = False
    await tower.restart_plc()
    await bench.reconnect()
    bench.heart_beats = True
    await bench.until_system(lambda s: s["pc_link"] == PcLink.OK)
    await asyncio.sleep(0.15)
    assert (await bench.system())["state_current"] == MachineState.IDLE


async def test_a_black_hole_silences_the_pc_and_the_link_comes_back(bench: PlcBench) -> None:
    tower = bench.tower
    words = await bench.job(Verb.FETCH, slot(20), bay(1), speed_permille=50)
    assert await bench.send(words) is Result.ACCEPTED
    await tower.cut_plc_link(0.7)
    await tower.until(lambda: tower.plc.machine.link.state is PcLink.LOST)
    assert (await bench.ended(words[0]))["done_result"] == DoneResult.PC_SILENT
    await bench.make_ready()
    assert (await bench.run(Verb.HOME))["done_result"] == DoneResult.DONE


async def test_a_frozen_plc_shows_a_standing_heartbeat(bench: PlcBench) -> None:
    bench.tower.plc.freeze()
    first = await bench.system()
    await asyncio.sleep(0.1)
    assert (await bench.system())["hb_plc"] == first["hb_plc"]
    bench.tower.plc.freeze(frozen=False)
    assert (await bench.system())["hb_plc"] != first["hb_plc"]


# --- maintenance, charging, alarms


async def write_control(bench: PlcBench, **values: int) -> None:
    bench.heart_beats = False
    bench._beat += 1
    full = {
        "hb_pc": bench._beat,
        "session": bench.session,
        "permit": bench.permit,
        "cntrl_seq": bench._command[1],
        **values,
    }
    await bench.write(rm.CONTROL.address, encode_block(rm.CONTROL, full))


async def test_jogging_wants_key_and_enabling_device_and_stops_with_its_lease(
    bench: PlcBench,
) -> None:
    tower = bench.tower
    jog = {"jog_sel": 16 + 1, "jog_speed": 1000, "mode_req": UnitMode.MAINTENANCE}
    await write_control(bench, jog_lease=1, **jog)
    await asyncio.sleep(0.06)
    assert (await bench.lift())["hoist_vel"] == 0
    assert (await bench.system())["unit_mode"] == UnitMode.PRODUCTION
    tower.plant.key_switch, tower.plant.enabling = 2, True
    lease = 1
    for lease in range(2, 6):
        await write_control(bench, jog_lease=lease, **jog)
        await asyncio.sleep(0.05)
    assert (await bench.lift())["hoist_vel"] > 0
    assert await bench.send(await bench.job(Verb.PARK)) is Result.MODE_OR_PERMIT
    await asyncio.sleep(0.2)
    moved = await bench.until_lift(lambda v: v["hoist_vel"] == 0)
    assert 0 < moved["hoist_pos"] < 9600
    await write_control(bench, jog_lease=lease, **jog)
    await asyncio.sleep(0.06)
    assert (await bench.lift())["hoist_pos"] == moved["hoist_pos"]


async def test_charging_wants_a_car_and_a_permit_and_obeys_the_limit(bench: PlcBench) -> None:
    assert bench.tower
    await bench.run(Verb.MOVE, slot(7), slot(9))
    await write_control(bench, charge_limit=50)
    socket = Place(WirePlaceKind.SOCKET, 3)
    words = await bench.job(Verb.CHARGE, NOWHERE, socket, box=0, arg_a=160)
    assert await bench.send(words, box=0) is Result.ACCEPTED
    charging = await bench.block(rm.SOCKETS)
    assert numbers_in(charging["energised"]) == {3}
    page = await bench.block(rm.SOCKET_PAGE)
    assert (page["s3_state"], page["s3_power"]) == (3, 500)
    bench.permit &= 0xF
    await write_control(bench)
    await asyncio.sleep(0.05)
    assert numbers_in((await bench.block(rm.SOCKETS))["energised"]) == set()


async def test_alarms_come_and_go_in_the_list(bench: PlcBench) -> None:
    tower = bench.tower
    before = (await bench.system())["alarm_last_seq"]
    tower.press_estop()
    system = await bench.until_system(lambda s: s["alarm_active"] == 1)
    assert system["alarm_words"] & 1
    assert system["alarm_last_seq"] == before + 1
    tower.release_estop()
    system = await bench.until_system(lambda s: s["alarm_active"] == 0)
    listed = await bench.block(rm.ALARMS)
    assert listed["count"] >= 2
    assert system["alarm_last_seq"] == listed["first_seq"] + listed["count"] - 1
