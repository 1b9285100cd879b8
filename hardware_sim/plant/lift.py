"""One lift's mechanics: three axes and the car that the shuttle holds."""

from __future__ import annotations

from hardware_sim.plant.agenda import Appointment
from hardware_sim.plant.axis import Axis, AxisName
from hardware_sim.plant.car import Car
from hardware_sim.site import Lift

ALIGNED_MM = 1.0
ALIGNED_DEG = 0.05
GRAVITY_M_S2 = 9.81
DRIVE_WARMTH_C = 8.0
"""How much warmer drives and motors are than the hall in ordinary duty."""


class LiftMechanics:
    """Held car, axes and what the drives have worked; the plant moves it."""

    def __init__(self, lift: Lift, at_s: float) -> None:
        self.lift = lift
        self.axes = {
            AxisName.HOIST: Axis(AxisName.HOIST, lift.hoist, lift.park_height_mm, at_s),
            AxisName.TURNTABLE: Axis(AxisName.TURNTABLE, lift.turntable, lift.park_angle_deg, at_s),
            AxisName.SHUTTLE: Axis(AxisName.SHUTTLE, lift.shuttle, 0.0, at_s),
        }
        self.car: Car | None = None
        self.transfer: Appointment | None = None
        """The gripping or releasing under way."""
        self.under_way: dict[AxisName, tuple[float, float]] = {}
        """When and where each moving axis started."""
        self.extra_kg = 0
        """How much heavier than its papers whatever the shuttle takes is, e.g. a full boot."""
        self.drive_warmth_c = dict.fromkeys(AxisName, DRIVE_WARMTH_C)
        """How much warmer than the hall each drive is."""
        self.speed_share = 1.0
        """Of the speed that is asked for: what the drives give."""
        self.run_time_s = 0.0
        self.energy_j = 0.0

    @property
    def hoist(self) -> Axis:
        """Up and down, mm above level 1."""
        return self.axes[AxisName.HOIST]

    @property
    def turntable(self) -> Axis:
        """Heading in degrees."""
        return self.axes[AxisName.TURNTABLE]

    @property
    def shuttle(self) -> Axis:
        """How far the shuttle reaches out, mm."""
        return self.axes[AxisName.SHUTTLE]

    def moving(self, at_s: float) -> bool:
        """Whether any axis moves or a grip is changing."""
        if self.transfer is not None:
            return True
        # Asked at every read of a register: a loop is a third of what any() costs.
        for axis in self.axes.values():  # noqa: SIM110
            if axis.moving(at_s):
                return True
        return False

    def travelling(self, at_s: float) -> bool:
        """Whether the whole lift moves, that is hoist or turntable."""
        return self.hoist.moving(at_s) or self.turntable.moving(at_s)

    def shuttle_in(self, at_s: float) -> bool:
        """Whether the shuttle is fully retracted and stands."""
        return not self.shuttle.moving(at_s) and self.shuttle.position(at_s) <= ALIGNED_MM

    def shuttle_out(self, at_s: float) -> bool:
        """Whether the shuttle reaches all the way into a place and stands."""
        reach_mm = self.shuttle.position(at_s)
        return not self.shuttle.moving(at_s) and reach_mm >= self.lift.stroke_mm - ALIGNED_MM

    def at(self, height_mm: float, angle_deg: float, at_s: float) -> bool:
        """Whether the lift points at a place (its axes may still be moving through it)."""
        apart_deg = abs((self.turntable.position(at_s) - angle_deg + 180.0) % 360.0 - 180.0)
        return abs(self.hoist.position(at_s) - height_mm) <= ALIGNED_MM and apart_deg <= ALIGNED_DEG

    @property
    def load_kg(self) -> int:
        """Weight on the shuttle."""
        return self.car.weight_kg + self.extra_kg if self.car else 0

    def power_w(self, at_s: float) -> float:
        """Mechanical hoisting power, m g v; lowering gives it back (negative).

        The empty carriage is balanced by its counterweight, so only the car counts.
        """
        return self.load_kg * GRAVITY_M_S2 * self.hoist.velocity(at_s) / 1000.0
