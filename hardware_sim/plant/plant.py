"""The whole tower's mechanics, moved by the clock that the caller passes in.

Nothing ticks: motions are formulas, and what happens by itself stands in an agenda.
`advance(a)` followed by `advance(b)` leaves the same tower as `advance(b)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from hardware_sim.plant.agenda import Agenda, Appointment, TruthEvent, TruthLog
from hardware_sim.plant.axis import AxisName
from hardware_sim.plant.bay import BayMechanics, Pace
from hardware_sim.plant.car import OUTSIDE, Car, Place, PlaceKind
from hardware_sim.plant.door import Door
from hardware_sim.plant.lift import GRAVITY_M_S2, LiftMechanics
from hardware_sim.plant.people import People
from hardware_sim.plant.safety_functions import SAFETY_FUNCTIONS
from hardware_sim.plant.sensors import Sensors
from hardware_sim.site import Site


class Plant:
    """The truth of the tower, and the drives that the PLC commands.

    Commands take effect at `now_s`; call `advance` first. `people` is what customers,
    drivers and technicians do.
    """

    def __init__(
        self,
        site: Site,
        *,
        cars: Mapping[int, Car] | None = None,
        now_s: float = 0.0,
        pace: Pace | None = None,
    ) -> None:
        self.site = site
        self.now_s = now_s
        self.agenda = Agenda()
        self.log = TruthLog()
        self.lifts = {n: LiftMechanics(lift, now_s) for n, lift in site.lifts.items()}
        self.bays = {n: BayMechanics(bay, now_s) for n, bay in site.bays.items()}
        self.slots: dict[int, Car | None] = dict.fromkeys(site.slots)
        self.outside: dict[str, Car] = {}
        self.estop = False
        self.lift_estops: set[int] = set()
        """Lifts whose own emergency stop is pressed."""
        self.tripped: set[str] = set()
        """Safety functions that have tripped, by the names in `SAFETY_FUNCTIONS`."""
        self.key_switch = 1
        self.enabling = False
        self.hall_temperature_c = 24.0
        self.power_source = 1
        """1 mains, 2 battery or generator, 3 a battery that is nearly empty."""
        self.after_event: list[Callable[[], None]] = []
        """Called after everything that happens by itself or is commanded."""
        self.changes = 0
        """Counts whatever may have changed what a sensor shows; what has been seen at one count
        holds until the next one, except for positions on the way."""
        for slot, car in (cars or {}).items():
            self._put_initially(slot, car)
        self.people = People(self, pace or Pace())
        self.sensors = Sensors(self)

    def _put_initially(self, slot: int, car: Car) -> None:
        if slot not in self.slots:
            raise ValueError(f"slot {slot} is not in this tower; it has {sorted(self.slots)}")
        if any(other and other.vin == car.vin for other in self.slots.values()):
            raise ValueError(f"car {car.vin} cannot stand in slot {slot} and in another one")
        self.slots[slot] = car

    # --- time

    def next_event_s(self) -> float | None:
        """When something happens by itself next, or None while everything stands."""
        return self.agenda.next_s()

    def advance(self, to_s: float) -> None:
        """Let time pass; what is due happens at its own time. Going back raises ValueError."""
        if to_s < self.now_s:
            raise ValueError(f"plant time cannot go back from {self.now_s} s to {to_s} s")
        while (next_s := self.agenda.next_s()) is not None and next_s <= to_s:
            appointment = self.agenda.take()
            self.now_s = max(self.now_s, appointment.at_s)
            appointment.what()
            self.happened()
        self.now_s = to_s

    def happened(self) -> None:
        """Tell the watchers that the truth may have changed."""
        self.changes += 1
        for watcher in self.after_event:
            watcher()

    def note(self, subject: str, what: str, detail: str = "") -> None:
        """Write down what has happened."""
        self.changes += 1
        self.log.note(TruthEvent(self.now_s, subject, what, detail))

    def later(self, in_s: float, what: Callable[[], None]) -> Appointment:
        """Let something happen by itself after a while."""
        return self.agenda.at(self.now_s + in_s, what)

    # --- drives

    def move_axis(
        self, lift_number: int, axis: AxisName, target: float, speed_share: float = 1.0
    ) -> float:
        """Send an axis to a target (mm or degrees); returns when it will be there."""
        lift = self.lifts[lift_number]
        drive = lift.axes[axis]
        start = drive.position(self.now_s)
        drive.move_to(target, at_s=self.now_s, speed_share=speed_share * lift.speed_share)
        lift.under_way[axis] = (self.now_s, start)
        self.note(f"lift {lift_number}", "moving", f"{axis} to {target:g}")
        self.agenda.at(drive.motion.end_s, partial(self._arrived, lift_number, axis))
        self.happened()
        return drive.motion.end_s

    def _arrived(self, lift_number: int, axis: AxisName) -> None:
        lift = self.lifts[lift_number]
        position = lift.axes[axis].position(self.now_s)
        if lift.axes[axis].moving(self.now_s) or axis not in lift.under_way:
            # It was stopped and has perhaps been sent elsewhere since this was expected.
            return
        start_s, start = lift.under_way.pop(axis)
        lift.run_time_s += self.now_s - start_s
        if axis is AxisName.HOIST:
            rise_m = max(0.0, position - start) / 1000.0
            lift.energy_j += lift.load_kg * GRAVITY_M_S2 * rise_m
        self.note(f"lift {lift_number}", "stood", f"{axis} at {position:g}")

    def stop_lift(self, lift_number: int) -> None:
        """Controlled stop of all axes; a grip or release under way does not take place."""
        lift = self.lifts[lift_number]
        if lift.transfer is not None:
            lift.transfer.cancelled = True
            lift.transfer = None
        for axis in lift.axes.values():
            if axis.moving(self.now_s):
                axis.stop(self.now_s)
                self.agenda.at(axis.motion.end_s, partial(self._arrived, lift_number, axis.name))
        self.happened()

    def reached_place(self, lift_number: int) -> Place | None:
        """The slot or bay that the lift points at, or None."""
        lift = self.lifts[lift_number]
        for number, slot in self.site.slots.items():
            if lift.at(slot.height_mm, slot.angle_deg, self.now_s):
                return Place(PlaceKind.SLOT, number)
        for number in lift.lift.serves_bays:
            bay = self.site.bays[number]
            if lift.at(bay.height_mm, bay.angle_deg, self.now_s):
                return Place(PlaceKind.BAY, number)
        return None

    def grip(self, lift_number: int) -> None:
        """The shuttle takes the car in front of it, if there is one, after its extra time."""
        self._begin_transfer(lift_number, self._gripped)

    def release(self, lift_number: int) -> None:
        """The shuttle leaves its car in the place in front of it after its extra time."""
        self._begin_transfer(lift_number, self._released)

    def _begin_transfer(self, lift_number: int, done: Callable[[int], None]) -> None:
        lift = self.lifts[lift_number]
        lift.transfer = self.later(lift.lift.car_transfer_extra_s, partial(done, lift_number))
        self.happened()

    def _gripped(self, lift_number: int) -> None:
        lift = self.lifts[lift_number]
        lift.transfer = None
        place = self.reached_place(lift_number)
        car = self.car_at(place) if place and lift.shuttle_out(self.now_s) else None
        if place is None or car is None or lift.car is not None:
            self.note(f"lift {lift_number}", "gripped nothing", str(place or "no place"))
            return
        self.set_car(place, None)
        lift.car = car
        self.note(f"lift {lift_number}", "gripped", f"{car.vin} from {place}")

    def _released(self, lift_number: int) -> None:
        lift = self.lifts[lift_number]
        lift.transfer = None
        place, car = self.reached_place(lift_number), lift.car
        if place is None or car is None or not lift.shuttle_out(self.now_s):
            self.note(f"lift {lift_number}", "released nothing", str(place or "no place"))
            return
        if (other := self.car_at(place)) is not None:
            self.note(f"lift {lift_number}", "collided", f"{car.vin} with {other.vin} in {place}")
            return
        lift.car = None
        self.set_car(place, car)
        self.note(f"lift {lift_number}", "placed", f"{car.vin} in {place}")

    # --- doors

    def travel_door(self, bay_number: int, which: str, *, opening: bool) -> float:
        """Open or close the `inner` or `outer` door; returns when it will stand."""
        door = self.door(bay_number, which)
        door.travel_to(1.0 if opening else 0.0, self.now_s)
        self.note(f"bay {bay_number}", f"{which} door {'opening' if opening else 'closing'}")
        self.agenda.at(door.end_s, partial(self._door_stood, bay_number, which))
        self.happened()
        return door.end_s

    def stop_door(self, bay_number: int, which: str) -> None:
        """Let a door stand where it is."""
        self.door(bay_number, which).stop(self.now_s)
        self._door_stood(bay_number, which)
        self.happened()

    def _door_stood(self, bay_number: int, which: str) -> None:
        door = self.door(bay_number, which)
        if not door.moving(self.now_s):
            self.note(f"bay {bay_number}", f"{which} door {door.position(self.now_s)}")

    def door(self, bay_number: int, which: str) -> Door:
        """The `inner` or `outer` door of a bay."""
        bay = self.bays[bay_number]
        return bay.inner if which == "inner" else bay.outer

    # --- the truth about cars

    def car_at(self, place: Place) -> Car | None:
        """The car that really is in a place; None for an empty place and for outside."""
        match place.kind:
            case PlaceKind.SLOT:
                return self.slots[place.number]
            case PlaceKind.LIFT:
                return self.lifts[place.number].car
            case PlaceKind.BAY:
                return self.bays[place.number].car
            case PlaceKind.OUTSIDE:
                return None

    def set_car(self, place: Place, car: Car | None) -> None:
        """Put a car in a slot or bay, or take it away, as the mechanics do."""
        self.changes += 1
        if place.kind is PlaceKind.SLOT:
            self.slots[place.number] = car
        elif place.kind is PlaceKind.BAY:
            self.bays[place.number].car_stands(car)

    def places(self) -> list[tuple[Place, Car]]:
        """Every car with its place, those outside included."""
        found = [(Place(PlaceKind.SLOT, n), car) for n, car in self.slots.items() if car]
        found += [(Place(PlaceKind.LIFT, n), m.car) for n, m in self.lifts.items() if m.car]
        found += [(Place(PlaceKind.BAY, n), m.car) for n, m in self.bays.items() if m.car]
        found += [(OUTSIDE, car) for car in self.outside.values()]
        return found

    def where_is(self, vin: str) -> Place | None:
        """Where a car is; None for one that has never been here."""
        return next((place for place, car in self.places() if car.vin == vin), None)

    def run_on(self, power_source: int) -> None:
        """Mains are lost or come back; the supply's word for it, see `power_source`."""
        self.power_source = power_source
        self.note("tower", "power source", str(power_source))
        self.happened()

    def press_estop(self) -> None:
        """Somebody presses the tower's emergency stop."""
        self.estop = True
        self.note("tower", "emergency stop pressed")
        self.happened()

    def press_lift_estop(self, lift_number: int, *, pressed: bool = True) -> None:
        """The emergency stop on a lift itself, for whoever works there."""
        (self.lift_estops.add if pressed else self.lift_estops.discard)(lift_number)
        what = "emergency stop pressed" if pressed else "emergency stop released"
        self.note(f"lift {lift_number}", what)
        self.happened()

    def release_estop(self) -> None:
        """The emergency stop is pulled out again; nothing moves by that alone."""
        self.estop = False
        self.note("tower", "emergency stop released")
        self.happened()

    def trip(self, function: str) -> None:
        """A safety function finds what it watches for; raises ValueError for an unknown one."""
        if function not in SAFETY_FUNCTIONS:
            raise ValueError(f"safety function {function!r}, expected one of {SAFETY_FUNCTIONS}")
        self.tripped.add(function)
        self.note("tower", f"{function} tripped")
        self.happened()

    def reset_on_the_spot(self, function: str) -> None:
        """Somebody has mended what tripped it, and has turned its key at the machine."""
        self.tripped.discard(function)
        self.note("tower", f"{function} reset on the spot")
        self.happened()
