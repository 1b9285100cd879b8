"""One movement of one car: journaled, asked, followed, and believed only with the sensors."""

from dataclasses import replace

from vendtower.domain.case import Case, CaseKind
from vendtower.domain.delivery import (
    DELIVERY_TABLE,
    Carriage,
    CarriageEvent,
    CarriageState,
    ContinuationRefused,
    MovedToBay,
    MovedToSlot,
    MoveHalted,
    MoveStarted,
    RetrievalOrdered,
    RetrievalRefused,
    ReturnRefused,
    ReturnStarted,
)
from vendtower.domain.job import Fate, Job
from vendtower.domain.job_errors import choices_after, error_of
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.machine import MachineSnapshot
from vendtower.domain.modes import Request
from vendtower.domain.moves import Move
from vendtower.domain.places import Bay, OnLift, Place, Unsettled
from vendtower.domain.recovery import (
    SENSOR_WORDS,
    Ruling,
    SensorsSay,
    Verdict,
    is_for_the_sensors,
    journal_says,
    judge,
    place_seen,
    sensors_say,
)
from vendtower.domain.travel_time import job_deadline_s
from vendtower.flows import jobs
from vendtower.flows.case_changes import with_opened_case
from vendtower.flows.leasing import why_not_begun
from vendtower.flows.service import hindrances
from vendtower.flows.staff_moves import may_be_ordered, order_event
from vendtower.flows.staff_orders import NOT_ASKED, StaffOrder, heard_by
from vendtower.flows.storing import (
    lapsed_meanwhile,
    storing_ended,
    storing_started,
    why_not_moved,
)
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.flows.wishes import wishes
from vendtower.ports.journal import Change

SENSORS_SETTLE_S = 5.0
"""How long the slot bitmaps (polled every second or two) may lag behind a job that has ended."""
STANDSTILL_S = 30.0
"""How long a stopped lift may take to come to rest before its car counts as unsettled anyway."""


async def move_car(tower: Tower, move: Move, order: StaffOrder | None = None) -> Job | None:
    """Bring the car to the destination; the job as it ended, None when it was not begun at all.

    ``order`` is the word of the person who wants it, where nobody's wish does.
    """
    job = await _plan(tower, move, order)
    if job is None:
        return None
    gone = order is not None and order.given_up
    if (why := NOT_ASKED if gone else lapsed_meanwhile(tower, job)) is not None:
        return await conclude(tower, job, jobs.Ended(Fate.NEVER_TAKEN, why))
    return await conclude(tower, job, await jobs.run(tower, job))


async def resume(tower: Tower, job: Job) -> Job:
    """Follow a job that an earlier run of the controller has left open."""
    job = await jobs.taken_up(tower, job)
    return await conclude(tower, job, await jobs.follow(tower, job))


async def _plan(tower: Tower, move: Move, order: StaffOrder | None) -> Job | None:
    planned: list[Job] = []

    def decide() -> Change | None:
        machine = tower.machine()
        if machine is None or tower.book.open_job(move.lift) is not None:
            return None
        why = _why_not_now(tower, move, order)
        if why is not None:
            if order is not None:
                order.refuse(why)
            return None
        job = _job(tower, move, machine)
        planned.append(job)
        to_bay = isinstance(move.destination, Bay)
        started = MoveStarted(job.job_id) if to_bay else ReturnStarted(job.job_id)
        beside = storing_started(tower, move.vin, job.job_id)
        carriage = tower.book.carriage(move.vin)
        ordered = () if order is None else (order_event(tower, order, job),)
        if order is not None and to_bay and carriage.state is CarriageState.IN_SLOT:
            carriage = carriage.apply(RetrievalOrdered())
        return replace(
            beside,
            jobs=(job,),
            carriages=(carriage.apply(started),),
            events=(*ordered, jobs.job_event(tower, job, "JobPlanned"), *beside.events),
        )

    with heard_by(order):
        await tower.book.record(decide)
    if order is not None:
        order.answer(planned[0] if planned else None)
    return planned[0] if planned else None


