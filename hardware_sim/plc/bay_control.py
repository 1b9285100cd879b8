"""One bay in the PLC: its outer door, the look at the car in it, and what state it shows."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.meanings import BayInhibit, BayState, DoorState, Profile, Signal
from hardware_sim.plant.door import DoorPosition
from hardware_sim.plc.field import Field
from hardware_sim.plc.routes import MEASURING_S
from hardware_sim.site import Bay

DOOR_MARGIN_S = 2.0
OFF_CENTRE_MM_MAX = 150
FITS = Profile(0)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the bay's scanner and scale said of the car that stands in it."""

    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    weight_kg: int = 0
    axle1_kg: int = 0
    offset_mm: int = 0
    profile: Profile = FITS


@dataclass(frozen=True, slots=True)
class DoorTravel:
    """A door that has been sent somewhere: only that end counts as arrival."""

    opening: bool
    stuck_at_s: float
    """Not there by then: it is stuck."""


class BayControl:
    """Opens and closes the outer door by its own rules, whoever asks."""

    def __init__(self, field: Field, bay: Bay) -> None:
        self._field = field
        self.bay = bay
        self.number = bay.number
        self.owner = 0
        """Lift whose job holds the bay; 0 for none."""
        self.signal = Signal.RED
        self.out_of_service = False
        self.stuck: set[str] = set()
        self.measurement: Measurement | None = None
        self.presented = False
        """A lift has brought the car, it may leave."""
        self.reopened = False
        """The last closing ended with the door opening again."""
        self._measured_at_s: float | None = None
        self._travels: dict[str, DoorTravel] = {}

    # --- what its sensors say

    def sees(self, name: str) -> bool:
        """One of the bay's yes-or-no sensors."""
        return self._field.on(f"bay{self.number}.{name}")

    def shut(self, which: str) -> bool:
        """Door closed and locked."""
        return self._field.door_shut(self.number, which)

    def door_state(self, which: str) -> DoorState:
        """As shown; a leaf that stands in between is unknown."""
        if which in self.stuck:
            return DoorState.STUCK
        position = self._field.door_position(self.number, which)
        if position is DoorPosition.BETWEEN:
            return DoorState.UNKNOWN
        if position is DoorPosition.CLOSED and not self.sees(f"{which}_closed"):
            return DoorState.UNKNOWN
        return DoorState[position.name]

    def inhibit(self, *, safety_healthy: bool) -> BayInhibit:
        """Every reason why a door or transfer of this bay is refused now."""
        reasons = {
            BayInhibit.SAFETY: not safety_healthy or not self.sees("estop_ok"),
            BayInhibit.PERSON_INSIDE: self.sees("person_inside"),
            BayInhibit.CURTAIN_BROKEN: not self.sees("curtain_clear"),
            BayInhibit.INNER_DOOR: not self.shut("inner"),
            BayInhibit.OUTER_DOOR: not self.shut("outer"),
            BayInhibit.TRANSFER: self.owner != 0,
            BayInhibit.PROFILE: self._car_does_not_fit(),
            BayInhibit.DOOR_FAULT: bool(self.stuck),
            BayInhibit.OUT_OF_SERVICE: self.out_of_service,
        }
        return BayInhibit(sum(bit for bit, holds in reasons.items() if holds))

    def _car_does_not_fit(self) -> bool:
        if not self.sees("presence"):
            return False
        return self.measurement is None or self.measurement.profile != 0

    # --- doors

    def drive(self, which: str, *, opening: bool) -> None:
        """Start a door that has been allowed to move."""
        self.reopened = False
        self._set_out(which, opening=opening)
        if opening and which == "outer" and self.measurement is not None:
            # Whoever comes in may move the car: what was measured holds until the door is shut.
            self._measured_at_s = None

    def on_its_way(self, which: str) -> bool:
        """Whether the door was sent somewhere, and neither is there yet nor too late for it."""
        return which in self._travels

    def stop_doors(self) -> None:
        """Stand still, for an emergency stop or a silent controller."""
        for which in ("inner", "outer"):
            self._field.stop_door(self.number, which)
            self._travels.pop(which, None)

    def clear_stuck(self) -> None:
        """A person has looked at the door; it may be ordered again."""
        self.stuck.clear()

    def scan(self) -> None:
        """Watch the doors and the car."""
        self._guard_closing()
        for which in list(self._travels):
            self._watch_travel(which)
        self._measure()

    def _guard_closing(self) -> None:
        closing = self._field.door_position(self.number, "outer") is DoorPosition.CLOSING
        if closing and not (self.sees("curtain_clear") and not self.sees("person_inside")):
            self._set_out("outer", opening=True)
            self.reopened = True

    def _set_out(self, which: str, *, opening: bool) -> None:
        until_s = self._field.drive_door(self.number, which, opening=opening)
        self._travels[which] = DoorTravel(opening, until_s + DOOR_MARGIN_S)

    def _watch_travel(self, which: str) -> None:
        travel = self._travels[which]
        if travel.opening:
            arrived = self._field.door_position(self.number, which) is DoorPosition.OPEN
        else:
            arrived = self.shut(which)
        if arrived:
            del self._travels[which]
        elif self._field.now_s >= travel.stuck_at_s:
            del self._travels[which]
            self.stuck.add(which)
            self._field.stop_door(self.number, which)

    def due_s(self) -> float | None:
        """When the bay has to be looked at although nothing has happened."""
        measuring = self.measurement is None and self._measured_at_s is not None
        if not (self._travels or measuring):
            return None
        times = [travel.stuck_at_s for travel in self._travels.values()]
        if measuring and self._measured_at_s is not None:
            times.append(self._measured_at_s)
        return min(times, default=None)

    # --- the car

    def _measure(self) -> None:
        if not self.sees("presence"):
            self.measurement, self._measured_at_s = None, None
            self.presented = False
        elif not (self.shut("outer") and self.shut("inner")) or self.sees("person_inside"):
            if self.owner == 0:
                self._measured_at_s = None
        elif self._measured_at_s is None:
            self.measurement = None
            self._measured_at_s = self._field.now_s + MEASURING_S
        elif self.measurement is None and self._field.now_s >= self._measured_at_s:
            found = self._look()
            if found.length_mm:
                self.measurement = found
            else:
                # A scanner that sees no car where one stands has measured nothing: once more.
                self._measured_at_s = self._field.now_s + MEASURING_S

    def measure_again(self) -> None:
        """The verb measure."""
        self.measurement, self._measured_at_s = None, None

    def _look(self) -> Measurement:
        def read(name: str) -> int:
            return self._field.number(f"bay{self.number}.{name}")

        limits = self.bay
        length_mm, width_mm, height_mm = read("length_mm"), read("width_mm"), read("height_mm")
        weight_kg, offset_mm = read("weight_kg"), read("offset_mm")
        wrong = {
            Profile.TOO_LONG: length_mm > limits.length_mm_max,
            Profile.TOO_WIDE: width_mm > limits.width_mm_max,
            Profile.TOO_HIGH: height_mm > limits.height_mm_max,
            Profile.TOO_HEAVY: weight_kg > limits.weight_kg_max,
            Profile.OFF_CENTRE: abs(offset_mm) > OFF_CENTRE_MM_MAX,
            Profile.DOOR_OPEN: read("part_open") != 0,
        }
        profile = Profile(sum(bit for bit, holds in wrong.items() if holds))
        return Measurement(
            length_mm, width_mm, height_mm, weight_kg, read("axle1_kg"), offset_mm, profile
        )

    def state(self) -> BayState:
        """What is going on in the bay."""
        if self.out_of_service or self.stuck:
            return BayState.BLOCKED
        if not self.shut("inner"):
            return BayState.TRANSFER
        return self._state_with_inner_shut()

    def _state_with_inner_shut(self) -> BayState:
        present = self.sees("presence")
        if not self.shut("outer"):
            known = self.presented or self.measurement is not None
            return BayState.EXIT if present and known else BayState.ENTERING
        if self.sees("person_inside"):
            return BayState.ENTERING
        if not present:
            return BayState.FREE
        known = self.presented or self.measurement is not None
        return BayState.READY if known else BayState.MEASURING
