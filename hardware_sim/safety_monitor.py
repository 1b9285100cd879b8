"""An independent look at the truth after everything that happens: what must never be so.

It knows neither the PLC's program nor its sensors. Hazards that people bring about (somebody
hides in a bay, somebody presses the emergency stop) are violations only if the machine has not
come to rest within the time that a controlled stop takes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from hardware_sim.plant.agenda import TruthEvent
from hardware_sim.plant.axis import AxisName
from hardware_sim.plant.car import PlaceKind
from hardware_sim.plant.door import DoorPosition
from hardware_sim.plant.lift import LiftMechanics
from hardware_sim.plant.plant import Plant

REACTION_S = 0.1
"""Sensor, scan and drive together, on top of the slowest axis's ramp."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must never be so, when, and what it was."""

    at_s: float
    rule: str
    detail: str


class SafetyMonitor:
    """Watches one plant; `violations` stays empty in a tower that works."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self.violations: list[Violation] = []
        self._since_s: dict[tuple[str, str], float] = {}
        self._reported: set[tuple[str, str]] = set()
        self._fleet = Counter(car.vin for _place, car in plant.places())
        self._stop_s = REACTION_S + max(
            (
                axis.kinematics.speed / axis.kinematics.acceleration
                for lift in plant.lifts.values()
                for axis in lift.axes.values()
            ),
            default=0.0,
        )
        plant.after_event.append(self.check)
        plant.log.listeners.append(self._heard)

    def _heard(self, event: TruthEvent) -> None:
        if event.what == "collided":
            self.violations.append(Violation(event.at_s, "one car per place", event.detail))

    def check(self) -> None:
        """Look at everything once."""
        found = dict(self._at_once())
        reactive = dict(self._to_be_ended())
        now_s = self._plant.now_s
        for key in list(self._since_s):
            if key not in reactive:
                del self._since_s[key]
        for key, (detail, allowed_s) in reactive.items():
            if key not in self._since_s:
                self._since_s[key] = now_s
                # Look again when it must have ended, even if nothing happens until then.
                self._plant.later(allowed_s, lambda: None)
            elif now_s >= self._since_s[key] + allowed_s:
                found[key] = detail
        for key, detail in found.items():
            if key not in self._reported:
                self.violations.append(Violation(now_s, key[0], detail))
        self._reported = set(found)

    def _at_once(self) -> Iterator[tuple[tuple[str, str], str]]:
        yield from self._cars()
        yield from self._doors()
        yield from self._shafts()
        for number, lift in self._plant.lifts.items():
            yield from self._lift(number, lift)

    def _shafts(self) -> Iterator[tuple[tuple[str, str], str]]:
        """Lifts of one shaft move one at a time, and no two lifts reach into one place."""
        now_s, plant = self._plant.now_s, self._plant
        for (one, first), (two, second) in combinations(sorted(plant.lifts.items()), 2):
            name = f"lift {one} and lift {two}"
            both = first.moving(now_s) and second.moving(now_s)
            if both and first.lift.shaft == second.lift.shaft:
                detail = f"{name} move in shaft {first.lift.shaft}"
                yield ("two lifts move in one shaft", name), detail
            reaching = [lift for lift in (first, second) if not lift.shuttle_in(now_s)]
            places = {plant.reached_place(lift.lift.number) for lift in reaching}
            if len(reaching) > len(places) and None not in places:
                yield ("two shuttles in one place", name), f"{name} in {places.pop()}"

    def _cars(self) -> Iterator[tuple[tuple[str, str], str]]:
        fleet = Counter(car.vin for _place, car in self._plant.places())
        for vin in self._fleet - fleet:
            yield ("car vanished", vin), f"{vin} is nowhere"
        for vin, times in fleet.items():
            if times > 1:
                yield ("car doubled", vin), f"{vin} is in {times} places"
        self._fleet = Counter(set(self._fleet) | set(fleet))

    def _doors(self) -> Iterator[tuple[tuple[str, str], str]]:
        now_s = self._plant.now_s
        for number, bay in self._plant.bays.items():
            name = f"bay {number}"
            if not bay.inner.closed(now_s) and not bay.outer.closed(now_s):
                yield ("inner and outer door both open", name), name
            if not bay.inner.closed(now_s) and not self._lift_at(number):
                yield ("inner door open without a lift behind it", name), name

    def _lift_at(self, bay_number: int) -> bool:
        plant, bay = self._plant, self._plant.site.bays[bay_number]
        return any(
            bay_number in lift.lift.serves_bays
            and lift.at(bay.height_mm, bay.angle_deg, plant.now_s)
            for lift in plant.lifts.values()
        )

    def _lift(self, number: int, lift: LiftMechanics) -> Iterator[tuple[tuple[str, str], str]]:
        now_s, name = self._plant.now_s, f"lift {number}"
        if lift.travelling(now_s):
            if not lift.shuttle_in(now_s):
                reach_mm = lift.shuttle.position(now_s)
                yield (
                    ("lift travels with its shuttle out", name),
                    f"{name}, shuttle at {reach_mm:.0f} mm",
                )
            for bay_number in lift.lift.serves_bays:
                inner = self._plant.bays[bay_number].inner
                if not inner.closed(now_s) and not self._another_at(number, bay_number):
                    where = f"{name} bay {bay_number}"
                    detail = f"{where}: it travels, the inner door is {inner.position(now_s)}"
                    yield ("motion with a door open toward it", where), detail
        if lift.shuttle.moving(now_s) or lift.shuttle.position(now_s) > 1.0:
            yield from self._reach(name, lift)

    def _another_at(self, lift_number: int, bay_number: int) -> bool:
        bay, now_s = self._plant.site.bays[bay_number], self._plant.now_s
        return any(
            number != lift_number and lift.at(bay.height_mm, bay.angle_deg, now_s)
            for number, lift in self._plant.lifts.items()
        )

    def _reach(self, name: str, lift: LiftMechanics) -> Iterator[tuple[tuple[str, str], str]]:
        place = self._plant.reached_place(lift.lift.number)
        if place is None:
            yield ("shuttle reaches where no place is", name), name
        elif place.kind is PlaceKind.BAY:
            leaf = self._plant.bays[place.number].inner.position(self._plant.now_s)
            # A leaf that a stop left half open is met by a shuttle that stands too.
            shuttle_moves = lift.shuttle.moving(self._plant.now_s)
            if leaf in {DoorPosition.CLOSING, DoorPosition.CLOSED} or (
                shuttle_moves and leaf is not DoorPosition.OPEN
            ):
                yield ("shuttle and door meet", name), f"{name} in {place}, door {leaf}"

    def _to_be_ended(self) -> Iterator[tuple[tuple[str, str], tuple[str, float]]]:
        """Hazards with what they are and how long they may last."""
        plant, now_s = self._plant, self._plant.now_s
        for number, lift in plant.lifts.items():
            moving = [n for n in AxisName if lift.axes[n].moving(now_s)]
            if not moving:
                continue
            name = f"lift {number}"
            if (
                plant.estop
                or plant.lift_estops
                or any(b.estop_pressed for b in plant.bays.values())
            ):
                key = ("motion with emergency stop pressed", name)
                yield key, (f"{name} moves {moving}", self._stop_s)
            for bay_number in lift.lift.serves_bays:
                bay = plant.bays[bay_number]
                if bay.people_inside and not bay.inner.closed(now_s):
                    key = ("motion with a person inside", f"{name} bay {bay_number}")
                    detail = f"{name} moves {moving}, somebody is in bay {bay_number}"
                    yield key, (detail, self._stop_s)
        for number, bay in plant.bays.items():
            closing = bay.outer.position(now_s) is DoorPosition.CLOSING
            if closing and not bay.curtain_clear:
                key = ("outer door closes on somebody", f"bay {number}")
                detail = f"bay {number}: {', '.join(bay.curtain_broken_by)} in the curtain"
                yield key, (detail, REACTION_S)
