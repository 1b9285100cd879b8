"""Who has which lift, bay, shaft or slot, and until when: derived, never kept.

There is no list of leases that somebody could forget to strike a line from. Whoever owns one is
in the journal for another reason: an open job, a visit, a drop-off, a case, a maintenance
session, a note that something is out of service. When that ends, however it ends and also across
a restart, the lease is gone.

On each resource one owner holds the lease, and the others wait behind it in this order: a case,
a job, a visit or drop-off with a car or a person in the bay, a maintenance session, a note that
the place is out of service, and at last a visit or drop-off that has only announced itself. So a
note lets finish what has begun, and goes before what has not. A job takes all that it needs in
one transaction or nothing, so that no two of them can wait for each other.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, IntEnum

from vendtower.domain.case import Case
from vendtower.domain.delivery import Carriage, CarriageState
from vendtower.domain.dropoff import HOLDS_BAY, Dropoff, DropoffState
from vendtower.domain.job import Job
from vendtower.domain.ledger import Ledger
from vendtower.domain.maintenance import MaintenanceSession
from vendtower.domain.out_of_service import ServiceNote
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.domain.site import Site
from vendtower.domain.travel_time import order_limit_s

STAFF_WAIT_S = 600.0
"""How long a kiosk waits for staff before the check-in ends; the reservation stays."""
PREPARE_S = 120.0
"""How long a driver waits for the bay to become free: another car may be on its way out of it."""
MEASURE_S = 15.0
"""How long the PLC may take to measure a car behind closed doors."""


_WAITS_FOR_A_LIFT = {DropoffState.EXPECTED, DropoffState.CLEARED}
"""A cleared car waits for the very lift that would be barred, and a driver before the bay for the
one that brings away what stands in it."""
ON_ITS_WAY = frozenset({CarriageState.MOVING, CarriageState.ON_LIFT, CarriageState.HALTED})


@dataclass(frozen=True, order=True)
class Shaft:
    """The way of all lifts that stand in one shaft; one of them moves at a time."""

    name: str

    def __str__(self) -> str:
        return f"shaft {self.name}"


Resource = Place | Shaft


class Holder(Enum):
    """What kind of thing has a lease."""

    CASE = "case"
    JOB = "job"
    VISIT = "visit"
    DROPOFF = "dropoff"
    MAINTENANCE = "maintenance"
    OUT_OF_SERVICE = "out_of_service"


@dataclass(frozen=True)
class Owner:
    """Who has a lease."""

    kind: Holder
    name: str
    """The case's or job's number, the visit's or drop-off's id, or who wrote the note."""

    def __str__(self) -> str:
        return f"{self.kind.value.replace('_', ' ')} {self.name}"


class AtEnd(Enum):
    """What happens when a lease has lasted its time."""

    RELEASED = "released"
    """Nothing physical hangs on it: whoever has it lets go."""
    CASE = "case"
    """Its owner ends in a question to a person, who has the lease from then on."""
    ALARM = "alarm"
    """Somebody is told; the lease stays."""
    PERSON = "person"
    """It has no end of its own: a named person ends it."""


class Rank(IntEnum):
    """Who goes before whom on one resource."""

    CASE = 0
    JOB = 1
    PRESENT = 2
    """A car or a person is in the bay."""
    MAINTENANCE = 3
    OUT_OF_SERVICE = 4
    ANNOUNCED = 5
    """A customer stands at the kiosk, and nothing has moved for them."""


@dataclass(frozen=True)
class Lease:
    """One owner's hold on one resource, or its place in the line behind another's."""

    resource: Resource
    owner: Owner
    rank: Rank
    phase: str
    """The owner's state; each has a time of its own."""
    lasts_s: float | None
    """From the moment this phase began; None when it has no computed end."""
    at_end: AtEnd
    bars_lifts: bool = True
    """No new job of a lift may touch the resource meanwhile."""
    until_utc: datetime | None = None
    """The end that a person has named."""
    behind: Owner | None = None
    """Who holds the resource now; None: this owner does."""

    @property
    def lets_end(self) -> bool:
        """Something that has begun there ends first; a maintenance session is no such thing."""
        return self.behind is not None and self.behind.kind is not Holder.MAINTENANCE


@dataclass(frozen=True)
class SeenLease:
    """A lease with how long this run has known its present phase."""

    lease: Lease
    lasted_s: float
    left_s: float | None
    """Until its end; negative when it is overdue, None when it has none."""

    @property
    def overdue(self) -> bool:
        """Whether it has outlasted its time."""
        return self.left_s is not None and self.left_s < 0


