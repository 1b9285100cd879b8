"""What goes wrong between the open street door and the empty bay."""

from pathlib import Path

import pytest

from hardware_sim.plant.agenda import TruthEvent
from hardware_sim.plant.door import Door, DoorPosition
from tests.bench.returns import Returns
from tests.bench.tower_bench import STAFF, Customer, TowerBench, tower_bench
from vendtower.domain.bay_rules import departure_evidence
from vendtower.domain.pickup import VisitState
from vendtower.flows import hand_over

pytestmark = pytest.mark.slow


async def presented(bench: TowerBench, number: int = 0) -> Customer:
    """A customer before the open door."""
    customer = await bench.book(number)
    await bench.identify(customer)
    await bench.world.tower.until(lambda: bench.door_open(1))
    return customer


async def test_the_curtain_stays_broken_and_the_door_is_asked_again(bench: TowerBench) -> None:
    customer = await presented(bench)
    tower = bench.world.tower
    await bench.drive_out(customer)
    await tower.until(lambda: bool(tower.events("outer door closing")))
    tower.act(lambda: tower.people.person_blocks_curtain(1))
    await tower.until(lambda: bench.door_open(1))
    assert bench.visit_state(customer) is VisitState.HANDING_OVER
    await bench.until(lambda: len(bench.tower.book.jobs) >= 5, "the door is not asked again")
    tower.act(lambda: tower.people.person_clears_curtain(1))
    await bench.state(customer, VisitState.DEPARTED)
    assert bench.door_shut(1)


async def test_a_late_departure_leaves_the_door_its_own_time(tmp_path: Path) -> None:
    async with tower_bench(tmp_path, bay_clear_timeout_s=1.0) as bench:
        customer = await presented(bench)
        tower = bench.world.tower
        await bench.drive_out(customer)
        tower.act(lambda: tower.people.person_blocks_curtain(1))
        await bench.until(lambda: len(bench.tower.book.jobs) >= 2)
        tower.act(lambda: tower.people.person_clears_curtain(1))
        await bench.state(customer, VisitState.DEPARTED)


async def stranded(bench: TowerBench) -> Customer:
    """A customer whose car does not leave; staff are asked."""
    customer = await presented(bench)
    await bench.phase(1, "referred")
    case = await bench.case("hand_over")
    assert "not clear" in case["question"]
    assert (await bench.event("visit.bay_not_cleared"))["vin"] == customer.vin
    assert bench.door_open(1), "nothing closes while somebody may be in the bay"
    return customer


async def test_the_car_never_leaves_and_staff_end_the_visit(tmp_path: Path) -> None:
    async with tower_bench(tmp_path, bay_clear_timeout_s=0.5) as bench:
        customer = await stranded(bench)
        await bench.settled("hand_over", "re_store")
        await bench.state(customer, VisitState.CLOSED_BY_STAFF)
        asked = await bench.phase(1, "confirm_clear")
        assert asked["wants_name"]
        returns = Returns(bench)
        nameless = await returns.press("confirm", question=asked["question"])
        assert not nameless["done"]
        assert "no name was given" in nameless["reason"]
        assert bench.executed() == 1, "a lift moved without a named person's word"
        await returns.confirm()
        await bench.home(customer)
        put_back = await bench.event("car.put_back")
        assert any(STAFF in line for line in put_back["evidence"]), put_back
        assert bench.tower.book.loans == {}
        assert bench.door_shut(1)
        await bench.collect(await bench.book(4))


async def test_the_car_leaves_late_and_staff_say_so(tmp_path: Path) -> None:
    async with tower_bench(tmp_path, bay_clear_timeout_s=0.5) as bench:
        customer = await stranded(bench)
        said = await bench.settle(await bench.case("hand_over"), "car_outside")
        assert not said["done"]
        assert "do not show it empty" in said["reason"]
        await bench.drive_out(customer)
        await bench.settled("hand_over", "car_outside")
        await bench.state(customer, VisitState.DEPARTED)
        departed = await bench.event("visit.car_departed")
        assert f"seen by {STAFF}" in departed["evidence"]
        await bench.until(lambda: bench.door_shut(1), "the door stays open for ever")
        await bench.collect(await bench.book(4))


async def test_a_person_stays_in_the_bay(tmp_path: Path) -> None:
    async with tower_bench(tmp_path, bay_clear_timeout_s=1.0) as bench:
        customer = await presented(bench)
        tower = bench.world.tower
        tower.person_enters(1)
        tower.person_enters(1)
        await tower.until(lambda: tower.plant.bays[1].curtain_clear)
        tower.car_drives_out(1)
        await tower.until(lambda: tower.plant.bays[1].car is None)
        await bench.state(customer, VisitState.REFERRED_TO_STAFF)
        assert bench.door_open(1)
        case = await bench.case("hand_over")
        assert "the car has left" in case["question"]
        assert "somebody is inside" in case["question"]
        assert not (await bench.settle(case, "car_outside"))["done"]
        tower.person_leaves(1)
        await bench.settled("hand_over", "car_outside")
        await bench.state(customer, VisitState.DEPARTED)
        await bench.until(lambda: bench.door_shut(1))


