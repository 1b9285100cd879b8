"""Movements that the PLC has refused: asked for ever more seldom, so that others get the lift.

What is refused once is refused again as long as nothing has changed. The oldest wish goes first,
so that one that is never begun would keep its lift from everybody else.
"""

from dataclasses import dataclass

from vendtower.domain.job import Job, JobState
from vendtower.domain.moves import Wish
from vendtower.domain.places import Bay, Place
from vendtower.flows.tower import Tower

PAUSE_S_MAX = 90.0
"""Long enough for the alarms that tell of a car for which nothing begins."""


@dataclass(frozen=True)
class _Refusal:
    """How often a movement from this place was refused, and what could be the reason."""

    source: Place
    times: int
    circumstances: tuple[object, ...]
    until_s: float
    bays: tuple[int, ...]


class RefusedMoves:
    """By car; lost at a restart."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower
        self._refused: dict[str, _Refusal] = {}

    def note(self, job: Job, pause_s: float) -> None:
        """A movement has ended; ``pause_s``: how long its lift rests after a refusal."""
        vin, source = job.vin, job.source
        if vin is None or source is None:
            return
        before = self._refused.pop(vin, None)
        if job.state is not JobState.REFUSED or self._tower.book.open_dropoff(vin) is not None:
            # A car on its way in is asked about at its kiosk before it is taken again.
            return
        times = 0 if before is None or before.source != source else before.times
        bays = tuple(end.number for end in (source, job.destination) if isinstance(end, Bay))
        # Longer than its lift rests, so that another wish comes first.
        lasts_s = min(pause_s * 2.0 ** (times + 1), PAUSE_S_MAX)
        self._refused[vin] = _Refusal(
            source,
            times + 1,
            self._circumstances(bays),
            self._tower.clock.monotonic_s() + lasts_s,
            bays,
        )

    def rests(self, wish: Wish) -> bool:
        """Whether this is not asked for now."""
        refusal = self._refused.get(wish.vin)
        if refusal is None or refusal.source != wish.source:
            return False
        over = self._tower.clock.monotonic_s() >= refusal.until_s
        return not over and self._circumstances(refusal.bays) == refusal.circumstances

    def _circumstances(self, bays: tuple[int, ...]) -> tuple[object, ...]:
        """What the PLC's answer may depend on, but for figures that drift."""
        machine = self._tower.machine()
        if machine is None:
            return ()
        told: list[object] = [machine.boot_id, machine.state, machine.safety_faults]
        for number in bays:
            bay = machine.bays[number]
            told += [bay.inner_door, bay.outer_door, bay.curtain_clear, bay.person_inside]
            told += [bay.presence, bay.activity, bay.profile]
        return tuple(told)
