"""One driven axis: hoist (mm), turntable (degrees, any number of turns) or shuttle (mm)."""

from __future__ import annotations

from enum import StrEnum

from hardware_sim.plant.motion import Motion, at_rest, braked, trapezoid
from hardware_sim.site import AxisKinematics


class AxisName(StrEnum):
    """The axes of a lift."""

    HOIST = "hoist"
    TURNTABLE = "turntable"
    SHUTTLE = "shuttle"


class AxisBusyError(RuntimeError):
    """A drive was given a new target while it still moved; it must stand first."""


def shorter_turn_deg(start_deg: float, target_deg: float) -> float:
    """Signed way from one heading to another, at most half a turn."""
    return (target_deg - start_deg + 180.0) % 360.0 - 180.0


class Axis:
    """Position and velocity come from the motion's formula; nothing is stored per time step."""

    def __init__(
        self, name: AxisName, kinematics: AxisKinematics, position: float, at_s: float
    ) -> None:
        self.name = name
        self.kinematics = kinematics
        self.motion: Motion = at_rest(position, at_s)
        self.commanded = position
        self.jammed = False

    @property
    def _turns(self) -> bool:
        return self.name is AxisName.TURNTABLE

    def position(self, at_s: float) -> float:
        """Where the axis stands at a time; a turntable answers in [0, 360) degrees."""
        raw = self.motion.position_at(at_s)
        return raw % 360.0 if self._turns else raw

    def velocity(self, at_s: float) -> float:
        """Units per second, signed."""
        return self.motion.velocity_at(at_s)

    def moving(self, at_s: float) -> bool:
        """Whether the motion has not ended yet."""
        return at_s < self.motion.end_s

    def move_to(self, target: float, *, at_s: float, speed_share: float = 1.0) -> None:
        """Start towards a target; a turntable takes the shorter way round.

        Raises `AxisBusyError` while moving. A jammed axis stays where it is.
        """
        if self.moving(at_s):
            raise AxisBusyError(
                f"{self.name} was sent to {target} while moving to {self.commanded}: stop it first"
            )
        start = self.position(at_s)
        self.commanded = target % 360.0 if self._turns else target
        if self.jammed:
            self.motion = at_rest(start, at_s)
            return
        end = start + shorter_turn_deg(start, target) if self._turns else target
        motion = trapezoid(
            start,
            end,
            speed=self.kinematics.speed * speed_share,
            acceleration=self.kinematics.acceleration,
            at_s=at_s,
        )
        # Degrees are added and wrapped; the end is the commanded heading itself, free of rounding.
        self.motion = Motion(motion.phases, motion.end_s, self.commanded)

    def stop(self, at_s: float) -> None:
        """Controlled stop: decelerate with the axis's own ramp and stand where that ends."""
        if self.moving(at_s):
            self.motion = braked(self.motion, acceleration=self.kinematics.acceleration, at_s=at_s)

    def jam(self, at_s: float) -> None:
        """The mechanics block at once and stay blocked until `free`."""
        self.motion = at_rest(self.position(at_s), at_s)
        self.jammed = True

    def free(self) -> None:
        """Undo `jam`; the axis stands until it is sent somewhere."""
        self.jammed = False
