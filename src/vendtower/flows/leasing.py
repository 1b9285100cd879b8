"""The leases of this tower as they are now, and whether a new job may have what it needs."""

from collections.abc import Iterable

from vendtower.domain.job import Job
from vendtower.domain.lease import (
    Held,
    Holder,
    Lease,
    Owner,
    Resource,
    SeenLease,
    leases_of,
    lift_resources,
    taken,
)
from vendtower.domain.maintenance import same_person
from vendtower.domain.places import OnLift, Place
from vendtower.domain.power import PowerProfile, profile_now
from vendtower.flows.jobs import AUXILIARY
from vendtower.flows.modes import maintenance_session
from vendtower.flows.tower import Tower


def held_by(tower: Tower) -> Held:
    """What the journal says of everything that can own a lease."""
    book = tower.book
    cases = tuple(book.open_cases())
    named = {case.job_id for case in cases}
    return Held(
        jobs=tuple(open_lift_jobs(tower)),
        cases=cases,
        case_jobs={job.job_id: job for job in book.jobs.values() if job.job_id in named},
        visits=tuple(book.open_visits()),
        dropoffs=tuple(book.open_dropoffs()),
        notes=tuple(book.notes.values()),
        maintenance=maintenance_session(tower),
        ledger=book.ledger,
        carriages=book.carriages,
    )


def leases(tower: Tower) -> tuple[Lease, ...]:
    """Every lease, and everybody who waits for one."""
    return tower.book.derived("leases", lambda: leases_of(tower.lease_terms, held_by(tower)))


def seen_leases(tower: Tower) -> tuple[SeenLease, ...]:
    """The same, with the time that each has lasted and has left.

    A phase's time begins when this run first sees it, so that a restart gives everybody their
    whole time anew: nobody is late because the controller was away.
    """
    found = leases(tower)
    if not found:
        tower.lease_seen_s.clear()
        return ()
    now_s, now_utc = tower.clock.monotonic_s(), tower.clock.utc()
    keys = {_key(lease) for lease in found}
    for gone in tower.lease_seen_s.keys() - keys:
        del tower.lease_seen_s[gone]
    seen = []
    for lease in found:
        lasted_s = now_s - tower.lease_seen_s.setdefault(_key(lease), now_s)
        left_s = None if lease.lasts_s is None else lease.lasts_s - lasted_s
        if lease.until_utc is not None:
            left_s = (lease.until_utc - now_utc).total_seconds()
        seen.append(SeenLease(lease, lasted_s, left_s))
    return tuple(seen)


def _key(lease: Lease) -> tuple[Resource, Owner, str]:
    return lease.resource, lease.owner, lease.phase


def open_lift_jobs(tower: Tower) -> list[Job]:
    """Movements of lifts that have not ended; one that is to be stopped is one movement still."""
    return [job for job in tower.book.open_jobs() if job.is_movement]


def why_not_begun(tower: Tower, lift: int, places: Iterable[Place], by: str = "") -> str | None:
    """Why a new job of this lift between these places may not begin now; None when it may.

    Called with the book held, just before the job is journaled: it gets everything that it needs
    in that moment, or nothing. ``by`` is who orders it: what a maintenance session holds is held
    for whoever works at the machine.
    """
    ends = set(places)
    wanted: set[Resource] = {*ends, *lift_resources(tower.site, lift)}
    session = maintenance_session(tower)
    theirs = session is not None and same_person(session.holder, by)
    held = (
        each for each in leases(tower) if not (theirs and each.owner.kind is Holder.MAINTENANCE)
    )
    lease = taken(held, wanted, bringing_away=OnLift(lift) in ends)
    if lease is not None:
        return f"{lease.resource} is held: {lease.owner}, {lease.phase}"
    door = tower.book.open_job(AUXILIARY)
    if door is not None and door.destination in ends:
        return f"{door} is under way at {door.destination}"
    most = moving_lifts_max(tower)
    if most is not None and len(open_lift_jobs(tower)) >= most:
        return f"power is reduced: {most} lift moves at a time"
    return None


def power_profile(tower: Tower) -> tuple[PowerProfile, str]:
    """The power profile that holds now, and why it is reduced."""
    machine = tower.machine()
    return profile_now(tower.book.power_order, None if machine is None else machine.power_source)


def moving_lifts_max(tower: Tower) -> int | None:
    """How many lifts may move at one time; None for all of them."""
    profile, _ = power_profile(tower)
    return tower.site.power.moves_max_reduced if profile is PowerProfile.REDUCED else None
