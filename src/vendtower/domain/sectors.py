"""Which lift is at home at which level, and how many bays a car can reach from it.

Lifts that share levels each get a part of them, so that under load every lift keeps to short
ways and none waits for what the other is about to do. It is a preference, never a ban: a lift
with nothing else to do works everywhere it reaches.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from vendtower.domain.site import Site


@dataclass(frozen=True)
class Sectors:
    """The tower divided among its lifts."""

    home_lift: Mapping[int, int]
    """Level to the lift that is at home there."""
    bays_reached: Mapping[int, int]
    """Level to the number of bays that some lift can bring its cars to."""


def sectors_of(site: Site) -> Sectors:
    """Levels that one lift alone serves are its own; shared ones are dealt out from the lowest
    up, to the first lift whose part is not yet its fair share of the slots.
    """
    slots = {level.number: len(level.slots) for level in site.levels}
    serving = {
        level.number: [lift.number for lift in site.lifts if level.number in lift.serves_levels]
        for level in site.levels
    }
    home = {level: lifts[0] for level, lifts in serving.items() if len(lifts) == 1}
    part = {lift.number: 0 for lift in site.lifts}
    for level, lift_number in home.items():
        part[lift_number] += slots[level]
    share = sum(slots.values()) / len(site.lifts)
    shared = [level.number for level in sorted(site.levels, key=lambda each: each.height_mm)]
    for level in (each for each in shared if len(serving[each]) > 1):
        half = slots[level] / 2
        wanting = [lift for lift in serving[level] if part[lift] + half <= share]
        chosen = wanting[0] if wanting else min(serving[level], key=lambda each: part[each])
        home[level] = chosen
        part[chosen] += slots[level]
    return Sectors(home, {level: _bays_from(site, level) for level in serving})


def _bays_from(site: Site, level: int) -> int:
    return len(
        {bay for lift in site.lifts if level in lift.serves_levels for bay in lift.serves_bays}
    )
