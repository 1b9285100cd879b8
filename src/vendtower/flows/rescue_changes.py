"""What the steps of a rescue change beside the rescue itself: car, ledger, cases, visit, job."""

from dataclasses import fields, replace
from typing import Any

from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.delivery import (
    DELIVERY_TABLE,
    Carriage,
    CarriageState,
    MoveHalted,
    PlaceDisputed,
    confirmed_at,
)
from vendtower.domain.job import Fate
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.pickup import PICKUP_TABLE
from vendtower.domain.pickup_events import DeliveryFailed
from vendtower.domain.places import Bay, OnLift, Outside, Place, Slot, Whereabouts
from vendtower.domain.rescue import LiftHomed, Rescue
from vendtower.flows import jobs
from vendtower.flows.case_changes import with_opened_case
from vendtower.flows.put_back import without_waiting
from vendtower.flows.shuttle_reach import must_home
from vendtower.flows.storing import found_by_staff, waits_at
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.flows.visit_changes import visit_change
from vendtower.ports.journal import Change

_ABOUT_WHERE = frozenset({CaseKind.MOVEMENT, CaseKind.LEDGER})
"""Cases that ask where a car stands."""


def began_at(tower: Tower, rescue: Rescue, change: Change) -> Change:
    """The car is nobody's to move from now on; a job that is still open keeps its state."""
    carriage = tower.book.carriage(rescue.vin)
    if not DELIVERY_TABLE.allows(carriage.state, PlaceDisputed):
        return change
    return replace(change, carriages=(carriage.apply(PlaceDisputed(rescue.case_id)),))


def brought(
    tower: Tower, rescue: Rescue, where: Place | Outside, by: str, change: Change
) -> Change:
    """Ledger, car, drop-off, visit, job and other questions follow a person's word."""
    vin = rescue.vin
    open_job = tower.book.open_job(rescue.lift)
    if open_job is not None and open_job.vin == vin:
        why = f"the car was brought out by hand, rescue {rescue.case_id}"
        ended = jobs.Ended(Fate.UNKNOWN, why)
        told = jobs.job_event(tower, open_job, "JobEnded", ended.words)
        change = replace(
            change,
            jobs=(jobs.ended_job(tower, open_job, ended),),
            events=(*change.events, told),
        )
    beside = _visit_told(tower, rescue, where, found_by_staff(tower, vin, where, by))
    if isinstance(where, Bay) and tower.book.open_dropoff(vin) is not None:
        beside = without_waiting(tower, where.number, beside)
    own = Change(
        carriages=(_confirmed(tower.book.carriage(vin), rescue, where, by),),
        ledger=_line(tower, vin, where),
        cases=(*_answered(tower, rescue, where, by), *_held_there(tower, rescue, where)),
    )
    # The car's own lines come last: beside them nobody else says where it is.
    return _joined(_joined(change, beside), own)


def _line(tower: Tower, vin: str, where: Place | Outside) -> tuple[LedgerLine, ...]:
    """The car's line; a new car that has left is in no ledger, and its way in still knows it."""
    line = tower.book.ledger.line(vin)
    if line is None and isinstance(where, Outside):
        return ()
    known = [dropoff.vehicle for dropoff in tower.book.dropoffs.values() if dropoff.vin == vin]
    vehicle = known[-1] if line is None and known else tower.book.line(vin).vehicle
    return (LedgerLine(vehicle, where),)


def _held_there(tower: Tower, rescue: Rescue, where: Place | Outside) -> tuple[Case, ...]:
    """People work where the car stands now: no other lift comes there before the rescue is over."""
    case = tower.book.cases[rescue.case_id]
    if isinstance(where, Outside) or where in case.places:
        return ()
    return (replace(case, places=tuple(sorted({*case.places, where}, key=str))),)


def _joined(one: Change, other: Change) -> Change:
    """Everything that both change, in this order; neither sets a cursor or another single fact."""
    both: dict[str, Any] = {
        field.name: (*first, *getattr(other, field.name))
        for field in fields(Change)
        if isinstance(first := getattr(one, field.name), tuple)
    }
    return replace(one, **both)


def _confirmed(carriage: Carriage, rescue: Rescue, where: Place | Outside, by: str) -> Carriage:
    if carriage.state in {CarriageState.MOVING, CarriageState.RETURNING}:
        carriage = carriage.apply(MoveHalted(rescue.case_id))
    elif carriage.state is not CarriageState.HALTED:
        carriage = carriage.apply(PlaceDisputed(rescue.case_id))
    return carriage.apply(confirmed_at(where, by))


