"""A named person answers a question; what follows is checked against the sensors once more."""

from dataclasses import replace

from vendtower.domain.after_job import shows_car
from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.clearance import vouching_hindrance
from vendtower.domain.delivery import confirmed_at
from vendtower.domain.dropoff import (
    CarDroveOut,
    Dropoff,
    DropoffEvent,
    DropoffState,
    StaffResumedDropoff,
)
from vendtower.domain.identity import IdentityMethod
from vendtower.domain.job_errors import refusal_after
from vendtower.domain.key_errand import KeyState, StaffMovedKey
from vendtower.domain.ledger import LedgerConflict, LedgerLine
from vendtower.domain.machine import MachineSnapshot
from vendtower.domain.pickup import VisitState
from vendtower.domain.pickup_events import (
    CustomerLeft,
    StaffClosedVisit,
    StaffResumedVisit,
)
from vendtower.domain.places import Bay, OnLift, Outside, Place, Slot
from vendtower.domain.rescue import Rescue, RescueState
from vendtower.domain.visit_failure import FailureCause
from vendtower.flows.case_answers import NotSettled, Particulars
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.dropoff_changes import dropoff_change
from vendtower.flows.interruptions import acknowledge_estops
from vendtower.flows.key_changes import key_change
from vendtower.flows.ledger_cases import answered_too, settled_places
from vendtower.flows.storing import found_by_staff, report_of
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.flows.verification import verified_now
from vendtower.flows.visit_cases import (
    check_known_where,
    hand_over_settled,
    seen_outside,
    visit_event,
)
from vendtower.flows.visit_changes import visit_change
from vendtower.ports.journal import Change

_ABOUT_MOVEMENTS = {
    Settlement.CONTINUE,
    Settlement.CAR_ON_LIFT,
    Settlement.CAR_IN_SLOT,
    Settlement.CAR_IN_BAY,
    Settlement.CAR_OUTSIDE,
}


async def settle(
    tower: Tower, case_id: int, settlement: Settlement, *, by: str, note: str, said: Particulars
) -> ControlAnswer:
    """Take a named person's answer to a case.

    Raises:
        JournalFault: when it could not be written; nothing has changed.
    """
    answered: list[Case] = []
    stops_ordered = tower.stops_ordered

    def decide() -> Change:
        case = tower.book.cases.get(case_id)
        if case is None:
            raise NotSettled(f"case {case_id} does not exist")
        _check_answer(case, settlement, by)
        _check_no_rescue(tower, case)
        check_known_where(tower, case, settlement)
        settled = replace(
            case,
            settlement=settlement,
            settled_by=by,
            note=note,
            settled_utc=tower.clock.utc(),
        )
        change = _with_case(tower, settled, _consequence(tower, settled, said))
        answered[:] = [settled]
        if settled.lift is not None and settled.kind is CaseKind.MOVEMENT:
            # Who has looked at the lift and the shaft leads the machine on.
            seen = acknowledge_estops(tower, by)
            change = replace(change, standing=seen.standing, events=(*change.events, *seen.events))
        return change

    try:
        # Whoever decides next knows that a person has looked.
        await tower.book.record(decide, lambda: _release(tower, answered[0], stops_ordered))
    except (NotSettled, LedgerConflict) as error:
        return NotDone(str(error))
    return Done(f"case {case_id} settled: {settlement.value}, by {by}")


def _release(tower: Tower, case: Case, stops_ordered: int) -> None:
    """A person has looked at the machine: its stop and its latched faults may be reset.

    Who has looked at a document has not looked at the machine. A stop that somebody has ordered
    while the answer was written is another one.
    """
    if case.kind is CaseKind.LEDGER:
        return
    if case.lift is not None:
        tower.lead_on(case.settled_by, stops_ordered)
        tower.faults_seen.add(OnLift(case.lift))
    if case.bay is not None:
        tower.faults_seen.add(Bay(case.bay))
    tower.bell.ring()


