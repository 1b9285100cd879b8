"""An empty lift whose shuttle was left out: brought in, once a person has looked at it.

A stop in the middle of a transfer leaves the shuttle in a slot or bay. While a car is on it, the
next movement of that car finishes the transfer. An empty one has to be homed, or the lift takes
no job any more. Nothing is homed on the tower's own account: only a lift whose last job stopped
half-way and whose case a person has settled.
"""

from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.job import Job, JobState, Verb
from vendtower.domain.machine import LiftReport, LoadState, MachineSnapshot
from vendtower.domain.places import OnLift
from vendtower.domain.travel_time import LiftPose, job_deadline_s, job_duration_s
from vendtower.flows import jobs
from vendtower.flows.tower import Tower
from vendtower.flows.visit_changes import with_opened_case
from vendtower.ports.journal import Change

NOT_BEGUN = {JobState.REFUSED, JobState.NEVER_SENT}
HALTED = {JobState.FAILED, JobState.UNKNOWN}


def wants_homing(tower: Tower, lift: LiftReport) -> bool:
    """Whether this lift has to be homed, and a person has looked at why."""
    return (
        lift.unfinished
        and lift.load is LoadState.EMPTY
        and lift.standstill
        and tower.book.ledger.car_at(OnLift(lift.number)) is None
        and tower.book.open_job(lift.number) is None
        and _looked_at(tower, lift.number)
    )


def _looked_at(tower: Tower, lift: int) -> bool:
    """The lift's last job stopped half-way, and no question about the lift is open."""
    begun = [
        job
        for job in tower.book.jobs.values()
        if job.mailbox == lift and job.state not in NOT_BEGUN
    ]
    last = max(begun, key=lambda job: job.job_id, default=None)
    asked = any(case.lift == lift for case in tower.book.open_cases())
    return last is not None and last.state in HALTED and not asked


async def home_lift(tower: Tower, lift: int) -> Job | None:
    """Home the lift; the job as it ended, None when it was not begun at all."""
    job = await _plan(tower, lift)
    if job is None:
        return None
    return await _conclude(tower, job, await jobs.run(tower, job))


async def resume_homing(tower: Tower, job: Job) -> Job:
    """Follow a homing that an earlier run of the controller has left open."""
    return await _conclude(tower, job, await jobs.follow(tower, job))


async def _plan(tower: Tower, lift: int) -> Job | None:
    planned: list[Job] = []

    def decide() -> Change | None:
        machine = tower.machine()
        if machine is None or not wants_homing(tower, machine.lifts[lift]):
            return None
        planned.append(_job(tower, lift, machine))
        return Change(jobs=(planned[0],), events=(jobs.job_event(tower, planned[0], "JobPlanned"),))

    await tower.book.record(decide)
    return planned[0] if planned else None


def _job(tower: Tower, lift: int, machine: MachineSnapshot) -> Job:
    report = machine.lifts[lift]
    pose = LiftPose(report.hoist_position_mm, report.turn_position_deg)
    duration_s = job_duration_s(tower.site, lift, pose, Verb.HOME, source=None, destination=None)
    return Job(
        job_id=tower.book.next_job_id(),
        mailbox=lift,
        seq=tower.book.next_seq(lift),
        verb=Verb.HOME,
        source=None,
        destination=None,
        vin=None,
        expected_weight_kg=0,
        expected_height_mm=0,
        valid_s=jobs.VALID_S,
        deadline_s=job_deadline_s(duration_s, tower.site.policies),
        correlation_id=tower.chance.new_id(),
        before=jobs.mark_of(machine, lift),
    )


async def _conclude(tower: Tower, job: Job, ended: jobs.Ended) -> Job:
    """Write down how it ended; a homing that stopped half-way goes to a person again."""

    def decide() -> Change:
        words = f"{ended.state.value} {ended.reason}".strip()
        change = Change(
            jobs=(tower.book.jobs[job.job_id].become(ended.state, ended.reason),),
            events=(jobs.job_event(tower, job, "JobEnded", words),),
        )
        if ended.state not in HALTED:
            return change
        return with_opened_case(tower, change, _case(tower, job, words))

    await tower.book.record(decide)
    return tower.book.jobs[job.job_id]


def _case(tower: Tower, job: Job, why: str) -> Case:
    return Case(
        case_id=tower.book.next_case_id(),
        kind=CaseKind.MOVEMENT,
        question=(
            f"Job {job.job_id} (home lift {job.mailbox}): {why}. Look: is the lift empty, and is "
            "nobody in the shaft or the bays?"
        ),
        choices=(Settlement.CONTINUE,),
        opened_utc=tower.clock.utc(),
        correlation_id=job.correlation_id,
        lift=job.mailbox,
        job_id=job.job_id,
    )
