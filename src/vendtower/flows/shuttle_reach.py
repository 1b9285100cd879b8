"""Where a lift at rest has its shuttle out: no other lift comes there before it is in.

Lifts in shafts of their own reach into the same slots, and the PLC looks at one lift's job.
"""

from collections.abc import Iterator

from vendtower.domain.lease import job_places
from vendtower.domain.machine import SHUTTLE_HOME_MM_MAX, LiftReport, LoadState, MachineSnapshot
from vendtower.domain.places import Bay, Place, Slot
from vendtower.domain.rescue import Rescue, RescueState
from vendtower.domain.travel_time import LiftPose, pose_at
from vendtower.flows.tower import Tower

NEAR_MM = 300.0
NEAR_DEG = 20.0
"""A lift that stands nearer than both to a slot's pose may reach into it: jogged by eye, or
cranked by hand, it need not stand exactly before it."""


def must_home(tower: Tower, lift: int) -> Rescue | None:
    """The rescue after which this lift has to be homed before anything else."""
    for rescue in tower.book.facts(Rescue):
        if rescue.lift == lift and rescue.state is RescueState.HOME:
            return rescue
    return None


def reached_into(tower: Tower, machine: MachineSnapshot) -> dict[Place, str]:
    """Every place that a shuttle may reach into while no job of its lift is open, and why."""
    return {
        place: f"{place}: the shuttle of lift {lift.number} is out, and may reach in there"
        for lift in machine.lifts.values()
        for place in _reaches(tower, lift)
    }


def _reaches(tower: Tower, lift: LiftReport) -> Iterator[Place]:
    """Where its last job has left it, a rescue has cranked it, or somebody has jogged it.

    A car on the shuttle goes on from there to its bay, or to another slot.
    """
    job, rescue = tower.book.last_reaches().get(lift.number), must_home(tower, lift.number)
    if _is_in(lift) or (job is not None and job.is_open):
        return
    if rescue is not None and isinstance(rescue.where, Slot | Bay):
        yield rescue.where
    for place in () if job is None else job_places(job):
        if lift.load is LoadState.EMPTY or isinstance(place, Slot):
            yield place
    if abs(lift.shuttle_position_mm) > SHUTTLE_HOME_MM_MAX:
        yield from _before(tower, lift)


def _is_in(lift: LiftReport) -> bool:
    return lift.homed and abs(lift.shuttle_position_mm) <= SHUTTLE_HOME_MM_MAX


def _before(tower: Tower, lift: LiftReport) -> Iterator[Slot]:
    """The slots before which the lift stands by its encoders."""
    levels = tower.site.lift(lift.number).serves_levels
    stands = LiftPose(lift.hoist_position_mm, lift.turn_position_deg)
    for slot in tower.site.slots.values():
        if slot.level in levels and _is_near(stands, pose_at(tower.site, slot)):
            yield Slot(slot.number)


def _is_near(one: LiftPose, other: LiftPose) -> bool:
    apart_deg = abs((one.turn_deg - other.turn_deg + 180.0) % 360.0 - 180.0)
    return abs(one.hoist_mm - other.hoist_mm) <= NEAR_MM and apart_deg <= NEAR_DEG
