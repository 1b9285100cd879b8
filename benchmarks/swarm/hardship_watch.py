"""Watches for what keeps somebody from being served, beside the faults of the plan."""

from __future__ import annotations

from benchmarks.swarm.world import World
from vendtower.domain.case import CaseKind
from vendtower.domain.machine import has_stopped
from vendtower.domain.pickup import VisitState
from vendtower.flows.tower import Tower

NOTHING_STANDS = frozenset({CaseKind.IDENTITY, CaseKind.KEY})
"""A case about a person or a key keeps no lift from moving; a customer without a face opens one."""


class HardshipWatch:
    """Looks at a world again and again, and writes down what it sees."""

    def __init__(self, world: World) -> None:
        self._world = world

    def look(self) -> None:
        """Every second while anything happens."""
        world = self._world
        for kiosk, person in world.pavement.standing.items():
            if person is not None:
                self._seen("somebody else is there", world.kiosks[kiosk], person.name)
        if world.inside is None:
            self._seen("the controller does not run")
        else:
            self._look_inside(world.inside)

    def _look_inside(self, inside: Tower) -> None:
        machine, book = inside.machine(), inside.book
        if machine is not None and (has_stopped(machine) or machine.safety_faults):
            self._seen("the machine stands still")
        for case in book.open_cases():
            if case.kind not in NOTHING_STANDS:
                self._seen("a case is open", whose=case.vin or "")
        for dropoff in book.open_dropoffs():
            self._seen("another car is on its way in", dropoff.bay, dropoff.vin)
        for visit in book.open_visits():
            if visit.state is not VisitState.EXPECTED and visit.bay is not None:
                self._seen("another's visit is under way", visit.bay, visit.vin)

    def _seen(self, what: str, bay: int | None = None, whose: str = "") -> None:
        now_s = self._world.calendar.now_s()
        self._world.hard_times.seen(what, now_s, bay=bay, whose=whose)
