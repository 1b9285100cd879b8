"""How long a lift needs: from distances, speeds and door times, never guessed.

An axis starts and ends at rest and follows a trapezoid of speed: t = d/v + v/a when it reaches
its speed (d >= v^2/a), else t = 2 sqrt(d/a). Hoist and turntable move together, so the longer
of the two counts; the shuttle moves only when both stand.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from vendtower.domain.errors import LocalFault
from vendtower.domain.job import Verb
from vendtower.domain.places import Bay, OnLift, Place, Slot
from vendtower.domain.site import BaySpec, LiftSpec, PoliciesSection, Site, SlotSpec

HOMING_SLOWNESS = 10.0
"""Homing may bring the shuttle back at a tenth of its speed: nobody knows what it holds."""


class NoSuchJob(LocalFault):
    """A verb that does not go with its source and destination."""


@dataclass(frozen=True)
class LiftPose:
    """Where a lift stands and which way it points."""

    hoist_mm: float
    turn_deg: float


def trapezoid_s(distance: float, speed: float, acceleration: float) -> float:
    """Seconds from rest to rest over a distance, all in one unit of length or angle."""
    distance = abs(distance)
    if distance >= speed * speed / acceleration:
        return distance / speed + speed / acceleration
    return 2.0 * math.sqrt(distance / acceleration)


def turn_between_deg(from_deg: float, to_deg: float) -> float:
    """The shorter way round, 0 to 180 degrees."""
    apart_deg = abs(to_deg - from_deg) % 360.0
    return min(apart_deg, 360.0 - apart_deg)


def travel_s(lift: LiftSpec, start: LiftPose, end: LiftPose) -> float:
    """Seconds from one pose to another with the shuttle in; 0 when they are the same."""
    lift_s = trapezoid_s(
        end.hoist_mm - start.hoist_mm, lift.hoist.speed_mm_s, lift.hoist.acceleration_mm_s2
    )
    turn_s = trapezoid_s(
        turn_between_deg(start.turn_deg, end.turn_deg),
        lift.turntable.speed_deg_s,
        lift.turntable.acceleration_deg_s2,
    )
    return max(lift_s, turn_s)


def farthest_travel_s(site: Site, lift: LiftSpec) -> float:
    """Seconds for the longest travel that the lift can be asked for."""
    heights_mm = [site.level(number).height_mm for number in lift.serves_levels]
    return travel_s(lift, LiftPose(min(heights_mm), 0.0), LiftPose(max(heights_mm), 180.0))


def transfer_s(lift: LiftSpec, place: SlotSpec | BaySpec) -> float:
    """Seconds to take a car from a place or leave it there.

    The shuttle goes out, grips or releases, and comes back; at a bay the inner door opens
    before and closes after it.
    """
    seconds = 2.0 * _stroke_s(lift) + lift.car_transfer_extra_s
    if isinstance(place, BaySpec):
        seconds += 2.0 * place.inner_door_travel_s
    return seconds


def park_pose(site: Site, lift: LiftSpec) -> LiftPose:
    """Where the lift waits after parking or homing."""
    return LiftPose(site.level(lift.park_level).height_mm, lift.park_angle_deg)


def pose_at(site: Site, place: SlotSpec | BaySpec) -> LiftPose:
    """The pose in which a lift reaches into the place."""
    if isinstance(place, SlotSpec):
        return LiftPose(place.height_mm, place.angle_deg)
    return LiftPose(site.level(place.level).height_mm, place.angle_deg)


def job_duration_s(
    site: Site,
    lift: int | None,
    from_pose: LiftPose | None,
    verb: Verb,
    *,
    source: Place | None,
    destination: Place | None,
) -> float:
    """Seconds that the job takes from its start, when nothing hinders it.

    A car is moved by: empty travel to the source, taking it, loaded travel, leaving it. A source
    ``OnLift`` is on the shuttle already. Without a pose the farthest travel is assumed.

    Raises:
        NoSuchJob: when the verb does not go with lift, source and destination.
        NotInSite: when lift, slot or bay is not in the site file.

    """
    match verb:
        case Verb.OPEN_OUTER_DOOR | Verb.CLOSE_OUTER_DOOR:
            if not isinstance(destination, Bay):
                raise NoSuchJob(f"{verb.value}: destination {destination}, expected a bay")
            return site.bay(destination.number).outer_door_travel_s
        case Verb.RESET_FAULT | Verb.ABORT:
            return 0.0
        case Verb.PARK | Verb.HOME:
            spec = _lift(site, lift, verb)
            travel = _travel_or_farthest_s(site, spec, from_pose, park_pose(site, spec))
            return travel + (make_whole_s(site, spec) if verb is Verb.HOME else 0.0)
        case Verb.FETCH | Verb.STORE | Verb.MOVE:
            return _carry_s(site, _lift(site, lift, verb), from_pose, source, destination)


def job_deadline_s(duration_s: float, policies: PoliciesSection) -> float:
    """Seconds from its acceptance after which a job counts as late."""
    return duration_s * policies.job_time_factor + policies.job_time_margin_s


def _carry_s(
    site: Site,
    lift: LiftSpec,
    from_pose: LiftPose | None,
    source: Place | None,
    destination: Place | None,
) -> float:
    """Seconds to bring one car from its place to another."""
    end = _reached(site, destination, "destination")
    end_pose = pose_at(site, end)
    if isinstance(source, OnLift):
        if source.number != lift.number:
            raise NoSuchJob(f"lift {lift.number}: source {source}, expected its own load")
        return _travel_or_farthest_s(site, lift, from_pose, end_pose) + transfer_s(lift, end)
    start = _reached(site, source, "source")
    start_pose = pose_at(site, start)
    return (
        _travel_or_farthest_s(site, lift, from_pose, start_pose)
        + transfer_s(lift, start)
        + travel_s(lift, start_pose, end_pose)
        + transfer_s(lift, end)
    )


def _lift(site: Site, number: int | None, verb: Verb) -> LiftSpec:
    if number is None:
        raise NoSuchJob(f"{verb.value}: no lift given, expected the number of one")
    return site.lift(number)


def _reached(site: Site, place: Place | None, role: str) -> SlotSpec | BaySpec:
    match place:
        case Slot(number=number):
            return site.slot(number)
        case Bay(number=number):
            return site.bay(number)
        case _:
            raise NoSuchJob(f"{role} {place or 'not given'}, expected a slot or a bay")


def _travel_or_farthest_s(
    site: Site, lift: LiftSpec, start: LiftPose | None, end: LiftPose
) -> float:
    if start is None:
        return farthest_travel_s(site, lift)
    return travel_s(lift, start, end)


def _stroke_s(lift: LiftSpec) -> float:
    shuttle = lift.shuttle
    return trapezoid_s(shuttle.stroke_mm, shuttle.speed_mm_s, shuttle.acceleration_mm_s2)


def make_whole_s(site: Site, lift: LiftSpec) -> float:
    """Seconds to bring a shuttle home that was left out in the slowest bay.

    An interrupted transfer costs this before homing, or before the lift goes on with its car.
    """
    doors_s = max(site.bay(number).inner_door_travel_s for number in lift.serves_bays)
    return 2.0 * doors_s + HOMING_SLOWNESS * _stroke_s(lift)


def order_limit_s(site: Site, bay: int) -> float:
    """Seconds in which a car of any slot is in this bay, when one other job has to end first.

    Twice the slowest job that a lift can do at the bay, with the site's factor and margin.
    """
    slowest_s = max(
        (
            job_duration_s(
                site, lift.number, None, Verb.FETCH, source=Slot(slot), destination=Bay(bay)
            )
            for lift in site.lifts
            if bay in lift.serves_bays
            for slot in _slots_of(site, lift)
        ),
        default=0.0,
    )
    return 2.0 * job_deadline_s(slowest_s, site.policies)


def _slots_of(site: Site, lift: LiftSpec) -> Iterator[int]:
    for slot in site.slots.values():
        if slot.level in lift.serves_levels:
            yield slot.number
