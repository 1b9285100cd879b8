"""Whoever stands at a kiosk: the screen, the doors, and what a person can do there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from benchmarks.swarm.identity import Person
from benchmarks.swarm.record_of_visit import (
    CLOSED,
    OTHERS_MATTER,
    PATIENCE_OVER,
    QUEUED_TOO_LONG,
    Record,
)
from benchmarks.swarm.world import World
from hardware_sim.plant.bay import DriveState
from hardware_sim.plant.people import ImpossibleError
from vendtower.daemon.wiring import Running
from vendtower.domain.identity import CaptureHint
from vendtower.flows.check_in import OUT_OF_SERVICE
from vendtower.flows.controls import ControlAnswer, Done
from vendtower.flows.service import hindrances
from vendtower.ports.screens import KioskPhase

GLANCE_S = 1.0
IMPATIENT_S = 5.0
TYPES_AGAIN_S = 30.0
PATIENCE_S = 1800.0
QUEUES_S = 2700.0
TRIES_MAX = 6
LATELY_S = 900.0
"""A tower that was led on or started within this time has not had the time to serve."""
TYPES_AFTER_S = 4.0
"""So long the screen asks for the code to be typed before somebody has understood it."""


class Visitor:
    """Somebody at one kiosk, with the means that people have there."""

    def __init__(self, world: World, kiosk: int, person: Person, record: Record) -> None:
        self.world = world
        self.kiosk = kiosk
        self.bay = world.kiosks[kiosk]
        self.person = person
        self.record = record
        self.by_board = False
        """Types on the keypad of the kiosk's board instead of the screen's."""
        self.stood_s = 0.0
        """Since when it has been this person's turn, by the calendar."""
        self._touched_at_s = float("-inf")
        self._blind_since_s: float | None = None
        self._others_matter = False
        self._seen: KioskPhase | None = None
        """What the screen said when it was last lit."""
        self._typed_at_s = float("-inf")

    def tell(self, what: str) -> None:
        """One line of the story."""
        self.world.story.tell(f"bay {self.bay}", f"{self.person.name} {what}")

    async def act(self, script: Callable[[], object], patience_s: float = PATIENCE_S) -> bool:
        """Stand at the kiosk and glance until the script says True; False when it took too long."""
        turn = self.world.pavement.turn[self.kiosk]
        self.record.bays.add(self.bay)
        self.record.tried_s = self.world.calendar.now_s()
        try:
            async with asyncio.timeout(QUEUES_S):
                await turn.acquire()
        except TimeoutError:
            self.tell("has queued too long")
            self.record.reasons.append(QUEUED_TOO_LONG)
            return False
        try:
            self.world.pavement.standing[self.kiosk] = self.person
            self.stood_s = self.world.calendar.now_s()
            self._step_near(near=True)
            async with asyncio.timeout(patience_s):
                while self.phase() is KioskPhase.REFUSED:  # noqa: ASYNC110 # told to the one before
                    await asyncio.sleep(GLANCE_S)
                while not await self._glance(script):  # noqa: ASYNC110 # a screen is looked at
                    await asyncio.sleep(GLANCE_S)
        except TimeoutError:
            self.tell("has no patience left")
            self.record.reasons.append(self._why_in_vain())
            return False
        finally:
            self.world.pavement.standing[self.kiosk] = None
            self._step_near(near=False)
            turn.release()
        return True

    def _step_near(self, *, near: bool) -> None:
        if self.world.keys is not None:
            self.world.keys.is_near(self.kiosk, near=near)

    def _why_in_vain(self) -> str:
        """Why nobody was served for so long, as far as somebody before the screen can tell."""
        if self._for_others():
            return OTHERS_MATTER
        inside, now_s = self.world.inside, self.world.loop.time()
        stands_still = inside is None or bool(hindrances(inside))
        lately = now_s - max(self.world.led_on_s, self.world.controller.booted_s) < LATELY_S
        return OUT_OF_SERVICE if stands_still or lately or self.world.troubles else PATIENCE_OVER

    def _for_others(self) -> bool:
        """Another car is on its way in here, or a person was asked about one: nobody is served.

        While the daemon is dead it is as it was.
        """
        inside = self.world.inside
        if inside is None:
            return self._others_matter
        cases = {case.vin for case in inside.book.open_cases() if case.bay == self.bay}
        on_the_way_in = {each.vin for each in inside.book.open_dropoffs() if each.bay == self.bay}
        handed_over = {each.vin for each in inside.book.open_visits() if each.bay == self.bay}
        return bool((cases | on_the_way_in | handed_over) - {self.record.vin})

    async def _glance(self, script: Callable[[], object]) -> bool:
        self._others_matter = self._for_others()
        done = script()
        if asyncio.iscoroutine(done):
            done = await done
        return bool(done)

    def phase(self) -> KioskPhase | None:
        """What the screen says; None while it is dark."""
        screen = self.world.screen(self.kiosk)
        if screen is None:
            return None
        self._seen = screen.phase
        return screen.phase

    def about_another(self) -> bool:
        """The screen tells of the visit or the car of somebody who was here before.

        Whoever has not said who they are knows that it cannot be about them.
        """
        screen, inside = self.world.screen(self.kiosk), self.world.inside
        if screen is None or inside is None:
            return False
        book, own = inside.book, {self.record.vin}
        booked = book.reservations.get(self.record.reservation_id)
        if booked is not None and booked.swap_for is not None:
            own.add(booked.swap_for)
        visit = book.visits.get(screen.visit_id or "")
        dropoff = book.dropoffs.get(screen.dropoff_id or "")
        return any(each is not None and each.vin not in own for each in (visit, dropoff))

    def reason(self) -> str:
        """Why, as the screen says."""
        screen = self.world.screen(self.kiosk)
        return "" if screen is None else screen.reason

    def sent_to(self) -> int:
        """The kiosk that the screen names instead of this one, else this one."""
        screen = self.world.screen(self.kiosk)
        bays = screen.elsewhere if screen is not None and screen.reason in CLOSED else ()
        named = [kiosk for kiosk, bay in self.world.kiosks.items() if bay in bays]
        return named[0] if named else self.kiosk

    async def touch(self) -> None:
        """Touch the screen, not more often than a person would."""
        now_s = self.world.loop.time()
        if now_s > self._touched_at_s + IMPATIENT_S:
            self._touched_at_s = now_s
            await self.world.controller.ask(lambda r: r.controls.touch(self.kiosk), 5.0)

    async def type_code_if_asked(self) -> None:
        """Type the code where the camera sees nothing and the screen says so."""
        screen, now_s = self.world.screen(self.kiosk), self.world.loop.time()
        blind = screen is not None and screen.hint in {
            CaptureHint.CAMERA_UNAVAILABLE,
            CaptureHint.TYPE_CODE,
        }
        if not blind or self.phase() is not KioskPhase.CHECKING_IN:
            self._blind_since_s = None
        elif self._blind_since_s is None:
            self._blind_since_s = now_s
        elif now_s - self._blind_since_s > TYPES_AFTER_S:
            self._blind_since_s = None
            await self.type_code()

    async def type_code(self) -> None:
        """On a keypad, which a free kiosk wakes at."""
        now_s = self.world.loop.time()
        if now_s > self._typed_at_s + TYPES_AGAIN_S:
            self._typed_at_s = now_s
            board = None if self.world.keys is None else self.world.keys.boards.get(self.kiosk)
            for key in self.person.code + "#":
                if self.by_board and board is not None:
                    board.press_key(key)
                    continue
                press = partial(_press, self.kiosk, key)
                await self.world.controller.ask(press, 5.0)

    async def ask(self, what: Callable[[Running], Coroutine[Any, Any, ControlAnswer]]) -> bool:
        """Press something on the screen, not more often than a person would; True when done."""
        now_s = self.world.loop.time()
        if now_s <= self._touched_at_s + IMPATIENT_S:
            return False
        self._touched_at_s = now_s
        return isinstance(await self.world.controller.ask(what, 5.0), Done)

    def my_car_is_there(self) -> bool:
        """Behind the open street door stands the car that this person came for.

        Nobody takes it while the screen says something else: a door may stand open for a fire.
        """
        car = self.world.bay(self.bay).car
        mine = car is not None and car.vin == self.record.vin and self.door_open()
        return mine and (self.phase() or self._seen) is KioskPhase.HAND_OVER

    def door_open(self) -> bool:
        """The street door is wide open."""
        return self.world.street_door_open(self.bay)

    async def walk_in(self) -> bool:
        """Into the bay; False when the door does not let anybody in."""
        return await self._through(self.world.tower.person_enters)

    async def walk_out(self) -> bool:
        """Out of the bay; False as long as a car rolls, whose driver sits at the wheel."""
        if self.world.bay(self.bay).drive is not DriveState.STANDS:
            return False
        return await self._through(self.world.tower.person_leaves)

    async def drive_out(self) -> bool:
        """Whoever sits at the wheel."""
        return await self._through(self.world.tower.car_drives_out)

    async def _through(self, how: Callable[[int], None]) -> bool:
        try:
            how(self.bay)
        except ImpossibleError:
            return False
        bay = self.world.bay(self.bay)
        while not bay.curtain_clear:
            await asyncio.sleep(GLANCE_S)
            self.world.tower.catch_up()
        return True


async def _press(kiosk: int, key: str, running: Running) -> None:
    await running.controls.press_key(kiosk, key)


async def insist(visitor: Visitor, what: Callable[[], object], times: int = 600) -> bool:
    """Try again each second, for instance to get out; False when it never works."""
    for _ in range(times):
        done = what()
        if asyncio.iscoroutine(done):
            done = await done
        if done:
            return True
        await asyncio.sleep(GLANCE_S)
    visitor.tell("is shut in")
    return False
