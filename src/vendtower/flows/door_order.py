"""A street door that a named person orders: it moves at once or never, and they hear what it does.

Whoever waits for the answer stands beside the door, and does not wait for ever: an order that
waits for another door, a slow disk or the PLC's line is given up before they are. While the line
is away nobody can tell what the door does; that is the answer then, and a job that was asked for
is followed to its end without them.
"""

import asyncio
from typing import Any

from vendtower.domain.job import Verb
from vendtower.domain.machine import BayReport, DoorState
from vendtower.domain.modes import Request
from vendtower.domain.pickup import VisitState
from vendtower.domain.places import Bay
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.doors import CLOSED, OPENED, DoorGoal, ask_once, report
from vendtower.flows.jobs import AUXILIARY
from vendtower.flows.modes import held_by_another
from vendtower.flows.service import hindrances, in_motion, line_hindrance
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault

SHOWS_S = 1.5
"""How long the end state of a door may take to be read after its job has ended."""
LINE_AWAY_S = 1.0
"""A line that is back sooner is waited for."""
BEGINS_WITHIN_S = 5.0
"""An order whose job is not written by then, for another door or a slow disk, never goes out."""
ENDS_WITHIN_S = 20.0
"""How long the end of a job is waited for. All in all it is less than the command line waits for
an answer; nobody goes away with an order that may still begin."""
GIVEN_UP = "given up: whoever ordered it was told that nothing is begun"


async def order_door(tower: Tower, bay: int, verb: Verb, by: str) -> ControlAnswer:
    """Ask for the street door's end state once; the PLC's interlocks decide."""
    if why := _why_not(tower, bay, by):
        return NotDone(why)
    order = _DoorOrder(tower, bay, verb, by)
    try:
        problem = await order.result()
    except JournalFault as fault:
        return NotDone(order.not_written(fault))
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

    def __init__(self, tower: Tower, bay: int, verb: Verb, by: str) -> None:
        self._tower = tower
        self._bay = bay
        self._verb = verb
        self._by = by
        self._goal: DoorGoal = OPENED if verb is Verb.OPEN_OUTER_DOOR else CLOSED
        self._given_up = False
        self._line_away = False
        self._asked = False
        """Whether its job goes out: from then on it can no longer be given up."""
        self._job_id: int | None = None
        """The number under which it is planned."""

    async def result(self) -> str | None:
        """Why the door is not where it should be, empty when it is; None: left to itself."""
        asking = asyncio.ensure_future(self._ask())
        # Whoever asked may go away; what was asked of the PLC is followed to its end.
        self._tower.door_orders.add(asking)
        asking.add_done_callback(self._ended)
        away = asyncio.ensure_future(_line_stays_away(self._tower))
        try:
            ended = await _first_of({asking, away}, BEGINS_WITHIN_S)
            if not ended and self._asked:
                await _first_of({asking, away}, ENDS_WITHIN_S)
        finally:
            self._line_away = away.done()
            away.cancel()
        return asking.result() if asking.done() else None

    def left_to_itself(self) -> str:
        """Give up what was not asked yet, and say what becomes of the order."""
        # Nobody stands ready any more for a door that begins to move later.
        self._given_up = True
        bay = f"bay {self._bay}: "
        if not self._asked:
            return f"{bay}{self._why_not_begun()}; nothing is begun by this order"
        if not self._line_away:
            return (
                f"{bay}its job has not ended within {ENDS_WITHIN_S:.0f} s. Keep clear of the door, "
                "and look at `vendtower jobs` what came of it"
            )
        return (
            f"{bay}{self._line()}; what the door does is not known. Keep clear of it, and "
            "look at `vendtower jobs` what came of it once the line is back"
        )

    def not_written(self, fault: JournalFault) -> str:
        """What becomes of the order: the door may move although the journal has failed since."""
        if not self._asked:
            return f"bay {self._bay}: {fault}"
        return (
            f"bay {self._bay}: the door was asked to move, and what comes of it cannot be written "
            f"down now: {fault}. Keep clear of the door, and look at it"
        )

    def _line(self) -> str:
        hindrance = line_hindrance(self._tower)
        return "the PLC's line was away" if hindrance is None else hindrance.text

    def _why_not_begun(self) -> str:
        if self._line_away:
            return self._line()
        before = self._tower.book.open_job(AUXILIARY)
        if before is None or before.job_id == self._job_id:
            return f"the journal has not taken it within {BEGINS_WITHIN_S:.0f} s"
        return f"{before} is under way, and there is one mailbox for all doors"

    def reached(self) -> bool | None:
        """True once the switches show it."""
        seen = report(self._tower, self._bay)
        return True if seen is not None and self._goal.reached(seen) else None

    async def _ask(self) -> str:
        await self._tower.book.record(self._written)
        return await ask_once(
            self._tower, self._bay, self._goal, self._allowed, request=Request.STAFF_DOOR
        )

    def _written(self) -> Change | None:
        if self._given_up:
            return None
        event = tell(
            self._tower,
            "staff",
            "DoorOrdered",
            subject=f"bay/{self._bay}",
            correlation_id=self._tower.chance.new_id(),
            data={"by": self._by, "verb": self._verb.value},
            owed=False,
        )
        return Change(events=(event,))

    def _allowed(self, seen: BayReport) -> str | None:
        """Asked where the job is planned, and once more when it is written and goes out."""
        if self._given_up:
            return GIVEN_UP
        why = _why_not(self._tower, self._bay, self._by) or _kept(self._tower, seen, self._verb)
        if not why and self._job_id is None:
            self._job_id = self._tower.book.next_job_id()
        elif not why:
            self._asked = True
        return why

    def _ended(self, asking: asyncio.Future[str]) -> None:
        self._tower.door_orders.discard(asking)
        if not asking.cancelled():
            # Looked at here, for whoever was told that the line is away will not.
            asking.exception()


async def _first_of(awaited: set[asyncio.Future[Any]], within_s: float) -> bool:
    """Whether one of them came to its end within that time."""
    done, _ = await asyncio.wait(awaited, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    return bool(done)


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
