"""One car's way in, from its announcement at a bay to standing in a slot."""

from collections.abc import Awaitable, Callable, Mapping

from vendtower.domain.bay_rules import departure_evidence
from vendtower.domain.dropoff import (
    BayReopened,
    CarDroveOut,
    CarMeasured,
    CarRejected,
    ClearanceLost,
    DriverAdmitted,
    Dropoff,
    DropoffEvent,
    DropoffStalled,
    DropoffState,
    EntryRefusal,
    EntryRefused,
)
from vendtower.domain.envelope import (
    DoesNotFit,
    Fits,
    Judgement,
    Measurement,
    Misfit,
    judge,
    measured,
    slots_for,
)
from vendtower.domain.lease import MEASURE_S, PREPARE_S, job_places
from vendtower.domain.machine import BayActivity
from vendtower.domain.modes import Request
from vendtower.domain.places import Bay, Slot
from vendtower.domain.vehicle import Vehicle
from vendtower.flows.bay_service import can_store, why_closed
from vendtower.flows.clearing import await_clearance
from vendtower.flows.condition import note_return
from vendtower.flows.drive_in import errand_of, let_in, why_shut
from vendtower.flows.dropoff_changes import apply_to_dropoff
from vendtower.flows.hand_over import drive_out
from vendtower.flows.key_exchange import take_key_back
from vendtower.flows.service import cased_bays, hindrances, interrupted_bays
from vendtower.flows.storing import lapse_of, report_of
from vendtower.flows.tower import Tower
from vendtower.ports.screens import KioskPhase

EMPTY_FOR_S = 1.0
"""The sensors have to agree for this long that the bay is empty."""


async def advance(dropoff: Dropoff, tower: Tower) -> Dropoff:
    """Await what the drop-off waits for, and journal it."""
    event = await STEP_FOR[dropoff.state](dropoff, tower)
    if event is None:
        return tower.book.dropoffs[dropoff.dropoff_id]
    return await apply_to_dropoff(tower, dropoff.dropoff_id, dropoff.state, event)


async def prepare_bay(dropoff: Dropoff, tower: Tower) -> DropoffEvent:
    """Nobody is let into a bay that is not proven empty, nor into a tower without room."""
    tower.show(tower.kiosk_at(dropoff.bay), KioskPhase.PREPARING_BAY)
    began_s = tower.clock.monotonic_s()
    while (left_s := began_s + PREPARE_S - tower.clock.monotonic_s()) > 0:
        if await tower.until(lambda: _is_free(tower, dropoff), left_s) is None:
            break
        if not free_slots(tower, dropoff.bay, dropoff.vehicle):
            why = f"no free slot takes car {dropoff.vin}"
            return EntryRefused(EntryRefusal.NO_ROOM, why)
        left = await tower.until(lambda: _is_taken(tower, dropoff), EMPTY_FOR_S)
        bay = report_of(tower, dropoff.bay)
        evidence = None if bay is None else departure_evidence(bay)
        if left is None and evidence is not None:
            return DriverAdmitted((*evidence, "both doors closed and locked"))
    why = why_not_free(tower, dropoff.bay) or "its sensors change"
    return EntryRefused(EntryRefusal.BAY_NOT_FREE, why)


def _is_free(tower: Tower, dropoff: Dropoff) -> bool | None:
    return True if why_not_free(tower, dropoff.bay) is None else None


def _is_taken(tower: Tower, dropoff: Dropoff) -> bool | None:
    return None if why_not_free(tower, dropoff.bay) is None else True


def why_not_free(tower: Tower, bay: int) -> str | None:
    """Why no car may be let into this bay now; None when one may."""
    if found := hindrances(tower, Request.DRIVE_IN):
        return found[0]
    if (closed := why_closed(tower, bay)) is not None:
        return f"bay {bay}: {closed.value.replace('_', ' ')}"
    barred = cased_bays(tower) | interrupted_bays(tower)
    if bay in barred:
        return barred[bay]
    if (vin := tower.book.ledger.car_at(Bay(bay))) is not None:
        return f"bay {bay} holds car {vin}"
    for lift in tower.site.lifts:
        job = tower.book.open_job(lift.number)
        if job is not None and Bay(bay) in job_places(job):
            return f"{job} touches bay {bay}"
    report = report_of(tower, bay)
    if report is None or not report.sealed:
        return f"bay {bay}: its doors are not both closed and locked"
    if report.estop_pressed:
        return f"bay {bay}: e-stop pressed"
    return None if departure_evidence(report) is not None else f"bay {bay} is not empty"


