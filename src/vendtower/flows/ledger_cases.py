"""Cases about places where ledger and sensors differ: asked, and settled against the sensors."""

from collections.abc import Sequence
from dataclasses import replace

from vendtower.domain.after_job import shows_car
from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.delivery import (
    DELIVERY_TABLE,
    Carriage,
    CarriageState,
    PlaceDisputed,
    confirmed_at,
)
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.ledger_check import Contradiction, Difference, difference_at
from vendtower.domain.machine import MachineSnapshot
from vendtower.domain.places import Bay, OnLift, Outside, Place, Slot
from vendtower.domain.rescue import Rescue, RescueState
from vendtower.flows.case_answers import NotSettled, Particulars
from vendtower.flows.case_changes import with_opened_case
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change

_ABOUT_A_CAR = (
    Settlement.PLACES_AGREE,
    Settlement.SENSOR_WRONG,
    Settlement.CAR_IN_SLOT,
    Settlement.CAR_IN_BAY,
    Settlement.CAR_OUTSIDE,
)
_ABOUT_AN_EMPTY_PLACE = (
    Settlement.PLACES_AGREE,
    Settlement.SENSOR_WRONG,
    Settlement.CAR_IDENTIFIED,
)


def dispute(tower: Tower, found: Sequence[Difference]) -> Change:
    """One case for each difference; call it inside ``decide``."""
    change = Change()
    unknown = [each.place for each in found if each.contradiction is Contradiction.UNKNOWN_CAR]
    for difference in found:
        hint = [place for place in unknown if place != difference.place]
        change = _asked(tower, change, difference, _question(difference, hint))
    return change


def dispute_many(tower: Tower, change: Change, found: Sequence[Difference]) -> Change:
    """One case for all of these; they come back one by one when it is settled."""
    if not found:
        return change
    told = "; ".join(str(each) for each in found[:5])
    question = (
        f"At {len(found)} more places ledger and sensors differ, for instance {told}. Is one "
        "device behind all of them? Look, and have them compared again."
    )
    case = Case(
        case_id=_next_case_id(tower, change),
        kind=CaseKind.LEDGER,
        question=question,
        choices=(Settlement.COMPARE_AGAIN,),
        opened_utc=tower.clock.utc(),
        correlation_id=tower.chance.new_id(),
        places=tuple(each.place for each in found),
    )
    return with_opened_case(tower, change, case)


def _question(difference: Difference, unknown: Sequence[Place]) -> str:
    said = f"Ledger and sensors differ at {difference}."
    match difference.contradiction:
        case Contradiction.CAR_MISSING:
            seen = f" A car nobody knows is seen on {unknown[0]}." if len(unknown) == 1 else ""
            return f"{said}{seen} Look: does the car stand there, elsewhere, or is it gone?"
        case Contradiction.UNKNOWN_CAR:
            return f"{said} Look: does a car stand there, and which one (VIN or plate)?"
        case Contradiction.IN_DOUBT if difference.vin is not None:
            return f"{said} The ledger has car {difference.vin} there. Look: does it stand there?"
        case Contradiction.IN_DOUBT:
            return f"{said} The ledger has no car there. Look: is the place empty?"


def _asked(tower: Tower, change: Change, difference: Difference, question: str) -> Change:
    place, vin = difference.place, difference.vin
    case = Case(
        case_id=_next_case_id(tower, change),
        kind=CaseKind.LEDGER,
        question=question,
        choices=_ABOUT_AN_EMPTY_PLACE if vin is None else _ABOUT_A_CAR,
        opened_utc=tower.clock.utc(),
        correlation_id=tower.chance.new_id(),
        vin=vin,
        lift=place.number if isinstance(place, OnLift) else None,
        bay=place.number if isinstance(place, Bay) else None,
        place=place,
        places=(place,),
    )
    change = with_opened_case(tower, change, case)
    carriage = None if vin is None else tower.book.carriage(vin)
    if carriage is None or not DELIVERY_TABLE.allows(carriage.state, PlaceDisputed):
        return change
    disputed = carriage.apply(PlaceDisputed(case.case_id))
    return replace(change, carriages=(*change.carriages, disputed))


def _next_case_id(tower: Tower, change: Change) -> int:
    return tower.book.next_case_id() + len(change.cases)


def settled_places(tower: Tower, case: Case, said: Particulars) -> Change:
    """What a named person's answer changes; call it inside ``decide``.

    Raises:
        NotSettled: when the sensors, or the ledger, contradict it.
    """
    machine = tower.machine()
    if machine is None:
        raise NotSettled("the machine's state is not known now; try again when the PLC is back")
    match case.settlement:
        case Settlement.COMPARE_AGAIN:
            return Change()
        case Settlement.SENSOR_WRONG if case.place is not None:
            return _kept_out(tower, case, case.place)
        case Settlement.PLACES_AGREE:
            return _agreeing(tower, case, machine)
        case Settlement.CAR_IDENTIFIED if case.place is not None:
            return _identified(tower, case, case.place, said.car, machine)
        case _:
            return _elsewhere(tower, case, said, machine)


def _kept_out(tower: Tower, case: Case, place: Place) -> Change:
    """The ledger stands; the place is asked about again, once its sensor is mended."""
    stands = "no car stands there" if case.vin is None else f"car {case.vin} stands there"
    choices = _ABOUT_AN_EMPTY_PLACE if case.vin is None else _ABOUT_A_CAR
    follow_up = replace(
        case,
        case_id=tower.book.next_case_id(),
        question=(
            f"{place} is kept out of use: its sensors are wrong and {stands}, says "
            f"{case.settled_by}. Answer places_agree once they are mended."
        ),
        choices=tuple(each for each in choices if each is not Settlement.SENSOR_WRONG),
        opened_utc=tower.clock.utc(),
        settlement=None,
        settled_by="",
        note="",
        settled_utc=None,
    )
    change = with_opened_case(tower, Change(), follow_up)
    if case.vin is None:
        return change
    carriage = tower.book.carriage(case.vin)
    if carriage.state is CarriageState.HALTED:
        kept = replace(carriage, case_id=follow_up.case_id)
        change = replace(change, carriages=(kept,))
    return change


