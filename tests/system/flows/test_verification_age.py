"""A customer who was verified long ago: whoever stands there now shows anew who they are.

The car is kept away by a sensor that sees somebody in the bay, and the verification is dated back
in the journal: so nothing here waits for an hour.
"""

import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hardware_sim.keys import pull_open, take_key_out
from tests.bench.bay_equipment import FIRST, equipped_bench, with_cabinets
from tests.bench.returns import Returns
from tests.bench.tower_bench import Customer, TowerBench, tower_bench
from tests.bench.wires import BenchClock
from vendtower.daemon.wiring import JOURNAL_FILE
from vendtower.domain.case import Settlement
from vendtower.domain.identity import IdentityRefusal
from vendtower.domain.pickup import LAPSED, Visit, VisitState
from vendtower.flows import pickup_flow
from vendtower.flows.key_exchange import give_key
from vendtower.flows.tower import Tower
from vendtower.ports.clock import ClockQuality
from vendtower.ports.journal import Change

pytestmark = pytest.mark.slow
HOUR_S = 3600.0


@contextmanager
def held_from(bench: TowerBench, state: VisitState) -> Iterator[None]:
    """From the moment in which a visit comes to this state somebody is seen in bay 1."""
    tower, journal = bench.world.tower, bench.tower.book.journal
    commit = journal.commit

    def seen() -> bool:
        machine = bench.tower.machine()
        return machine is not None and machine.bays[1].person_inside

    async def tapped(change: Change) -> None:
        await commit(change)
        if any(visit.state is state for visit in change.visits):
            tower.act(lambda: tower.sensors.override("bay1.person_inside", value=True))
            await bench.until(seen, "the sensor is not read")

    journal.commit = tapped  # type: ignore[method-assign]  # the wire to the disk is tapped
    try:
        yield
    finally:
        journal.commit = commit  # type: ignore[method-assign]  # as it was
        tower.act(tower.sensors.heal)


@pytest.fixture
async def bench_with_keys(tmp_path: Path) -> AsyncIterator[TowerBench]:
    """A tower with key cabinets, in service."""
    async with equipped_bench(tmp_path, with_cabinets) as bench:
        yield bench


def visit_of(bench: TowerBench, customer: Customer) -> Visit:
    visit = bench.tower.book.visit_of(customer.reservation_id)
    assert visit is not None
    return visit


async def an_hour_passes(bench: TowerBench, customer: Customer, passes_s: float = HOUR_S) -> None:
    """For the verification, and for nothing else."""

    def older() -> Change:
        visit = visit_of(bench, customer)
        assert visit.verified_utc is not None
        assert visit.verified_monotonic_s is not None
        aged = replace(
            visit,
            verified_utc=visit.verified_utc - timedelta(seconds=passes_s),
            verified_monotonic_s=visit.verified_monotonic_s - passes_s,
        )
        return Change(visits=(aged,))

    await bench.tower.book.record(older)


async def waits_for_an_hour(bench: TowerBench, customer: Customer, since: VisitState) -> None:
    """Verified, and the way to the car goes on after an hour only."""
    held = VisitState.AT_KIOSK if since is VisitState.VERIFIED else since
    with held_from(bench, held):
        await bench.check_in(customer)
        bench.people.match(1)
        await bench.state(customer, since)
        await an_hour_passes(bench, customer)
    await bench.event("visit.verification_lapsed")
    await bench.phase(1, "verifying", LAPSED)
    assert bench.doors_opened(1) == 0
    assert visit_of(bench, customer).method is None


LATE = pytest.mark.parametrize("since", [VisitState.VERIFIED, VisitState.PRESENTED])


@LATE
async def test_the_customer_looks_once_more_and_drives_off(
    since: VisitState, bench: TowerBench
) -> None:
    customer = await bench.book(5)
    await waits_for_an_hour(bench, customer, since)
    bench.people.match(1)
    await bench.depart(customer)
    assert len(bench.events("visit.identity_verified")) == 2
    assert len(bench.events("visit.car_presented")) == 1 + (since is VisitState.PRESENTED)


@LATE
async def test_nobody_stands_there_any_more(since: VisitState, bench: TowerBench) -> None:
    customer = await bench.book(5)
    await waits_for_an_hour(bench, customer, since)
    bench.people.fail(1, IdentityRefusal.TIMED_OUT)
    await bench.event("visit.customer_left")
    await bench.home(customer)
    assert bench.doors_opened(1) == 0
    await bench.collect(customer)


@LATE
async def test_the_next_in_the_queue_is_not_served(since: VisitState, bench: TowerBench) -> None:
    customer = await bench.book(5)
    await waits_for_an_hour(bench, customer, since)
    bench.people.differ(1)
    await bench.phase(1, "refused", "different_person")
    await bench.home(customer)
    assert bench.doors_opened(1) == 0