def free_slots(tower: Tower, bay: int, car: Vehicle) -> list[int]:
    """Slots that would take this car now, other cars on their way in counted as stored already."""
    machine = tower.machine()
    if machine is None:
        return []
    bound = {job.destination for job in map(tower.book.open_job, machine.lifts) if job is not None}
    free = [
        slot.number
        for slot in slots_for(tower.site, bay, car)
        if slot.number not in machine.occupied_slots | machine.doubtful_slots
        and slot.number not in machine.blocked_slots
        and tower.book.ledger.car_at(Slot(slot.number)) is None
        and Slot(slot.number) not in bound
        and Slot(slot.number) not in tower.book.notes
        and can_store(tower, bay, slot)
    ]
    others = [
        each
        for each in tower.book.open_dropoffs()
        if each.bay != bay and each.state is not DropoffState.STORING
    ]
    return free[len(others) :]


async def await_measurement(dropoff: Dropoff, tower: Tower) -> DropoffEvent:
    """The PLC measures by itself behind closed doors; judged against bay, lifts and slots."""
    tower.show(tower.kiosk_at(dropoff.bay), KioskPhase.MEASURING)
    event: DropoffEvent | None = await tower.until(lambda: _measured(tower, dropoff), MEASURE_S)
    return event or DropoffStalled(f"not measured within {MEASURE_S:.0f} s")


def _measured(tower: Tower, dropoff: Dropoff) -> DropoffEvent | None:
    bay = report_of(tower, dropoff.bay)
    if bay is None:
        return None
    if bay.person_inside:
        return BayReopened("somebody is inside")
    if bay.activity is not BayActivity.READY or not bay.sealed or not bay.presence:
        return None
    if bay.length_mm == 0:
        # A car that the lift has brought counts as ready before it was measured anew.
        return None
    found = measured(bay)
    return _verdict(found, judge(tower.site, dropoff.bay, found, dropoff.vehicle), tower, dropoff)


def _verdict(
    found: Measurement, judgement: Judgement, tower: Tower, dropoff: Dropoff
) -> DropoffEvent:
    match judgement:
        case DoesNotFit(misfits=misfits):
            return CarRejected(found, misfits)
        case Fits(classes=classes):
            if not free_slots(tower, dropoff.bay, found.of(dropoff.vehicle)):
                return CarRejected(found, (Misfit.NO_ROOM,))
            return CarMeasured(found, classes)


async def take_leave(dropoff: Dropoff, tower: Tower) -> DropoffEvent:
    """Condition and key come first; then a person says that everybody is out."""
    await note_return(dropoff, tower)
    if not await take_key_back(dropoff, tower):
        return BayReopened("somebody is inside")
    return await await_clearance(dropoff, tower)


async def await_lift(dropoff: Dropoff, tower: Tower) -> DropoffEvent | None:
    """Watch that what was agreed stays true until the dispatcher has journaled a job."""
    tower.show(tower.kiosk_at(dropoff.bay), KioskPhase.STORING)
    seen = dropoff.dropoff_id

    def look() -> str | None:
        if tower.book.dropoffs[seen].state is not DropoffState.CLEARED:
            return TAKEN
        return lapse_of(tower, dropoff)

    found = await tower.until(look)
    if found is None or found == TAKEN:
        return None
    tower.confirmations.pop(seen, None)
    return ClearanceLost(found)


async def await_stored(dropoff: Dropoff, tower: Tower) -> DropoffEvent | None:
    """The lift is at work; the end of its job ends the drop-off."""
    tower.show(tower.kiosk_at(dropoff.bay), KioskPhase.STORING)
    seen = dropoff.dropoff_id
    await tower.until(
        lambda: None if tower.book.dropoffs[seen].state is DropoffState.STORING else True
    )
    tower.confirmations.pop(seen, None)
    return None


async def see_off(dropoff: Dropoff, tower: Tower) -> DropoffEvent:
    """The car does not fit: open the outer door, let it drive out, close it again."""
    reason = ",".join(misfit.value for misfit in dropoff.misfits)
    tower.show(tower.kiosk_at(dropoff.bay), KioskPhase.DRIVE_OUT, reason)
    problem = await drive_out(
        tower, dropoff.bay, errand_of(dropoff), lambda bay: why_shut(tower, dropoff, bay)
    )
    bay = report_of(tower, dropoff.bay)
    evidence = departure_evidence(bay) if bay is not None else None
    if problem is not None or evidence is None:
        why = "the bay's sensors changed their mind" if problem is None else problem.why
        return DropoffStalled(why)
    return CarDroveOut((*evidence, "outer door closed and locked"))


TAKEN = "a lift job is journaled"

Step = Callable[[Dropoff, Tower], Awaitable[DropoffEvent | None]]

STEP_FOR: Mapping[DropoffState, Step] = {
    DropoffState.EXPECTED: prepare_bay,
    DropoffState.ADMITTED: let_in,
    DropoffState.PARKED: await_measurement,
    DropoffState.MEASURED: take_leave,
    DropoffState.CLEARED: await_lift,
    DropoffState.STORING: await_stored,
    DropoffState.REJECTED: see_off,
}
"""The states in which a drop-off waits at a bay; what it waits for is the step."""