def _visit_told(tower: Tower, rescue: Rescue, where: Place | Outside, change: Change) -> Change:
    """A customer who waits for a car that has left by hand is referred to staff."""
    if not isinstance(where, Outside):
        return change
    for visit in tower.book.open_visits():
        if visit.vin == rescue.vin and PICKUP_TABLE.allows(visit.state, DeliveryFailed):
            why = f"car {rescue.vin} was brought out of the tower by hand"
            told = visit_change(tower, visit, DeliveryFailed(why))
            return _joined(change, told)
    return change


def _answered(tower: Tower, rescue: Rescue, where: Place | Outside, by: str) -> tuple[Case, ...]:
    """Where the car is, its other cases need not ask any more; nor how it is to be put away from a
    bay that it has left.
    """
    answered = set(_ABOUT_WHERE)
    dropoff = tower.book.open_dropoff(rescue.vin)
    if dropoff is not None and not waits_at(dropoff, where):
        answered.add(CaseKind.DROP_OFF)
    return tuple(
        replace(
            case,
            settlement=Settlement.RESCUED,
            settled_by=by,
            note=f"rescue {rescue.case_id}",
            settled_utc=tower.clock.utc(),
        )
        for case in tower.book.open_cases()
        if case.vin == rescue.vin and case.kind in answered
    )


def closed_case(
    tower: Tower, rescue: Rescue, settlement: Settlement, by: str, change: Change
) -> Change:
    """The case that held the lift is settled; what comes next is the homing's."""
    case = tower.book.cases[rescue.case_id]
    settled = replace(case, settlement=settlement, settled_by=by, settled_utc=tower.clock.utc())
    return replace(change, cases=(*change.cases, settled))


def cancelled(tower: Tower, rescue: Rescue, by: str) -> Change:
    """The hold ends; a car without another case gets one that asks where it stands."""
    change = closed_case(tower, rescue, Settlement.NO_LONGER_NEEDED, by, Change(standing=(rescue,)))
    others = [
        case
        for case in tower.book.open_cases()
        if case.vin == rescue.vin and case.kind in _ABOUT_WHERE
    ]
    carriage, line = tower.book.carriage(rescue.vin), tower.book.ledger.line(rescue.vin)
    place: Whereabouts = Outside() if line is None else line.where
    asks = carriage.state is CarriageState.HALTED and not others
    if asks and isinstance(place, Outside):
        # Its driver has driven it out meanwhile: nothing holds it when it comes again.
        change = replace(change, carriages=(carriage.apply(confirmed_at(place, by)),))
    if asks and isinstance(place, Slot | Bay | OnLift):
        asked = replace(
            tower.book.cases[rescue.case_id],
            case_id=tower.book.next_case_id(),
            kind=CaseKind.LEDGER,
            question=(
                f"A rescue of car {rescue.vin} was cancelled. The ledger has it on {place}. "
                "Look: does it stand there?"
            ),
            choices=(
                Settlement.PLACES_AGREE,
                Settlement.CAR_IN_SLOT,
                Settlement.CAR_IN_BAY,
                Settlement.CAR_OUTSIDE,
            ),
            opened_utc=tower.clock.utc(),
            place=place,
            places=(place,),
        )
        change = with_opened_case(tower, change, asked)
    return with_event(tower, change, rescue, "Cancelled", by=by)


def with_event(
    tower: Tower, change: Change, rescue: Rescue, name: str, *, by: str, witness: str = ""
) -> Change:
    """The change with its event."""
    told = tell(
        tower,
        "rescue",
        name,
        subject=f"rescue/{rescue.case_id}",
        correlation_id=f"rescue-{rescue.case_id}",
        data={
            "rescue": rescue.case_id,
            "vin": rescue.vin,
            "lift": rescue.lift,
            "next": rescue.state.value,
            "where": "" if rescue.where is None else str(rescue.where),
            "by": by,
            "witness": witness,
        },
    )
    return replace(change, events=(*change.events, told))


def homed_after(tower: Tower, lift: int, change: Change) -> Change:
    """The change of a homing that has ended well, with the end of its rescue."""
    rescue = must_home(tower, lift)
    if rescue is None:
        return change
    after = rescue.apply(LiftHomed())
    return with_event(tower, replace(change, standing=(after,)), after, "LiftHomed", by="tower")
