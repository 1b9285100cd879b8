"""Which steps a verb consists of, from wherever the lift stands now."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.meanings import JobStep, PlaceKind, Verb
from hardware_sim.plc.field import Field
from hardware_sim.plc.mailbox import JobWords
from hardware_sim.plc.steps import (
    SLOW_SHARE,
    Grip,
    InnerDoor,
    LiftView,
    PlaceMustBe,
    Step,
    Stroke,
    Travel,
    Wait,
    Weigh,
)
from hardware_sim.site import Bay, Slot

MEASURING_S = 0.1
"""The profile scanner's look at a standing car."""


def place_of(field: Field, kind: int, number: int) -> Slot | Bay | None:
    """The slot or bay with this number, or None for a lift, nothing, or an unknown number."""
    if kind == PlaceKind.SLOT:
        return field.site.slots.get(number)
    if kind == PlaceKind.BAY:
        return field.site.bays.get(number)
    return None


@dataclass(frozen=True, slots=True)
class Router:
    """Makes the steps of one lift's jobs."""

    view: LiftView

    def steps(self, job: JobWords) -> list[Step]:
        """The steps of a job that has been admitted."""
        speed_share = job.speed / 1000.0
        if job.verb == Verb.MEASURE:
            return [Wait(JobStep.MEASURING, MEASURING_S)]
        if job.verb == Verb.PARK:
            return [self._to(self._park_place(job), JobStep.TO_PARK, speed_share)]
        steps = self._make_whole()
        if job.verb == Verb.HOME:
            home = (self.view.lift.park_height_mm, self.view.lift.park_angle_deg)
            return [*steps, self._to(home, JobStep.HOMING, speed_share)]
        source = place_of(self.view.field, job.src_kind, job.src_no)
        if source is not None:
            steps += self._pick(source, job.exp_weight, speed_share)
        destination = place_of(self.view.field, job.dst_kind, job.dst_no)
        if destination is not None:
            steps += self._put(destination, speed_share)
        return steps

    def _park_place(self, job: JobWords) -> tuple[float, float]:
        place = place_of(self.view.field, job.dst_kind, job.dst_no)
        if place is None:
            return self.view.lift.park_height_mm, self.view.lift.park_angle_deg
        return place.height_mm, place.angle_deg

    def _make_whole(self) -> list[Step]:
        """What a stop may have left: the shuttle out (brought back slowly), an inner door open."""
        view, steps = self.view, list[Step]()
        bay = next(
            (
                view.field.bay_of(number)
                for number in view.lift.serves_bays
                if view.field.points_at(view.number, view.field.bay_of(number))
            ),
            None,
        )
        if not view.field.shuttle_in(view.number):
            if bay is not None:
                steps.append(InnerDoor(JobStep.HOMING, bay, opening=True))
            steps.append(Stroke(JobStep.HOMING, False, bay, SLOW_SHARE))
        if bay is not None and (steps or not view.field.door_shut(bay.number, "inner")):
            steps.append(InnerDoor(JobStep.HOMING, bay, opening=False))
        return steps

    def _to(self, target: tuple[float, float], name: JobStep, speed_share: float) -> Step:
        return Travel(name, target[0], target[1], speed_share)

    def _pick(self, source: Slot | Bay, expected_kg: int, speed_share: float) -> list[Step]:
        to_source = (source.height_mm, source.angle_deg)
        return [
            self._to(to_source, JobStep.TO_SOURCE, speed_share),
            *self._transfer(source, JobStep.PICK, speed_share, release=False),
            Weigh(JobStep.PICK, expected_kg),
        ]

    def _put(self, destination: Slot | Bay, speed_share: float) -> list[Step]:
        to_destination = (destination.height_mm, destination.angle_deg)
        return [
            self._to(to_destination, JobStep.TO_DESTINATION, speed_share),
            *self._transfer(destination, JobStep.PLACE, speed_share, release=True),
        ]

    def _transfer(
        self, place: Slot | Bay, name: JobStep, speed_share: float, *, release: bool
    ) -> list[Step]:
        strokes: list[Step] = [
            PlaceMustBe(name, place, holding_car=not release),
            Stroke(name, True, place, speed_share),
            Grip(name, release=release),
            Stroke(name, False, place, speed_share),
        ]
        if isinstance(place, Slot):
            return strokes
        return [
            InnerDoor(JobStep.OPEN_INNER_DOOR, place, opening=True),
            *strokes,
            InnerDoor(JobStep.CLOSE_INNER_DOOR, place, opening=False),
        ]
