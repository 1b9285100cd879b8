"""What the PLC does with doors, people, stops, restarts and maintenance. Wants the simulator."""

from __future__ import annotations

import asyncio

import pytest

from firmware_bridge import register_map as rm
from firmware_bridge.job_mailbox import NOWHERE, Place, bay, slot
from firmware_bridge.meanings import (
    BayStatus,
    ControlCommand,
    DoneResult,
    DoorState,
    JobState,
    MachineState,
    PcLink,
    Result,
    UnitMode,
    Verb,
)
from firmware_bridge.meanings import PlaceKind as WirePlaceKind
from firmware_bridge.words import encode_block, numbers_in
from hardware_sim.plc.server import Cut
from tests.contract.plc_bench import PlcBench, Refused


@pytest.fixture
def speed_factor() -> float:
    """A whole fetch in a second; jobs that must be met on their way ask for less speed."""
    return 50.0


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


async def test_a_dropped_link_refuses_connections_until_it_is_mended(bench: PlcBench) -> None:
    tower = bench.tower
    bench.heart_beats = False
    await tower.cut_plc_link(how=Cut.DROP)
    with pytest.raises(Refused):
        await bench.read(0, 4)
    await tower.restore_plc_link()
    assert await bench.read(0, 2) == [rm.MAGIC0, rm.MAGIC1]


async def test_a_plc_that_restarts_in_a_black_hole_is_heard_after_it(bench: PlcBench) -> None:
    tower = bench.tower
    boot_id = (await bench.system())["boot_id"]
    bench.heart_beats = False
    await tower.cut_plc_link()
    await tower.restart_plc()
    await tower.restore_plc_link()
    await bench.reconnect()
    assert (await bench.system())["boot_id"] != boot_id


async def test_a_frozen_plc_shows_a_standing_heartbeat(bench: PlcBench) -> None:
    bench.tower.plc.freeze()
    first = await bench.system()
    await asyncio.sleep(0.1)
    assert (await bench.system())["hb_plc"] == first["hb_plc"]
    bench.tower.plc.freeze(frozen=False)
    assert (await bench.system())["hb_plc"] != first["hb_plc"]


async def test_a_torn_block_shows_unequal_scan_counters(bench: PlcBench) -> None:
    bench.tower.plc.tear(1)
    torn = await bench.block(rm.BAYS)
    assert torn["scan_a"] != torn["scan_b"]
    whole = await bench.block(rm.BAYS)
    assert whole["scan_a"] == whole["scan_b"]


async def test_a_jammed_drive_bars_the_lift_until_its_fault_is_reset(bench: PlcBench) -> None:
    tower = bench.tower
    words = await bench.job(Verb.PARK, NOWHERE, slot(42), speed_permille=100)
    assert await bench.send(words) is Result.ACCEPTED
    await bench.until_lift(lambda v: v["hoist_vel"] != 0)
    hoist = tower.plant.lifts[1].hoist
    tower.act(lambda: hoist.jam(tower.plant.now_s))
    lift = await bench.ended(words[0])
    assert lift["done_result"] == DoneResult.DRIVE_FAULT
    assert lift["state_current"] == MachineState.ABORTED
    assert await bench.send(await bench.job(Verb.HOME)) is Result.FAULTED
    hoist.free()
    reset = await bench.job(Verb.RESET_FAULT, box=0)
    assert await bench.send(reset, box=0) is Result.ACCEPTED
    assert (await bench.run(Verb.HOME))["done_result"] == DoneResult.DONE


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