def _agreeing(tower: Tower, case: Case, machine: MachineSnapshot) -> Change:
    for place in case.places:
        difference = difference_at(tower.book.ledger, machine, place)
        if difference is not None:
            raise NotSettled(f"they do not agree: {difference}")
    if case.vin is None or case.place is None:
        return Change()
    return _stands(tower, case, case.vin, case.place)


def _elsewhere(tower: Tower, case: Case, said: Particulars, machine: MachineSnapshot) -> Change:
    """The car of the case stands in another place, or has left."""
    if case.vin is None or case.place is None:
        raise NotSettled(f"case {case.case_id}: it asks about no single car")
    if case.settlement is Settlement.CAR_OUTSIDE:
        if shows_car(case.place, machine) is not False:
            raise NotSettled(f"the sensors do not show {case.place} empty")
        return _stands(tower, case, case.vin, Outside())
    place = _place_said(tower, case, said)
    if shows_car(place, machine) is not True:
        raise NotSettled(f"the sensors do not see a car on {place}")
    return _stands(tower, case, case.vin, place)


def _place_said(tower: Tower, case: Case, said: Particulars) -> Place:
    if case.settlement is Settlement.CAR_IN_SLOT:
        if said.slot is None or said.slot not in tower.site.slots:
            raise NotSettled(f"slot {said.slot}: expected the number of a slot in the site file")
        return Slot(said.slot)
    number = said.bay if said.bay is not None else case.bay
    if number not in {bay.number for bay in tower.site.bays}:
        raise NotSettled(f"bay {number}: expected the number of a bay in the site file")
    return Bay(number or 0)


def _identified(
    tower: Tower, case: Case, place: Place, car: str, machine: MachineSnapshot
) -> Change:
    """The unknown car is one that the ledger knows, and has elsewhere."""
    line = _line_of(tower, car)
    vin, where = line.vehicle.vin, line.where
    if where == place:
        return _agreeing(tower, case, machine)
    if isinstance(where, Slot | Bay | OnLift) and shows_car(where, machine) is not False:
        raise NotSettled(
            f"the ledger has car {vin} on {where}, which the sensors do not show empty"
        )
    for rescue in tower.book.facts(Rescue):
        if rescue.vin == vin and not rescue.ended and rescue.state is not RescueState.HOME:
            raise NotSettled(f"rescue {rescue.case_id} is under way; it says where car {vin} is")
    for other in tower.book.open_cases():
        if other.vin == vin and other.kind is CaseKind.MOVEMENT:
            raise NotSettled(
                f"case {other.case_id} asks where car {vin} is; answer that, and this is answered"
            )
    carriage = tower.book.carriage(vin)
    if carriage.state in {CarriageState.MOVING, CarriageState.RETURNING}:
        raise NotSettled(f"car {vin} is being moved by job {carriage.job_id}")
    if shows_car(place, machine) is not True:
        raise NotSettled(f"the sensors do not see a car on {place}")
    if tower.book.open_dropoff(vin) is not None:
        raise NotSettled(f"car {vin} is on its way in by a drop-off; settle that first")
    change = _stands(tower, case, vin, place)
    gone = (vin,) if vin in tower.book.loans else ()
    return replace(change, loans_gone=gone)


def _line_of(tower: Tower, car: str) -> LedgerLine:
    if not car.strip():
        raise NotSettled("which car stands there? Give its VIN or plate")
    lines = [each for each in tower.book.ledger if car in {each.vehicle.vin, each.vehicle.plate}]
    if len(lines) != 1:
        raise NotSettled(
            f"car {car}: found {len(lines)} in the ledger, expected one; a car that the tower has "
            "never had is entered with `vendtower cars load`, then answer places_agree"
        )
    return lines[0]


def _stands(tower: Tower, case: Case, vin: str, where: Place | Outside) -> Change:
    """The ledger follows the person's word, and every question that it answers as well."""
    line = tower.book.line(vin)
    told = tell(
        tower,
        "ledger",
        "CarFound",
        subject=f"car/{vin}",
        correlation_id=case.correlation_id,
        data={
            "vin": vin,
            "was": str(line.where),
            "where": str(where),
            "by": case.settled_by,
            "case_id": case.case_id,
        },
    )
    return Change(
        carriages=(_confirmed(tower.book.carriage(vin), case, where),),
        ledger=(LedgerLine(line.vehicle, where),),
        cases=answered_too(tower, case, vin, where),
        events=(told,),
    )


def _confirmed(carriage: Carriage, case: Case, where: Place | Outside) -> Carriage:
    if carriage.state is not CarriageState.HALTED:
        carriage = carriage.apply(PlaceDisputed(case.case_id))
    return carriage.apply(confirmed_at(where, case.settled_by))


def answered_too(tower: Tower, case: Case, vin: str, where: Place | Outside) -> tuple[Case, ...]:
    """Other open questions about this car, or about the one place where it stands."""
    return tuple(
        replace(
            other,
            settlement=Settlement.NO_LONGER_NEEDED,
            settled_by=case.settled_by,
            note=f"answered by case {case.case_id}",
            settled_utc=case.settled_utc,
        )
        for other in tower.book.open_cases()
        if other.kind is CaseKind.LEDGER
        and other.case_id != case.case_id
        and (other.vin == vin or (other.vin is None and other.places == (where,)))
    )
