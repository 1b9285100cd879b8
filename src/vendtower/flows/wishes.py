"""Which cars somebody wants somewhere else, told from the visits and the ledger."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vendtower.domain.delivery import CarriageState
from vendtower.domain.dropoff import DropoffState
from vendtower.domain.ledger import LedgerLine
from vendtower.domain.moves import Urgency, Wish
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.places import Bay, OnLift, Slot
from vendtower.domain.possible_moves import serves
from vendtower.flows.book import Book
from vendtower.flows.tower import Tower

AT_REST = {
    CarriageState.IN_SLOT,
    CarriageState.ORDERED,
    CarriageState.IN_BAY,
    CarriageState.ON_LIFT,
}
"""States in which a car may be ordered somewhere; the others have a job, a case, or no car."""

_AT_THE_CAR = {VisitState.PRESENTED, VisitState.HANDING_OVER}


def wanting_visits(visits: Iterable[Visit]) -> dict[str, Visit]:
    """VIN to the visit whose customer waits for that car at a bay.

    Windows of one car may follow each other, and their graces overlap: who came first has it, and
    nobody takes it away again from before a customer.
    """
    wanting: dict[str, Visit] = {}
    for visit in visits:
        if visit.wants_car and visit.bay:
            other = wanting.get(visit.vin)
            wanting[visit.vin] = visit if other is None else min(visit, other, key=_turn)
    return wanting


def _turn(visit: Visit) -> tuple[bool, float]:
    arrived = visit.arrived_utc
    return visit.state not in _AT_THE_CAR, 0.0 if arrived is None else arrived.timestamp()


def wishes(tower: Tower) -> list[Wish]:
    """Every car that is not where it should be and may be moved, so far as the book knows."""
    book = tower.book
    for vin in [vin for vin in tower.astray_since_s if _stands_in_a_slot(book, vin)]:
        del tower.astray_since_s[vin]
    return [
        wish
        for line, visit in cars_to_be_moved(book)
        if (wish := _wish(tower, line, visit)) is not None
    ]


def _stands_in_a_slot(book: Book, vin: str) -> bool:
    line = book.ledger.line(vin)
    return line is not None and isinstance(line.where, Slot)


def cars_to_be_moved(book: Book) -> tuple[tuple[LedgerLine, Visit | None], ...]:
    """Every car that may be moved and is not where it is kept, with the visit that waits for it.

    A car that stands in the visit's bay is one of them, and there is no wish for it.
    """
    return book.derived("cars to be moved", lambda: tuple(_to_be_moved(book)))


def _to_be_moved(book: Book) -> Iterator[tuple[LedgerLine, Visit | None]]:
    wanting = wanting_visits(book.open_visits())
    untouchable = {
        visit.vin
        for visit in book.open_visits()
        if visit.state is VisitState.REFERRED_TO_STAFF and visit.bay is not None
    }
    on_way_in = {dropoff.vin for dropoff in book.open_dropoffs()}
    untouchable |= {
        dropoff.vin
        for dropoff in book.open_dropoffs()
        if dropoff.state not in {DropoffState.CLEARED, DropoffState.STORING}
    }
    for line in book.ledger:
        vin = line.vehicle.vin
        if isinstance(line.where, Slot) and vin not in wanting:
            continue
        if vin in untouchable or book.carriage(vin).state not in AT_REST:
            continue
        # A car on its way in is in the tower's hands only once it has stood in a slot.
        kept = vin in on_way_in
        if not kept and isinstance(line.where, Bay) and book.carriage(vin).exposed:
            # Somebody may be inside: its way back begins with that question.
            continue
        yield line, None if kept else wanting.get(vin)


def _wish(tower: Tower, line: LedgerLine, visit: Visit | None) -> Wish | None:
    where = line.where
    if not isinstance(where, Slot | Bay | OnLift):
        return None
    if visit is not None and visit.bay is not None:
        if where == Bay(visit.bay):
            return None
        if not isinstance(where, Bay):
            age_s = _age_s(tower, visit)
            wish = Wish(line.vehicle, where, Bay(visit.bay), age_s, Urgency.CUSTOMER)
            if not isinstance(where, OnLift) or _goes_straight(tower, where, wish):
                return wish
            # It goes by a slot, and is fetched from there.
            return replace(wish, destination=None)
        # The PLC knows no way from bay to bay: the car goes by a slot.
    if isinstance(where, Slot):
        return None
    return Wish(line.vehicle, where, None, _astray_s(tower, line.vehicle.vin), Urgency.STORE)


def _goes_straight(tower: Tower, lift: OnLift, wish: Wish) -> bool:
    """Whether the lift that carries the car comes to its customer's bay, and the bay is empty.

    A car that stands there may wait for this very lift, which would wait for it.
    """
    taken = isinstance(wish.destination, Bay) and tower.book.ledger.car_at(wish.destination)
    return not taken and serves(tower.site, lift.number, wish)


def _astray_s(tower: Tower, vin: str) -> float:
    """How long this run has known that the car should go to a slot."""
    now_s = tower.clock.monotonic_s()
    return now_s - tower.astray_since_s.setdefault(vin, now_s)


def _age_s(tower: Tower, visit: Visit) -> float:
    if visit.arrived_monotonic_s is None:
        return 0.0
    return max(0.0, tower.clock.monotonic_s() - visit.arrived_monotonic_s)
