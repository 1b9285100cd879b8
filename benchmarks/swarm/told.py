"""What the tower has told of itself, whether the cloud has taken it or rejected it for good."""

from __future__ import annotations

from benchmarks.swarm.record import ToldEvent, WrittenRecord
from benchmarks.swarm.world import World


def told_by(world: World) -> list[ToldEvent]:
    """Each event once, in the order of their numbers.

    An answer can be lost: the cloud may have what the tower holds for rejected.
    """
    told = {each.sequence: each for each in WrittenRecord(world.machine.directory).dead_letters()}
    for heard in world.cloud.store.events:
        told[heard.sequence] = ToldEvent(
            heard.sequence, heard.event_type, heard.subject, heard.data
        )
    return [told[sequence] for sequence in sorted(told)]