@dataclass(frozen=True)
class LeaseTerms:
    """What the limits are computed from, once for each tower."""

    site: Site
    order_limit_s: Mapping[int, float]
    """Bay to the seconds in which any car should have come there."""

    @classmethod
    def of(cls, site: Site) -> "LeaseTerms":
        """The terms of this tower."""
        return cls(site, {bay.number: order_limit_s(site, bay.number) for bay in site.bays})


@dataclass(frozen=True)
class Held:
    """The journaled state that leases are read from."""

    jobs: tuple[Job, ...]
    """Open jobs of lifts."""
    cases: tuple[Case, ...]
    """Open cases, each of which may name a job of any state."""
    case_jobs: Mapping[int, Job]
    """Number of a job that a case names to the job."""
    visits: tuple[Visit, ...]
    """Open visits."""
    dropoffs: tuple[Dropoff, ...]
    """Open drop-offs."""
    notes: tuple[ServiceNote, ...]
    maintenance: MaintenanceSession | None
    """The session that runs now."""
    ledger: Ledger
    carriages: Mapping[str, Carriage]


def leases_of(terms: LeaseTerms, held: Held) -> tuple[Lease, ...]:
    """Every lease and everybody who waits for one, by resource and rank."""
    claims: dict[Resource, list[Lease]] = {}
    for claim in (
        *_of_cases(terms, held),
        *_of_jobs(terms, held.jobs),
        *_of_dropoffs(terms, held.dropoffs),
        *_of_visits(terms, held),
        *_of_notes(held.notes),
        *_of_maintenance(terms.site, held.maintenance),
    ):
        claims.setdefault(claim.resource, []).append(claim)
    found = []
    for resource in sorted(claims, key=lambda each: (type(each).__name__, str(each))):
        first, *others = sorted(claims[resource], key=lambda each: (each.rank, str(each.owner)))
        found += [first, *(replace(each, behind=first.owner) for each in others)]
    return tuple(found)


def job_places(job: Job) -> set[Place]:
    """Every place that an open or halted job touches."""
    ends = {place for place in (job.source, job.destination) if place is not None}
    return ends | {OnLift(job.mailbox)} if job.mailbox else ends


def lift_resources(site: Site, lift: int) -> set[Resource]:
    """What a job of this lift needs beside its source and destination."""
    return {OnLift(lift), Shaft(site.lift(lift).shaft)}


def _of_cases(terms: LeaseTerms, held: Held) -> Iterator[Lease]:
    for case in held.cases:
        job = held.case_jobs.get(case.job_id or 0)
        touched: set[Resource] = {*case.places}
        if job is not None:
            touched |= job_places(job)
        if case.lift is not None:
            touched |= lift_resources(terms.site, case.lift)
        if case.bay is not None:
            touched.add(Bay(case.bay))
        owner = Owner(Holder.CASE, str(case.case_id))
        for resource in touched:
            yield Lease(resource, owner, Rank.CASE, case.kind.value, None, AtEnd.PERSON)


def _of_jobs(terms: LeaseTerms, jobs: Iterable[Job]) -> Iterator[Lease]:
    for job in jobs:
        owner = Owner(Holder.JOB, str(job.job_id))
        for resource in (*job_places(job), Shaft(terms.site.lift(job.mailbox).shaft)):
            yield Lease(resource, owner, Rank.JOB, job.state.value, job.deadline_s, AtEnd.CASE)


def _of_dropoffs(terms: LeaseTerms, dropoffs: Iterable[Dropoff]) -> Iterator[Lease]:
    for each in dropoffs:
        lasts_s, at_end = _dropoff_term(terms, each)
        announced = each.state is DropoffState.EXPECTED
        yield Lease(
            Bay(each.bay),
            Owner(Holder.DROPOFF, each.dropoff_id),
            Rank.ANNOUNCED if announced else Rank.PRESENT,
            each.state.value,
            lasts_s,
            at_end,
            bars_lifts=each.state in HOLDS_BAY - _WAITS_FOR_A_LIFT,
        )


