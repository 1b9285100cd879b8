"""What people do in the tower: walk in and out, stand in the curtain, drive cars."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hardware_sim.plant.bay import BayMechanics, DriveState, Pace
from hardware_sim.plant.car import Car
from hardware_sim.plant.door import DoorPosition

if TYPE_CHECKING:
    from hardware_sim.plant.plant import Plant


class ImpossibleError(RuntimeError):
    """Nobody could do this in the real tower: a closed door, no car, no driver."""


class People:
    """Actions of people; each takes the time that a `Pace` gives it."""

    def __init__(self, plant: Plant, pace: Pace) -> None:
        self._plant = plant
        self.pace = pace

    def person_blocks_curtain(self, bay_number: int) -> None:
        """Somebody stands still in the light curtain, until `person_clears_curtain`."""
        self._plant.bays[bay_number].curtain_broken_by.append("somebody standing")
        self._note(bay_number, "curtain broken")

    def person_clears_curtain(self, bay_number: int) -> None:
        """Undo `person_blocks_curtain`; raises `ImpossibleError` if nobody stands in it."""
        bay = self._plant.bays[bay_number]
        if "somebody standing" not in bay.curtain_broken_by:
            raise ImpossibleError(f"bay {bay_number}: nobody stands in its curtain")
        self._leave_curtain(bay_number, "somebody standing")

    def person_enters(self, bay_number: int) -> None:
        """Somebody walks in; counts as inside from the first step.

        Raises `ImpossibleError` unless the outer door stands at least partly open.
        """
        bay = self._plant.bays[bay_number]
        self._through_outer_door(bay_number, "walk in")
        bay.people_inside += 1
        bay.curtain_broken_by.append("somebody entering")
        self._note(bay_number, "person entered")
        self._plant.later(
            self.pace.walk_s, partial(self._leave_curtain, bay_number, "somebody entering")
        )

    def person_leaves(self, bay_number: int) -> None:
        """Somebody walks out; counts as inside until the last step.

        Raises `ImpossibleError` when nobody is inside or the outer door is closed.
        """
        bay = self._plant.bays[bay_number]
        self._through_outer_door(bay_number, "walk out")
        if bay.people_staying == 0:
            raise ImpossibleError(f"bay {bay_number}: nobody is inside who could walk out")
        bay.people_leaving += 1
        bay.curtain_broken_by.append("somebody leaving")
        self._note(bay_number, "person leaving")
        self._plant.later(self.pace.walk_s, partial(self._left, bay_number))

    def hide_inside(self, bay_number: int) -> None:
        """Somebody is inside, however that came about: a fault that a tower must survive."""
        self._plant.bays[bay_number].people_inside += 1
        self._note(bay_number, "person hidden inside")

    def found_inside(self, bay_number: int) -> None:
        """Undo `hide_inside`: staff led the person out through the service hatch."""
        bay = self._plant.bays[bay_number]
        if bay.people_staying == 0:
            raise ImpossibleError(f"bay {bay_number}: nobody is inside who could be found")
        bay.people_inside -= 1
        self._note(bay_number, "person led out")

    def car_drives_in(self, bay_number: int, car: Car) -> None:
        """Somebody drives a car in; the driver is then inside and has to walk out.

        Raises `ImpossibleError` unless the outer door is open, the bay empty and the car
        not in the tower already.
        """
        plant = self._plant
        bay = plant.bays[bay_number]
        self._fully_open(bay_number, "drive in")
        if bay.car is not None:
            raise ImpossibleError(f"bay {bay_number}: {bay.car.vin} stands where {car.vin} wants")
        if any(
            other.vin == car.vin for _place, other in plant.places() if other not in _outside(plant)
        ):
            raise ImpossibleError(f"car {car.vin} is in the tower already")
        plant.outside.pop(car.vin, None)
        bay.car = car
        bay.drive = DriveState.ENTERS
        bay.people_inside += 1
        bay.curtain_broken_by.append(car.vin)
        self._note(bay_number, "car entering", car.vin)
        plant.later(self.pace.drive_s / 2, partial(self._front_axle_in, bay))
        plant.later(self.pace.drive_s, partial(self._drove_in, bay_number, car))

    def car_drives_out(self, bay_number: int) -> None:
        """Somebody inside drives the car away: curtain broken, axle after axle off the scale.

        Raises `ImpossibleError` unless a car stands there, somebody is inside to drive it
        and the outer door is open.
        """
        bay = self._plant.bays[bay_number]
        self._fully_open(bay_number, "drive out")
        if bay.car is None or bay.drive is not DriveState.STANDS:
            raise ImpossibleError(f"bay {bay_number}: no car stands there that could drive out")
        if bay.people_staying == 0:
            raise ImpossibleError(f"bay {bay_number}: nobody is inside who could drive the car")
        bay.people_leaving += 1
        bay.drive = DriveState.LEAVES
        bay.curtain_broken_by.append(bay.car.vin)
        self._note(bay_number, "car leaving", bay.car.vin)
        self._plant.later(self.pace.drive_s / 2, partial(self._front_axle_out, bay))
        self._plant.later(self.pace.drive_s, partial(self._drove_out, bay_number, bay.car))

    def press_bay_estop(self, bay_number: int, *, pressed: bool = True) -> None:
        """Press or pull out the emergency stop inside a bay."""
        self._plant.bays[bay_number].estop_pressed = pressed
        self._note(bay_number, "bay emergency stop", "pressed" if pressed else "released")

    def press_call(self, bay_number: int, *, pressed: bool = True) -> None:
        """Press or let go the call button of a bay."""
        self._plant.bays[bay_number].call_pressed = pressed
        self._note(bay_number, "call button", "pressed" if pressed else "released")

    # --- what the actions lead to

    def _front_axle_in(self, bay: BayMechanics) -> None:
        bay.front_axle_on = True

    def _front_axle_out(self, bay: BayMechanics) -> None:
        bay.front_axle_on = False

    def _drove_in(self, bay_number: int, car: Car) -> None:
        bay = self._plant.bays[bay_number]
        bay.car_stands(car)
        self._leave_curtain(bay_number, car.vin)
        self._note(bay_number, "car entered", car.vin)

    def _drove_out(self, bay_number: int, car: Car) -> None:
        bay = self._plant.bays[bay_number]
        bay.car_stands(None)
        bay.people_inside -= 1
        bay.people_leaving -= 1
        self._plant.outside[car.vin] = car
        self._leave_curtain(bay_number, car.vin)
        self._note(bay_number, "car left", car.vin)

    def _left(self, bay_number: int) -> None:
        bay = self._plant.bays[bay_number]
        bay.people_inside -= 1
        bay.people_leaving -= 1
        self._leave_curtain(bay_number, "somebody leaving")
        self._note(bay_number, "person left")

    def _leave_curtain(self, bay_number: int, who: str) -> None:
        bay = self._plant.bays[bay_number]
        bay.curtain_broken_by.remove(who)
        if bay.curtain_clear:
            self._note(bay_number, "curtain clear")

    # --- what must be so for them

    def _through_outer_door(self, bay_number: int, what: str) -> None:
        plant = self._plant
        outer = plant.bays[bay_number].outer
        if outer.opened_share(plant.now_s) == 0.0:
            raise ImpossibleError(f"bay {bay_number}: nobody can {what}, its outer door is closed")

    def _fully_open(self, bay_number: int, what: str) -> None:
        position = self._plant.bays[bay_number].outer.position(self._plant.now_s)
        if position is not DoorPosition.OPEN:
            raise ImpossibleError(
                f"bay {bay_number}: nobody can {what}, its outer door is {position}, expected open"
            )

    def _note(self, bay_number: int, what: str, detail: str = "") -> None:
        self._plant.note(f"bay {bay_number}", what, detail)
        self._plant.happened()


def _outside(plant: Plant) -> list[Car]:
    return list(plant.outside.values())
