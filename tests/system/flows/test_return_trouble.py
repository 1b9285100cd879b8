"""Everything that can go wrong between a driver at the kiosk and a car in a slot."""

import asyncio

import pytest

from tests.bench.full_disk import full_at_end_of
from tests.bench.returns import NEW_FIGURES, NEW_VIN, STAFF, Returns
from tests.bench.tower_bench import TowerBench
from vendtower.domain.bay_rules import parking_evidence
from vendtower.domain.dropoff import Dropoff, DropoffState
from vendtower.domain.envelope import Misfit
from vendtower.domain.job import Verb
from vendtower.flows import drive_in, dropoff_flow
from vendtower.flows.patience import Patience
from vendtower.flows.tower import Tower
from vendtower.ports.screens import KioskPhase


@pytest.fixture
def returns(bench: TowerBench) -> Returns:
    return Returns(bench)


async def expected(returns: Returns) -> str:
    """Announce a new car at bay 1; its VIN."""
    said = await returns.admit(NEW_VIN, by=STAFF, vehicle=NEW_FIGURES)
    assert said["done"], said
    return NEW_VIN


# --- cars that do not fit


@pytest.mark.parametrize(
    ("wrong", "misfits"),
    [
        ({"length_mm": 5600}, {Misfit.TOO_LONG, Misfit.OTHER_CAR}),
        ({"height_mm": 1580, "weight_kg": 2700}, {Misfit.TOO_HEAVY}),
        ({"offset_mm": -200}, {Misfit.OFF_CENTRE}),
        ({"part_open": True, "width_mm": 2500}, {Misfit.PART_OPEN, Misfit.TOO_WIDE}),
    ],
    ids=["long", "heavy", "off centre", "open and wide"],
)
async def test_a_car_that_does_not_fit_drives_out_again(
    bench: TowerBench, returns: Returns, wrong: dict[str, int], misfits: set[Misfit]
) -> None:
    vin = await expected(returns)
    await returns.park(vin, **wrong)
    kiosk = await bench.phase(1, "drive_out")
    assert set(kiosk["reason"].split(",")) >= {each.value for each in misfits}
    await returns.drive_out_again()
    turned = await returns.state(vin, DropoffState.TURNED_AWAY)
    assert set(turned.misfits) >= misfits
    assert bench.door_shut(1)
    assert vin not in bench.tower.book.ledger, "it has never become one of this tower's cars"
    assert bench.executed() == 0
    rejected = await bench.event("dropoff.car_rejected")
    assert set(rejected["misfits"]) >= {each.value for each in misfits}
    assert rejected["measurement"]["length_mm"] == wrong.get("length_mm", 4600)
    await bench.phase(1, "free")


async def test_a_rejected_return_stays_with_its_customer(
    bench: TowerBench, returns: Returns
) -> None:
    customer = await returns.car_is_out(0)
    await returns.announce(customer)
    await returns.park(customer.vin, offset_mm=300)
    await bench.phase(1, "drive_out", "off_centre")
    await returns.drive_out_again()
    await returns.state(customer.vin, DropoffState.TURNED_AWAY)
    assert str(bench.tower.book.ledger.where(customer.vin)) == "outside"
    await bench.phase(1, "free")
    await returns.announce(customer)
    await returns.park(customer.vin, offset_mm=0)
    await returns.confirm()
    await returns.state(customer.vin, DropoffState.STORED)


async def test_a_full_tower_lets_nobody_in(bench: TowerBench, returns: Returns) -> None:
    world = bench.world.tower
    full = set(bench.world.site.slots) - set(bench.world.cars)
    for slot in full:
        world.act(lambda slot=slot: world.sensors.override(f"slot{slot}.occupied", True))  # type: ignore[misc]  # a lambda with a default
    await bench.until(
        lambda: (machine := bench.tower.machine()) and full <= machine.occupied_slots,
    )
    vin = await expected(returns)
    await bench.phase(1, "refused", "no_room")
    assert (await returns.state(vin, DropoffState.TURNED_AWAY)).reason == "no_room"
    assert bench.doors_opened(1) == 0


