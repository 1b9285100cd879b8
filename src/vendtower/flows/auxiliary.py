"""Jobs of the auxiliary mailbox: one at a time, journaled before they are asked like all others."""

from collections.abc import Callable

from vendtower.domain.job import Fate, Job, Verb
from vendtower.domain.places import Bay, OnLift
from vendtower.flows import jobs
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change

NOT_KNOWN = "the machine's state is not known"


async def clear_mailbox(tower: Tower) -> None:
    """End what an earlier run left open in the mailbox; call it with ``tower.auxiliary`` held."""
    left = tower.book.open_job(jobs.AUXILIARY)
    if left is not None:
        left = await jobs.taken_up(tower, left)
        await _note_ended(tower, left, await jobs.follow(tower, left))
        tower.to_recover.discard(left.job_id)


async def run_auxiliary(
    tower: Tower,
    verb: Verb,
    destination: Bay | OnLift,
    *,
    hindrance: Callable[[], str | None],
    duration_s: float,
    correlation_id: str,
    vin: str | None = None,
    once_planned: Callable[[], None] | None = None,
) -> jobs.Ended | str:
    """Ask for one auxiliary job and follow it to its end, or say why it was not begun.

    ``hindrance`` is asked where the job is planned, and once more before it goes out: whoever wrote
    into the journal before, on a slow disk, may have taken long, and so may the job itself.
    ``once_planned`` is called when the journal has taken the job, before it goes out.

    Call it with ``tower.auxiliary`` held and the mailbox cleared. Whether the end is what was
    wanted is for the caller to see in the machine.
    """
    planned: list[Job] = []
    why: list[str] = []

    def decide() -> Change | None:
        machine = tower.machine()
        if machine is None:
            why.append(NOT_KNOWN)
            return None
        if hindered := hindrance():
            why.append(hindered)
            return None
        policies = tower.site.policies
        planned.append(
            Job(
                job_id=tower.book.next_job_id(),
                mailbox=jobs.AUXILIARY,
                seq=tower.book.next_seq(jobs.AUXILIARY),
                verb=verb,
                source=None,
                destination=destination,
                vin=vin,
                expected_weight_kg=0,
                expected_height_mm=0,
                valid_s=jobs.VALID_S,
                deadline_s=duration_s * policies.job_time_factor + policies.job_time_margin_s,
                correlation_id=correlation_id,
                before=jobs.mark_of(machine, jobs.AUXILIARY),
                asked=jobs.moment(tower),
            )
        )
        return Change(jobs=(planned[0],), events=(jobs.job_event(tower, planned[0], "JobPlanned"),))

    await tower.book.record(decide, once_planned)
    if not planned:
        return why[0]
    late = hindrance()
    ended = jobs.Ended(Fate.NEVER_TAKEN, late) if late else await jobs.run(tower, planned[0])
    await _note_ended(tower, planned[0], ended)
    return ended


async def _note_ended(tower: Tower, job: Job, ended: jobs.Ended) -> None:
    await tower.book.record(
        lambda: Change(
            jobs=(jobs.ended_job(tower, job, ended),),
            events=(jobs.job_event(tower, job, "JobEnded", ended.words),),
        )
    )
