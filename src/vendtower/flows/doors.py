"""The outer door of a bay: asked for, and judged by its switches."""

from collections.abc import Callable
from dataclasses import dataclass

from vendtower.domain.job import Job, Verb
from vendtower.domain.machine import BayReport, DoorState
from vendtower.domain.places import Bay
from vendtower.flows import jobs
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change

PAUSE_BETWEEN_ASKING_S = 1.0


@dataclass(frozen=True)
class Errand:
    """For whom a bay's door is asked."""

    bay: int
    vin: str
    correlation_id: str
    """The visit's or the drop-off's id."""


@dataclass(frozen=True)
class DoorGoal:
    """The end state that a door is to be brought to."""

    verb: Verb
    reached: Callable[[BayReport], bool]


OPENED = DoorGoal(Verb.OPEN_OUTER_DOOR, lambda bay: bay.outer_door is DoorState.OPEN)
CLOSED = DoorGoal(
    Verb.CLOSE_OUTER_DOOR,
    lambda bay: bay.outer_door is DoorState.CLOSED and bay.outer_locked,
)


async def ask_once(
    tower: Tower, errand: Errand, goal: DoorGoal, allowed: Callable[[BayReport], str | None]
) -> str:
    """Ask for the door's end state once, unless it is there; a reason when it is not there after.

    ``allowed`` is asked at the last moment and names a hindrance. The doors' interlocks are the
    PLC's; a refusal is an answer, not a fault. Asking again is the caller's decision, and it is
    a new job each time.
    """
    async with tower.auxiliary:
        await _clear_mailbox(tower)
        bay = _bay(tower, errand)
        if bay is None:
            return "the machine's state is not known"
        if goal.reached(bay):
            return ""
        hindrance = allowed(bay)
        if hindrance is not None:
            return hindrance
        job = await _plan(tower, errand, goal)
        if job is None:
            return "the machine's state is not known"
        ended = await jobs.run(tower, job)
        await _note_ended(tower, job, ended)
    bay = _bay(tower, errand)
    return "" if bay is not None and goal.reached(bay) else f"{ended.state.value} {ended.reason}"


def _bay(tower: Tower, errand: Errand) -> BayReport | None:
    machine = tower.machine()
    return None if machine is None else machine.bays.get(errand.bay)


async def _clear_mailbox(tower: Tower) -> None:
    """End what an earlier run left open in the auxiliary mailbox."""
    left = tower.book.open_job(jobs.AUXILIARY)
    if left is not None:
        await _note_ended(tower, left, await jobs.follow(tower, left))


async def _plan(tower: Tower, errand: Errand, goal: DoorGoal) -> Job | None:
    planned: list[Job] = []

    def decide() -> Change | None:
        machine = tower.machine()
        if machine is None:
            return None
        policies = tower.site.policies
        travel_s = tower.site.bay(errand.bay).outer_door_travel_s
        planned.append(
            Job(
                job_id=tower.book.next_job_id(),
                mailbox=jobs.AUXILIARY,
                seq=tower.book.next_seq(jobs.AUXILIARY),
                verb=goal.verb,
                source=None,
                destination=Bay(errand.bay),
                vin=errand.vin,
                expected_weight_kg=0,
                expected_height_mm=0,
                valid_s=jobs.VALID_S,
                deadline_s=travel_s * policies.job_time_factor + policies.job_time_margin_s,
                correlation_id=errand.correlation_id,
                before=jobs.mark_of(machine, jobs.AUXILIARY),
            )
        )
        return Change(jobs=(planned[0],), events=(jobs.job_event(tower, planned[0], "JobPlanned"),))

    await tower.book.record(decide)
    return planned[0] if planned else None


async def _note_ended(tower: Tower, job: Job, ended: jobs.Ended) -> None:
    await tower.book.record(
        lambda: Change(
            jobs=(tower.book.jobs[job.job_id].become(ended.state, ended.reason),),
            events=(jobs.job_event(tower, job, "JobEnded", f"{ended.state.value} {ended.reason}"),),
        )
    )
