"""The guided rescue of a car from a dead machine: journaled step by step, resumed after a restart.

The lift has no permit and no job from the first step until it is homed. Each step is a named
person's word; where the car was brought needs the sensors to agree or, where they cannot be read
or contradict one another, a second person. The homing is the PLC's and is asked for like any other
(`homing`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from vendtower.domain.after_job import shows_car
from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.errors import LocalFault
from vendtower.domain.job import Job
from vendtower.domain.lease import job_places
from vendtower.domain.machine import LoadState
from vendtower.domain.maintenance import same_person
from vendtower.domain.places import Bay, OnLift, Outside, Place, Slot
from vendtower.domain.rescue import (
    CarBrought,
    CarSecured,
    Confirmation,
    LiftIsolated,
    PeopleClear,
    PowerBack,
    Rescue,
    RescueCancelled,
    RescueEvent,
    RescueState,
)
from vendtower.flows.case_changes import with_opened_case
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.mode_change import cannot_wait
from vendtower.flows.rescue_changes import (
    began_at,
    brought,
    cancelled,
    closed_case,
    with_event,
)
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change
from vendtower.ports.screens import KioskPhase

_IN_THE_TOWERS_HANDS = {DropoffState.STORING, DropoffState.REFERRED_TO_STAFF}
_MAY_BRING_AGAIN = {RescueState.CLEAR, RescueState.POWER}


@dataclass(frozen=True)
class StepWord:
    """A person's word that one step is done."""

    step: RescueState
    by: str
    where: Place | Outside | None = None
    """With the step ``bring``: where the car stands now."""
    witness: str = ""
    note: str = ""


class NotRescued(Exception):
    """The step cannot be taken; the message says why and nothing has changed."""


async def begin(tower: Tower, car: str, lift: int, reason: str, by: str) -> ControlAnswer:
    """Begin the rescue of a car (VIN or plate) that a lift, dead or stuck, cannot bring on."""
    opened: list[Rescue] = []

    def decide() -> Change:
        _check_begin(tower, lift, reason, by)
        vin = _vin_of(tower, car)
        _check_not_moved(tower, vin, lift)
        _check_nobody_at(tower, vin)
        rescue = Rescue(tower.book.next_case_id(), vin, lift, reason.strip(), by, tower.clock.utc())
        opened.append(rescue)
        change = with_opened_case(tower, Change(standing=(rescue,)), _case(tower, rescue))
        return began_at(tower, rescue, with_event(tower, change, rescue, "Begun", by=by))

    refused = await _record(tower, decide)
    return refused or Done(
        f"rescue {opened[0].case_id} has begun; lift {lift} stays still. "
        f"Go on with `vendtower rescue next {opened[0].case_id}`"
    )


def _check_begin(tower: Tower, lift: int, reason: str, by: str) -> None:
    if not by.strip() or not reason.strip():
        raise NotRescued("a rescue begins with a named person and a reason: one is missing")
    if lift not in {each.number for each in tower.site.lifts}:
        raise NotRescued(f"lift {lift} is not in the site file")
    for rescue in tower.book.facts(Rescue):
        if not rescue.ended and rescue.lift == lift:
            raise NotRescued(f"rescue {rescue.case_id} at lift {lift} is not over")
    job = tower.book.open_job(lift)
    if job is not None and tower.machine() is not None:
        raise NotRescued(
            f"{job} is under way, and the PLC answers: end it first with "
            f"`vendtower jobs stop {job.job_id}`"
        )


def _check_not_moved(tower: Tower, vin: str, lift: int) -> None:
    """No job of another lift has the car: it says in the end where it has brought it."""
    for job in tower.book.open_jobs():
        if job.vin == vin and job.mailbox != lift and job.is_movement:
            raise NotRescued(f"lift {job.mailbox} moves car {vin} ({job}): end that first")


def _check_nobody_at(tower: Tower, vin: str) -> None:
    """No customer or driver is with the car in a bay whose street door still opens for them.

    In a machine that does not answer no door opens, and the car has to come out all the same.
    """
    if tower.machine() is None:
        return
    for visit in tower.book.open_visits():
        if visit.vin == vin and cannot_wait(tower, visit):
            raise NotRescued(f"visit {visit.visit_id} is {visit.state.value} at bay {visit.bay}")
    dropoff = tower.book.open_dropoff(vin)
    if dropoff is not None and dropoff.state not in _IN_THE_TOWERS_HANDS:
        raise NotRescued(
            f"car {vin} is {dropoff.state.value} at bay {dropoff.bay}, with its driver"
        )