async def test_a_bay_that_is_not_proven_empty_stays_shut(
    bench: TowerBench, returns: Returns
) -> None:
    world = bench.world.tower
    world.act(lambda: world.sensors.override("bay1.weight_kg", 90))
    await bench.until(
        lambda: (machine := bench.tower.machine()) and machine.bays[1].weight_kg == 90,
    )
    await expected(returns)
    await bench.phase(1, "preparing_bay")
    await bench.phase(1, "refused", "bay_not_free")
    assert bench.doors_opened(1) == 0


async def test_a_weight_that_the_plc_took_wrongly_is_taken_anew_behind_a_new_door(
    bench: TowerBench, returns: Returns
) -> None:
    """Asking the PLC again would be refused again: it keeps what it has measured."""
    customer = await returns.car_is_out(0)
    await returns.announce(customer)
    await returns.park(customer.vin, offset_mm=0)
    await bench.phase(1, "confirm_clear")
    await the_scale_fails_while_it_measures(bench)
    await returns.confirm()
    case = await bench.case("drop_off")
    assert "did not begin to store the car: load_or_profile" in case["question"]
    before = bench.doors_opened(1)
    await bench.settle(case, "try_again")
    await bench.until(lambda: bench.doors_opened(1) == before + 1)
    await returns.confirm()
    await returns.state(customer.vin, DropoffState.STORED)


