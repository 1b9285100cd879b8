"""What one event of a key's way changes: itself, the case that asks for it, and the history."""

from dataclasses import replace

from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.delivery import CarriageState
from vendtower.domain.dropoff import Dropoff
from vendtower.domain.key_errand import (
    HOLDS_A_KEY,
    KEY_ENDED,
    KeyDropped,
    KeyErrand,
    KeyEvent,
    KeyMoved,
    KeyOverdue,
    KeyPurpose,
    KeyRecalled,
    KeyState,
)
from vendtower.domain.pickup import ENDED, Visit, VisitState
from vendtower.flows.case_changes import with_idle_cases, with_opened_case
from vendtower.flows.key_sensing import lies_home
from vendtower.flows.telling import as_data, tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change

_TOLD = {
    (KeyMoved, KeyPurpose.TAKE): "Taken",
    (KeyMoved, KeyPurpose.GIVE_BACK): "Returned",
    (KeyOverdue, KeyPurpose.TAKE): "NotTaken",
    (KeyOverdue, KeyPurpose.GIVE_BACK): "NotReturned",
}
IN_DOUBT = "InDoubt"
"""What the cloud is told of a compartment that held a key before one was laid back."""
KEY_OUT = {KeyState.ASKED, KeyState.OPENED, KeyState.SHUT, KeyState.MOVED, KeyState.DONE_BY_STAFF}
"""The key may be out of its compartment."""


async def apply_to_key(tower: Tower, key: KeyErrand, event: KeyEvent) -> KeyErrand:
    """Journal the event, unless somebody else was first; the errand as it is then.

    Raises:
        JournalFault: when it could not be written; nothing has changed.
    """

    def decide() -> Change | None:
        current = tower.book.keys[key.errand_id]
        return key_change(tower, current, event) if current.state is key.state else None

    await tower.book.record(decide)
    return tower.book.keys[key.errand_id]


def key_change(tower: Tower, key: KeyErrand, event: KeyEvent) -> Change:
    """The whole change; call it inside the book's ``decide``."""
    moved = key.apply(event)
    told = tell(
        tower,
        "key",
        _told_as(key, event),
        subject=f"key/{key.compartment}",
        correlation_id=key.errand_id,
        data=as_data(event)
        | {"vin": key.vin, "compartment": key.compartment, "purpose": key.purpose.value},
    )
    change = Change(keys=(moved,), events=(told,))
    if moved.state in KEY_ENDED:
        change = with_idle_cases(tower, change, lambda case: case.case_id == key.case_id)
    return change


def _told_as(key: KeyErrand, event: KeyEvent) -> str:
    if isinstance(event, KeyOverdue) and event.why == HOLDS_A_KEY:
        # No sensor says that it is not there: staff may have laid it back themselves.
        return IN_DOUBT
    return _TOLD.get((type(event), key.purpose), type(event).__name__)


def overdue(tower: Tower, key: KeyErrand, why: str, visit_id: str | None) -> Change:
    """A person has to do it; call it inside the book's ``decide``."""
    taking = key.purpose is KeyPurpose.TAKE
    case = _case(tower, key, _overdue_text(key, why), visit_id, taking=taking)
    return with_opened_case(tower, key_change(tower, key, KeyOverdue(why, case.case_id)), case)


def _overdue_text(key: KeyErrand, why: str) -> str:
    car, compartment = f"car {key.vin}", f"compartment {key.compartment}"
    if key.purpose is KeyPurpose.TAKE:
        return (
            f"Key of {car} ({compartment}) did not reach the customer at kiosk {key.kiosk}: {why}. "
            "The customer is verified: hand the key over."
        )
    if why == HOLDS_A_KEY:
        return (
            f"Compartment {key.compartment} holds a key: is it that of {car}? If not, get it back."
        )
    return f"Key of {car} is not in {compartment}: {why}. Get it back."


