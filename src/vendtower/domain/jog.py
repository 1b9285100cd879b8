"""Hold-to-run movement of one axis by a technician: what has to hold, and what is remembered.

The PLC decides with its own key switch, enabling device and interlocks, clamps the speed, and
stops when the lease stands still. What is checked here is only so that the technician reads which
condition is missing, and that nothing is asked for that must not be.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from vendtower.domain.machine import (
    BayReport,
    ControlMode,
    DoorState,
    KeySwitch,
    LiftReport,
    MachineSnapshot,
    PcLink,
)
from vendtower.domain.site import LiftSpec

JOG_SHARE = 0.1
"""Share of an axis's speed that is asked for; the PLC clamps to its own limit."""
SHUTTLE_IN_MM = 1


class JogAxis(Enum):
    """One axis of a lift."""

    HOIST = "hoist"
    TURNTABLE = "turntable"
    SHUTTLE = "shuttle"

    @property
    def unit(self) -> str:
        """The unit of its position."""
        return "deg" if self is JogAxis.TURNTABLE else "mm"


@dataclass(frozen=True)
class JogRun:
    """One jog, from the first hold to standstill; journaled before anything moves."""

    number: int
    by: str
    lift: int
    axis: JogAxis
    forward: bool
    from_position: float
    """In the axis's unit: mm or degrees."""
    began_utc: datetime
    to_position: float | None = None
    ended_utc: datetime | None = None
    why_ended: str = ""

    @property
    def key(self) -> str:
        """Names it among all standing facts."""
        return f"jog {self.number}"

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.ended_utc is not None


def position_of(lift: LiftReport, axis: JogAxis) -> float:
    """Where the axis stands, in its unit."""
    match axis:
        case JogAxis.HOIST:
            return float(lift.hoist_position_mm)
        case JogAxis.TURNTABLE:
            return lift.turn_position_deg
        case JogAxis.SHUTTLE:
            return float(lift.shuttle_position_mm)


def jog_speed(lift: LiftSpec, axis: JogAxis, *, forward: bool) -> float:
    """Signed speed to ask for, in mm/s or degrees/s."""
    full = {
        JogAxis.HOIST: lift.hoist.speed_mm_s,
        JogAxis.TURNTABLE: lift.turntable.speed_deg_s,
        JogAxis.SHUTTLE: lift.shuttle.speed_mm_s,
    }[axis]
    return full * JOG_SHARE if forward else -full * JOG_SHARE


def missing(machine: MachineSnapshot, spec: LiftSpec, axis: JogAxis) -> tuple[str, ...]:
    """Every condition that does not hold; empty when the axis may be asked to move.

    Nobody may be in a bay that is open to the lift, whatever mode, key or override there is.
    """
    lift = machine.lifts[spec.number]
    bays = [machine.bays[number] for number in spec.serves_bays if number in machine.bays]
    found = {
        f"the PLC is in mode {machine.mode.value}, not maintenance": (
            machine.mode is not ControlMode.MAINTENANCE
        ),
        f"the key switch stands at {machine.key_switch.value}, not maintenance": (
            machine.key_switch is not KeySwitch.MAINTENANCE
        ),
        "the enabling device is not held": not machine.enabling_held,
        f"the PLC says of our heartbeat: {machine.pc_link.value}": (
            machine.pc_link is not PcLink.OK
        ),
    }
    reasons = [why for why, holds in found.items() if holds]
    reasons += [f"safety: {name}" for name in sorted(machine.tripped)]
    reasons += [why for bay in bays if (why := _in_the_way(bay, axis))]
    if axis is not JogAxis.SHUTTLE and lift.shuttle_position_mm > SHUTTLE_IN_MM:
        reasons.append(f"the shuttle is out ({lift.shuttle_position_mm} mm)")
    if not reasons and not lift.may_jog:
        reasons.append(f"the PLC does not let lift {lift.number} be jogged")
    return tuple(reasons)


def _in_the_way(bay: BayReport, axis: JogAxis) -> str:
    """What in a bay that is open to the lift forbids the axis."""
    if bay.inner_door is DoorState.CLOSED and bay.inner_locked:
        return ""
    if bay.person_inside:
        return f"bay {bay.number}: somebody is inside and its inner door is not closed"
    if not bay.curtain_clear:
        return f"bay {bay.number}: light curtain is broken and its inner door is not closed"
    if bay.outer_door is not DoorState.CLOSED or not bay.outer_locked:
        return f"bay {bay.number}: both doors are open"
    if axis is not JogAxis.SHUTTLE:
        return f"bay {bay.number}: its inner door is {bay.inner_door.value}, not closed"
    return ""
