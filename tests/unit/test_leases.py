"""Leases: derived from the journal, so that nothing is left over however anything ends."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.two_lifts_site import several_lifts
from tests.unit.journal.records import vehicle
from tests.unit.test_tables import VISIT_EVENTS
from vendtower.adapters.journal_sqlite.codec import from_json, to_json
from vendtower.domain.case import Case, CaseKind
from vendtower.domain.delivery import Carriage, CarriageState
from vendtower.domain.dropoff import DROPOFF_ENDED, Dropoff, DropoffState
from vendtower.domain.job import OPEN_JOB_STATES, Job, JobState, PlcMark, Verb
from vendtower.domain.lease import (
    AtEnd,
    Held,
    Holder,
    Lease,
    LeaseTerms,
    Owner,
    Rank,
    Resource,
    Shaft,
    leases_of,
    lift_resources,
    places_out_of_service,
    taken,
)
from vendtower.domain.ledger import Ledger, LedgerLine
from vendtower.domain.maintenance import MaintenanceSession
from vendtower.domain.modes import OperatingMode
from vendtower.domain.out_of_service import ServiceNote
from vendtower.domain.pickup import ENDED, PICKUP_TABLE, Visit, VisitState
from vendtower.domain.places import Bay, OnLift, Slot

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SITE = several_lifts(2)
SHARED = several_lifts(2, shafts=1)
TERMS, SHARED_TERMS = LeaseTerms.of(SITE), LeaseTerms.of(SHARED)
NOTHING = Held((), (), {}, (), (), (), None, Ledger(), {})
VISIT = Visit("v-1", "R-1", "VIN1", VisitState.AT_KIOSK, bay=2)
JOB = Job(
    7, 1, 3, Verb.FETCH, Slot(9), Bay(2), "VIN1", 1800, 1500, 2.0, 90.0, "v-1", PlcMark(1, 2, 3)
)
CASE = Case(4, CaseKind.MOVEMENT, "where?", (), NOON, "v-1", vin="VIN1", lift=1, bay=2, job_id=7)


def held(**parts: object) -> Held:
    return replace(NOTHING, **parts)  # type: ignore[arg-type]  # fields of Held by name


def who(leases: Iterable[Lease], resource: Resource) -> list[str]:
    """Everybody on the resource, the holder first."""
    return [str(lease.owner) for lease in leases if lease.resource == resource]


def of_visits(*visits: Visit) -> tuple[Lease, ...]:
    """As after a restart: the visits as the journal's file has them, those that have not ended."""
    read = [from_json(Visit, to_json(visit)) for visit in visits]
    return leases_of(TERMS, held(visits=tuple(v for v in read if v.state not in ENDED)))


def ways_of_a_visit() -> Iterator[tuple[list[str], Visit]]:
    """Each way that the table allows from a kiosk, followed until no new state is reached."""
    open_ways: list[tuple[list[str], Visit]] = [([], VISIT)]
    seen = {VISIT.state}
    while open_ways:
        names, visit = open_ways.pop()
        for kind, event in VISIT_EVENTS.items():
            if not PICKUP_TABLE.allows(visit.state, kind):
                continue
            after = visit.apply(event)
            yield [*names, kind.__name__], after
            if after.state not in seen:
                seen.add(after.state)
                open_ways.append(([*names, kind.__name__], after))


WAYS = list(ways_of_a_visit())


@pytest.mark.parametrize(("names", "visit"), WAYS, ids=["-".join(names) for names, _ in WAYS])
def test_a_visit_has_its_bay_as_long_as_somebody_stands_there(
    names: list[str], visit: Visit
) -> None:
    """Refused, left, sent elsewhere, withdrawn, expired, departed, closed by staff: nothing."""
    leases = of_visits(visit)
    over = visit.state in ENDED or visit.state is VisitState.EXPECTED or visit.bay is None
    assert bool(leases) is not over, (names, leases)
    if not over:
        assert who(leases, Bay(visit.bay or 0)) == ["visit v-1"]


def test_the_ways_reach_every_state_and_every_event() -> None:
    assert {visit.state for _, visit in WAYS} == set(VisitState)
    from_kiosk = {name for names, _ in WAYS for name in names}
    assert from_kiosk == {kind.__name__ for kind in VISIT_EVENTS}


DROPOFF = Dropoff("d-1", vehicle("VIN2"), 2, NOON, 1800)


