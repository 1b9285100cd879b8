"""The bay's outer door around one departure: opened, watched, closed."""

from collections.abc import Callable

from vendtower.domain.bay_rules import departure_evidence
from vendtower.domain.machine import BayReport
from vendtower.flows.doors import CLOSED, OPENED, Errand, ask_once
from vendtower.flows.tower import Tower

Hindrance = Callable[[BayReport], str | None]
"""Why the outer door must stay locked now; None when it may be asked to open."""

EMPTY_FOR_S = 1.0
"""The sensors have to agree for this long that the car has left: one flicker is not a departure."""
PAUSE_S = 1.0
"""Between asking for the same door again."""


async def drive_out(errand: Errand, tower: Tower, why_shut: Hindrance) -> str:
    """Let the driver out; empty when the bay is empty and the outer door closed and locked.

    Works from the sensors alone, so that it can begin anew after a restart wherever the
    departure stands: before the door opened, with the car on its way out, or afterwards.
    """
    deadline_s = tower.clock.monotonic_s() + tower.site.policies.bay_clear_timeout_s
    problem = await _let_out(errand, tower, deadline_s, why_shut)
    if problem:
        return problem
    return await _close(errand, tower, deadline_s)


def _report(errand: Errand, tower: Tower) -> BayReport | None:
    machine = tower.machine()
    return None if machine is None else machine.bays.get(errand.bay)


def _left_s(tower: Tower, deadline_s: float) -> float:
    return deadline_s - tower.clock.monotonic_s()


async def _let_out(errand: Errand, tower: Tower, deadline_s: float, why_shut: Hindrance) -> str:
    problem = ""
    while _left_s(tower, deadline_s) > 0:
        bay = await tower.until(lambda: _report(errand, tower), _left_s(tower, deadline_s))
        if bay is None:
            break
        if departure_evidence(bay) is not None:
            if await _stays_empty(errand, tower):
                return ""
            continue
        if not OPENED.reached(bay):
            problem = await ask_once(tower, errand, OPENED, why_shut)
            if problem:
                await tower.until(lambda: None, PAUSE_S)
                continue
        await tower.until(lambda: _has_left(errand, tower), _left_s(tower, deadline_s))
    minutes = tower.site.policies.bay_clear_timeout_s / 60
    return problem or f"the car has not left within {minutes:.0f} min"


def _has_left(errand: Errand, tower: Tower) -> BayReport | None:
    bay = _report(errand, tower)
    return bay if bay is not None and departure_evidence(bay) is not None else None


async def _stays_empty(errand: Errand, tower: Tower) -> bool:
    def look() -> bool | None:
        bay = _report(errand, tower)
        return True if bay is not None and departure_evidence(bay) is None else None

    return await tower.until(look, EMPTY_FOR_S) is None and _has_left(errand, tower) is not None


async def _close(errand: Errand, tower: Tower, deadline_s: float) -> str:
    """The PLC closes it only over a clear curtain; an unclear one is asked again."""
    problem = "the bay's state is not known"
    while _left_s(tower, deadline_s) > 0:
        problem = await ask_once(tower, errand, CLOSED, lambda bay: None)
        if not problem:
            return ""
        await tower.until(lambda: None, PAUSE_S)
    return f"the outer door does not close: {problem}"