def _dropoff_term(terms: LeaseTerms, dropoff: Dropoff) -> tuple[float | None, AtEnd]:
    policies = terms.site.policies
    doors_s = 2.0 * terms.site.bay(dropoff.bay).outer_door_travel_s
    match dropoff.state:
        case DropoffState.EXPECTED:
            return PREPARE_S + doors_s, AtEnd.RELEASED
        case DropoffState.ADMITTED:
            return policies.park_timeout_s + doors_s, AtEnd.CASE
        case DropoffState.PARKED:
            return MEASURE_S, AtEnd.CASE
        case DropoffState.MEASURED:
            return policies.park_timeout_s, AtEnd.CASE
        case DropoffState.CLEARED:
            # The word of the driver lapses; the question is then asked anew.
            return policies.confirmation_s_max, AtEnd.CASE
        case DropoffState.REJECTED:
            return 2.0 * policies.bay_clear_timeout_s + doors_s, AtEnd.CASE
        case _:
            return None, AtEnd.PERSON


def _of_visits(terms: LeaseTerms, held: Held) -> Iterator[Lease]:
    for visit in held.visits:
        if visit.bay is None or visit.state is VisitState.EXPECTED:
            continue
        lasts_s, at_end = _visit_term(terms, visit.state, visit.bay)
        yield Lease(
            Bay(visit.bay),
            Owner(Holder.VISIT, visit.visit_id),
            Rank.PRESENT if is_present(visit, held) else Rank.ANNOUNCED,
            visit.state.value,
            lasts_s,
            at_end,
            # The customer waits for the very lift; the bay's sensors keep it away from people.
            bars_lifts=False,
        )


def is_present(visit: Visit, held: Held) -> bool:
    """Whether something physical hangs on this visit's bay: its car is there or on its way, or
    the outer door is somebody's business.
    """
    if visit.state not in {VisitState.AT_KIOSK, VisitState.VERIFIED}:
        return True
    way = held.carriages.get(visit.vin)
    on_its_way = way is not None and way.state in ON_ITS_WAY
    return on_its_way or held.ledger.car_at(Bay(visit.bay or 0)) == visit.vin


def _visit_term(terms: LeaseTerms, state: VisitState, bay: int) -> tuple[float | None, AtEnd]:
    policies = terms.site.policies
    doors_s = 2.0 * terms.site.bay(bay).outer_door_travel_s
    match state:
        case VisitState.AT_KIOSK:
            return policies.identity_timeout_s + STAFF_WAIT_S, AtEnd.RELEASED
        case VisitState.VERIFIED:
            return 2.0 * terms.order_limit_s[bay], AtEnd.ALARM
        case VisitState.PRESENTED:
            return policies.bay_clear_timeout_s, AtEnd.ALARM
        case VisitState.HANDING_OVER:
            return 2.0 * policies.bay_clear_timeout_s + doors_s, AtEnd.CASE
        case _:
            return None, AtEnd.PERSON


def _of_notes(notes: Iterable[ServiceNote]) -> Iterator[Lease]:
    for note in notes:
        yield Lease(
            note.place,
            Owner(Holder.OUT_OF_SERVICE, f"by {note.by}"),
            Rank.OUT_OF_SERVICE,
            "out_of_service",
            None,
            AtEnd.PERSON if note.until_utc is None else AtEnd.ALARM,
            until_utc=note.until_utc,
        )


def _of_maintenance(site: Site, session: MaintenanceSession | None) -> Iterator[Lease]:
    """Every lift and bay: somebody works at the machine."""
    if session is None:
        return
    places: list[Place] = [OnLift(lift.number) for lift in site.lifts]
    for place in (*places, *(Bay(bay.number) for bay in site.bays)):
        yield Lease(
            place,
            Owner(Holder.MAINTENANCE, f"{session.number} by {session.holder}"),
            Rank.MAINTENANCE,
            "maintenance",
            None,
            AtEnd.ALARM,
            until_utc=session.planned_end_utc,
        )


def taken(
    leases: Iterable[Lease], wanted: Iterable[Resource], *, bringing_away: bool = False
) -> Lease | None:
    """The first lease that keeps a new job from these resources; None when they can be had.

    ``bringing_away``: the job begins with a car on the lift, which a note on the lift lets go.
    """
    needed = set(wanted)
    for lease in leases:
        if lease.resource not in needed or not lease.bars_lifts:
            continue
        noted = lease.rank is Rank.OUT_OF_SERVICE
        if noted and (lease.lets_end or (bringing_away and _is_lift(lease.resource))):
            continue
        return lease
    return None


def _is_lift(resource: Resource) -> bool:
    return isinstance(resource, OnLift)


def places_out_of_service(leases: Iterable[Lease]) -> frozenset[Place]:
    """Places whose note has taken effect: what had begun there has ended."""
    return frozenset(
        lease.resource
        for lease in leases
        if lease.rank is Rank.OUT_OF_SERVICE
        and not lease.lets_end
        and isinstance(lease.resource, Slot | Bay | OnLift)
    )
