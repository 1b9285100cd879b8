"""The outer door of a bay: asked for, and judged by its switches."""

from collections.abc import Callable
from dataclasses import dataclass

from vendtower.domain.bay_rules import closing_hindrance
from vendtower.domain.job import Verb
from vendtower.domain.machine import BayReport, DoorState
from vendtower.domain.modes import Request
from vendtower.domain.pickup import VisitState
from vendtower.domain.places import Bay
from vendtower.flows.auxiliary import NOT_KNOWN, clear_mailbox, run_auxiliary
from vendtower.flows.modes import refusal
from vendtower.flows.service import hindrances, not_recovered, shut_bays
from vendtower.flows.tower import Tower

PAUSE_S = 1.0
PAUSE_S_MAX = 16.0
"""Between asking for the same door again."""


@dataclass(frozen=True)
class Errand:
    """For whom a bay's door is asked."""

    vin: str
    correlation_id: str
    """The visit's or the drop-off's id."""


@dataclass(frozen=True)
class DoorGoal:
    """The end state that a door is to be brought to."""

    verb: Verb
    reached: Callable[[BayReport], bool]


OPENED = DoorGoal(Verb.OPEN_OUTER_DOOR, lambda bay: bay.outer_door is DoorState.OPEN)
CLOSED = DoorGoal(
    Verb.CLOSE_OUTER_DOOR,
    lambda bay: bay.outer_door is DoorState.CLOSED and bay.outer_locked,
)


async def ask_once(
    tower: Tower,
    bay_number: int,
    goal: DoorGoal,
    allowed: Callable[[BayReport], str | None],
    *,
    errand: Errand | None = None,
    request: Request = Request.HAND_OVER,
) -> str:
    """Ask for the door's end state once, unless it is there; a reason when it is not there after.

    ``allowed`` is asked where the job is planned, and names a hindrance. The doors' interlocks
    are the PLC's; a refusal is an answer, not a fault. Asking again is the caller's decision, and
    it is a new job each time.
    """

    def hindrance() -> str | None:
        seen = report(tower, bay_number)
        if seen is None:
            return NOT_KNOWN
        return refusal(tower, request) or not_recovered(tower) or allowed(seen)

    async with tower.auxiliary:
        await clear_mailbox(tower)
        bay = report(tower, bay_number)
        if bay is None:
            return NOT_KNOWN
        if goal.reached(bay):
            return ""
        ended = await run_auxiliary(
            tower,
            goal.verb,
            Bay(bay_number),
            hindrance=hindrance,
            duration_s=tower.site.bay(bay_number).outer_door_travel_s,
            correlation_id=errand.correlation_id if errand is not None else tower.chance.new_id(),
            vin=errand.vin if errand is not None else None,
        )
        if isinstance(ended, str):
            return ended
    bay = report(tower, bay_number)
    if bay is not None and goal.reached(bay):
        return ""
    return ended.words


class DoorPause:
    """The pause before one bay's door is asked again; it grows while the asking fails.

    What the PLC has refused it refuses again as long as nothing has changed, and every try is a
    job in the journal.
    """

    def __init__(self, tower: Tower, bay_number: int) -> None:
        self._tower = tower
        self._bay_number = bay_number
        self._failed = 0

    async def after(self, problem: str) -> None:
        """Until the machine or the bay tells something else, or the time is over.

        ``problem`` is what ``ask_once`` said; nothing to wait for when it is empty.
        """
        if not problem:
            self._failed = 0
            return
        limit_s = min(PAUSE_S * 2.0**self._failed, PAUSE_S_MAX)
        self._failed += 1
        before = _circumstances(self._tower, self._bay_number)
        await self._tower.until(lambda: None, PAUSE_S)
        await self._tower.until(
            lambda: True if _circumstances(self._tower, self._bay_number) != before else None,
            limit_s - PAUSE_S,
        )


def _circumstances(tower: Tower, bay_number: int) -> tuple[object, ...]:
    machine = tower.machine()
    if machine is None:
        return ()
    return (machine.state, machine.safety_faults, machine.bays.get(bay_number))


def report(tower: Tower, bay_number: int) -> BayReport | None:
    """What the machine says of the bay; None when it says nothing that counts."""
    machine = tower.machine()
    return None if machine is None else machine.bays.get(bay_number)


async def keep_doors_shut(tower: Tower) -> None:
    """For ever: close a street door that nobody's hand-over needs any more.

    It was left open when a hand-over failed; once staff have settled its case, and the bay's
    sensors agree with each other, it stands in the way of everybody else.
    """
    pauses = {bay.number: DoorPause(tower, bay.number) for bay in tower.site.bays}
    while True:
        heard, asked = tower.bell.rings, False
        for bay in tower.site.bays:
            if _stands_open_for_nobody(tower, bay.number) is None:
                problem = await ask_once(
                    tower,
                    bay.number,
                    CLOSED,
                    lambda seen: _stands_open_for_nobody(tower, seen.number),
                    request=Request.DOOR_BY_ITSELF,
                )
                await pauses[bay.number].after(problem)
                asked = True
        if not asked:
            await tower.changed(heard)


def _stands_open_for_nobody(tower: Tower, bay_number: int) -> str | None:
    """None when the door is open and may be closed; otherwise why it stays as it is."""
    bay = report(tower, bay_number)
    # What is seen at once comes first: most of the time every street door is closed.
    if bay is not None and bay.outer_door not in {DoorState.OPEN, DoorState.UNKNOWN}:
        return f"the door is {bay.outer_door.value}"
    if bay is None or hindrances(tower, Request.DOOR_BY_ITSELF):
        return "the tower does not work now"
    if bay_number in shut_bays(tower):
        return "a case is open"
    for visit in tower.book.open_visits():
        if visit.bay == bay_number and visit.state in {
            VisitState.HANDING_OVER,
            VisitState.REFERRED_TO_STAFF,
        }:
            return "somebody's hand-over is not over"
    return closing_hindrance(bay)