def _why_not_now(tower: Tower, move: Move, order: StaffOrder | None) -> str | None:
    """Why the move is not begun after all; None when it is.

    Called with the book held, just before the job is journaled: anything may have come up since
    the choice was made.
    """
    request, by = (Request.CAR_MOVE, "") if order is None else (order.request, order.by)
    if why := "; ".join(hindrances(tower, request)):
        return why
    wanted = _still_wanted(tower, move) if order is None else may_be_ordered(tower, move)
    if not wanted:
        return "the tower has changed meanwhile; look, and order it again"
    ends = (move.source, move.destination)
    held = why_not_moved(tower, move) or why_not_begun(tower, move.lift, ends, by)
    if held is not None:
        return held
    other = tower.book.ledger.car_at(move.destination)
    if other is not None:
        return f"{move.destination} holds car {other}"
    if order is not None and not order.take():
        return "nobody waits for the order any more"
    return None


def _still_wanted(tower: Tower, move: Move) -> bool:
    """Whether the wish behind the choice still stands: customers come and go at any moment."""
    kind = MoveStarted if isinstance(move.destination, Bay) else ReturnStarted
    state = tower.book.carriage(move.vin).state
    return DELIVERY_TABLE.allows(state, kind) and any(
        wish.vin == move.vin
        and wish.source == move.source
        and wish.destination in {None, move.destination}
        for wish in wishes(tower)
    )


def _job(tower: Tower, move: Move, machine: MachineSnapshot) -> Job:
    vehicle = tower.book.line(move.vin).vehicle
    return Job(
        job_id=tower.book.next_job_id(),
        mailbox=move.lift,
        seq=tower.book.next_seq(move.lift),
        verb=move.verb,
        source=move.source,
        destination=move.destination,
        vin=move.vin,
        expected_weight_kg=vehicle.weight_kg,
        expected_height_mm=vehicle.height_mm,
        valid_s=jobs.VALID_S,
        deadline_s=job_deadline_s(move.duration_s, tower.site.policies),
        correlation_id=_correlation(tower, move.vin),
        before=jobs.mark_of(machine, move.lift),
        asked=jobs.moment(tower),
    )


def _correlation(tower: Tower, vin: str) -> str:
    for visit in tower.book.open_visits():
        if visit.vin == vin and visit.bay is not None:
            return visit.visit_id
    dropoff = tower.book.open_dropoff(vin)
    if dropoff is not None:
        return dropoff.dropoff_id
    return tower.chance.new_id()


async def conclude(tower: Tower, job: Job, ended: jobs.Ended) -> Job:
    """Write down what became of the car, as `recovery.judge` has it."""
    verdict = await _settled_verdict(tower, job, ended)
    tower.to_recover.discard(job.job_id)
    match verdict.ruling:
        case Ruling.ARRIVED if not tower.book.jobs[job.job_id].last_by:
            return await _arrived(tower, job, ended)
        case Ruling.NOT_BEGUN if not tower.book.jobs[job.job_id].last_by:
            return await _not_begun(tower, job, ended)
        case Ruling.CLOSED:
            return tower.book.jobs[job.job_id]
        case _:
            return await _halted(tower, job, ended)


async def _settled_verdict(tower: Tower, job: Job, ended: jobs.Ended) -> Verdict:
    """The verdict once the sensors have had time to follow; a line that is down takes none."""

    def verdict() -> Verdict:
        current = tower.book.jobs[job.job_id]
        return judge(journal_says(current), ended.fate, sensors_say(current, tower.machine()))

    def proven() -> Verdict | None:
        now = verdict()
        return now if now.ruling in {Ruling.ARRIVED, Ruling.NOT_BEGUN} else None

    if not is_for_the_sensors(journal_says(tower.book.jobs[job.job_id]), ended.fate):
        return verdict()
    while True:
        await tower.until(tower.machine)
        found = await tower.until(proven, SENSORS_SETTLE_S)
        if found is None and tower.machine() is None:
            continue
        return found or verdict()


async def _arrived(tower: Tower, job: Job, ended: jobs.Ended) -> Job:
    event = MovedToBay() if isinstance(job.destination, Bay) else MovedToSlot()
    return await _write(tower, job, ended, event, job.destination)


async def _not_begun(tower: Tower, job: Job, ended: jobs.Ended) -> Job:
    match job.source:
        case OnLift():
            event: CarriageEvent = ContinuationRefused()
        case Bay():
            event = ReturnRefused()
        case _:
            event = RetrievalRefused()
    return await _write(tower, job, ended, event, job.source)