def _case(tower: Tower, key: KeyErrand, what: str, visit_id: str | None, *, taking: bool) -> Case:
    choices = (Settlement.KEY_MOVED, Settlement.CLOSE_VISIT)
    return Case(
        case_id=tower.book.next_case_id(),
        kind=CaseKind.KEY,
        question=what,
        choices=choices if taking else choices[:1],
        opened_utc=tower.clock.utc(),
        correlation_id=key.errand_id,
        vin=key.vin,
        visit_id=visit_id,
    )


def with_key(tower: Tower, visit: Visit, change: Change) -> Change:
    """What a visit that ends, or begins anew, means for its key; ``visit`` is as it is then."""
    key = tower.book.keys.get(visit.visit_id)
    if key is None or key.purpose is not KeyPurpose.TAKE or key.state is KeyState.DROPPED:
        return change
    if visit.state is VisitState.AT_KIOSK and key.state is KeyState.WITH_STAFF:
        # Who this is has to be shown anew: staff are not to give them the key meanwhile.
        followed: Change | None = _recalled_or_dropped(
            tower, key, f"The customer of car {key.vin} has to be verified anew"
        )
    elif visit.state in {*ENDED, VisitState.EXPECTED} - {VisitState.DEPARTED}:
        followed = _key_after(tower, key)
    else:
        return change
    if followed is None:
        return change
    return replace(
        change,
        keys=(*change.keys, *followed.keys),
        cases=(*change.cases, *followed.cases),
        events=(*change.events, *followed.events),
    )


def _key_after(tower: Tower, key: KeyErrand) -> Change | None:
    """A key that may be out has to come back: with the car that is put back, or by a case.

    Whoever puts the car back asks for the key of its loan; before the hand-over there is none.
    """
    carriage = tower.book.carriage(key.vin)
    put_back = carriage.exposed and carriage.state is CarriageState.IN_BAY
    with_the_car = put_back and key.vin in tower.book.loans
    if key.state in KEY_ENDED and with_the_car:
        return None
    return _recalled_or_dropped(tower, key, f"The visit with car {key.vin} has ended")


def _recalled_or_dropped(tower: Tower, key: KeyErrand, since: str) -> Change:
    if not _may_be_out(tower, key):
        return key_change(tower, key, KeyDropped())
    return _recalled(tower, key, since)


def _recalled(tower: Tower, key: KeyErrand, since: str) -> Change:
    what = f"{since}, and its key may be out: is it back in compartment {key.compartment}?"
    case = _case(tower, key, what, None, taking=False)
    change = with_opened_case(tower, key_change(tower, key, KeyRecalled(case.case_id)), case)
    # Nobody is to be handed the key any more.
    return with_idle_cases(tower, change, lambda asked: asked.case_id == key.case_id)


def with_key_asked_back(tower: Tower, dropoff: Dropoff, change: Change) -> Change:
    """The change of a car that people have carried to a slot, with the question for its key."""
    loan = tower.book.loans.get(dropoff.vin)
    if loan is None or loan.key_compartment is None:
        return change
    kiosk = tower.kiosk_at(dropoff.bay).number
    key = tower.book.keys.get(dropoff.dropoff_id) or KeyErrand(
        dropoff.dropoff_id, KeyPurpose.GIVE_BACK, dropoff.vin, kiosk, loan.key_compartment
    )
    if key.state in {*KEY_ENDED, KeyState.WITH_STAFF}:
        return change
    why = "the car was carried to a slot before its key was laid back"
    if key.state is KeyState.WANTED:
        asked = overdue(tower, key, why, None)
    else:
        asked = _recalled(tower, key, f"Car {key.vin} was carried to a slot")
    return replace(
        change,
        keys=asked.keys,
        cases=(*change.cases, *asked.cases),
        events=(*change.events, *asked.events),
    )


def _may_be_out(tower: Tower, key: KeyErrand) -> bool:
    """Whether somebody may have the key.

    Staff who were asked for it may have fetched it, with the cabinet's own key as well: unless it
    is seen where it belongs.
    """
    if key.state is not KeyState.WITH_STAFF:
        return key.state in KEY_OUT
    return lies_home(tower, key) is not True