async def test_staff_are_asked_once_more_without_a_face(bench: TowerBench) -> None:
    customer = await bench.book(5, face=False)
    with held_from(bench, VisitState.PRESENTED):
        await bench.check_in(customer)
        await bench.settled("identity", "customer_verified")
        await bench.state(customer, VisitState.PRESENTED)
        await an_hour_passes(bench, customer)
    asked = await bench.case("identity")
    assert "were verified before, too long ago" in asked["question"]
    assert bench.doors_opened(1) == 0
    await bench.settled("identity", "customer_verified")
    await bench.depart(customer)


async def test_the_key_stays_in_its_compartment(tmp_path: Path) -> None:
    async with equipped_bench(tmp_path, with_cabinets) as bench:
        customer = await bench.book(0, key_compartment=FIRST)
        await waits_for_an_hour(bench, customer, VisitState.PRESENTED)
        assert bench.world.boards[1].board.released == []
        bench.people.fail(1, IdentityRefusal.TIMED_OUT)
        await bench.event("key.key_dropped")
        await bench.home(customer)
        await bench.identify(customer)
        await take_key_out(bench.world.boards[1], 0)
        await bench.depart(customer)
        assert bench.world.boards[1].board.released == [0]


async def test_staff_do_not_hand_the_key_to_whoever_has_to_show_anew_who_they_are(
    tmp_path: Path,
) -> None:
    async with equipped_bench(tmp_path, with_cabinets, key_timeout_s=0.3) as bench:
        customer = await bench.book(0, key_compartment=FIRST)
        await bench.identify(customer)
        asked = await bench.case("key")
        assert "hand the key over" in asked["question"]
        await an_hour_passes(bench, customer)
        bench.tower.bell.ring()
        await bench.event("visit.verification_lapsed")
        assert bench.tower.book.cases[asked["case_id"]].settlement is Settlement.NO_LONGER_NEEDED
        bench.people.match(1)
        # Asked anew for the one who is verified now, and not told to give it to anybody before.
        await bench.until(lambda: len(bench.tower.book.open_cases()) == 1)
        await bench.settled("key", "key_moved")
        await bench.depart(customer)


async def test_staff_do_not_hand_the_key_over_while_nothing_is_known_of_the_bay(
    tmp_path: Path,
) -> None:
    """The line to the PLC is away for longer than a verification counts."""
    async with equipped_bench(tmp_path, with_cabinets, key_timeout_s=0.3) as bench:
        customer = await bench.book(0, key_compartment=FIRST)
        await bench.identify(customer)
        asked = await bench.case("key")
        await bench.world.tower.server.stop()
        await bench.until(lambda: bench.tower.machine() is None)
        await an_hour_passes(bench, customer)
        bench.tower.bell.ring()
        await bench.event("visit.verification_lapsed")
        assert bench.tower.book.cases[asked["case_id"]].settlement is Settlement.NO_LONGER_NEEDED
        await bench.world.tower.server.start()
        bench.people.match(1)
        await bench.settled("key", "key_moved")
        await bench.depart(customer)


async def test_a_key_that_somebody_may_have_is_asked_back_from_whoever_has_to_show_who_they_are(
    tmp_path: Path,
) -> None:
    async with equipped_bench(tmp_path, with_cabinets, key_timeout_s=1.0) as bench:
        customer = await bench.book(0, key_compartment=FIRST)
        board = bench.world.boards[1]
        await bench.identify(customer)
        await pull_open(board, 0)
        asked = await bench.case("key")
        board.take_key(0)
        await an_hour_passes(bench, customer)
        bench.tower.bell.ring()
        await bench.event("visit.verification_lapsed")
        assert bench.tower.book.cases[asked["case_id"]].settlement is Settlement.NO_LONGER_NEEDED
        (back,) = bench.tower.book.open_cases()
        assert "has to be verified anew, and its key may be out" in back.question
        bench.people.match(1)
        await bench.phase(1, "key_with_staff")
        assert bench.doors_opened(1) == 0
        board.put_key(0)
        board.close_drawer(0)
        await take_key_out(board, 0)
        await bench.depart(customer)


