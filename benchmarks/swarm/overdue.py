"""A part is overdue and nothing moves: staff sign it off, or two of them lift that for a while."""

from __future__ import annotations

import asyncio
import random

from benchmarks.swarm.fault_plan import FaultKind
from benchmarks.swarm.insisting import FOR_EVER_S, asked_once, until_done
from benchmarks.swarm.world import SECOND, STAFF, World
from vendtower.daemon.wiring import Running
from vendtower.domain.job import JobState
from vendtower.domain.modes import OperatingMode
from vendtower.domain.override import Override, Person
from vendtower.flows.controls import ControlAnswer, Done, NotDone
from vendtower.flows.modes import operating_mode
from vendtower.flows.overrides import OverrideDesk
from vendtower.flows.wear_desk import WearDesk
from vendtower.flows.wear_watch import blocking_parts
from vendtower.ports.journal import Change

LOOKS_EVERY_S = 30.0
COMES_AFTER_S = (30.0, 300.0)
PART_OVERDUE = "a part is overdue"
"""Counted; until somebody has come nothing moves."""
SECOND_AFTER_S = (10.0, 120.0)
KEY = "part overdue"
MINUTES = (1, 12)
OVERRIDE_RATE = 0.6
SLACK_S = 5.0
FIRST, OTHER = Person(STAFF, "technician"), Person(SECOND, "operator")


class Overdue:
    """Whoever answers for the parts; also judges that nothing moves while they forbid it."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self._chance = chance
        self._lifted_until_s = float("-inf")
        world.controller.changed.append(self._changed)

    async def keep_watch(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(LOOKS_EVERY_S)
            inside = self.world.inside
            if inside is None or not (why := blocking_parts(inside)):
                continue
            self.world.story.tell("staff", f"hears: {why[0]}")
            self.world.story.count(PART_OVERDUE)
            began_s = self.world.calendar.now_s()
            self.world.hard_times.lasts(PART_OVERDUE, began_s, began_s)
            await asyncio.sleep(self._chance.uniform(*COMES_AFTER_S))
            if self._chance.random() < OVERRIDE_RATE:
                await self._override()
            await until_done(self.world, "parts", self._signed, FOR_EVER_S)
            self.world.hard_times.lasts(PART_OVERDUE, began_s, self.world.calendar.now_s())

    async def _signed(self, running: Running) -> ControlAnswer:
        desk = WearDesk(running.tower)
        for state in desk.parts():
            if desk.blocking(state):
                said = await desk.sign(state.spec.id, STAFF, "looked", replaced=True)
                if isinstance(said, NotDone):
                    return said
        return Done("nothing is overdue")

    # --- two people

    async def _override(self) -> None:
        """Asked by one; confirmed by another or nobody; ended by a person or by its time."""
        minutes = self._chance.randint(*MINUTES)

        async def ask(running: Running) -> ControlAnswer:
            return await OverrideDesk(running.tower).ask(KEY, "customers wait", minutes, FIRST)

        said = await asked_once(self.world, ask)
        self.world.story.tell("staff", f"override for {minutes} min: {said}")
        number = self._asked()
        if number is None:
            return
        self.world.story.count("override asked")
        alone = await asked_once(self.world, lambda r: OverrideDesk(r.tower).confirm(number, FIRST))
        if isinstance(alone, Done):
            self.world.story.violated("one person lifts a hindrance alone", str(number))
        if self._chance.random() < 0.75:
            await self._confirmed(number, minutes)
        await self._until_over(number, minutes)

    def _asked(self) -> int | None:
        """The override that stands, if one does."""
        inside = self.world.inside
        facts = () if inside is None else inside.book.facts(Override)
        return next((each.number for each in facts if not each.ended), None)

    async def _confirmed(self, number: int, minutes: int) -> None:
        await asyncio.sleep(self._chance.uniform(*SECOND_AFTER_S))
        # From here on it may count, whether an answer comes or not; asked a moment ago at least.
        self._lifted_until_s = self.world.calendar.now_s() + 60.0 * minutes
        said = await asked_once(self.world, lambda r: OverrideDesk(r.tower).confirm(number, OTHER))
        self.world.story.tell("staff", f"second person on override {number}: {said}")
        self.world.story.count("override confirmed", isinstance(said, Done))

    async def _until_over(self, number: int, minutes: int) -> None:
        if self._chance.random() < 0.4:
            await asyncio.sleep(self._chance.uniform(0.0, 60.0 * minutes))
            said = await asked_once(self.world, lambda r: OverrideDesk(r.tower).end(number, FIRST))
            self.world.story.tell("staff", f"end of override {number}: {said}")
            if isinstance(said, Done):
                self._lifted_until_s = self.world.calendar.now_s()
        while self._asked() is not None or self.world.inside is None:  # noqa: ASYNC110 # from outside
            await asyncio.sleep(LOOKS_EVERY_S)
        self.world.story.count("override over")

    # --- the judge

    def _changed(self, change: Change) -> None:
        """No car is sent off while a part forbids it and nobody has lifted that."""
        inside, world = self.world.inside, self.world
        by_lift = [job for job in change.jobs if job.vin and job.mailbox]
        planned = [job for job in by_lift if job.state is JobState.PLANNED]
        if not planned or inside is None or not blocking_parts(inside):
            return
        by_staff = operating_mode(inside) is not OperatingMode.AUTOMATIC
        stepped = world.story.counts[f"fault: {FaultKind.CLOCK_STEP.value}"]
        if by_staff or stepped or world.calendar.now_s() < self._lifted_until_s + SLACK_S:
            return
        world.story.violated("a car is moved while a part forbids it", str(planned[0]))
