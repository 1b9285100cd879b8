"""Cars that come back, and cars that come for the first time, as it should be."""

from datetime import timedelta

import pytest

from tests.bench.returns import NEW_FIGURES, NEW_VIN, STAFF, Returns
from tests.bench.tower_bench import TowerBench
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.pickup import VisitState
from vendtower.ports.journal import Change


@pytest.fixture
def returns(bench: TowerBench) -> Returns:
    return Returns(bench)


async def test_a_scale_that_shows_nothing_at_the_hand_over_is_not_what_the_car_weighs(
    bench: TowerBench, returns: Returns
) -> None:
    """By that figure the car would never be stored again."""
    tower, journal = bench.world.tower, bench.tower.book.journal
    commit = journal.commit

    async def tapped(change: Change) -> None:
        await commit(change)
        if any(visit.state is VisitState.PRESENTED for visit in change.visits):
            tower.act(lambda: tower.sensors.override("bay1.weight_kg", 0))
            await bench.until(
                lambda: (m := bench.tower.machine()) is not None and m.bays[1].weight_kg == 0
            )

    journal.commit = tapped  # type: ignore[method-assign]  # the wire to the disk is tapped
    customer = await returns.car_is_out(0)
    assert bench.tower.book.loans[customer.vin].scale_kg is None
    tower.act(tower.sensors.heal)
    await returns.announce(customer)
    await returns.park(customer.vin, offset_mm=0)
    await returns.confirm()
    await bench.home(customer)


@pytest.mark.both_wires
async def test_the_pick_ups_code_brings_the_car_back(bench: TowerBench, returns: Returns) -> None:
    due = bench.utc() + timedelta(days=3)
    customer = await returns.car_is_out(0, language="fr", returns_by=due)
    assert bench.tower.book.reservations == {}
    loan = bench.tower.book.loans[customer.vin]
    assert (loan.reservation_id, loan.returns_by) == (customer.reservation_id, due)
    assert loan.scale_kg == bench.car(0).weight_kg

    await returns.announce(customer)
    await returns.drive_in(customer.vin)
    kiosk = await bench.phase(1, "leave_bay")
    assert kiosk["language"] == "fr"
    await returns.leave()
    await returns.confirm()
    await bench.phase(1, "storing")
    await bench.phase(1, "returned")
    await bench.phase(1, "free")

    await bench.home(customer)
    assert bench.executed() == 2
    assert bench.tower.book.loans == {}
    assert (await bench.tower.book.journal.load()).loans == ()
    told = await bench.event("car.returned")
    assert told["vin"] == customer.vin
    assert told["reservation_id"] == customer.reservation_id
    assert told["late"] is False
    assert told["measurement"]["weight_kg"] == bench.car(0).weight_kg
    assert told["slot"] == bench.world.tower.where_is(customer.vin).number  # type: ignore[union-attr]  # it is in a slot
    assert any("person at kiosk 1" in line for line in told["evidence"])
    assert any("scale at" in line for line in told["evidence"])
    assert await bench.open_cases() == []
    (listed,) = (await bench.read("/api/dropoffs") or {})["dropoffs"]
    assert (listed["state"], listed["ended"]) == ("stored", True)


@pytest.mark.both_wires
async def test_a_car_comes_back_late_by_its_plate(bench: TowerBench, returns: Returns) -> None:
    due = bench.utc() - timedelta(minutes=1)
    customer = await returns.car_is_out(1, returns_by=due)
    said = await returns.admit(bench.car(1).plate, by=STAFF)
    assert said["done"], said
    await returns.park(customer.vin)
    await returns.confirm()
    await returns.state(customer.vin, DropoffState.STORED)
    told = await bench.event("car.returned")
    assert (told["late"], told["announced_by"]) == (True, STAFF)


@pytest.mark.both_wires
async def test_staff_bring_a_new_car(bench: TowerBench, returns: Returns) -> None:
    said = await returns.admit(NEW_VIN, 2, by=STAFF, vehicle=NEW_FIGURES)
    assert said["done"], said
    await returns.park(NEW_VIN, 2, length_mm=4620)
    await returns.confirm(2)
    await returns.state(NEW_VIN, DropoffState.STORED)
    line = bench.tower.book.line(NEW_VIN)
    assert line.vehicle.length_mm == 4620, "the measured figures count"
    assert str(line.where).startswith("slot")
    assert (await bench.event("car.taken_in"))["announced_by"] == STAFF


async def test_a_returned_car_is_collected_again(bench: TowerBench, returns: Returns) -> None:
    first = await returns.car_is_out(0)
    await returns.announce(first)
    await returns.park(first.vin)
    await returns.confirm()
    await returns.state(first.vin, DropoffState.STORED)
    await bench.phase(1, "free")
    again = await bench.book(0)
    await bench.collect(again)
    assert bench.tower.book.loans[first.vin].reservation_id == again.reservation_id


async def test_the_old_code_means_nothing_once_the_car_is_back(
    bench: TowerBench, returns: Returns
) -> None:
    customer = await returns.car_is_out(0)
    await returns.announce(customer)
    await returns.park(customer.vin)
    await returns.confirm()
    await returns.state(customer.vin, DropoffState.STORED)
    await bench.phase(1, "free")
    await bench.check_in(customer)
    await bench.phase(1, "refused", "code_used")
    assert bench.doors_opened(1) == 2


@pytest.mark.parametrize(
    ("car", "more", "why"),
    [
        ("VTDEMA00000000999", {}, "not in the ledger"),
        ("0", {}, "is in the tower"),
        ("0", {"vehicle": NEW_FIGURES}, "is in the tower"),
        (NEW_VIN, {"vehicle": {**NEW_FIGURES, "length_mm": 9000}}, "exceeds the limits of bay 1"),
        (NEW_VIN, {"vehicle": NEW_FIGURES, "bay": 7}, "bay 7 is not in the site file"),
    ],
)
async def test_staff_cannot_announce_just_anything(
    bench: TowerBench, returns: Returns, car: str, more: dict[str, object], why: str
) -> None:
    name = bench.car(0).vin if car == "0" else car
    said = await returns.admit(name, **{"by": STAFF, **more})  # type: ignore[arg-type]  # bodies as they come
    assert not said["done"]
    assert why in said["reason"]
    assert bench.tower.book.dropoffs == {}