def _check_answer(case: Case, settlement: Settlement, by: str) -> None:
    if not case.is_open:
        raise NotSettled(f"case {case.case_id} was settled by {case.settled_by} already")
    if not by.strip():
        raise NotSettled("a case is settled by a named person: no name was given")
    if case.kind is CaseKind.RESCUE:
        raise NotSettled(
            f"case {case.case_id} ends with its rescue: `vendtower rescue next {case.case_id}`"
        )
    if case.error and settlement not in case.choices and settlement in _ABOUT_MOVEMENTS:
        raise NotSettled(refusal_after(case.error, settlement, case.choices))
    if settlement not in case.choices:
        choices = ", ".join(choice.value for choice in case.choices)
        raise NotSettled(f"case {case.case_id} takes {choices}; found {settlement.value}")


def _check_no_rescue(tower: Tower, case: Case) -> None:
    """Where a car is that people carry about, their rescue says, and nobody beside it."""
    if case.kind not in {CaseKind.MOVEMENT, CaseKind.LEDGER}:
        return
    for rescue in tower.book.facts(Rescue):
        concerned = case.lift == rescue.lift or (case.vin is not None and case.vin == rescue.vin)
        if concerned and not rescue.ended and rescue.state is not RescueState.HOME:
            raise NotSettled(f"rescue {rescue.case_id} is under way; it answers this as well")


def _with_case(tower: Tower, settled: Case, change: Change) -> Change:
    told = tell(
        tower,
        "case",
        "CaseSettled",
        subject=f"case/{settled.case_id}",
        correlation_id=settled.correlation_id,
        data={
            "case_id": settled.case_id,
            "settlement": settled.settlement.value if settled.settlement else "",
            "by": settled.settled_by,
            "note": settled.note,
        },
    )
    others = (case for case in change.cases if case.case_id != settled.case_id)
    return replace(change, cases=(*others, settled), events=(*change.events, told))


def _consequence(tower: Tower, case: Case, said: Particulars) -> Change:
    match case.kind:
        case CaseKind.MOVEMENT:
            return _car_found(tower, case, said)
        case CaseKind.LEDGER:
            return settled_places(tower, case, said)
        case CaseKind.RESCUE:
            raise NotSettled(f"rescue {case.case_id} ends with its last step, not with an answer")
        case CaseKind.HAND_OVER:
            return hand_over_settled(tower, case)
        case CaseKind.DROP_OFF:
            return _dropoff_settled(tower, case)
        case CaseKind.IDENTITY:
            return _identity_settled(tower, case)
        case CaseKind.KEY:
            return _key_settled(tower, case)


def _car_found(tower: Tower, case: Case, said: Particulars) -> Change:
    """The car stands where the person says, unless the sensors there see none."""
    if case.vin is None:
        _machine_stands(tower, case)
        return Change()
    place: Place | Outside
    match case.settlement:
        case Settlement.CONTINUE if case.place is not None:
            place = case.place
        case Settlement.CAR_ON_LIFT if case.lift is not None:
            place = OnLift(case.lift)
        case Settlement.CAR_IN_SLOT:
            place = Slot(_slot_number(tower, said.slot))
        case Settlement.CAR_IN_BAY if case.bay is not None:
            place = Bay(case.bay)
        case Settlement.CAR_OUTSIDE:
            place = Outside()
        case _:
            raise NotSettled(f"case {case.case_id}: which place is meant cannot be told")
    _sensors_agree(tower, case, place)
    return _placed(tower, case, place)


def _slot_number(tower: Tower, slot: int | None) -> int:
    if slot is None or slot not in tower.site.slots:
        raise NotSettled(f"slot {slot}: expected the number of a slot in the site file")
    return slot


def _machine_stands(tower: Tower, case: Case) -> MachineSnapshot:
    """The machine, when it can be judged and nothing moves on the case's lift."""
    machine = tower.machine()
    if machine is None:
        raise NotSettled("the machine's state is not known now; try again when the PLC is back")
    if machine.tripped:
        raise NotSettled(
            f"safety functions have tripped ({', '.join(sorted(machine.tripped))}): they "
            "are reset on the spot, before this question is answered"
        )
    lift = machine.lifts.get(case.lift or 0)
    if lift is not None and not lift.standstill:
        raise NotSettled(f"lift {lift.number} is still moving")
    return machine


