"""Orders that take too long, lifts that do nothing about them, lifts that stand in between.

Every limit is computed from the tower's own distances and speeds.
"""

from collections.abc import Iterator

from vendtower.domain.alarm import AlarmKey
from vendtower.domain.alarm_catalogue import OwnAlarm
from vendtower.domain.machine import SHUTTLE_HOME_MM_MAX, LoadState, MachineSnapshot
from vendtower.domain.moves import Urgency, Wish
from vendtower.domain.pickup import Visit, VisitState
from vendtower.domain.places import Bay
from vendtower.domain.possible_moves import serves
from vendtower.domain.site import Site
from vendtower.domain.travel_time import order_limit_s
from vendtower.flows.leasing import why_not_begun
from vendtower.flows.service import hindrances
from vendtower.flows.tower import Tower
from vendtower.flows.visit_changes import waited_s
from vendtower.flows.wishes import wishes

WAITING = frozenset({VisitState.AT_KIOSK, VisitState.VERIFIED})
"""States in which the customer stands there and the car is not."""

Told = Iterator[tuple[AlarmKey, str]]


class OrderWatch:
    """Looks at orders and lifts; the limits of each bay are computed once."""

    def __init__(self, site: Site) -> None:
        self._limits_s = {bay.number: order_limit_s(site, bay.number) for bay in site.bays}

    def look(self, tower: Tower) -> Told:
        """Every order and lift that wants attention now, each with a sentence."""
        for visit in tower.book.open_visits():
            yield from self._overdue(tower, visit)
        machine = tower.machine()
        if machine is not None:
            yield from _idle_beside_orders(tower, machine)
            yield from _stranded(tower, machine)

    def _overdue(self, tower: Tower, visit: Visit) -> Told:
        if visit.state not in WAITING or visit.bay is None:
            return
        if tower.book.ledger.car_at(Bay(visit.bay)) == visit.vin:
            return
        limit_s = self._limits_s[visit.bay]
        if waited_s(tower, visit) > limit_s:
            text = f"bay {visit.bay}: car {visit.vin} has not come within {limit_s:.0f} s"
            yield AlarmKey(OwnAlarm.ORDER_OVERDUE.value, f"bay {visit.bay}"), text


def _idle_beside_orders(tower: Tower, machine: MachineSnapshot) -> Told:
    """A wish for which nothing begins: a lift is ready and does nothing, or every lift that could
    do it stands there and takes no job.

    A car that stands in a bay and may be stored is one. A driver who is still there is asked again
    and again whether everybody is out, and learns nothing by that; where a customer has gone and
    left it, the bay stays taken.
    """
    waiting = [(bay, wish) for wish in wishes(tower) if (bay := _at_bay(wish)) is not None]
    if not waiting or hindrances(tower):
        return
    for bay, wish in waiting:
        while_what = _idle_lift(tower, machine, wish) or _no_lift(tower, machine, wish)
        if while_what:
            text = f"{bay}: car {wish.vin} waits on {wish.source} while {while_what}"
            yield AlarmKey(OwnAlarm.ORDER_WAITS.value, str(bay)), text


def _at_bay(wish: Wish) -> Bay | None:
    """The bay in which a customer misses a car, or in which one stands that is to go, attended or
    not; None at a car that can be left where it is.
    """
    place = wish.destination if wish.urgency is Urgency.CUSTOMER else wish.source
    return place if isinstance(place, Bay) else None


def _idle_lift(tower: Tower, machine: MachineSnapshot, wish: Wish) -> str:
    ends = [end for end in (wish.source, wish.destination) if end is not None]
    for lift in machine.lifts.values():
        able = lift.ready and serves(tower.site, lift.number, wish)
        if able and why_not_begun(tower, lift.number, ends) is None:
            return f"lift {lift.number} is ready and does nothing"
    return ""


def _no_lift(tower: Tower, machine: MachineSnapshot, wish: Wish) -> str:
    """Why no lift goes, by the PLC's words; empty while one works or takes jobs."""
    found = []
    for lift in machine.lifts.values():
        if not serves(tower.site, lift.number, wish):
            continue
        works = not lift.standstill or tower.book.open_job(lift.number) is not None
        if lift.ready or works:
            return ""
        found.append(f"lift {lift.number} takes no job ({', '.join(sorted(lift.inhibits))})")
    return " and ".join(found)


def _stranded(tower: Tower, machine: MachineSnapshot) -> Told:
    """A lift with something on it or its shuttle out, and neither job nor case about it."""
    in_question = {case.lift for case in tower.book.open_cases()}
    for lift in machine.lifts.values():
        if lift.number in in_question or tower.book.open_job(lift.number) is not None:
            continue
        found = []
        if lift.load is not LoadState.EMPTY:
            found.append(f"its load is {lift.load.value}")
        if abs(lift.shuttle_position_mm) > SHUTTLE_HOME_MM_MAX:
            found.append(f"its shuttle stands at {lift.shuttle_position_mm} mm")
        if found and lift.standstill:
            text = f"lift {lift.number}: no job, and {' and '.join(found)}"
            yield AlarmKey(OwnAlarm.LIFT_STRANDED.value, f"lift {lift.number}"), text
