"""What stands on the disk whenever the computer starts, held against where the cars really are."""

from __future__ import annotations

from benchmarks.swarm.car_watch import CarWatch
from benchmarks.swarm.record import WrittenRecord
from benchmarks.swarm.world import World


class StartWatch:
    """After a death the journal alone has to explain the plant: nobody remembers anything else."""

    def __init__(self, world: World, cars: CarWatch) -> None:
        self._world = world
        self._cars = cars
        self._record = WrittenRecord(world.machine.directory)
        world.controller.starting.append(self.look)

    def look(self) -> None:
        """Before the daemon has read anything."""
        if not self._cars.armed:
            return
        book = self._record.book(self._world.calendar.utc())
        for lie in self._cars.lies(book):
            self._world.story.violated("the journal does not explain the plant", lie)