@pytest.mark.parametrize("state", DropoffState)
def test_a_drop_off_has_its_bay_until_it_has_ended(state: DropoffState) -> None:
    leases = leases_of(
        TERMS,
        held(dropoffs=() if state in DROPOFF_ENDED else (replace(DROPOFF, state=state),)),
    )
    assert who(leases, Bay(2)) == ([] if state in DROPOFF_ENDED else ["dropoff d-1"])


@pytest.mark.parametrize("state", JobState)
def test_a_job_has_lift_shaft_and_both_places_until_it_has_ended(state: JobState) -> None:
    """Done, failed, refused, never sent, stopped, unknown: nothing is left."""
    job = from_json(Job, to_json(JOB.become(state)))
    leases = leases_of(TERMS, held(jobs=(job,) if job.state in OPEN_JOB_STATES else ()))
    wanted = {Slot(9), Bay(2), OnLift(1), Shaft(SITE.lift(1).shaft)}
    assert {lease.resource for lease in leases} == (wanted if job.is_open else set())
    assert all((lease.lasts_s, lease.at_end) == (90.0, AtEnd.CASE) for lease in leases)


def test_a_case_has_what_its_job_had_until_it_is_settled() -> None:
    failed = JOB.become(JobState.FAILED)
    leases = leases_of(TERMS, held(cases=(CASE,), case_jobs={7: failed}))
    assert {lease.resource for lease in leases} >= {Slot(9), Bay(2), OnLift(1)}
    assert {lease.at_end for lease in leases} == {AtEnd.PERSON}
    lift_2 = {Slot(50), Bay(4), *lift_resources(SITE, 2)}
    assert taken(leases, lift_2) is None
    shared = leases_of(SHARED_TERMS, held(cases=(CASE,), case_jobs={7: failed}))
    barred = taken(shared, {Slot(50), Bay(4), *lift_resources(SHARED, 2)})
    assert barred is not None
    assert barred.resource == Shaft("S0")
    assert leases_of(TERMS, NOTHING) == ()


@pytest.mark.parametrize(
    ("about", "settled_by"),
    [(CaseKind.IDENTITY, "document"), (CaseKind.HAND_OVER, "bay"), (CaseKind.DROP_OFF, "bay")],
)
def test_what_a_case_holds_depends_on_what_it_asks(about: CaseKind, settled_by: str) -> None:
    case = replace(CASE, kind=about, lift=None, job_id=None)
    if settled_by == "document":
        case = replace(case, bay=None)
    leases = leases_of(TERMS, held(cases=(case,)))
    assert who(leases, Bay(2)) == ([] if settled_by == "document" else ["case 4"])
    assert who(leases, OnLift(1)) == []


NOTE = ServiceNote(Bay(2), "oil", "operator on duty", NOON)
LINE = LedgerLine(vehicle("VIN1"), Bay(2))
MOVING = {"VIN1": Carriage("VIN1", CarriageState.MOVING, job_id=7)}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        # A customer for whom nothing has moved goes elsewhere.
        ({"visits": (VISIT,)}, ["out of service", "visit v-1"]),
        # What has begun is finished: the job first, then who waits for the car.
        (
            {"visits": (VISIT,), "jobs": (JOB,), "carriages": MOVING},
            ["job 7", "visit v-1", "out of service"],
        ),
        (
            {"visits": (VISIT,), "ledger": Ledger([LINE])},
            ["visit v-1", "out of service"],
        ),
        (
            {"visits": (replace(VISIT, state=VisitState.HANDING_OVER),)},
            ["visit v-1", "out of service"],
        ),
        # A driver who was not let in yet is refused; one who was is let out.
        ({"dropoffs": (DROPOFF,)}, ["out of service", "dropoff d-1"]),
        (
            {"dropoffs": (replace(DROPOFF, state=DropoffState.PARKED),)},
            ["dropoff d-1", "out of service"],
        ),
        # A case goes before everything.
        (
            {"cases": (replace(CASE, kind=CaseKind.HAND_OVER, lift=None, job_id=None),)},
            ["case 4", "out of service"],
        ),
    ],
)
def test_a_note_lets_finish_what_has_begun_and_goes_before_what_has_not(
    parts: dict[str, object], expected: list[str]
) -> None:
    leases = leases_of(TERMS, held(notes=(NOTE,), **parts))
    said = [name.replace(" by operator on duty", "") for name in who(leases, Bay(2))]
    assert said == expected
    in_effect = expected[0] == "out of service"
    assert (Bay(2) in places_out_of_service(leases)) is in_effect
    holder, *waiting = [lease for lease in leases if lease.resource == Bay(2)]
    assert holder.behind is None
    assert {lease.behind for lease in waiting} == {holder.owner}


