"""The bay's outer door around one departure: opened, watched, closed."""

from vendtower.domain.bay_rules import departure_evidence, opening_hindrance
from vendtower.domain.machine import BayReport, DoorState
from vendtower.domain.pickup import Visit
from vendtower.flows.doors import CLOSED, OPENED, PAUSE_S, ask_once, report
from vendtower.flows.service import fatal_alarms
from vendtower.flows.tower import Tower

EMPTY_FOR_S = 1.0
"""The sensors have to agree for this long that the car has left: one flicker is not a departure."""
STUCK = "the outer door is stuck"
"""What failed to move goes to a person; it is not asked again."""


async def drive_out(visit: Visit, tower: Tower) -> str:
    """Let the customer drive out; empty when the bay is empty and the outer door closed and locked.

    Works from the sensors alone, so that it can begin anew after a restart wherever the
    departure stands: before the door opened, with the car on its way out, or afterwards.
    """
    clear_s = tower.site.policies.bay_clear_timeout_s
    problem = await _let_out(visit, tower, tower.clock.monotonic_s() + clear_s)
    if problem:
        return problem
    # The door has its own time: a car that left at the last moment has left.
    return await _close(visit, tower, tower.clock.monotonic_s() + clear_s)


def _report(visit: Visit, tower: Tower) -> BayReport | None:
    return None if visit.bay is None else report(tower, visit.bay)


def _left_s(tower: Tower, deadline_s: float) -> float:
    return deadline_s - tower.clock.monotonic_s()


async def _let_out(visit: Visit, tower: Tower, deadline_s: float) -> str:
    problem = ""
    while _left_s(tower, deadline_s) > 0:
        bay = await tower.until(lambda: _report(visit, tower), _left_s(tower, deadline_s))
        if bay is None:
            break
        if departure_evidence(bay) is not None:
            if await _stays_empty(visit, tower):
                return ""
            continue
        if bay.outer_door is DoorState.STUCK:
            return STUCK
        if not OPENED.reached(bay):
            problem = await ask_once(
                tower, bay.number, OPENED, lambda bay: _why_shut(visit, tower, bay), visit=visit
            )
            if problem:
                await tower.until(lambda: None, PAUSE_S)
                continue
        await tower.until(lambda: _has_left(visit, tower), _left_s(tower, deadline_s))
    minutes = tower.site.policies.bay_clear_timeout_s / 60
    return problem or f"the car has not left within {minutes:.0f} min"


def _why_shut(visit: Visit, tower: Tower, bay: BayReport) -> str | None:
    current = tower.book.visits[visit.visit_id]
    fatal = "; ".join(fatal_alarms(tower))
    return fatal or opening_hindrance(current, tower.book.ledger, bay)


def _has_left(visit: Visit, tower: Tower) -> BayReport | None:
    bay = _report(visit, tower)
    return bay if bay is not None and departure_evidence(bay) is not None else None


async def _stays_empty(visit: Visit, tower: Tower) -> bool:
    def look() -> bool | None:
        bay = _report(visit, tower)
        return True if bay is not None and departure_evidence(bay) is None else None

    return await tower.until(look, EMPTY_FOR_S) is None and _has_left(visit, tower) is not None


async def _close(visit: Visit, tower: Tower, deadline_s: float) -> str:
    """The PLC closes it only over a clear curtain; an unclear one is asked again."""
    problem = "the bay's state is not known"
    while _left_s(tower, deadline_s) > 0:
        bay = await tower.until(lambda: _report(visit, tower), _left_s(tower, deadline_s))
        if bay is None:
            break
        if bay.outer_door is DoorState.STUCK:
            return STUCK
        problem = await ask_once(tower, bay.number, CLOSED, lambda bay: None, visit=visit)
        if not problem:
            return ""
        await tower.until(lambda: None, PAUSE_S)
    return f"the outer door does not close: {problem}"
