"""A street door that a named person orders: asked for once, and answered within seconds.

Whoever waits for the answer stands beside the door. While the PLC's line is away nobody can tell
what the door does; that is the answer then, and the job is followed to its end without them.
"""

import asyncio

from vendtower.domain.job import Verb
from vendtower.domain.machine import BayReport, DoorState
from vendtower.domain.modes import Request
from vendtower.domain.pickup import VisitState
from vendtower.domain.places import Bay
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.doors import CLOSED, OPENED, DoorGoal, ask_once, report
from vendtower.flows.modes import held_by_another
from vendtower.flows.service import hindrances, in_motion, line_hindrance
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault

SHOWS_S = 1.5
"""How long the end state of a door may take to be read after its job has ended."""
LINE_AWAY_S = 1.0
"""A line that is back sooner is waited for."""
GIVEN_UP = "given up: the PLC's line is away"


async def order_door(tower: Tower, bay: int, verb: Verb, by: str) -> ControlAnswer:
    """Ask for the street door's end state once; the PLC's interlocks decide."""
    if why := _why_not(tower, bay, by):
        return NotDone(why)
    event = tell(
        tower,
        "staff",
        "DoorOrdered",
        subject=f"bay/{bay}",
        correlation_id=tower.chance.new_id(),
        data={"by": by, "verb": verb.value},
        owed=False,
    )
    try:
        await tower.book.record(lambda: Change(events=(event,)))
    except JournalFault as fault:
        return NotDone(str(fault))
    order = _DoorOrder(tower, bay, verb)
    try:
        problem = await order.result()
    except JournalFault as fault:
        return NotDone(f"bay {bay}: {fault}")
    if problem is None:
        return NotDone(order.left_to_itself())
    # The door's switches are read a moment after the job's words.
    stands = await tower.until(order.reached, SHOWS_S)
    if stands is None:
        return NotDone(f"bay {bay}: {problem}")
    return Done(f"bay {bay}: {verb.value} done")


def _why_not(tower: Tower, bay: int, by: str) -> str:
    if not by.strip():
        return "a door is ordered by a named person: no name was given"
    why = "; ".join(hindrances(tower, Request.STAFF_DOOR)) or held_by_another(tower, by)
    if not why and all(each.number != bay for each in tower.site.bays):
        return f"bay {bay} is not in the site file"
    return why


class _DoorOrder:
    """One order on its way."""

    def __init__(self, tower: Tower, bay: int, verb: Verb) -> None:
        self._tower = tower
        self._bay = bay
        self._verb = verb
        self._goal: DoorGoal = OPENED if verb is Verb.OPEN_OUTER_DOOR else CLOSED
        self._given_up = False
        self._asked = False

    async def result(self) -> str | None:
        """Why the door is not where it should be, empty when it is; None: the line is away."""
        asking = asyncio.ensure_future(
            ask_once(self._tower, self._bay, self._goal, self._allowed, request=Request.STAFF_DOOR)
        )
        # Whoever asked may go away; what was asked of the PLC is followed to its end.
        self._tower.door_orders.add(asking)
        asking.add_done_callback(self._ended)
        away = asyncio.ensure_future(_line_stays_away(self._tower))
        try:
            await asyncio.wait({asking, away}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            away.cancel()
        return asking.result() if asking.done() else None

    def left_to_itself(self) -> str:
        """Give up what was not asked yet, and say what becomes of the order."""
        # Nobody stands ready any more for a door that begins to move when the line is back.
        self._given_up = True
        hindrance = line_hindrance(self._tower)
        line = "the PLC's line was away" if hindrance is None else hindrance.text
        if not self._asked:
            return f"bay {self._bay}: {line}; nothing is begun by this order"
        return (
            f"bay {self._bay}: {line}; what the door does is not known. Keep clear of it, and "
            "look at `vendtower jobs` what came of it once the line is back"
        )

    def reached(self) -> bool | None:
        """True once the switches show it."""
        seen = report(self._tower, self._bay)
        return True if seen is not None and self._goal.reached(seen) else None

    def _allowed(self, seen: BayReport) -> str | None:
        why = GIVEN_UP if self._given_up else _kept(self._tower, seen, self._verb)
        self._asked = why is None
        return why

    def _ended(self, asking: asyncio.Future[str]) -> None:
        self._tower.door_orders.discard(asking)
        if not asking.cancelled():
            # Looked at here, for whoever was told that the line is away will not.
            asking.exception()


async def _line_stays_away(tower: Tower) -> None:
    def away() -> bool | None:
        return True if line_hindrance(tower) is not None else None

    def back() -> bool | None:
        return True if line_hindrance(tower) is None else None

    while True:
        await tower.until(away)
        if await tower.until(back, LINE_AWAY_S) is None:
            return


def _kept(tower: Tower, bay: BayReport, verb: Verb) -> str | None:
    """Why the street door stays as it is: the shaft is open to the bay, or it has somebody in it.

    A technician opens for whoever is inside, and shuts nobody in; to somebody at the kiosk of
    whom nobody knows yet who they are, the door of their car is not opened either.
    """
    if bay.inner_door is not DoorState.CLOSED or not bay.inner_locked:
        return f"its inner door is {bay.inner_door.value}, not closed and locked"
    if Bay(bay.number) in in_motion(tower):
        return "a lift's job touches it"
    if bay.person_inside:
        return "somebody is inside" if verb is Verb.CLOSE_OUTER_DOOR else None
    return None if verb is Verb.CLOSE_OUTER_DOOR else _not_recognised_yet(tower, bay.number)


def _not_recognised_yet(tower: Tower, bay: int) -> str | None:
    """Whoever stands at the bay's kiosk and has not been recognised, while their car is in it."""
    for visit in tower.book.open_visits():
        waits = visit.state is VisitState.AT_KIOSK and visit.bay == bay
        if waits and tower.book.ledger.where(visit.vin) == Bay(bay):
            return (
                f"car {visit.vin} of reservation {visit.reservation_id} is in it, and whoever is "
                "at the kiosk for it has not been recognised yet: that comes first"
            )
    return None
