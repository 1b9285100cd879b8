"""What one event of a drop-off changes: itself, the ledger, and whatever hangs on it."""

from dataclasses import replace
from datetime import datetime

from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.delivery import Carriage, CarriageState, DroveIn, DroveOut
from vendtower.domain.dropoff import (
    CarDroveOut,
    CarMeasured,
    CarParked,
    CarStored,
    DriverTurnedBack,
    Dropoff,
    DropoffEvent,
    DropoffStalled,
    DropoffState,
    MeasurementDisputed,
)
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.places import Bay, Outside
from vendtower.flows.case_changes import with_opened_case
from vendtower.flows.telling import as_data, tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change


async def apply_to_dropoff(
    tower: Tower, dropoff_id: str, seen: DropoffState, event: DropoffEvent
) -> Dropoff:
    """Journal the event with everything that follows, unless somebody else was first.

    A lift job and a staff member's answer change a drop-off as well; an event that was found in
    another state than the present one says nothing any more and is dropped.

    Raises:
        JournalFault: when it could not be written; nothing has changed.
    """

    def decide() -> Change | None:
        current = tower.book.dropoffs[dropoff_id]
        return dropoff_change(tower, current, event) if current.state is seen else None

    await tower.book.record(decide)
    return tower.book.dropoffs[dropoff_id]


def dropoff_change(tower: Tower, dropoff: Dropoff, event: DropoffEvent) -> Change:
    """The whole change; call it inside the book's ``decide``.

    Raises:
        IllegalEvent: when the table does not allow the event now.
    """
    advanced = dropoff.apply(event)
    change = Change(
        dropoffs=(advanced,),
        events=(
            tell(
                tower,
                "dropoff",
                type(event).__name__,
                subject=f"dropoff/{dropoff.dropoff_id}",
                correlation_id=dropoff.dropoff_id,
                data=_data(advanced, event),
            ),
        ),
    )
    change = _with_places(tower, advanced, event, change)
    change = _with_return(tower, advanced, event, change)
    return _with_case(tower, advanced, event, change)


def _data(dropoff: Dropoff, event: DropoffEvent) -> dict[str, object]:
    return as_data(event) | {
        "vin": dropoff.vin,
        "bay": dropoff.bay,
        "reservation_id": dropoff.reservation_id,
    }


def _with_places(tower: Tower, dropoff: Dropoff, event: DropoffEvent, change: Change) -> Change:
    """The ledger follows what the sensors have shown of the car."""
    match event:
        case CarParked():
            return _entered(tower, dropoff, change)
        case CarMeasured():
            return replace(change, ledger=(LedgerLine(dropoff.vehicle, Bay(dropoff.bay)),))
        case DriverTurnedBack() | CarDroveOut():
            return _left(tower, dropoff, change)
        case _:
            return change


def _entered(tower: Tower, dropoff: Dropoff, change: Change) -> Change:
    carriage = tower.book.carriages.get(dropoff.vin) or Carriage(dropoff.vin, CarriageState.GONE)
    if carriage.state is CarriageState.GONE:
        change = replace(change, carriages=(carriage.apply(DroveIn()),))
    return replace(change, ledger=(LedgerLine(dropoff.vehicle, Bay(dropoff.bay)),))


def _left(tower: Tower, dropoff: Dropoff, change: Change) -> Change:
    carriage = tower.book.carriage(dropoff.vin)
    if tower.book.ledger.car_at(Bay(dropoff.bay)) != dropoff.vin:
        return change
    if carriage.state is CarriageState.IN_BAY:
        change = replace(change, carriages=(carriage.apply(DroveOut()),))
    if dropoff.new:
        # A car that was turned away has never become one of this tower's.
        return replace(change, ledger_gone=(dropoff.vin,))
    # Whatever a scale showed of a car that was not put away says nothing of its next coming.
    papers_kg = dropoff.vehicle.weight_kg if dropoff.papers_kg is None else dropoff.papers_kg
    vehicle = replace(dropoff.vehicle, weight_kg=papers_kg)
    return replace(change, ledger=(LedgerLine(vehicle, Outside()),))


def _with_return(tower: Tower, dropoff: Dropoff, event: DropoffEvent, change: Change) -> Change:
    """Tell the cloud that the car is in the tower's hands again, with what was measured."""
    if dropoff.put_back and isinstance(event, DriverTurnedBack | CarDroveOut):
        return _left_after_all(tower, dropoff, change)
    if not isinstance(event, CarStored):
        return change
    condition = tower.book.conditions.get(dropoff.dropoff_id)
    told = tell(
        tower,
        "car",
        _stored_as(dropoff),
        subject=f"car/{dropoff.vin}",
        correlation_id=dropoff.dropoff_id,
        data={
            "vin": dropoff.vin,
            "slot": event.slot,
            "reservation_id": dropoff.reservation_id,
            "announced_by": dropoff.announced_by,
            "parked_utc": _iso(dropoff.parked_utc),
            "returns_by": _iso(dropoff.returns_by),
            "late": _is_late(dropoff),
            "measurement": None if dropoff.measurement is None else as_data(dropoff.measurement),
            "evidence": list(dropoff.evidence),
            "condition": None if condition is None else as_data(condition),
        },
    )
    return replace(change, loans_gone=(dropoff.vin,), events=(*change.events, told))


def _stored_as(dropoff: Dropoff) -> str:
    if dropoff.put_back:
        return "PutBack"
    return "TakenIn" if dropoff.new else "Returned"


def _left_after_all(tower: Tower, dropoff: Dropoff, change: Change) -> Change:
    """The car was driven out although its visit had ended: its loan is kept for the return."""
    told = tell(
        tower,
        "car",
        "LeftAfterAll",
        subject=f"car/{dropoff.vin}",
        correlation_id=dropoff.dropoff_id,
        data={"vin": dropoff.vin, "bay": dropoff.bay, "reservation_id": dropoff.reservation_id},
    )
    return replace(change, events=(*change.events, told))


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _is_late(dropoff: Dropoff) -> bool | None:
    """Parked after the loan's end; None when no end was set."""
    if dropoff.returns_by is None or dropoff.parked_utc is None:
        return None
    return dropoff.parked_utc > dropoff.returns_by


def _with_case(tower: Tower, dropoff: Dropoff, event: DropoffEvent, change: Change) -> Change:
    """Tell staff why they were called; only what the sensors can confirm is a way on.

    The known weight alone is a person's to correct.
    """
    if not isinstance(event, DropoffStalled | MeasurementDisputed):
        return change
    choices: tuple[Settlement, ...] = (Settlement.TRY_AGAIN, Settlement.CAR_OUTSIDE)
    if isinstance(event, DropoffStalled) and event.scale_kg is not None:
        choices = (*choices, Settlement.WEIGHT_IS_RIGHT)
    case = Case(
        case_id=tower.book.next_case_id(),
        kind=CaseKind.DROP_OFF,
        question=(
            f"Car {dropoff.vin} cannot be put away from bay {dropoff.bay}: {event.why}. "
            "Look into the car and the bay: is anybody inside?"
        ),
        choices=choices,
        opened_utc=tower.clock.utc(),
        correlation_id=dropoff.dropoff_id,
        vin=dropoff.vin,
        bay=dropoff.bay,
    )
    return with_opened_case(tower, change, case)
