"""The controller is gone right after each step of a car's way in, and starts again."""

import asyncio
import contextlib

import pytest

from tests.bench.returns import NEW_FIGURES, NEW_VIN, STAFF, Returns
from tests.bench.tower_bench import TowerBench
from vendtower.domain.dropoff import DropoffState
from vendtower.ports.journal import Change

STEPS = [
    "CarAnnounced",
    "DriverAdmitted",
    "EntryOpened",
    "CarParked",
    "CarMeasured",
    "BayCleared",
    "StoringStarted",
    "CarStored",
]


def is_step(name: str) -> str:
    words = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
    return f"com.vendtower.dropoff.{words}.v1"


@pytest.mark.parametrize("step", STEPS)
async def test_power_is_cut_after_a_step(bench: TowerBench, step: str) -> None:
    returns = Returns(bench)
    kind = is_step(step)

    def chosen(change: Change) -> bool:
        return any(event.event_type == kind for event in change.events)

    async def cut(before: str) -> None:
        """Live on through the power cut, if it comes here."""
        if step == before:
            await bench.frozen.wait()
            await bench.restart(0.1)
            await bench.in_service()

    bench.freeze_at(chosen)
    if step == "CarAnnounced":
        await _announced_into_the_dark(bench)
    else:
        said = await returns.admit(NEW_VIN, by=STAFF, vehicle=NEW_FIGURES)
        assert said["done"], said
    await cut("DriverAdmitted")
    await cut("EntryOpened")
    await returns.park(NEW_VIN)
    await cut("CarParked")
    await cut("CarMeasured")
    asked = await bench.phase(1, "confirm_clear")
    assert (await returns.press("confirm", question=asked["question"]))["done"]
    if step == "BayCleared":
        await cut(step)
        lost = await bench.event("dropoff.clearance_lost")
        assert "restarted" in lost["why"]
        assert bench.executed() == 0, "what was confirmed before the restart moves nothing"
        await bench.phase(1, "confirm_clear")
        stale = await returns.press("confirm", question=asked["question"])
        assert not stale["done"], "a screen from before the restart answers nothing"
        assert "look again" in stale["reason"]
        await returns.confirm()
    await cut("StoringStarted")
    if step == "StoringStarted":
        await _stored_or_asked_again(bench, returns)
    await cut("CarStored")
    await returns.state(NEW_VIN, DropoffState.STORED)
    await bench.event("car.taken_in")
    assert len(bench.events("car.taken_in")) == 1
    assert bench.executed() == 1
    assert await bench.open_cases() == []
    await bench.phase(1, "free")


async def _announced_into_the_dark(bench: TowerBench) -> None:
    """The answer to the announcement never comes: the power went when it was on the disk."""
    returns = Returns(bench)
    asking = asyncio.ensure_future(returns.admit(NEW_VIN, by=STAFF, vehicle=NEW_FIGURES))
    await bench.frozen.wait()
    await bench.restart(0.1)
    with contextlib.suppress(Exception):
        await asking
    await bench.in_service()


async def _stored_or_asked_again(bench: TowerBench, returns: Returns) -> None:
    """A job that the PLC never saw is no store: the driver is asked in a new cycle."""
    found = await returns.state(NEW_VIN, DropoffState.MEASURED, DropoffState.STORED)
    if found.state is DropoffState.MEASURED:
        assert bench.executed() == 0
        await returns.confirm()


async def test_power_is_cut_while_a_rejected_car_drives_out(bench: TowerBench) -> None:
    returns = Returns(bench)
    await returns.admit(NEW_VIN, by=STAFF, vehicle=NEW_FIGURES)
    bench.freeze_at(
        lambda change: any(e.event_type == is_step("CarRejected") for e in change.events)
    )
    await returns.park(NEW_VIN, offset_mm=250)
    await bench.frozen.wait()
    await bench.restart(0.1)
    await returns.drive_out_again()
    await returns.state(NEW_VIN, DropoffState.TURNED_AWAY)
    assert bench.executed() == 0


async def test_power_is_cut_while_the_lift_carries_the_car(bench: TowerBench) -> None:
    returns = Returns(bench)
    customer = await returns.car_is_out(0)
    await returns.announce(customer)
    await returns.park(customer.vin)
    await returns.confirm()
    world = bench.world.tower
    await world.until(lambda: world.plant.lifts[1].car is not None)
    await bench.restart(0.05)
    await bench.until(
        lambda: bench.tower.machine() is not None and bench.tower.book.open_job(1) is None
    )
    # The PLC may have stopped for the silent controller: then a person looks and it goes on.
    await bench.settle_movements_until(
        lambda: returns.dropoff(customer.vin).state is DropoffState.STORED
    )
    await bench.event("car.returned")
