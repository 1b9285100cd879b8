"""The steps of which the PLC's lift jobs consist.

A step begins (and says when it should be finished), is asked whether it has finished, and
refuses by raising `StepFailedError`. After a hold it simply begins again, so every step can be
begun from wherever the lift stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from firmware_bridge.meanings import JobError, JobStep
from hardware_sim.plant.axis import AxisName
from hardware_sim.plant.door import DoorPosition
from hardware_sim.plc.field import Field
from hardware_sim.site import Bay, Lift, Slot

SLOW_SHARE = 0.2
"""Share of its speed at which an interrupted shuttle stroke is completed."""

WEIGHT_TOLERANCE_KG = 100
WEIGHT_TOLERANCE_SHARE = 0.1


class StepFailedError(Exception):
    """The step cannot be done; the job ends with `error`."""

    def __init__(self, error: JobError) -> None:
        super().__init__(error.name)
        self.error = error


@dataclass(frozen=True, slots=True)
class LiftView:
    """One lift's part of the field bus."""

    number: int
    lift: Lift
    field: Field
    facing: Callable[[], frozenset[int]]
    """Bays whose inner doors open onto this lift's way now."""

    def doors_shut(self) -> bool:
        """Whether the inner doors that face this lift's way are closed and locked."""
        return all(self.field.door_shut(bay, "inner") for bay in self.facing())


class Step(Protocol):
    """One step of a job."""

    name: JobStep

    def begin(self, view: LiftView, /) -> float:
        """Command the drives; returns the time by which it should have finished."""

    def finished(self, view: LiftView, /) -> bool:
        """Whether it is done."""


def weight_fits(expected_kg: int, found_kg: int) -> bool:
    """Whether a weight is the announced one; 0 announces nothing."""
    tolerance_kg = max(WEIGHT_TOLERANCE_KG, WEIGHT_TOLERANCE_SHARE * expected_kg)
    return expected_kg == 0 or abs(found_kg - expected_kg) <= tolerance_kg


@dataclass(slots=True)
class Travel:
    """Hoist and turntable together to a height and a heading; only with the shuttle in."""

    name: JobStep
    height_mm: float
    angle_deg: float
    speed_share: float

    def begin(self, view: LiftView) -> float:
        field = view.field
        if not field.shuttle_in(view.number):
            raise StepFailedError(JobError.POSITION_LOST)
        if not view.doors_shut():
            raise StepFailedError(JobError.INTERLOCK)
        ends = [
            field.move(view.number, AxisName.HOIST, self.height_mm, self.speed_share),
            field.move(view.number, AxisName.TURNTABLE, self.angle_deg, self.speed_share),
        ]
        return max(ends)

    def finished(self, view: LiftView) -> bool:
        field = view.field
        if field.travelling(view.number):
            if not view.doors_shut():
                raise StepFailedError(JobError.INTERLOCK)
            return False
        off_mm = abs(field.position(view.number, AxisName.HOIST) - self.height_mm)
        off_deg = field.position(view.number, AxisName.TURNTABLE) - self.angle_deg
        if off_mm > 1.0 or abs((off_deg + 180.0) % 360.0 - 180.0) > 0.05:
            raise StepFailedError(JobError.DRIVE_FAULT)
        return True


def check_bay_for_transfer(field: Field, bay: Bay) -> None:
    """Nobody inside and the outer door shut, or the step fails."""
    if field.on(f"bay{bay.number}.person_inside"):
        raise StepFailedError(JobError.PERSON_INSIDE)
    if not field.door_shut(bay.number, "outer"):
        raise StepFailedError(JobError.INTERLOCK)


