"""Motion of one axis as a formula over time, so that nothing has to tick.

A motion is a row of phases of constant acceleration; its position at any time is computed
from the phase that holds then. Evaluating it early, late or never changes nothing.
Times are seconds, positions whatever unit the axis has.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phase:
    """From `start_s` on: position and velocity there, and the acceleration that holds."""

    start_s: float
    position: float
    velocity: float
    acceleration: float


@dataclass(frozen=True, slots=True)
class Motion:
    """Phases in order of time; from `end_s` on the axis stands at `target`."""

    phases: tuple[Phase, ...]
    end_s: float
    target: float

    def position_at(self, at_s: float) -> float:
        """Position at a time; before the first phase it is where the motion starts."""
        if at_s >= self.end_s:
            return self.target
        phase = self._phase_at(at_s)
        elapsed_s = max(0.0, at_s - phase.start_s)
        return phase.position + elapsed_s * (phase.velocity + 0.5 * phase.acceleration * elapsed_s)

    def velocity_at(self, at_s: float) -> float:
        """Velocity at a time, in units per second; zero before the start and from the end on."""
        if at_s >= self.end_s or at_s < self.phases[0].start_s:
            return 0.0
        phase = self._phase_at(at_s)
        return phase.velocity + phase.acceleration * (at_s - phase.start_s)

    def _phase_at(self, at_s: float) -> Phase:
        current = self.phases[0]
        for phase in self.phases[1:]:
            if phase.start_s > at_s:
                break
            current = phase
        return current


def travel_time_s(distance: float, speed: float, acceleration: float) -> float:
    """Seconds from rest to rest along a trapezoid.

    d/v + v/a where the axis reaches its speed (d >= v^2/a), else 2 sqrt(d/a).
    """
    distance = abs(distance)
    if distance >= speed * speed / acceleration:
        return distance / speed + speed / acceleration
    return 2.0 * math.sqrt(distance / acceleration)


def at_rest(position: float, at_s: float) -> Motion:
    """An axis that stands."""
    return Motion(phases=(Phase(at_s, position, 0.0, 0.0),), end_s=at_s, target=position)


def trapezoid(
    start: float, target: float, *, speed: float, acceleration: float, at_s: float
) -> Motion:
    """Motion from rest at `start` to rest at `target`: accelerate, travel, decelerate."""
    distance = abs(target - start)
    if distance == 0.0:
        return at_rest(start, at_s)
    sign = math.copysign(1.0, target - start)
    peak = min(speed, math.sqrt(distance * acceleration))
    ramp_s = peak / acceleration
    ramp = 0.5 * peak * ramp_s
    cruise_s = max(0.0, (distance - 2.0 * ramp) / peak)
    phases = [Phase(at_s, start, 0.0, sign * acceleration)]
    if cruise_s > 0.0:
        phases.append(Phase(at_s + ramp_s, start + sign * ramp, sign * peak, 0.0))
    brake_s = at_s + ramp_s + cruise_s
    phases.append(Phase(brake_s, target - sign * ramp, sign * peak, -sign * acceleration))
    return Motion(phases=tuple(phases), end_s=brake_s + ramp_s, target=target)


def braked(motion: Motion, *, acceleration: float, at_s: float) -> Motion:
    """The controlled stop of a motion: from `at_s` on it decelerates until it stands."""
    position, velocity = motion.position_at(at_s), motion.velocity_at(at_s)
    if velocity == 0.0:
        return at_rest(position, at_s)
    ramp_s = abs(velocity) / acceleration
    return Motion(
        phases=(Phase(at_s, position, velocity, -math.copysign(acceleration, velocity)),),
        end_s=at_s + ramp_s,
        target=position + 0.5 * velocity * ramp_s,
    )
