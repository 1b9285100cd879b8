"""Ring, traffic light and buzzer of one kiosk; pure."""

from vendtower.domain.machine import BayReport, DoorState
from vendtower.ports.kiosk_board import KioskSignals, RingPattern, TrafficLight
from vendtower.ports.screens import KioskPhase, KioskStatus

DOOR_MOVES = frozenset(
    {KioskPhase.DRIVE_IN, KioskPhase.LEAVE_BAY, KioskPhase.DRIVE_OUT, KioskPhase.HAND_OVER}
)
"""Phases in which the street door opens or closes for somebody."""
KEY_PHASES = frozenset({KioskPhase.KEY_TAKE, KioskPhase.KEY_BACK})
_RINGS = {
    KioskPhase.FREE: RingPattern.WELCOME,
    KioskPhase.CHECKING_IN: RingPattern.LOOK_HERE,
    KioskPhase.VERIFYING: RingPattern.LOOK_HERE,
    KioskPhase.REFUSED: RingPattern.REFUSED,
    KioskPhase.STAFF_ROUTE: RingPattern.WORKING,
    KioskPhase.BRINGING_CAR: RingPattern.WORKING,
    KioskPhase.CONDITION: RingPattern.LOOK_HERE,
    KioskPhase.KEY_TAKE: RingPattern.LOOK_HERE,
    KioskPhase.KEY_BACK: RingPattern.LOOK_HERE,
    KioskPhase.KEY_WITH_STAFF: RingPattern.WORKING,
    KioskPhase.HAND_OVER: RingPattern.DONE,
    KioskPhase.GOODBYE: RingPattern.DONE,
    KioskPhase.REFERRED: RingPattern.WORKING,
    KioskPhase.PREPARING_BAY: RingPattern.WORKING,
    KioskPhase.DRIVE_IN: RingPattern.DONE,
    KioskPhase.LEAVE_BAY: RingPattern.WORKING,
    KioskPhase.MEASURING: RingPattern.WORKING,
    KioskPhase.CONFIRM_CLEAR: RingPattern.LOOK_HERE,
    KioskPhase.STORING: RingPattern.DONE,
    KioskPhase.RETURNED: RingPattern.DONE,
    KioskPhase.DRIVE_OUT: RingPattern.REFUSED,
}
_GREEN = frozenset({KioskPhase.HAND_OVER, KioskPhase.DRIVE_IN, KioskPhase.DRIVE_OUT})


def kiosk_signals(status: KioskStatus, bay: BayReport | None) -> KioskSignals:
    """Ring by phase; green only for a door that is open, over an inner door that is shut.

    The buzzer warns while the street door moves for somebody, and sounds with each reminder.
    """
    ring = RingPattern.ATTENTION if status.reminding else _RINGS[status.phase]
    if bay is None or status.phase not in DOOR_MOVES:
        lit = status.phase in KEY_PHASES
        return KioskSignals(ring, TrafficLight.RED, buzzer=status.sounding, cabinet_lamp=lit)
    inner_shut = bay.inner_door is DoorState.CLOSED and bay.inner_locked
    may_go = (
        status.phase in _GREEN
        and bay.outer_door is DoorState.OPEN
        and inner_shut
        and not bay.estop_pressed
    )
    moving = bay.outer_door in (DoorState.OPENING, DoorState.CLOSING)
    light = TrafficLight.GREEN if may_go else TrafficLight.RED
    return KioskSignals(ring, light, buzzer=moving or status.sounding)
