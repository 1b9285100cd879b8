"""The PLC's field bus: everything its program can see and command, and no more.

Sensors, encoders and limit switches on one side, drives on the other. The truth of the plant
(which car it is, who really stands where) does not pass.
"""

from __future__ import annotations

from hardware_sim.plant.axis import AxisName
from hardware_sim.plant.door import DoorPosition
from hardware_sim.plant.plant import Plant
from hardware_sim.site import Bay, Lift, Site, Slot

ARRIVED_MM = 1.0
ARRIVED_DEG = 0.05


class Field:
    """Inputs and outputs of the PLC."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant

    @property
    def site(self) -> Site:
        """The geometry the PLC was commissioned with."""
        return self._plant.site

    @property
    def now_s(self) -> float:
        """The PLC's own clock."""
        return self._plant.now_s

    def note(self, subject: str, what: str, detail: str = "") -> None:
        """Tell whoever keeps the truth that the PLC has done something; nothing comes of it."""
        self._plant.note(subject, what, detail)

    # --- inputs

    @property
    def changes(self) -> int:
        """Another count: an input may be another one. Positions on the way are not counted."""
        return self._plant.changes

    def on(self, sensor: str) -> bool:
        """A yes-or-no sensor, e.g. `bay1.presence`."""
        return self._plant.sensors.on(sensor)

    def number(self, sensor: str) -> int:
        """A measuring sensor, e.g. `lift1.load_kg`."""
        return self._plant.sensors.number(sensor)

    @property
    def key_switch(self) -> int:
        """Position of the mode selector."""
        return self._plant.key_switch

    @property
    def enabling_held(self) -> bool:
        """The technician's enabling device."""
        return self._plant.enabling

    @property
    def power_source(self) -> int:
        """What the uninterruptible supply reports, numbered as in the PLC contract."""
        return self._plant.power_source

    @property
    def hall_temperature_c(self) -> float:
        """Thermometer in the hall."""
        return self._plant.hall_temperature_c

    def drive_temperature_c(self, lift: int, axis: AxisName) -> float:
        """Thermometer in an axis's drive."""
        return self.hall_temperature_c + self._plant.lifts[lift].drive_warmth_c[axis]

    def position(self, lift: int, axis: AxisName) -> float:
        """Encoder, in mm or degrees."""
        return self._plant.lifts[lift].axes[axis].position(self.now_s)

    def velocity(self, lift: int, axis: AxisName) -> float:
        """From the encoder, per second."""
        return self._plant.lifts[lift].axes[axis].velocity(self.now_s)

    def target(self, lift: int, axis: AxisName) -> float:
        """What the drive was last sent to."""
        return self._plant.lifts[lift].axes[axis].commanded

    def axis_moving(self, lift: int, axis: AxisName) -> bool:
        """The drive reports motion."""
        return self._plant.lifts[lift].axes[axis].moving(self.now_s)

    def moving(self, lift: int) -> bool:
        """Any drive of the lift moves, or its gripper works."""
        return self._plant.lifts[lift].moving(self.now_s)

    def travelling(self, lift: int) -> bool:
        """Hoist or turntable moves."""
        return self._plant.lifts[lift].travelling(self.now_s)

    def transferring(self, lift: int) -> bool:
        """The gripper works."""
        return self._plant.lifts[lift].transfer is not None

    def shuttle_in(self, lift: int) -> bool:
        """The shuttle stands fully retracted."""
        reach_mm = self.position(lift, AxisName.SHUTTLE)
        return not self.axis_moving(lift, AxisName.SHUTTLE) and reach_mm <= ARRIVED_MM

    def loaded(self, lift: int) -> bool:
        """The load sensor sees a car."""
        return self.on(f"lift{lift}.loaded")

    def points_at(self, lift: int, place: Slot | Bay) -> bool:
        """By its encoders the lift stands in front of a place."""
        apart_deg = self.position(lift, AxisName.TURNTABLE) - place.angle_deg
        return (
            not self.travelling(lift)
            and abs(self.position(lift, AxisName.HOIST) - place.height_mm) <= ARRIVED_MM
            and abs((apart_deg + 180.0) % 360.0 - 180.0) <= ARRIVED_DEG
        )

    def shuttle_in_doorway(self, bay: int) -> bool:
        """A shuttle, perhaps with a car on it, is in the way of the bay's inner door."""
        return any(
            self.points_at(number, self.bay_of(bay)) and not self.shuttle_in(number)
            for number, lift in self.site.lifts.items()
            if bay in lift.serves_bays
        )

    def door_shut(self, bay: int, which: str) -> bool:
        """The door is closed and locked, by two switches."""
        return self.on(f"bay{bay}.{which}_closed") and self.on(f"bay{bay}.{which}_locked")

    def door_position(self, bay: int, which: str) -> DoorPosition:
        """What the door's drive reports."""
        return self._plant.door(bay, which).position(self.now_s)

    def lift_meter(self, lift: int) -> tuple[float, float, float]:
        """Drive counters: hours run in seconds, energy in joule, power in watt."""
        mechanics = self._plant.lifts[lift]
        return mechanics.run_time_s, mechanics.energy_j, mechanics.power_w(self.now_s)

    def lift_of(self, number: int) -> Lift:
        """A lift's commissioning data."""
        return self.site.lifts[number]

    def bay_of(self, number: int) -> Bay:
        """A bay's commissioning data."""
        return self.site.bays[number]

    # --- outputs

    def move(self, lift: int, axis: AxisName, target: float, speed_share: float) -> float:
        """Send a drive; returns when it should arrive."""
        return self._plant.move_axis(lift, axis, target, speed_share)

    def stop(self, lift: int) -> None:
        """Controlled stop of a lift."""
        self._plant.stop_lift(lift)

    def grip(self, lift: int) -> float:
        """Take the car in front; returns when that should be done."""
        self._plant.grip(lift)
        return self.now_s + self.lift_of(lift).car_transfer_extra_s

    def release(self, lift: int) -> float:
        """Leave the car in front; returns when that should be done."""
        self._plant.release(lift)
        return self.now_s + self.lift_of(lift).car_transfer_extra_s

    def drive_door(self, bay: int, which: str, *, opening: bool) -> float:
        """Open or close a door; returns when it should stand."""
        self._plant.travel_door(bay, which, opening=opening)
        travel = self._plant.door(bay, which).travel_s
        return self.now_s + travel

    def stop_door(self, bay: int, which: str) -> None:
        """Let a moving door stand."""
        if self._plant.door(bay, which).moving(self.now_s):
            self._plant.stop_door(bay, which)