async def test_one_sensor_says_empty_and_the_other_heavy(tmp_path: Path) -> None:
    async with tower_bench(tmp_path, bay_clear_timeout_s=0.6) as bench:
        customer = await presented(bench)
        tower = bench.world.tower
        tower.act(lambda: tower.sensors.override("bay1.presence", value=False))
        await bench.state(customer, VisitState.REFERRED_TO_STAFF)
        await bench.settled("hand_over", "re_store")
        executed = bench.executed()
        await bench.until(lambda: bench.tower.machine() is not None)
        other = await bench.book(4)
        await bench.collect(other, 2)
        assert bench.door_open(1), "the door closed although the sensors disagree"
        assert bench.executed() == executed + 1, "a lift went to the bay in doubt"
        tower.act(tower.sensors.heal)
        await Returns(bench).confirm()
        await bench.home(customer)
        assert bench.door_shut(1)


def jam_on_the_way(bench: TowerBench, what: str) -> Door:
    """The street door of bay 1 blocks half-way, the next time it sets out."""
    tower = bench.world.tower
    door = tower.plant.bays[1].outer

    def hear(event: TruthEvent) -> None:
        if event.what == what:
            tower.log.listeners.remove(hear)
            # By the plant's own clock: the door is half-way then, however busy this machine is.
            tower.plant.later(door.travel_s / 2, lambda: door.jam(tower.plant.now_s))

    tower.log.listeners.append(hear)
    return door


async def test_the_street_door_sticks_while_opening(bench: TowerBench) -> None:
    """Not asked for minutes: what failed to move goes to a person at once."""
    customer = await bench.book(0)
    door = jam_on_the_way(bench, "outer door opening")
    await bench.identify(customer)
    await bench.state(customer, VisitState.REFERRED_TO_STAFF)
    assert (await bench.event("visit.bay_not_cleared"))["why"] == "the outer door is stuck"
    await bench.phase(1, "referred")
    door.free()
    await bench.settled("hand_over", "re_store")
    await Returns(bench).confirm()
    await bench.home(customer)
    assert door.position(bench.world.tower.plant.now_s) is DoorPosition.CLOSED
    await bench.collect(await bench.book(1))


async def test_the_street_door_sticks_while_closing(bench: TowerBench) -> None:
    customer = await presented(bench)
    door = jam_on_the_way(bench, "outer door closing")
    await bench.drive_out(customer)
    await bench.state(customer, VisitState.REFERRED_TO_STAFF)
    door.free()
    await bench.settled("hand_over", "car_outside")
    await bench.state(customer, VisitState.DEPARTED)
    await bench.until(lambda: bench.door_shut(1), "the mended door stays open")
    await bench.collect(await bench.book(1))


async def test_a_flicker_is_no_departure(
    bench: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hand_over, "EMPTY_FOR_S", 1.0)
    customer = await presented(bench)
    tower = bench.world.tower
    tower.act(lambda: tower.sensors.override("bay1.presence", value=False))
    tower.act(lambda: tower.sensors.override("bay1.weight_kg", 0))
    await bench.until(lambda: departure_evidence(bench.tower.machine().bays[1]))  # type: ignore[union-attr]  # the line is up
    tower.act(tower.sensors.heal)
    await bench.depart(customer)
    assert len(tower.events("outer door closing", "bay 1")) == 1


async def test_staff_found_the_car_outside_before_it_was_handed_over(bench: TowerBench) -> None:
    """The car is in the ledger as gone already; the customer's visit can still be settled."""
    tower = bench.world.tower
    customer = await bench.book(25)
    await bench.identify(customer)
    await tower.until(lambda: tower.plant.lifts[1].car is not None)
    tower.press_estop()
    await bench.case("movement")
    tower.release_estop()
    tower.act(lambda: tower.sensors.override("lift1.loaded", value=False))
    tower.act(lambda: tower.sensors.override("lift1.load_kg", value=0))
    await bench.settled("movement", "car_outside")
    await bench.phase(1, "referred")
    await bench.settled("hand_over", "car_outside")
    await bench.state(customer, VisitState.DEPARTED)
    assert bench.doors_opened(1) == 0
    assert str(bench.tower.book.ledger.where(customer.vin)) == "outside"