def _vin_of(tower: Tower, car: str) -> str:
    lines = [each for each in tower.book.ledger if car in {each.vehicle.vin, each.vehicle.plate}]
    if len(lines) != 1:
        raise NotRescued(f"car {car!r}: found {len(lines)} in the ledger, expected one")
    vin = lines[0].vehicle.vin
    if isinstance(lines[0].where, Outside):
        raise NotRescued(f"car {vin} is outside")
    if any(not each.ended and each.vin == vin for each in tower.book.facts(Rescue)):
        raise NotRescued(f"car {vin} is being rescued already")
    return vin


def _case(tower: Tower, rescue: Rescue) -> Case:
    """The question that holds lift and places; it is answered by the last step alone."""
    where = tower.book.ledger.where(rescue.vin)
    places: set[Place] = {OnLift(rescue.lift)}
    if isinstance(where, Slot | Bay | OnLift):
        places.add(where)
    for job in _jobs_about(tower, rescue.vin):
        places |= job_places(job)
    return Case(
        case_id=rescue.case_id,
        kind=CaseKind.RESCUE,
        question=(
            f"Car {rescue.vin} is brought out of lift {rescue.lift} by hand ({rescue.reason}). "
            f"Each step is confirmed with `vendtower rescue next {rescue.case_id}`."
        ),
        choices=(),
        opened_utc=rescue.opened_utc,
        correlation_id=tower.chance.new_id(),
        vin=rescue.vin,
        lift=rescue.lift,
        places=tuple(sorted(places, key=str)),
    )


def _jobs_about(tower: Tower, vin: str) -> list[Job]:
    cases = [case for case in tower.book.open_cases() if case.vin == vin]
    named = {case.job_id for case in cases} | {tower.book.carriage(vin).job_id}
    return [tower.book.jobs[n] for n in named if n is not None and n in tower.book.jobs]


async def confirm(tower: Tower, number: int, word: StepWord) -> ControlAnswer:
    """Take a named person's word that the present step is done."""
    reached: list[RescueState] = []

    def decide() -> Change:
        rescue = _open(tower, number, word.by)
        # After a contradiction the car may be brought again although that step was done.
        again = word.step is RescueState.BRING and rescue.state in _MAY_BRING_AGAIN
        if word.step is not rescue.state and not again:
            raise NotRescued(
                f"rescue {number}: found step {word.step.value}, the next one is "
                f"{rescue.state.value}"
            )
        event = _event(tower, rescue, word)
        said = Confirmation(word.step, word.by, tower.clock.utc(), word.witness, word.note)
        after = rescue.apply(event, said)
        reached.append(after.state)
        change = Change(standing=(after,))
        if isinstance(event, CarBrought):
            change = brought(tower, after, event.where, word.by, change)
        if isinstance(event, PowerBack):
            change = closed_case(tower, after, Settlement.RESCUED, word.by, change)
        return with_event(
            tower, change, after, type(event).__name__, by=word.by, witness=word.witness
        )

    refused = await _record(tower, decide)
    if refused is not None:
        return refused
    _wake_kiosk(tower, word.where)
    if reached[0] is RescueState.HOME:
        return Done(f"rescue {number}: the tower homes the lift now, before any other job")
    return Done(f"rescue {number}: {word.step.value} is noted; next: {reached[0].value}")


def _wake_kiosk(tower: Tower, where: Place | Outside | None) -> None:
    """The way in of a car that stands in another bay now goes on at that bay's kiosk."""
    if isinstance(where, Bay) and tower.book.dropoff_at(where.number) is not None:
        kiosk = tower.kiosk_at(where.number)
        if kiosk.phase is KioskPhase.FREE:
            kiosk.touched.set()
            tower.bell.ring()


async def cancel(tower: Tower, number: int, reason: str, by: str) -> ControlAnswer:
    """End a rescue that was not needed, before anybody has touched the car."""

    def decide() -> Change:
        rescue = _open(tower, number, by)
        if not reason.strip():
            raise NotRescued("why is it not needed? A reason is wanted, none was given")
        if rescue.state not in {RescueState.ISOLATE, RescueState.SECURE}:
            raise NotRescued(f"rescue {number}: the car has been touched; go on to its end")
        said = Confirmation(rescue.state, by, tower.clock.utc(), note=reason.strip())
        after = rescue.apply(RescueCancelled(), said)
        return cancelled(tower, after, by)

    refused = await _record(tower, decide)
    return refused or Done(f"rescue {number} is cancelled; a case asks where its car is")


def _open(tower: Tower, number: int, by: str) -> Rescue:
    rescue = next((each for each in tower.book.facts(Rescue) if each.case_id == number), None)
    if rescue is None:
        raise NotRescued(f"rescue {number} does not exist")
    if not by.strip():
        raise NotRescued("a step is confirmed by a named person: no name was given")
    if rescue.ended:
        raise NotRescued(f"rescue {number} is over: {rescue.state.value}")
    return rescue


