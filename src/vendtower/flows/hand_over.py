"""The bay's outer door around one departure: opened, watched, closed."""

from collections.abc import Callable

from vendtower.domain.after_job import bay_shows_car
from vendtower.domain.bay_rules import closing_hindrance, departure_evidence
from vendtower.domain.machine import BayReport, DoorState
from vendtower.domain.visit_failure import Failure, FailureCause
from vendtower.flows.doors import CLOSED, OPENED, DoorPause, Errand, ask_once, report
from vendtower.flows.patience import Patience
from vendtower.flows.tower import Tower

Hindrance = Callable[[BayReport], str | None]
"""Why the outer door must stay locked now; None when it may be asked to open."""

EMPTY_FOR_S = 1.0
"""The sensors have to agree for this long that the car has left: one flicker is not a departure."""
STUCK = Failure(FailureCause.DOOR_STUCK, "the outer door is stuck")
"""What failed to move goes to a person; it is not asked again."""


async def drive_out(
    tower: Tower, bay_number: int, errand: Errand, why_shut: Hindrance
) -> Failure | None:
    """Let the driver out; None when the bay is empty and the outer door closed and locked.

    Whoever takes long is reminded twice on the kiosk before it ends as a failure.

    Works from the sensors alone, so that it can begin anew after a restart wherever the
    departure stands: before the door opened, with the car on its way out, or afterwards.
    """
    clear_s = tower.site.policies.bay_clear_timeout_s
    patience = Patience.begin(tower, tower.kiosk_at(bay_number), clear_s)
    problem = await _let_out(patience, bay_number, errand, why_shut)
    if problem is not None:
        return problem
    # The door has its own time: a car that left at the last moment has left.
    return await _close(tower, bay_number, errand, tower.clock.monotonic_s() + clear_s)


def _left_s(tower: Tower, deadline_s: float) -> float:
    return deadline_s - tower.clock.monotonic_s()


async def _let_out(
    patience: Patience, bay_number: int, errand: Errand, why_shut: Hindrance
) -> Failure | None:
    tower, problem = patience.tower, ""
    pause = DoorPause(tower, bay_number)
    while not patience.over:
        bay = await patience.until(lambda: report(tower, bay_number))
        if bay is None:
            break
        if departure_evidence(bay) is not None:
            if await _stays_empty(tower, bay_number):
                return None
            continue
        if bay.outer_door is DoorState.STUCK:
            return STUCK
        # Asked anew each time round: a door that opened late is no trouble any more.
        problem = ""
        if not OPENED.reached(bay):
            problem = await ask_once(tower, bay_number, OPENED, why_shut, errand=errand)
        if problem:
            await pause.after(problem)
            continue
        await patience.until(lambda: _has_left(tower, bay_number))
    if problem:
        return Failure(FailureCause.DOOR_NOT_OPENED, problem)
    return _not_left(report(tower, bay_number), patience.limit_s)


def _not_left(bay: BayReport | None, limit_s: float) -> Failure:
    if bay is None or bay_shows_car(bay) is None:
        return Failure(FailureCause.BAY_IN_DOUBT, "the bay's sensors contradict each other")
    if not bay_shows_car(bay):
        left = closing_hindrance(bay) or "the sensors have shown that for a moment only"
        return Failure(FailureCause.CAR_NOT_REMOVED, f"the car has left, but {left}")
    why = f"the car has not left within {limit_s / 60:.0f} min"
    return Failure(FailureCause.CAR_NOT_REMOVED, why)


def _has_left(tower: Tower, bay_number: int) -> BayReport | None:
    bay = report(tower, bay_number)
    return bay if bay is not None and departure_evidence(bay) is not None else None


async def _stays_empty(tower: Tower, bay_number: int) -> bool:
    def look() -> bool | None:
        bay = report(tower, bay_number)
        return True if bay is not None and departure_evidence(bay) is None else None

    return await tower.until(look, EMPTY_FOR_S) is None and _has_left(tower, bay_number) is not None


async def _close(
    tower: Tower, bay_number: int, errand: Errand, deadline_s: float
) -> Failure | None:
    """The PLC closes it only over a clear curtain; an unclear one is asked again."""
    problem, pause = "the bay's state is not known", DoorPause(tower, bay_number)
    while _left_s(tower, deadline_s) > 0:
        bay = await tower.until(lambda: report(tower, bay_number), _left_s(tower, deadline_s))
        if bay is None:
            break
        if bay.outer_door is DoorState.STUCK:
            return STUCK
        problem = await ask_once(tower, bay.number, CLOSED, lambda bay: None, errand=errand)
        if not problem:
            return None
        await pause.after(problem)
    why = f"the outer door does not close: {problem}"
    return Failure(FailureCause.DOOR_NOT_CLOSED, why)
