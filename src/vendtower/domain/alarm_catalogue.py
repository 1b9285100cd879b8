"""What every alarm means: severity, cause, consequence, what to do, and what a customer reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from vendtower.domain.alarm import Severity
from vendtower.domain.errors import LocalFault

PLC_CODES = range(128)
"""What the PLC contract has bits for; from 64 on they are the tower builder's own."""


class OwnAlarm(Enum):
    """The controller's alarms, by the code that people quote."""

    PLC_LINK_DOWN = "C01"
    PLC_NOT_OURS = "C02"
    MACHINE_DATA_OLD = "C03"
    PC_LINK_LATCHED = "C04"
    CLOUD_UNREACHABLE = "C10"
    CLOUD_REFUSES = "C11"
    DEAD_LETTERS = "C12"
    LIST_NOT_PROVEN = "C13"
    LIST_AGES = "C14"
    LIST_TOO_OLD = "C15"
    IDENTITY_UNAVAILABLE = "C20"
    CAMERA_UNAVAILABLE = "C21"
    BOARD_LOST = "C22"
    KIOSK_TAMPERED = "C23"
    CALL_PRESSED = "C24"
    CODES_PAUSED = "C27"
    JOURNAL_FAULT = "C30"
    DISK_LOW = "C31"
    CLOCK_UNSYNCHRONISED = "C32"
    FLOW_FAILED = "C33"
    INVARIANT_BROKEN = "C34"
    LEDGER_DIFFERS = "C40"
    JOB_OVERDUE = "C41"
    MOVEMENT_HALTED = "C42"
    BAY_NOT_CLEARED = "C43"
    ORDER_OVERDUE = "C44"
    ORDER_WAITS = "C45"
    LIFT_STRANDED = "C46"
    OUT_OF_SERVICE = "C47"
    LEASE_OVERDUE = "C48"
    POWER_REDUCED = "C49"
    MAINTENANCE_OVERDUE = "C60"
    STOP_NOT_LED_ON = "C61"
    ESTOP_DEVICE = "C62"
    DOOR_INTERRUPTS = "C63"
    FIRE_NOT_CONFIRMED = "C64"
    OVERRIDE_IN_FORCE = "C65"
    FIRE_PLACE_NOT_TAKEN = "C66"
    LEFT_STANDING = "C67"
    PART_DUE_SOON = "C70"
    PART_OVERDUE = "C71"
    COUNTER_JUMPED = "C72"
    ALARM_FLOOD = "C90"


class Recovery(Enum):
    """What may be done once the cause is known; a person chooses, the tower checks."""

    RETRY = "retry"
    """It is tried again, by itself or at a button; nothing has moved half-way."""
    FIX_THEN_RESUME = "fix_then_resume"
    """Mend the cause; the tower goes on by itself as soon as it is gone."""
    CONFIRM_PHYSICAL_STATE = "confirm_physical_state"
    """A named person looks where the car stands and answers the case."""
    ABORT = "abort"
    """The movement or the visit ends without its goal."""


class CatalogueError(LocalFault):
    """An alarm that the catalogue does not have, or an entry that is not whole."""


@dataclass(frozen=True)
class AlarmEntry:
    """Everything that is known of an alarm before it happens."""

    code: str
    name: str
    severity: Severity
    cause: str
    consequence: str
    action: str
    """What the technician does about it."""
    recoveries: tuple[Recovery, ...]
    customer: Mapping[str, str]
    """Language tag to the text for the customer's screen; empty when customers do not notice."""
    on_delay_s: float = 0.0
    """The condition has to hold this long before the alarm is raised."""
    off_delay_s: float = 0.5
    """It has to be gone this long before the alarm returns."""
    latched: bool = False
    """Once gone, the alarm stands until a named person acknowledges that."""


class AlarmCatalogue:
    """All entries by code."""

    def __init__(self, entries: Mapping[str, AlarmEntry]) -> None:
        self._entries = dict(entries)

    def __iter__(self) -> Iterator[AlarmEntry]:
        return iter(self._entries.values())

    def __contains__(self, code: object) -> bool:
        return code in self._entries

    def entry(self, code: str) -> AlarmEntry:
        """The entry of a code; a PLC's code without one gets an entry that says so.

        Raises:
            CatalogueError: when no alarm has this code.

        """
        known = self._entries.get(code)
        if known is not None:
            return known
        if code in _PLC_CODE_NAMES:
            return _of_the_builder(code)
        raise CatalogueError(f"alarm {code!r}: no such code in the catalogue (docs/alarms.md)")


def plc_code(number: int) -> str:
    """The code under which people know the PLC's alarm: 16 is ``P16``."""
    return f"P{number:02d}"


_PLC_CODE_NAMES = frozenset(map(plc_code, PLC_CODES))


def _of_the_builder(code: str) -> AlarmEntry:
    return AlarmEntry(
        code=code,
        name=f"Alarm {code[1:]} of the tower's builder",
        severity=Severity.CRITICAL,
        cause="The PLC reports an alarm that this version of the catalogue does not describe.",
        consequence="The PLC alone decides what still moves.",
        action="Look the number up in the builder's manual; tell the catalogue's maintainers.",
        recoveries=(Recovery.FIX_THEN_RESUME,),
        customer={},
    )
