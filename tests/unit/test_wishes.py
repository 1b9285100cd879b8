"""What the dispatcher is told about cars that should stand somewhere else."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.alarms.watched_tower import watched
from tests.unit.web.tower_sample import car
from vendtower.domain.delivery import Carriage, CarriageState
from vendtower.domain.identity import IdentityMethod
from vendtower.domain.ledger import Ledger
from vendtower.domain.moves import Situation
from vendtower.domain.pickup import Visit
from vendtower.domain.pickup_events import CarPresented, CustomerArrived
from vendtower.domain.places import Bay, OnLift, Slot
from vendtower.domain.planning import choose
from vendtower.domain.travel_time import LiftPose
from vendtower.flows.verification import verified_now
from vendtower.flows.visit_changes import visit_change
from vendtower.flows.wishes import wishes
from vendtower.ports.journal import Change


async def test_a_car_that_nobody_wants_in_its_bay_grows_older(tmp_path: Path) -> None:
    async with watched(tmp_path / "journal.sqlite") as bench:
        book, line = bench.tower.book, car(1, Bay(1))
        vin, home = line.vehicle.vin, replace(line, where=Slot(3))
        in_bay = Change(ledger=(line,), carriages=(Carriage(vin, CarriageState.IN_BAY),))
        await book.record(lambda: in_bay)
        assert [wish.waiting_s for wish in wishes(bench.tower)] == [0.0]
        bench.clock.now_s += 90
        assert [wish.waiting_s for wish in wishes(bench.tower)] == [90.0]
        await book.record(lambda: Change(ledger=(home,), carriages=(Carriage(vin),)))
        assert wishes(bench.tower) == []
        assert bench.tower.astray_since_s == {}


@pytest.mark.parametrize(
    ("later_s", "told_s"),
    [(42.0, 42.0), (-900.0, 0.0)],
    ids=["same run of the machine", "machine started since, wall clock set back with it"],
)
async def test_the_wait_is_never_nonsense(tmp_path: Path, later_s: float, told_s: float) -> None:
    async with watched(tmp_path / "journal.sqlite") as bench:
        tower, line = bench.tower, car(1, Bay(1))
        tower.book.ledger = Ledger([line])
        visit = Visit("v", "r", line.vehicle.vin)
        arrived = CustomerArrived(1, tower.clock.utc(), bench.clock.now_s, by_code=True)
        verified = verified_now(tower, IdentityMethod.CODE_WITH_STAFF, None, "technician")
        visit = visit.apply(arrived).apply(verified)
        bench.clock.now_s += later_s
        change = visit_change(tower, visit, CarPresented(1))
        assert change.events[0].data["wait_s"] == pytest.approx(told_s)


@pytest.mark.parametrize("taken", [True, False])
async def test_a_car_on_the_lift_makes_way_for_the_one_in_its_customers_bay(
    tmp_path: Path, taken: bool
) -> None:
    """The one in the bay waits for this very lift: neither would ever move."""
    async with watched(tmp_path / "journal.sqlite") as bench:
        tower = bench.tower
        wanted, other = car(1, OnLift(1)), car(2, Bay(1))
        visit = Visit("v", "r", wanted.vehicle.vin)
        arrived = CustomerArrived(1, tower.clock.utc(), bench.clock.now_s, by_code=True)
        verified = verified_now(tower, IdentityMethod.CODE_WITH_STAFF, None, "technician")
        change = Change(
            visits=(visit.apply(arrived).apply(verified),),
            ledger=(wanted, other) if taken else (wanted,),
            carriages=(
                Carriage(wanted.vehicle.vin, CarriageState.ON_LIFT),
                Carriage(other.vehicle.vin, CarriageState.IN_BAY),
            ),
        )
        await tower.book.record(lambda: change)
        found = {wish.vin: wish.destination for wish in wishes(tower)}
        assert found[wanted.vehicle.vin] == (None if taken else Bay(1))
        lift = Situation({1: LiftPose(0.0, 0.0)}, occupied=frozenset({OnLift(1), Bay(1)}))
        move = choose(tower.site, wishes(tower), lift).move if taken else None
        assert not taken or (move is not None and move.vin == wanted.vehicle.vin)