async def test_a_clock_that_was_wrong_for_a_while_lets_nobody_drive_off_without_the_key(
    bench_with_keys: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended the wait for the key, and was put right in that moment."""
    bench = bench_with_keys
    customer = await bench.book(0, key_compartment=FIRST)
    wrong = True

    async def put_right(visit: Visit, tower: Tower) -> None:
        nonlocal wrong
        await give_key(visit, tower)
        if wrong:
            wrong = False
            await an_hour_passes(bench, customer, -HOUR_S)

    monkeypatch.setattr(pickup_flow, "give_key", put_right)
    await bench.identify(customer)
    await bench.phase(1, "key_take", str(FIRST))
    await an_hour_passes(bench, customer)
    bench.people.match(1)
    bench.tower.bell.ring()
    await bench.event("visit.verification_lapsed")
    await bench.phase(1, "key_take", str(FIRST))
    assert bench.doors_opened(1) == 0
    assert (await Returns(bench).press("compartment"))["done"]
    await take_key_out(bench.world.boards[1], 0)
    await bench.depart(customer)


async def test_who_comes_back_without_the_key_does_not_drive_without_it(tmp_path: Path) -> None:
    """The compartment was open when the customer went: where the key is nobody knows."""
    async with equipped_bench(tmp_path, with_cabinets) as bench:
        customer = await bench.book(0, key_compartment=FIRST)
        await bench.identify(customer)
        await bench.phase(1, "key_take", str(FIRST))
        await pull_open(bench.world.boards[1], 0)
        await an_hour_passes(bench, customer)
        bench.tower.bell.ring()
        await bench.event("visit.verification_lapsed")
        bench.people.fail(1, IdentityRefusal.TIMED_OUT)
        await bench.event("visit.customer_left")
        await bench.home(customer)
        await bench.identify(customer)
        await bench.phase(1, "key_with_staff")
        assert bench.doors_opened(1) == 0
        bench.world.boards[1].close_drawer(0)
        await take_key_out(bench.world.boards[1], 0)
        await bench.depart(customer)


async def test_whoever_waited_in_vain_is_not_said_to_have_stayed_away(bench: TowerBench) -> None:
    customer = await bench.book(5)
    await waits_for_an_hour(bench, customer, VisitState.VERIFIED)
    bench.people.fail(1, IdentityRefusal.TIMED_OUT)
    await bench.event("visit.customer_left")
    assert bench.tower.turned_away_utc is not None


async def test_nobody_works_at_the_machine_while_the_customer_is_verified_anew(
    bench: TowerBench,
) -> None:
    customer = await bench.book(5)
    await waits_for_an_hour(bench, customer, VisitState.PRESENTED)
    body = {"by": "technician on duty", "reason": "planned work", "minutes": 5}
    said = await bench.control("/api/maintenance/begin", body)
    assert not said["done"]
    assert "is at_kiosk at bay 1" in said["reason"]
    bench.people.match(1)
    await bench.depart(customer)


def dated_back(journal: Path, visit_id: str, by_s: float = HOUR_S) -> None:
    """The verification as if the power had been away for an hour."""
    with closing(sqlite3.connect(journal)) as disk, disk:
        (body,) = disk.execute("SELECT body FROM visit WHERE visit_id = ?", (visit_id,)).fetchone()
        kept = json.loads(body)
        kept["verified_monotonic_s"] -= by_s
        disk.execute("UPDATE visit SET body = ? WHERE visit_id = ?", (json.dumps(kept), visit_id))


async def power_goes_before_the_door_opens(bench: TowerBench) -> tuple[Customer, Path, str]:
    """The hand-over is journaled, and then the power is gone; the journal, and whose visit."""
    customer = await bench.book(5)
    bench.freeze_at(lambda change: any(v.state is VisitState.HANDING_OVER for v in change.visits))
    await bench.check_in(customer)
    bench.people.match(1)
    await bench.until(bench.frozen.is_set)
    visit_id = visit_of(bench, customer).visit_id
    journal = Path(bench.tower.site.storage.directory) / JOURNAL_FILE
    await bench.crash()
    return customer, journal, visit_id


async def test_the_power_goes_before_the_door_opens_and_comes_back_late(bench: TowerBench) -> None:
    _, journal, visit_id = await power_goes_before_the_door_opens(bench)
    dated_back(journal, visit_id)
    await bench.start()
    case = await bench.case("hand_over")
    assert "verified too long ago" in case["question"]
    assert bench.doors_opened(1) == 0


@pytest.mark.parametrize("quality", ClockQuality)
async def test_the_computer_was_started_anew_and_its_clock_may_have_stood_still(
    quality: ClockQuality, bench: TowerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was up for an hour before, and shows hardly more now than when the power went."""
    customer, journal, visit_id = await power_goes_before_the_door_opens(bench)
    dated_back(journal, visit_id, -HOUR_S)
    monkeypatch.setattr(BenchClock, "quality", lambda _clock: quality)
    await bench.start()
    if quality is ClockQuality.UNSYNCHRONIZED:
        case = await bench.case("hand_over")
        assert "verified too long ago" in case["question"]
        assert bench.doors_opened(1) == 0
    else:
        await bench.depart(customer)


async def test_the_door_stays_shut_while_nothing_is_known_of_the_bay(tmp_path: Path) -> None:
    """The power went before the door opened, and the PLC comes back after the daemon."""
    async with tower_bench(tmp_path, bay_clear_timeout_s=1.0) as bench:
        customer, journal, visit_id = await power_goes_before_the_door_opens(bench)
        await bench.world.tower.power_off_plc()
        dated_back(journal, visit_id)
        await bench.start()
        await bench.until(
            lambda: bench.visit_state(customer) is VisitState.REFERRED_TO_STAFF,
            "staff are not asked",
        )
        await bench.world.tower.power_on_plc()
        await bench.until(lambda: bench.tower.machine() is not None)
        assert bench.doors_opened(1) == 0
