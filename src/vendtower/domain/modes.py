"""The controller's operating modes, and the one table of what each of them accepts.

Which mode the controller is in is its own affair; the PLC's unit mode and PackML state are facts
beside it. A movement needs both: the row of this table, and the PLC in the mode that goes with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from vendtower.domain.machine import ControlMode


class OperatingMode(Enum):
    """Who moves the tower."""

    START_UP = "start-up"
    """The controller has begun and does not know yet what became of what it had asked for."""
    AUTOMATIC = "automatic"
    """The tower serves customers by itself."""
    SEMI_AUTOMATIC = "semi-automatic"
    """A technician orders whole movements, one by one; nothing moves by itself."""
    MANUAL = "manual"
    """A technician works single functions: a door, homing an empty lift. No car is moved."""
    MAINTENANCE = "maintenance"
    """Somebody works at the machine, in a maintenance session; axes move by hold-to-run alone."""


class Request(Enum):
    """Everything that somebody, or the tower itself, may want of the tower."""

    CHECK_IN = "check-in"
    """A customer begins at a kiosk: to collect a car, or to bring one back."""
    HAND_OVER = "hand-over"
    """The street door opens for a customer whose car stands in the bay."""
    ADMIT_CAR = "car announced by staff"
    DRIVE_IN = "drive-in"
    """The street door opens for a car that comes in."""
    CAR_MOVE = "movement for a customer"
    """A car is moved because somebody wants it or because it should go to a slot."""
    HOME_BY_ITSELF = "homing by itself"
    """A stop left an empty lift with its shuttle out, and a person has settled that."""
    DOOR_BY_ITSELF = "street door closed by itself"
    RESERVATION = "reservation from the cloud"
    """It is examined and remembered; nothing moves by it."""
    STAFF_MOVE = "movement ordered by staff"
    STAFF_HOME = "homing ordered by staff"
    STAFF_DOOR = "door ordered by staff"
    JOG = "jog"
    FAULT_RESET = "reset of a latched fault"
    """A fault that is no safety function's, after a person has looked."""
    MACHINE_RESET = "reset of a stopped machine"
    MACHINE_RESUME = "start or unhold"
    MACHINE_STOP = "stop, hold or abort"
    SETTLE_CASE = "answer to a case"
    LOAD_STOCK = "stock into the ledger"
    ALARM = "alarm acknowledged or shelved"
    CHANGE_MODE = "change of mode"
    MAINTENANCE = "maintenance session"
    OVERRIDE = "override"


_M = OperatingMode
_ALWAYS = frozenset(_M)
_KNOWN = _ALWAYS - {_M.START_UP}
_SERVING = frozenset({_M.AUTOMATIC})

MODE_TABLE: Mapping[Request, frozenset[OperatingMode]] = {
    Request.CHECK_IN: _SERVING,
    Request.HAND_OVER: _SERVING,
    Request.ADMIT_CAR: _SERVING,
    Request.DRIVE_IN: _SERVING,
    Request.CAR_MOVE: _SERVING,
    Request.HOME_BY_ITSELF: _SERVING,
    Request.DOOR_BY_ITSELF: _SERVING,
    Request.RESERVATION: _ALWAYS,
    Request.STAFF_MOVE: frozenset({_M.SEMI_AUTOMATIC}),
    Request.STAFF_HOME: frozenset({_M.SEMI_AUTOMATIC, _M.MANUAL}),
    Request.STAFF_DOOR: frozenset({_M.SEMI_AUTOMATIC, _M.MANUAL}),
    Request.JOG: frozenset({_M.MAINTENANCE}),
    Request.FAULT_RESET: _KNOWN,
    Request.MACHINE_RESET: _KNOWN,
    Request.MACHINE_RESUME: _KNOWN - {_M.MAINTENANCE},
    Request.MACHINE_STOP: _ALWAYS,
    Request.SETTLE_CASE: _ALWAYS,
    Request.LOAD_STOCK: _ALWAYS,
    Request.ALARM: _ALWAYS,
    Request.CHANGE_MODE: _KNOWN,
    Request.MAINTENANCE: _KNOWN,
    Request.OVERRIDE: _KNOWN,
}
"""The modes in which each request is accepted; in every other one it is refused with a reason."""

PLC_MODES: Mapping[OperatingMode, ControlMode | None] = {
    _M.START_UP: None,
    _M.AUTOMATIC: ControlMode.PRODUCTION,
    _M.SEMI_AUTOMATIC: ControlMode.MANUAL,
    _M.MANUAL: ControlMode.MANUAL,
    _M.MAINTENANCE: ControlMode.MAINTENANCE,
}
"""The PLC's unit mode that goes with each mode; None: any, nothing is asked then."""

CHOSEN_BY_PEOPLE = (_M.AUTOMATIC, _M.SEMI_AUTOMATIC, _M.MANUAL, _M.MAINTENANCE)


@dataclass(frozen=True)
class ModeChoice:
    """The mode that a named person has chosen; journaled, so that a restart keeps it."""

    mode: OperatingMode
    by: str
    utc: datetime

    key = "mode"
    ended = False


def refusal(mode: OperatingMode, request: Request) -> str | None:
    """Why this mode does not accept the request; None when it does."""
    accepting = MODE_TABLE[request]
    if mode in accepting:
        return None
    if mode is OperatingMode.START_UP:
        return f"{request.value}: not before the controller's start-up is over"
    wanted = " or ".join(each.value for each in OperatingMode if each in accepting)
    return f"{request.value}: mode is {mode.value}, wants {wanted}"
