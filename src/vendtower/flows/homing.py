"""Bringing an empty lift home that a stop has left with its shuttle out or a door open.

It takes no other job until then. By the time this runs a person has settled what became of the
job that was stopped, and has led the machine on.
"""

from vendtower.domain.bay_rules import MENDED_ON_THE_WAY
from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.job import Fate, Job, JobState, Verb, last_movements
from vendtower.domain.machine import LiftReport, LoadState
from vendtower.domain.modes import Request
from vendtower.domain.places import OnLift
from vendtower.domain.recovery import Ruling, journal_says, judge, sensors_say
from vendtower.domain.travel_time import LiftPose, job_deadline_s, job_duration_s
from vendtower.flows import jobs
from vendtower.flows.case_changes import with_opened_case
from vendtower.flows.leasing import why_not_begun
from vendtower.flows.rescue_changes import homed_after
from vendtower.flows.service import hindrances
from vendtower.flows.shuttle_reach import must_home
from vendtower.flows.staff_moves import order_event
from vendtower.flows.staff_orders import NOT_ASKED, StaffOrder, heard_by
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change


def wants_home(tower: Tower, lift: LiftReport) -> bool:
    """Whether the lift is empty and whole, and only has to come home to take jobs again.

    Only after a job of it that did not end as asked: a door switch that changes its mind beside a
    lift at rest is one sensor, and one sensor moves no lift. After a rescue in any case: nobody
    knows where its axes were cranked to.
    """
    if must_home(tower, lift.number) is not None:
        return may_home(tower, lift)
    return (
        not lift.ready
        and bool(lift.inhibits)
        and _was_stopped(tower, lift.number)
        and may_home(tower, lift)
    )


def may_home(tower: Tower, lift: LiftReport) -> bool:
    """Whether an empty lift at rest may be brought home: nothing but what homing mends is wrong."""
    return (
        lift.standstill
        and lift.load is LoadState.EMPTY
        and lift.inhibits <= MENDED_ON_THE_WAY
        and tower.book.ledger.car_at(OnLift(lift.number)) is None
        and all(case.lift != lift.number for case in tower.book.open_cases())
    )


def homing_hindrance(tower: Tower, lift: LiftReport) -> str:
    """Why a person's word does not bring this lift home; empty when it does."""
    if may_home(tower, lift):
        return ""
    inhibits = ", ".join(sorted(lift.inhibits)) or "none"
    return (
        f"lift {lift.number}: found load {lift.load.value}, inhibits {inhibits}; "
        "expected an empty lift at rest that no case holds"
    )


def _was_stopped(tower: Tower, lift: int) -> bool:
    """Whether the lift's last job has ended, and otherwise than as asked."""
    last = last_movements(tower.book.jobs.values()).get(lift)
    return last is not None and not last.is_open and last.state is not JobState.DONE


async def home_lift(tower: Tower, lift: int, order: StaffOrder | None = None) -> Job | None:
    """Bring the lift home; the job as it ended, None when it was not begun at all.

    ``order`` is the word of the person who wants it; without one the lift must want it itself.
    """
    job = await _plan(tower, lift, order)
    if job is None:
        return None
    if order is not None and order.given_up:
        return await conclude_homing(tower, job, jobs.Ended(Fate.NEVER_TAKEN, NOT_ASKED))
    return await conclude_homing(tower, job, await jobs.run(tower, job))


async def resume_homing(tower: Tower, job: Job) -> Job:
    """Follow a homing that an earlier run of the controller has left open."""
    job = await jobs.taken_up(tower, job)
    return await conclude_homing(tower, job, await jobs.follow(tower, job))


async def _plan(tower: Tower, lift: int, order: StaffOrder | None) -> Job | None:
    planned: list[Job] = []

    def decide() -> Change | None:
        machine = tower.machine()
        if machine is None or tower.book.open_job(lift) is not None:
            return None
        report = machine.lifts[lift]
        if hindrances(tower, Request.HOME_BY_ITSELF if order is None else order.request):
            return None
        held = why_not_begun(tower, lift, (), "" if order is None else order.by)
        if held is not None:
            if order is not None:
                order.refuse(held)
            return None
        if not (wants_home(tower, report) if order is None else may_home(tower, report)):
            return None
        if order is not None and not order.take():
            return None
        pose = LiftPose(report.hoist_position_mm, report.turn_position_deg)
        duration_s = job_duration_s(
            tower.site, lift, pose, Verb.HOME, source=None, destination=None
        )
        planned.append(
            Job(
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
                asked=jobs.moment(tower),
            )
        )
        ordered = () if order is None else (order_event(tower, order, planned[0]),)
        told = jobs.job_event(tower, planned[0], "JobPlanned")
        return Change(jobs=(planned[0],), events=(*ordered, told))

    with heard_by(order):
        await tower.book.record(decide)
    if order is not None:
        order.answer(planned[0] if planned else None)
    return planned[0] if planned else None


async def conclude_homing(tower: Tower, job: Job, ended: jobs.Ended) -> Job:
    """Write down how it ended; what was begun and failed goes to a person."""
    tower.to_recover.discard(job.job_id)

    def decide() -> Change:
        known = tower.book.jobs[job.job_id]
        change = Change(
            jobs=(jobs.ended_job(tower, job, ended),),
            events=(jobs.job_event(tower, job, "JobEnded", ended.words),),
        )
        verdict = judge(journal_says(known), ended.fate, sensors_say(known, tower.machine()))
        if verdict.ruling is Ruling.ARRIVED:
            return homed_after(tower, job.mailbox, change)
        if verdict.question is None:
            return change
        words = f"{ended.words}: {verdict.question.value}"
        return with_opened_case(tower, change, _case(tower, job, words))

    await tower.book.record(decide)
    return tower.book.jobs[job.job_id]


def _case(tower: Tower, job: Job, words: str) -> Case:
    return Case(
        case_id=tower.book.next_case_id(),
        kind=CaseKind.MOVEMENT,
        question=(
            f"Job {job.job_id} (home lift {job.mailbox}): {words}. Look: is the lift empty and "
            "whole, and is nobody in the shaft or a bay?"
        ),
        choices=(Settlement.CONTINUE,),
        opened_utc=tower.clock.utc(),
        correlation_id=job.correlation_id,
        lift=job.mailbox,
        job_id=job.job_id,
    )