async def test_a_scanner_that_saw_nothing_measures_when_it_sees_again(
    bench: TowerBench, returns: Returns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seed 192008587: the PLC took a length of nothing for a measurement, and kept it for good."""
    monkeypatch.setattr(dropoff_flow, "MEASURE_S", 2.0)
    tower = bench.world.tower
    vin = await expected(returns)
    tower.act(lambda: tower.sensors.override("bay1.length_mm", 0))
    await returns.park(vin)
    case = await bench.case("drop_off")
    assert "not measured within 2 s" in case["question"]
    tower.act(lambda: tower.sensors.heal("bay1.length_mm"))
    await bench.settle(case, "try_again")
    await returns.confirm()
    await returns.state(vin, DropoffState.STORED)


async def test_a_door_whose_end_could_not_be_written_holds_nothing_up(
    bench: TowerBench, returns: Returns
) -> None:
    """Seed 680216573: no flow needed another door, so nobody took its job up again."""
    failed = full_at_end_of(bench, Verb.CLOSE_OUTER_DOOR)
    vin = await expected(returns)
    await returns.park(vin)
    await returns.confirm()
    await returns.state(vin, DropoffState.STORED)
    assert not bench.tower.book.jobs[failed[0].job_id].is_open


async def the_scale_fails_while_it_measures(bench: TowerBench) -> None:
    """The PLC holds another weight than the car's, and the scale is well again."""
    tower = bench.world.tower
    plc = tower.core.plc
    assert plc is not None
    bay = plc.machine.bays[1]
    tower.act(lambda: tower.sensors.override("bay1.weight_kg", 90))
    tower.act(bay.measure_again)
    await bench.until(lambda: bay.measurement is not None and bay.measurement.weight_kg == 90)
    tower.act(tower.sensors.heal)
    known_kg = tower.plant.bays[1].car
    assert known_kg is not None
    await bench.until(
        lambda: (
            (m := bench.tower.machine()) is not None and m.bays[1].weight_kg == known_kg.weight_kg
        )
    )


# --- drivers


async def test_nobody_drives_in(
    bench: TowerBench, returns: Returns, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = bench.tower.site.policies.__dict__
    policies["park_timeout_s"] = 600.0
    advance, remind = dropoff_flow.advance, Patience._remind
    reminded: list[KioskPhase] = []

    async def advanced(dropoff: Dropoff, at: Tower) -> Dropoff:
        after = await advance(dropoff, at)
        if after.state is DropoffState.ADMITTED and not after.door_wanted:
            policies["park_timeout_s"] = 1.5  # the driver's time, and not the door's
        return after

    def reminds(patience: Patience) -> None:
        remind(patience)
        if patience.kiosk.reminding:
            reminded.append(patience.kiosk.phase)

    monkeypatch.setattr(dropoff_flow, "advance", advanced)
    monkeypatch.setattr(Patience, "_remind", reminds)
    vin = await expected(returns)
    await returns.state(vin, DropoffState.TURNED_AWAY)
    assert KioskPhase.DRIVE_IN in reminded, "nobody is reminded"
    assert bench.door_shut(1)
    assert await bench.open_cases() == []


async def test_a_driver_who_stays_inside_is_reminded_and_then_staff_come(
    bench: TowerBench, returns: Returns
) -> None:
    bench.tower.site.policies.__dict__["park_timeout_s"] = 2.0
    vin = await expected(returns)
    await returns.drive_in(vin)
    await bench.phase(1, "leave_bay")
    await bench.until(lambda: bench.tower.kiosks[1].reminding, "nobody is reminded")
    await returns.state(vin, DropoffState.REFERRED_TO_STAFF)
    assert bench.door_open(1)
    bench.tower.site.policies.__dict__["park_timeout_s"] = 20.0
    await returns.leave()
    await bench.settled("drop_off", "try_again")
    await returns.confirm()
    await returns.state(vin, DropoffState.STORED)


async def test_a_driver_who_parked_before_anybody_looked_is_not_waited_for(
    bench: TowerBench, returns: Returns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The door is not held open as for a driver who wanted it open once more."""
    monkeypatch.setattr(drive_in, "REOPENED_S", 600.0)
    tower = bench.tower
    tower.site.policies.__dict__["park_timeout_s"] = 600.0
    advance = dropoff_flow.advance
    parked: list[str] = []

    def parking_is_seen() -> bool:
        machine = tower.machine()
        return machine is not None and parking_evidence(machine.bays[1]) is not None

    async def advanced(dropoff: Dropoff, at: Tower) -> Dropoff:
        after = await advance(dropoff, at)
        if after.state is DropoffState.ADMITTED and not after.door_wanted and not parked:
            parked.append(after.vin)
            await returns.park(after.vin)
            await bench.until(parking_is_seen)
            assert bench.door_open(1)
        return after

    monkeypatch.setattr(dropoff_flow, "advance", advanced)
    vin = await expected(returns)
    await bench.phase(1, "confirm_clear")
    assert parked == [vin]
    await returns.confirm()
    await returns.state(vin, DropoffState.STORED)
    assert await bench.open_cases() == []


async def test_a_door_opened_once_more_is_held_for_half_of_the_time_at_most(
    bench: TowerBench, returns: Returns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held longer than the driver's time, the door ended in a case over a car that stood well."""
    monkeypatch.setattr(drive_in, "REOPENED_S", 600.0)
    bench.tower.site.policies.__dict__["park_timeout_s"] = 12.0
    vin = await expected(returns)
    await returns.park(vin)
    await bench.phase(1, "confirm_clear")
    await returns.press("reopen")
    await bench.until(lambda: bench.door_open(1))
    await returns.confirm()
    await returns.state(vin, DropoffState.STORED)
    assert await bench.open_cases() == []


async def test_nobody_confirms(bench: TowerBench, returns: Returns) -> None:
    bench.tower.site.policies.__dict__["park_timeout_s"] = 3.0
    vin = await expected(returns)
    await returns.park(vin)
    await bench.phase(1, "confirm_clear")
    await bench.until(lambda: bench.tower.kiosks[1].reminding, "nobody is reminded")
    await returns.state(vin, DropoffState.REFERRED_TO_STAFF)
    assert bench.executed() == 0
    await bench.phase(1, "referred")
    await bench.settled("drop_off", "try_again")
    await returns.confirm()
    await returns.state(vin, DropoffState.STORED)
    assert bench.executed() == 1


async def test_the_driver_wants_the_door_open_again_and_drives_away(
    bench: TowerBench, returns: Returns
) -> None:
    vin = await expected(returns)
    await returns.park(vin)
    await bench.phase(1, "confirm_clear")
    assert (await returns.press("reopen"))["done"]
    await returns.drive_out_again()
    await returns.state(vin, DropoffState.TURNED_AWAY)
    assert vin not in bench.tower.book.ledger
    assert bench.door_shut(1)
    assert bench.executed() == 0


async def test_the_door_closes_again_over_a_car_that_nobody_came_for(
    bench: TowerBench, returns: Returns
) -> None:
    vin = await expected(returns)
    await returns.park(vin)
    await bench.phase(1, "confirm_clear")
    await returns.press("reopen")
    await bench.until(lambda: bench.door_open(1))
    await returns.confirm()
    await returns.state(vin, DropoffState.STORED)


# --- nobody inside: three unlike witnesses


async def test_somebody_seen_inside_is_let_out(bench: TowerBench, returns: Returns) -> None:
    vin = await expected(returns)
    await returns.park(vin)
    await bench.phase(1, "confirm_clear")
    world = bench.world.tower
    world.act(lambda: world.people.hide_inside(1))
    await bench.until(lambda: bench.door_open(1), "the door does not open for them")
    assert bench.executed() == 0
    await returns.leave()
    await returns.confirm()
    await returns.state(vin, DropoffState.STORED)


async def test_somebody_unseen_in_the_car_shows_on_the_scale(
    bench: TowerBench, returns: Returns
) -> None:
    vin = await expected(returns)
    await returns.park(vin, occupants_kg=70)
    case = await bench.case("drop_off")
    assert "scale shows 1670 kg" in case["question"]
    assert (await returns.press("confirm", question=1))["done"] is False
    assert bench.executed() == 0
    assert (await bench.settle(case, "car_outside"))["done"] is False, "the sensors see a car"


@pytest.mark.parametrize(
    ("sensor", "lie"),
    [
        ("bay1.weight_kg", 1500),
        ("bay1.presence", False),
        ("bay1.person_inside", True),
        ("bay1.curtain_clear", False),
        ("bay1.outer_locked", False),
        ("bay1.inner_locked", False),
    ],
)
async def test_one_sensor_against_the_others_keeps_the_lift_still(
    bench: TowerBench, returns: Returns, sensor: str, lie: int
) -> None:
    vin = await expected(returns)
    await returns.park(vin)
    asked = await bench.phase(1, "confirm_clear")
    # Everything is agreed but for the lift, which is held back.
    bench.tower.faults["test"] = "the lift is held back"
    assert (await returns.press("confirm", question=asked["question"]))["done"]
    await returns.state(vin, DropoffState.CLEARED)
    world = bench.world.tower
    world.act(lambda: world.sensors.override(sensor, lie))
    await bench.event("dropoff.clearance_lost")
    del bench.tower.faults["test"]
    bench.tower.bell.ring()
    old = await returns.press("confirm", question=asked["question"])
    assert old["done"] is False, "an answer to an old question"
    await asyncio.sleep(0.5)
    assert bench.executed() == 0
    assert returns.dropoff(vin).state is not DropoffState.STORING


async def test_a_confirmation_grows_old(bench: TowerBench, returns: Returns) -> None:
    bench.tower.site.policies.__dict__["confirmation_s_max"] = 0.5
    vin = await expected(returns)
    await returns.park(vin)
    bench.tower.faults["test"] = "the lift is held back"
    await returns.confirm()
    lost = await bench.event("dropoff.clearance_lost")
    assert "older than" in lost["why"]
    assert bench.executed() == 0
    del bench.tower.faults["test"]
    bench.tower.site.policies.__dict__["confirmation_s_max"] = 60.0
    await returns.confirm()
    await returns.state(vin, DropoffState.STORED)


async def test_a_weight_that_moves_between_question_and_answer_asks_anew(
    bench: TowerBench, returns: Returns
) -> None:
    vin = await expected(returns)
    await returns.park(vin)
    first = await bench.phase(1, "confirm_clear")
    world = bench.world.tower
    world.act(lambda: world.sensors.override("bay1.weight_kg", 1625))
    await bench.until(lambda: bench.tower.kiosks[1].question > first["question"])
    assert (await returns.press("confirm", question=first["question"]))["done"] is False
    assert bench.executed() == 0
    await returns.confirm()
    cleared = await bench.event("dropoff.bay_cleared")
    assert any("scale at 1625 kg, known 1600 kg" in line for line in cleared["evidence"])


async def test_a_lift_that_fails_with_the_car_in_the_bay_asks_anew(
    bench: TowerBench, returns: Returns
) -> None:
    vin = await expected(returns)
    await returns.park(vin)
    world = bench.world.tower
    world.act(lambda: world.plant.lifts[1].shuttle.jam(world.plant.now_s))
    await returns.confirm()
    case = await bench.case("movement")
    assert returns.dropoff(vin).state is DropoffState.STORING
    world.act(world.plant.lifts[1].shuttle.free)
    await bench.settle(case, "car_in_bay")
    await returns.state(vin, DropoffState.PARKED, DropoffState.MEASURED)
    await returns.confirm()
    await returns.state(vin, DropoffState.STORED)
    assert len(bench.events("dropoff.bay_cleared")) == 2