def test_a_note_on_a_lift_lets_it_bring_away_its_car_and_nothing_else() -> None:
    leases = leases_of(TERMS, held(notes=(replace(NOTE, place=OnLift(1)),)))
    assert taken(leases, {Slot(3), Bay(1), *lift_resources(SITE, 1)}) is not None
    away = {OnLift(1), Slot(3), *lift_resources(SITE, 1)}
    assert taken(leases, away, bringing_away=True) is None
    assert taken(leases, {Slot(3), Bay(3), *lift_resources(SITE, 2)}) is None


def test_a_maintenance_session_has_every_lift_and_bay_until_it_is_ended() -> None:
    session = MaintenanceSession(
        3, "technician on duty", "ropes", NOON, NOON + timedelta(hours=1), OperatingMode.AUTOMATIC
    )
    leases = leases_of(TERMS, held(maintenance=session))
    assert {str(lease.resource) for lease in leases} == {
        "lift 1",
        "lift 2",
        "bay 1",
        "bay 2",
        "bay 3",
        "bay 4",
    }
    for lift in (1, 2):
        assert taken(leases, lift_resources(SITE, lift)) is not None
        assert taken(leases, {OnLift(lift)}, bringing_away=True) is not None
    waiting = leases_of(TERMS, held(maintenance=session, visits=(VISIT,)))
    assert who(waiting, Bay(2)) == ["maintenance 3 by technician on duty", "visit v-1"]
    assert leases_of(TERMS, held(maintenance=None)) == ()


def test_a_session_ahead_of_a_note_does_not_lift_it() -> None:
    """Somebody is at the place that they have noted, and another one works at the machine."""
    session = MaintenanceSession(
        3, "technician on duty", "ropes", NOON, NOON + timedelta(hours=1), OperatingMode.AUTOMATIC
    )
    note = replace(NOTE, place=OnLift(1))
    leases = leases_of(TERMS, held(maintenance=session, notes=(note,)))
    assert places_out_of_service(leases) == {OnLift(1)}
    of_others = [each for each in leases if each.owner.kind is not Holder.MAINTENANCE]
    barred = taken(of_others, lift_resources(SITE, 1))
    assert barred is not None
    assert barred.owner.kind is Holder.OUT_OF_SERVICE
    assert taken(of_others, lift_resources(SITE, 2)) is None


def test_a_cleared_car_bars_no_lift_and_a_parked_one_does() -> None:
    wanted = {Bay(2), Slot(3), *lift_resources(SITE, 1)}
    for state, barred in ((DropoffState.CLEARED, False), (DropoffState.PARKED, True)):
        leases = leases_of(TERMS, held(dropoffs=(replace(DROPOFF, state=state),)))
        assert (taken(leases, wanted) is not None) is barred, state


def test_two_jobs_of_one_shaft_are_never_begun() -> None:
    leases = leases_of(SHARED_TERMS, held(jobs=(JOB,)))
    other = taken(leases, {Slot(80), Bay(4), *lift_resources(SHARED, 2)})
    assert other is not None
    assert other.owner == Owner(Holder.JOB, "7")
    assert taken(leases_of(TERMS, held(jobs=(JOB,))), {Slot(80), *lift_resources(SITE, 2)}) is None


def test_every_hold_without_an_end_of_its_own_is_a_persons() -> None:
    every = held(
        visits=tuple(
            replace(VISIT, visit_id=state.value, state=state)
            for state in VisitState
            if state not in ENDED
        ),
        dropoffs=tuple(
            replace(DROPOFF, dropoff_id=state.value, state=state)
            for state in DropoffState
            if state not in DROPOFF_ENDED
        ),
        jobs=(JOB,),
        cases=(CASE,),
        notes=(NOTE, ServiceNote(Slot(1), "rail", "x", NOON, NOON + timedelta(hours=1))),
    )
    for lease in leases_of(TERMS, every):
        endless = lease.lasts_s is None and lease.until_utc is None
        # The job of a car on its way in has the time, and its end is the drop-off's.
        assert endless is (lease.at_end is AtEnd.PERSON), lease
        if lease.at_end is AtEnd.RELEASED:
            assert lease.rank is Rank.ANNOUNCED, lease
