"""What stands between a parked car and a lift, checked where a job is planned and where it ends."""

from vendtower.domain.delivery import CarriageEvent, MovedToSlot, ReturnRefused
from vendtower.domain.dropoff import (
    CarDroveOut,
    CarFoundInBay,
    CarStored,
    Dropoff,
    DropoffEvent,
    DropoffState,
    MeasurementDisputed,
    StoringRefused,
    StoringStarted,
)
from vendtower.domain.job import Job, JobResult
from vendtower.domain.machine import BayReport
from vendtower.domain.moves import Move
from vendtower.domain.places import Bay, Outside, Place, Slot
from vendtower.flows.dropoff_changes import dropoff_change
from vendtower.flows.key_changes import with_key_asked_back
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change


def report_of(tower: Tower, bay: int) -> BayReport | None:
    """What the PLC says of the bay now; None when that is not known or too old."""
    machine = tower.machine()
    return None if machine is None else machine.bays.get(bay)


def lapse_of(tower: Tower, dropoff: Dropoff) -> str | None:
    """Why nothing proves any more that nobody is left with this car; None while it is proven."""
    confirmation = tower.confirmations.get(dropoff.dropoff_id)
    if confirmation is None:
        return "the controller was restarted since it was confirmed"
    bay = report_of(tower, dropoff.bay)
    valid_s = tower.site.policies.confirmation_s_max
    return confirmation.lapsed(bay, tower.clock.monotonic_s(), valid_s)


def watch_confirmations(tower: Tower) -> None:
    """One look at every bay that a person has called clear; nothing of it is written.

    Call it whenever the machine was read, or has fallen silent: the journal may be long over what
    was confirmed, and who steps out of the car meanwhile and in again is in it.
    """
    for dropoff_id, confirmation in tower.confirmations.items():
        dropoff = tower.book.dropoffs.get(dropoff_id)
        if dropoff is not None:
            seen = confirmation.after(report_of(tower, dropoff.bay))
            tower.confirmations[dropoff_id] = seen


def lapsed_meanwhile(tower: Tower, job: Job) -> str | None:
    """Why nothing proves any more, now that its job is written, that nobody is left with the car.

    None while it is proven, and for a car that no driver has brought to where it stands.
    """
    dropoff = tower.book.open_dropoff(job.vin or "")
    if dropoff is None or job.source != Bay(dropoff.bay):
        return None
    return lapse_of(tower, dropoff)


def why_not_moved(tower: Tower, move: Move) -> str | None:
    """Why a drop-off forbids this move now; None when none does.

    Called with the book held, just before the job is journaled, so that nothing comes between
    the proof and the job.
    """
    dropoff = tower.book.open_dropoff(move.vin)
    if dropoff is not None and dropoff.state is not DropoffState.STORING:
        if dropoff.state is not DropoffState.CLEARED:
            return f"drop-off of car {move.vin} is {dropoff.state.value}, not cleared"
        if move.source != Bay(dropoff.bay) or not isinstance(move.destination, Slot):
            return f"car {move.vin} is cleared for a way from bay {dropoff.bay} to a slot alone"
        return lapse_of(tower, dropoff)
    exposed = isinstance(move.source, Bay) and tower.book.carriage(move.vin).exposed
    if exposed and dropoff is None:
        return f"car {move.vin} stood behind an open street door: nobody has looked inside"
    for each in tower.book.open_dropoffs():
        # Whoever waits before the bay waits for the car in it to go.
        waits_before = each.state is DropoffState.EXPECTED
        ends = (move.destination,) if waits_before else (move.source, move.destination)
        if Bay(each.bay) in ends:
            return f"bay {each.bay} is kept for another car"
    return None


def storing_started(tower: Tower, vin: str, job_id: int) -> Change:
    """What the journaled job changes of the car's drop-off; nothing when it has none."""
    return _changed(tower, vin, DropoffState.CLEARED, StoringStarted(job_id))


def storing_ended(
    tower: Tower, vin: str, event: CarriageEvent, place: Place | None, refusal: str
) -> Change:
    """What the end of a movement changes of the car's drop-off; nothing when it has none.

    ``refusal`` is the PLC's word for why it did not begin, where it did not.
    """
    if isinstance(event, MovedToSlot) and isinstance(place, Slot):
        return _changed(
            tower, vin, DropoffState.STORING, CarStored(place.number, tower.clock.utc())
        )
    if isinstance(event, ReturnRefused):
        why = f"the PLC did not begin to store the car: {refusal}"
        if refusal == JobResult.LOAD_OR_PROFILE.name.lower():
            return _changed(tower, vin, DropoffState.STORING, MeasurementDisputed(why))
        return _changed(tower, vin, DropoffState.STORING, StoringRefused(why))
    return Change()


def found_by_staff(tower: Tower, vin: str, place: Place | Outside, by: str) -> Change:
    """What a named person's word where the car is changes of its drop-off."""
    dropoff = tower.book.open_dropoff(vin)
    if dropoff is None:
        return Change()
    match place:
        case Slot(number=number):
            stored = dropoff_change(tower, dropoff, CarStored(number, tower.clock.utc()))
            return with_key_asked_back(tower, dropoff, stored)
        case Bay(number=number) if waits_at(dropoff, place):
            return Change()
        case Bay(number=number):
            return dropoff_change(tower, dropoff, CarFoundInBay(by, number))
        case Outside():
            return dropoff_change(tower, dropoff, CarDroveOut((f"seen by {by}",)))
        case _:
            return Change()


def waits_at(dropoff: Dropoff, place: Place | Outside) -> bool:
    """Whether the way in goes on by itself from where the car stands: no lift has taken it off."""
    return dropoff.state is not DropoffState.STORING and place == Bay(dropoff.bay)


def _changed(tower: Tower, vin: str, state: DropoffState, event: DropoffEvent) -> Change:
    dropoff = tower.book.open_dropoff(vin)
    if dropoff is None or dropoff.state is not state:
        return Change()
    return dropoff_change(tower, dropoff, event)