def _event(tower: Tower, rescue: Rescue, word: StepWord) -> RescueEvent:
    if word.where is not None and word.step is not RescueState.BRING:
        raise NotRescued("where the car stands belongs to the step bring")
    match word.step:
        case RescueState.ISOLATE:
            return LiftIsolated()
        case RescueState.SECURE:
            return CarSecured()
        case RescueState.BRING:
            return CarBrought(_believed(tower, rescue, word))
        case RescueState.CLEAR:
            return PeopleClear()
        case RescueState.POWER:
            _check_power(tower, rescue)
            return PowerBack()
        case _:
            raise NotRescued(f"rescue {rescue.case_id}: the tower itself homes the lift")


def _believed(tower: Tower, rescue: Rescue, word: StepWord) -> Place | Outside:
    """The place, if the sensors agree; or by a second person's word as well, where they cannot be
    read or contradict one another.
    """
    where = _in_site(tower, rescue, word.where)
    agrees = _sensors_agree(tower, rescue, where)
    if agrees is None and (not word.witness.strip() or same_person(word.witness, word.by)):
        raise NotRescued(
            f"the sensors do not agree that the car is {where}: a second person has to see it as "
            "well (--witness NAME)"
        )
    return where


def _sensors_agree(tower: Tower, rescue: Rescue, where: Place | Outside) -> bool | None:
    """Whether they say the same; None when they say nothing, or contradict one another.

    Raises:
        NotRescued: when they contradict it.
    """
    machine = tower.machine()
    if machine is None:
        return None
    if not isinstance(where, Outside):
        seen = shows_car(where, machine)
        if seen is False:
            raise NotRescued(f"the sensors see no car on {where}")
        # A car seen here and on the lift as well: one of the two sensors is wrong.
        return None if shows_car(OnLift(rescue.lift), machine) else seen
    seen_at = {place: shows_car(place, machine) for place in _held(tower, rescue)}
    holding = [place for place, car in seen_at.items() if car]
    if holding:
        raise NotRescued(f"the sensors see a car on {holding[0]}")
    return None if None in seen_at.values() else True


def _in_site(tower: Tower, rescue: Rescue, where: Place | Outside | None) -> Place | Outside:
    bays = {bay.number for bay in tower.site.bays}
    match where:
        case Outside():
            return where
        case Slot(number=number) if number in tower.site.slots:
            place: Place = where
        case Bay(number=number) if number in bays:
            place = where
        case _:
            found = "nothing" if where is None else str(where)
            raise NotRescued(f"found {found}, expected a slot or bay of the site file, or outside")
    other = tower.book.ledger.car_at(place)
    if other not in {None, rescue.vin}:
        raise NotRescued(f"the ledger has car {other} on {place}")
    kept = tower.book.dropoff_at(number) if isinstance(place, Bay) else None
    if kept is not None and kept.vin != rescue.vin:
        raise NotRescued(f"bay {number} is kept for car {kept.vin}, which is {kept.state.value}")
    return place


def _held(tower: Tower, rescue: Rescue) -> tuple[Place, ...]:
    case = tower.book.cases.get(rescue.case_id)
    return () if case is None else case.places


def _check_power(tower: Tower, rescue: Rescue) -> None:
    """The machine is back, and nothing that it shows contradicts where the car is said to be."""
    machine = tower.machine()
    if machine is None:
        raise NotRescued("the PLC does not answer yet: power and network first")
    if faults := ", ".join(sorted(machine.tripped)):
        raise NotRescued(f"safety functions have tripped ({faults}): they are reset on the spot")
    lift = machine.lifts[rescue.lift]
    if not lift.standstill:
        raise NotRescued(f"lift {rescue.lift} is moving")
    if lift.load is not LoadState.EMPTY:
        raise NotRescued(
            f"lift {rescue.lift} shows load {lift.load.value}, expected empty: look, and confirm "
            "the step bring anew once the car is off it"
        )
    where, line = rescue.where, tower.book.ledger.line(rescue.vin)
    # It may have driven off since; a new car is in no ledger then.
    stands = line is not None and line.where == where
    if stands and isinstance(where, Slot | Bay) and shows_car(where, machine) is not True:
        raise NotRescued(
            f"the sensors do not see the car on {where}: look, confirm the step bring anew, or "
            "mend the sensor first"
        )


async def _record(tower: Tower, decide: Callable[[], Change]) -> NotDone | None:
    try:
        await tower.book.record(decide)
    except (NotRescued, LocalFault) as refused:
        return NotDone(str(refused))
    return None
