"""An honest number of seconds until a customer's car stands in the bay."""

from collections.abc import Mapping

from vendtower.domain.delivery import CarriageState
from vendtower.domain.job import OPEN_JOB_STATES
from vendtower.domain.moves import Wish, verb_between
from vendtower.domain.places import Bay, OnLift
from vendtower.domain.possible_moves import serves
from vendtower.domain.travel_time import LiftPose, job_duration_s
from vendtower.flows.tower import Tower
from vendtower.flows.wishes import wishes


def time_to_car_s(tower: Tower, vin: str, bay: int) -> float | None:
    """What is left of the lift's running job, and the car's own movement after it.

    Zero when the car is there; None when nobody can say (a movement has failed, the machine's
    state is not known, or the car is not on its way).
    """
    if tower.book.ledger.car_at(Bay(bay)) == vin:
        return 0.0
    carriage = tower.book.carriage(vin)
    left_s = _left_of_jobs_s(tower)
    if carriage.state is CarriageState.MOVING:
        return left_s.get(carriage.job_id or 0)
    for wish in wishes(tower):
        if wish.vin == vin and wish.destination == Bay(bay):
            return _soonest_s(tower, wish, Bay(bay), left_s)
    return None


def _left_of_jobs_s(tower: Tower) -> dict[int, float]:
    """Job number to the seconds it should still take, by its computed duration."""
    now_s = tower.clock.monotonic_s()
    policies = tower.site.policies
    left_s = {}
    for job in tower.book.jobs.values():
        if job.state in OPEN_JOB_STATES and job.mailbox:
            began_s = tower.job_began_s.setdefault(job.job_id, now_s)
            whole_s = (job.deadline_s - policies.job_time_margin_s) / policies.job_time_factor
            left_s[job.job_id] = max(0.0, began_s + whole_s - now_s)
    for job_id in tower.job_began_s.keys() - left_s.keys():
        del tower.job_began_s[job_id]
    return left_s


def _soonest_s(tower: Tower, wish: Wish, bay: Bay, left_s: Mapping[int, float]) -> float | None:
    """By whichever lift can do it first, each after what runs in its shaft."""
    machine = tower.machine()
    verb = verb_between(wish.source, bay)
    if machine is None or verb is None:
        return None
    busy_s: dict[str, float] = {}
    for job_id, seconds in left_s.items():
        shaft = tower.site.lift(tower.book.jobs[job_id].mailbox).shaft
        busy_s[shaft] = max(seconds, busy_s.get(shaft, 0.0))
    found = []
    for report in machine.lifts.values():
        out = OnLift(report.number) in tower.book.notes and wish.source != OnLift(report.number)
        if out or not serves(tower.site, report.number, wish):
            continue
        pose = LiftPose(report.hoist_position_mm, report.turn_position_deg)
        own_s = job_duration_s(
            tower.site, report.number, pose, verb, source=wish.source, destination=bay
        )
        found.append(busy_s.get(tower.site.lift(report.number).shaft, 0.0) + own_s)
    return min(found, default=None)