def _sensors_agree(tower: Tower, case: Case, place: Place | Outside) -> None:
    machine = _machine_stands(tower, case)
    if isinstance(place, Outside):
        job = tower.book.jobs.get(case.job_id or 0)
        for inside in (job.source, job.destination, OnLift(job.mailbox)) if job else ():
            if inside is not None and shows_car(inside, machine):
                raise NotSettled(f"the sensors see a car on {inside}")
    elif shows_car(place, machine) is not True:
        raise NotSettled(f"the sensors do not see a car on {place}")


def _placed(tower: Tower, case: Case, place: Place | Outside) -> Change:
    vin = case.vin or ""
    line = tower.book.line(vin)
    return replace(
        found_by_staff(tower, vin, place, case.settled_by),
        carriages=(tower.book.carriage(vin).apply(confirmed_at(place, case.settled_by)),),
        ledger=(LedgerLine(line.vehicle, place),),
        cases=answered_too(tower, case, vin, place),
    )


def _dropoff_settled(tower: Tower, case: Case) -> Change:
    """The car goes on from its parking, or has left.

    A person's word corrects the known weight, and nothing else that sensors say.
    """
    dropoff = tower.book.dropoff_at(case.bay or 0)
    if dropoff is None or dropoff.state is not DropoffState.REFERRED_TO_STAFF:
        state = "unknown" if dropoff is None else dropoff.state.value
        raise NotSettled(f"case {case.case_id}: its drop-off is {state}, not referred to staff")
    event: DropoffEvent
    match case.settlement:
        case Settlement.CAR_OUTSIDE:
            event = CarDroveOut(seen_outside(tower, case))
        case Settlement.WEIGHT_IS_RIGHT:
            event = StaffResumedDropoff(case.settled_by, _vouched_kg(tower, case, dropoff))
        case _:
            event = StaffResumedDropoff(case.settled_by)
    return dropoff_change(tower, dropoff, event)


def _vouched_kg(tower: Tower, case: Case, dropoff: Dropoff) -> int:
    """What the scale shows now, where a named person may say that the empty car weighs that."""
    bay = report_of(tower, dropoff.bay)
    if bay is None:
        why: str | None = f"what bay {dropoff.bay} shows is not known now"
    else:
        papers_kg = dropoff.known_kg if dropoff.papers_kg is None else dropoff.papers_kg
        why = vouching_hindrance(bay, papers_kg)
    if bay is None or why is not None:
        raise NotSettled(f"case {case.case_id}: {why}")
    return bay.weight_kg


def _identity_settled(tower: Tower, case: Case) -> Change:
    """A customer at a kiosk is verified or not; a visit that was referred goes on or ends.

    In one transaction with the answer: a restart in between must not ask staff again.
    """
    visit = tower.book.visits.get(case.visit_id or "")
    if visit is not None and visit.state is VisitState.AT_KIOSK:
        if case.settlement is Settlement.CUSTOMER_VERIFIED:
            by_staff = IdentityMethod.CODE_WITH_STAFF
            return visit_change(tower, visit, verified_now(tower, by_staff, None, case.settled_by))
        return visit_change(tower, visit, CustomerLeft(f"{case.settled_by}: try again"))
    if visit is None or visit.state is not VisitState.REFERRED_TO_STAFF:
        return Change()
    if case.settlement is Settlement.TRY_AGAIN:
        return visit_event(tower, case, StaffResumedVisit(case.settled_by))
    return visit_event(tower, case, StaffClosedVisit(case.settled_by, case.note))


def _key_settled(tower: Tower, case: Case) -> Change:
    """The key is where it should be, by a person's word; or the visit ends without it."""
    if case.settlement is Settlement.CLOSE_VISIT:
        visit = tower.book.visits.get(case.visit_id or "")
        if visit is None or visit.state is not VisitState.PRESENTED:
            raise NotSettled(f"case {case.case_id}: its visit waits for no key any more")
        key = tower.book.keys.get(visit.visit_id)
        offered = key is not None and key.transaction_id is not None
        cause = FailureCause.KEY_NOT_TAKEN if offered else FailureCause.KEY_NOT_HANDED_OVER
        return visit_change(tower, visit, StaffClosedVisit(case.settled_by, case.note, cause))
    for key in tower.book.keys.values():
        if key.case_id == case.case_id and key.state is KeyState.WITH_STAFF:
            return key_change(tower, key, StaffMovedKey(case.settled_by))
    raise NotSettled(f"case {case.case_id}: nobody waits for its key any more")
