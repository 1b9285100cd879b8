"""Movements that the PLC has refused: asked for ever more seldom, so that others get the lift.

What is refused once is refused again as long as nothing has changed. The oldest wish goes first,
so that one that is never begun would keep its lift from everybody else. Another lift, or the way
to another bay, was not refused, and is asked for as ever.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from vendtower.domain.job import Job, JobState
from vendtower.domain.moves import Wish
from vendtower.domain.places import Bay, Place, Slot
from vendtower.flows.leasing import open_lift_jobs
from vendtower.flows.tower import Tower

PAUSE_S_MAX = 90.0
"""Long enough for the alarms that tell of a car for which nothing begins."""


@dataclass(frozen=True)
class _Way:
    """What was asked, and of which lift."""

    vin: str
    source: Place
    destination: Place | None
    """As wished: None for any slot."""
    lift: int


@dataclass(frozen=True)
class _Refusal:
    """How often it was refused since something has changed, and what could be the reason."""

    times: int
    ends: tuple[Place | None, ...]
    circumstances: tuple[object, ...]
    until_s: float


class RefusedMoves:
    """By way; lost at a restart."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower
        self._refused: dict[_Way, _Refusal] = {}

    def note(self, job: Job, pause_s: float) -> None:
        """A movement has ended; ``pause_s``: how long its lift rests after a refusal."""
        vin, source, now_s = job.vin, job.source, self._tower.clock.monotonic_s()
        if vin is None or source is None:
            return
        # A car on its way in is asked about at its kiosk before it is taken again.
        refused = job.state is JobState.REFUSED and self._tower.book.open_dropoff(vin) is None
        self._refused = {
            way: before
            for way, before in self._refused.items()
            if now_s - before.until_s <= PAUSE_S_MAX and (refused or way.vin != vin)
        }
        if not refused:
            return
        to_bay = isinstance(job.destination, Bay)
        way = _Way(vin, source, job.destination if to_bay else None, job.mailbox)
        ends = (source, job.destination)
        seen = self._circumstances(way.lift, ends)
        last = self._refused.get(way)
        times = 0 if last is None or last.circumstances != seen else last.times
        # Longer than its lift rests, so that another wish comes first.
        lasts_s = min(pause_s * 2.0 ** (times + 1), PAUSE_S_MAX)
        self._refused[way] = _Refusal(times + 1, ends, seen, now_s + lasts_s)

    def resting(self, wishes: Iterable[Wish]) -> frozenset[tuple[str, int]]:
        """Which cars, by VIN, are wanted of which lifts that are not asked for them now."""
        wanted = {(wish.vin, wish.source, wish.destination) for wish in wishes}
        return frozenset(
            (way.vin, way.lift)
            for way, refusal in self._refused.items()
            if (way.vin, way.source, way.destination) in wanted and self._lasts(way, refusal)
        )

    def _lasts(self, way: _Way, refusal: _Refusal) -> bool:
        over = self._tower.clock.monotonic_s() >= refusal.until_s
        return not over and self._circumstances(way.lift, refusal.ends) == refusal.circumstances

    def _circumstances(self, lift: int, ends: Iterable[Place | None]) -> tuple[object, ...]:
        """What the PLC's answer may depend on, but for figures that drift.

        Of the slots the way's own alone: each movement of another car changes some slot.
        """
        machine = self._tower.machine()
        if machine is None:
            return ()
        told: list[object] = [machine.boot_id, machine.state, machine.safety_faults]
        told += [machine.power_source]
        told += [job.job_id for job in open_lift_jobs(self._tower) if job.mailbox != lift]
        for end in ends:
            if isinstance(end, Slot):
                kinds = (machine.occupied_slots, machine.doubtful_slots, machine.blocked_slots)
                told += [end.number in slots for slots in kinds]
            elif isinstance(end, Bay):
                bay = machine.bays[end.number]
                told += [bay.inner_door, bay.outer_door, bay.curtain_clear, bay.person_inside]
                told += [bay.presence, bay.activity, bay.profile]
        return tuple(told)
