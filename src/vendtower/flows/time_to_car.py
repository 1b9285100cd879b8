"""An honest number of seconds until a customer's car stands in the bay."""

from vendtower.domain.delivery import CarriageState
from vendtower.domain.job import OPEN_JOB_STATES
from vendtower.domain.places import Bay
from vendtower.domain.planning import Wish, verb_between
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
            own_s = _movement_s(tower, wish, Bay(bay))
            return None if own_s is None else max(left_s.values(), default=0.0) + own_s
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


def _movement_s(tower: Tower, wish: Wish, bay: Bay) -> float | None:
    machine = tower.machine()
    verb = verb_between(wish.source, bay)
    if machine is None or verb is None:
        return None
    return min(
        (
            job_duration_s(
                tower.site,
                report.number,
                LiftPose(report.hoist_position_mm, report.turn_position_deg),
                verb,
                source=wish.source,
                destination=bay,
            )
            for report in machine.lifts.values()
            if bay.number in tower.site.lift(report.number).serves_bays
        ),
        default=None,
    )
