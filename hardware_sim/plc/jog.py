"""Movements of a single axis in maintenance: raw targets and hold-to-run jogging.

Both want maintenance mode, the key turned to maintenance and the enabling device held.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.meanings import Axis, JobError, JobStep, KeySwitch, UnitMode
from hardware_sim.plant.axis import AxisName
from hardware_sim.plant.door import DoorPosition
from hardware_sim.plc.lift_control import LiftControl
from hardware_sim.plc.machine import Machine
from hardware_sim.plc.mailbox import JobWords
from hardware_sim.plc.steps import LiftView, StepFailedError

LEASE_S = 0.15
"""Jogging stops when the lease word has stood still for this long."""

JOG_SHARE_MAX = 0.25
"""Share of an axis's speed that jogging is clamped to."""

NAMES = {
    Axis.HOIST: AxisName.HOIST,
    Axis.TURNTABLE: AxisName.TURNTABLE,
    Axis.SHUTTLE: AxisName.SHUTTLE,
}
TURN_AHEAD_DEG = 170.0
"""How far ahead a jogged turntable is sent; less than half a turn, so that it keeps its way."""


def jogging_allowed(machine: Machine) -> bool:
    """Mode, key switch and enabling device agree, and nothing else forbids moving."""
    field = machine.field
    return (
        machine.mode is UnitMode.MAINTENANCE
        and field.key_switch == KeySwitch.MAINTENANCE
        and field.enabling_held
        and machine.safe()
        and machine.link.fresh(field.now_s)
    )


def axis_free(machine: Machine, lift: LiftControl, axis: AxisName) -> bool:
    """Whether the interlocks let one axis move now."""
    field = machine.field
    if machine.shaft_taken(lift.number):
        return False
    if axis is not AxisName.SHUTTLE:
        return field.shuttle_in(lift.number) and lift.view.doors_shut()
    if any(field.points_at(lift.number, slot) for slot in field.site.slots.values()):
        return True
    return any(
        field.points_at(lift.number, bay.bay)
        and field.door_position(number, "inner") is DoorPosition.OPEN
        and bay.shut("outer")
        and bay.sees("curtain_clear")
        and not bay.sees("person_inside")
        for number, bay in machine.bays.items()
    )


def axis_limits(lift: LiftControl, axis: AxisName) -> tuple[float, float]:
    """How far an axis may go, in its own unit."""
    if axis is AxisName.SHUTTLE:
        return 0.0, lift.view.lift.stroke_mm
    if axis is AxisName.TURNTABLE:
        return 0.0, 360.0
    site, served = lift.view.field.site, lift.view.lift.serves_levels
    heights_mm = [slot.height_mm for slot in site.slots.values() if slot.level in served]
    heights_mm += [site.bays[number].height_mm for number in lift.view.lift.serves_bays]
    return min(heights_mm), max(heights_mm)


def raw_axis(job: JobWords) -> AxisName | None:
    """The axis a raw target is for."""
    return NAMES.get(Axis(job.arg_b)) if job.arg_b in set(Axis) else None


def raw_target(axis: AxisName, job: JobWords) -> float:
    """The target in mm or degrees."""
    return job.arg_a / 100.0 if axis is AxisName.TURNTABLE else float(job.arg_a)


def raw_target_fits(lift: LiftControl, axis: AxisName, job: JobWords) -> bool:
    """Whether a raw target and its speed lie within the axis's limits."""
    low, high = axis_limits(lift, axis)
    return low <= raw_target(axis, job) <= high and 1 <= job.speed <= 1000


@dataclass(slots=True)
class AxisMove:
    """The only step of a raw target."""

    axis: AxisName
    target: float
    speed_share: float
    name: JobStep = JobStep.TO_DESTINATION

    def begin(self, view: LiftView) -> float:
        """Send the one axis."""
        return view.field.move(view.number, self.axis, self.target, self.speed_share)

    def finished(self, view: LiftView) -> bool:
        """Whether it stands where it was sent."""
        if view.field.axis_moving(view.number, self.axis):
            return False
        off = abs(view.field.position(view.number, self.axis) - self.target)
        if self.axis is AxisName.TURNTABLE:
            off = min(off, 360.0 - off)
        if off > 1.0:
            raise StepFailedError(JobError.DRIVE_FAULT)
        return True


class Jog:
    """Hold-to-run: an axis moves while the lease word keeps changing."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._lease = 0
        self._lease_s: float | None = None
        self._running: tuple[int, AxisName, int] | None = None

    def see_lease(self, lease: int) -> None:
        """The lease word as written now."""
        if lease != self._lease:
            self._lease = lease
            self._lease_s = self._machine.field.now_s

    def due_s(self) -> float | None:
        """When a running jog has to be stopped unless its lease moves."""
        if self._running is None or self._lease_s is None:
            return None
        return self._lease_s + LEASE_S

    def scan(self, selection: int, speed: int) -> None:
        """Start, keep or stop the selected axis; `speed` in mm/s or 0.01 degree/s, signed."""
        wanted = self._wanted(selection, speed)
        field = self._machine.field
        if self._running is not None and wanted != self._running:
            field.stop(self._running[0])
            self._running = None
        if wanted is not None and self._running is None and not field.moving(wanted[0]):
            self._running = wanted
            self._send(*wanted)

    def _wanted(self, selection: int, speed: int) -> tuple[int, AxisName, int] | None:
        machine = self._machine
        lift, axis = selection // 16, selection % 16
        alive = self._lease_s is not None and machine.field.now_s < self._lease_s + LEASE_S
        if not alive or speed == 0 or lift not in machine.lifts or axis not in set(NAMES):
            return None
        name = NAMES[Axis(axis)]
        control = machine.lifts[lift]
        if control.job is not None or not jogging_allowed(machine):
            return None
        return (lift, name, speed) if axis_free(machine, control, name) else None

    def _send(self, lift: int, axis: AxisName, speed: int) -> None:
        field, control = self._machine.field, self._machine.lifts[lift]
        limits = {
            AxisName.HOIST: control.view.lift.hoist,
            AxisName.TURNTABLE: control.view.lift.turntable,
            AxisName.SHUTTLE: control.view.lift.shuttle,
        }[axis]
        wanted = abs(speed) / (100.0 if axis is AxisName.TURNTABLE else 1.0)
        share = min(wanted / limits.speed, JOG_SHARE_MAX)
        low, high = axis_limits(control, axis)
        target = high if speed > 0 else low
        if axis is AxisName.TURNTABLE:
            ahead_deg = TURN_AHEAD_DEG if speed > 0 else -TURN_AHEAD_DEG
            target = field.position(lift, axis) + ahead_deg
        field.move(lift, axis, target, share)