async def _write(
    tower: Tower, job: Job, ended: jobs.Ended, event: CarriageEvent, place: Place | None
) -> Job:
    def decide() -> Change | None:
        if not tower.book.jobs[job.job_id].is_open:
            return None
        vin = job.vin or ""
        line = tower.book.line(vin)
        beside = storing_ended(tower, vin, event, place, ended.reason)
        return replace(
            beside,
            jobs=(jobs.ended_job(tower, job, ended),),
            carriages=(tower.book.carriage(vin).apply(event),),
            ledger=(LedgerLine(line.vehicle, place or Unsettled()),),
            events=(jobs.job_event(tower, job, "JobEnded", ended.words), *beside.events),
        )

    await tower.book.record(decide)
    return tower.book.jobs[job.job_id]


async def _halted(tower: Tower, job: Job, ended: jobs.Ended) -> Job:
    """A motion that failed goes to a person, with what the sensors see."""
    await tower.until(lambda: _at_rest(tower, job), STANDSTILL_S)
    rested_s = tower.clock.monotonic_s()
    await tower.until(lambda: _looked_since(tower, rested_s), SENSORS_SETTLE_S, tower.looks)

    def decide() -> Change | None:
        current = tower.book.jobs[job.job_id]
        if not current.is_open:
            return None
        case = movement_case(tower, current, ended)
        # Known for certain only where nothing has failed and somebody wanted it to end there.
        arrived = judge(journal_says(current), ended.fate, sensors_say(current, tower.machine()))
        stands = job.destination if arrived.ruling is Ruling.ARRIVED else None
        vin = job.vin or ""
        carriage: Carriage = tower.book.carriage(vin).apply(MoveHalted(case.case_id))
        line = tower.book.line(vin)
        change = Change(
            jobs=(jobs.ended_job(tower, job, ended),),
            carriages=(carriage,),
            ledger=(LedgerLine(line.vehicle, stands or Unsettled()),),
            events=(
                jobs.job_event(tower, job, "JobEnded", ended.words),
                tell(
                    tower,
                    "car",
                    "MoveHalted",
                    subject=f"car/{vin}",
                    correlation_id=job.correlation_id,
                    data={"vin": vin, "job_id": job.job_id, "reason": ended.words},
                ),
            ),
        )
        return with_opened_case(tower, change, case)

    await tower.book.record(decide)
    return tower.book.jobs[job.job_id]


def _at_rest(tower: Tower, job: Job) -> bool | None:
    machine = tower.machine()
    return True if machine is not None and machine.lifts[job.mailbox].standstill else None


def _looked_since(tower: Tower, since_s: float) -> bool | None:
    """Every sensor was read after this moment: the slots' lag behind the lift's."""
    machine = tower.machine()
    return True if machine is not None and tower.plc.read_at_s >= since_s else None


def movement_case(tower: Tower, job: Job, ended: jobs.Ended) -> Case:
    """The question to staff: what was asked, how it ended, what the sensors see."""
    sensors = sensors_say(job, tower.machine())
    place = place_seen(job, sensors)
    error = error_of(ended.fate, ended.reason)
    return Case(
        case_id=tower.book.next_case_id(),
        kind=CaseKind.MOVEMENT,
        question=_question(job, ended, sensors),
        choices=choices_after(error, place),
        error=error,
        opened_utc=tower.clock.utc(),
        correlation_id=job.correlation_id,
        vin=job.vin,
        lift=job.mailbox,
        bay=_bay_of(job),
        job_id=job.job_id,
        place=place,
    )


def _question(job: Job, ended: jobs.Ended, sensors: SensorsSay) -> str:
    """What is asked, in sentences; the reason is the recovery table's."""
    asked = f"{job.verb.value} car {job.vin} from {job.source} to {job.destination}"
    verdict = judge(journal_says(job), ended.fate, sensors)
    if verdict.question is not None:
        why = f"{ended.words}: {verdict.question.value}"
    else:
        why = f"{ended.words}, and nothing was to follow, as {job.last_by} asked"
    place = place_seen(job, sensors)
    if place is None:
        where = f"{SENSOR_WORDS[sensors]}: where is the car?"
    else:
        where = (
            f"The sensors see the car on {place}. Look: does it stand there safely, and is nobody "
            "in the shaft or the bay?"
        )
    return f"Job {job.job_id} ({asked}): {why}. {where}"


def _bay_of(job: Job) -> int | None:
    for place in (job.source, job.destination):
        if isinstance(place, Bay):
            return place.number
    return None