@dataclass(slots=True)
class Stroke:
    """The shuttle out into a place, or back in."""

    name: JobStep
    out: bool
    place: Slot | Bay | None
    """Where it reaches; None when it comes back from wherever a stop left it."""
    speed_share: float

    def begin(self, view: LiftView) -> float:
        self._check(view)
        target_mm = view.lift.stroke_mm if self.out else 0.0
        return view.field.move(view.number, AxisName.SHUTTLE, target_mm, self.speed_share)

    def finished(self, view: LiftView) -> bool:
        field = view.field
        if field.axis_moving(view.number, AxisName.SHUTTLE):
            self._check(view)
            return False
        target_mm = view.lift.stroke_mm if self.out else 0.0
        if abs(field.position(view.number, AxisName.SHUTTLE) - target_mm) > 1.0:
            raise StepFailedError(JobError.DRIVE_FAULT)
        return True

    def _check(self, view: LiftView) -> None:
        field, place = view.field, self.place
        if self.out and (place is None or not field.points_at(view.number, place)):
            raise StepFailedError(JobError.POSITION_LOST)
        if isinstance(place, Bay):
            check_bay_for_transfer(field, place)
            if field.door_position(place.number, "inner") is not DoorPosition.OPEN:
                raise StepFailedError(JobError.INTERLOCK)


@dataclass(slots=True)
class PlaceMustBe:
    """Look at a place before reaching into it: a car where one is to be taken, none else."""

    name: JobStep
    place: Slot | Bay
    holding_car: bool

    def begin(self, view: LiftView) -> float:
        field, number = view.field, self.place.number
        if isinstance(self.place, Bay):
            check_bay_for_transfer(field, self.place)
            seen = field.on(f"bay{number}.presence")
        else:
            seen = field.on(f"slot{number}.occupied")
        if seen != self.holding_car:
            raise StepFailedError(JobError.PLACE_STATE)
        return field.now_s

    def finished(self, _view: LiftView) -> bool:
        return True


@dataclass(slots=True)
class Grip:
    """Take the car in front, or (`release`) leave the car that is held."""

    name: JobStep
    release: bool = False

    def begin(self, view: LiftView) -> float:
        if self.release:
            return view.field.release(view.number)
        return view.field.grip(view.number)

    def finished(self, view: LiftView) -> bool:
        if view.field.transferring(view.number):
            return False
        if view.field.loaded(view.number) == self.release:
            raise StepFailedError(JobError.PLACE_STATE)
        return True


@dataclass(slots=True)
class Weigh:
    """Compare the load cell with the announced weight and the lift's limit."""

    name: JobStep
    expected_kg: int

    def begin(self, view: LiftView) -> float:
        found_kg = view.field.number(f"lift{view.number}.load_kg")
        if found_kg > view.lift.load_kg_max or not weight_fits(self.expected_kg, found_kg):
            raise StepFailedError(JobError.LOAD_MISMATCH)
        return view.field.now_s

    def finished(self, _view: LiftView) -> bool:
        return True


@dataclass(slots=True)
class InnerDoor:
    """Open the inner door of a bay in front of the lift, or close and lock it."""

    name: JobStep
    bay: Bay
    opening: bool

    def begin(self, view: LiftView) -> float:
        field = view.field
        if self.opening:
            check_bay_for_transfer(field, self.bay)
            if not field.points_at(view.number, self.bay):
                raise StepFailedError(JobError.POSITION_LOST)
        elif field.shuttle_in_doorway(self.bay.number):
            raise StepFailedError(JobError.INTERLOCK)
        return field.drive_door(self.bay.number, "inner", opening=self.opening)

    def finished(self, view: LiftView) -> bool:
        field, number = view.field, self.bay.number
        if self.opening:
            check_bay_for_transfer(field, self.bay)
            return field.door_position(number, "inner") is DoorPosition.OPEN
        if field.on(f"bay{number}.person_inside"):
            raise StepFailedError(JobError.PERSON_INSIDE)
        return field.door_shut(number, "inner")


@dataclass(slots=True)
class Wait:
    """Let a while pass, for instance while the bay's scanner looks at a car."""

    name: JobStep
    duration_s: float
    _until_s: float = 0.0

    def begin(self, view: LiftView) -> float:
        self._until_s = view.field.now_s + self.duration_s
        return self._until_s

    def finished(self, view: LiftView) -> bool:
        return view.field.now_s >= self._until_s
