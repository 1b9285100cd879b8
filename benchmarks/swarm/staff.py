"""The staff on duty: hear of cases and stops, come after a while, look, mend, and answer."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import partial

from benchmarks.swarm.answers import (
    NOTHING_MORE,
    Answer,
    only_the_sensor,
    true_answer,
    weight_is_right,
)
from benchmarks.swarm.world import STAFF, World
from hardware_sim.plant.people import ImpossibleError
from vendtower.daemon.wiring import Running
from vendtower.domain.alarm import AlarmState
from vendtower.domain.case import Case, CaseKind, Settlement
from vendtower.domain.interruption import InterruptionKind, InterruptionState
from vendtower.domain.latched_faults import latched_faults
from vendtower.domain.machine import has_stopped
from vendtower.flows.controls import AcknowledgeAlarm, ControlAnswer, Done
from vendtower.flows.list_time import ListTimeDesk
from vendtower.flows.machine_desk import MachineDesk
from vendtower.flows.modes import open_interruptions, stop_seen
from vendtower.ports.screens import KioskPhase

LOOKS_EVERY_S = 60.0
COMES_AFTER_S = (60.0, 600.0)
TRIES_MAX = 2
CURTAIN_S = 5.0
SENSOR_LEFT_RATE = 0.3
"""How often whoever looks leaves a wrong sensor for another day."""
LIST_NOT_PROVEN = "C13"


class Staff:
    """One person on duty who sees the tower itself."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self._chance = chance
        self._due_s: dict[int, float] = {}
        self._asked_since_s: dict[int, float] = {}
        self._tried_again: Counter[str] = Counter()
        self.settled: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        """Why the tower did not take an answer."""

    async def keep_watch(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(LOOKS_EVERY_S)
            await self._settle_due()
            await self._confirm_for_the_absent()
            await self._confirm_stops()
            await self._lead_on()
            await self._acknowledge()
            await self._vouch_for_the_clock()

    async def _settle_due(self) -> None:
        inside = self.world.inside
        if inside is None:
            return
        now_s = self.world.loop.time()
        for case in inside.book.open_cases():
            if case.kind is CaseKind.RESCUE:
                continue  # whoever brings the car out answers it step by step
            if case.case_id not in self._due_s:
                self.world.story.tell("staff", f"hears of case {case.case_id}: {case.question}")
                self._due_s[case.case_id] = now_s + self._chance.uniform(*COMES_AFTER_S)
            elif now_s >= self._due_s[case.case_id]:
                await self._settle(case)

    async def _settle(self, case: Case) -> None:
        answer: Answer | None
        if only_the_sensor(self.world, case) and self._chance.random() < SENSOR_LEFT_RATE:
            answer = Settlement.SENSOR_WRONG, NOTHING_MORE
        else:
            self._mend(case)
            if case.bay is not None and self._tried_again[case.vin or ""] >= TRIES_MAX:
                await self._drive_out(case.bay)
            await asyncio.sleep(5.0)
            answer = true_answer(self.world, case, self._chance)
            if self._tried_again[case.vin or ""] and weight_is_right(self.world, case):
                answer = Settlement.WEIGHT_IS_RIGHT, NOTHING_MORE
        if answer is None:
            choices = ", ".join(choice.value for choice in case.choices)
            self.world.story.tell("staff", f"case {case.case_id}: nothing of {choices} is true")
            self.refusals[f"no answer fits: {case.kind.value}: {choices}"] += 1
            return
        settlement, said_of = answer
        said = await self.world.controller.ask(
            lambda r: r.controls.settle_case(case.case_id, settlement, STAFF, "looked", said_of)
        )
        if said is None:
            return
        words = f"case {case.case_id} ({case.kind.value}): {settlement.value}"
        if isinstance(said, Done):
            self.world.led_on_s = self.world.loop.time()
            self.world.story.tell("staff", words)
            self.settled[f"{case.kind.value}: {settlement.value}"] += 1
            self._tried_again[case.vin or ""] += settlement is Settlement.TRY_AGAIN
        else:
            self.world.story.tell("staff", f"{words}: not taken: {said.reason}")
            self.refusals[said.reason] += 1

    async def _drive_out(self, bay: int) -> None:
        """A car that the tower does not take, and whose driver has gone, does not stay for ever."""
        car = self.world.bay(bay).car
        if car is not None and self.world.street_door_open(bay):
            self.world.story.tell("staff", f"drive the car out of bay {bay}")
            with suppress(ImpossibleError):
                self.world.tower.person_enters(bay)
                await asyncio.sleep(CURTAIN_S)
                self.world.tower.car_drives_out(bay)
                self.world.pavement.driven_out[car.vin] += 1

    def _mend(self, case: Case) -> None:
        """Whoever comes to look also sees a dead sensor, a pressed button, a trapped person."""
        tower = self.world.tower
        tower.act(tower.sensors.heal)
        for number, bay in tower.plant.bays.items():
            if bay.estop_pressed:
                tower.act(partial(tower.people.press_bay_estop, number, pressed=False))
            kiosks = [kiosk for kiosk, at in self.world.kiosks.items() if at == number]
            if bay.people_staying and not any(map(self._comes_with_a_car, kiosks)):
                self._lead_out(number)
        if tower.plant.estop:
            tower.release_estop()
        if case.bay is not None:
            self._empty_car(case.bay)

    def _comes_with_a_car(self, kiosk: int) -> bool:
        """Whoever stands there may go in and out of the bay at this moment."""
        standing = self.world.pavement.standing[kiosk]
        return standing is not None and standing.name.startswith("driver")

    def _empty_car(self, bay: int) -> None:
        """Whoever looks into a car finds the passenger who was forgotten in it."""
        mechanics = self.world.bay(bay)
        car = mechanics.car
        if car is not None and car.occupants_kg:
            emptied = replace(car, occupants_kg=0)
            self.world.tower.act(lambda: setattr(mechanics, "car", emptied))

    def _lead_out(self, bay: int) -> None:
        try:
            self.world.tower.act(lambda: self.world.tower.people.found_inside(bay))
        except ImpossibleError as error:
            self.world.story.tell("staff", str(error))

    async def _confirm_for_the_absent(self) -> None:
        """A question that no driver is there to answer: look into the bay, then answer it."""
        for kiosk, bay in self.world.kiosks.items():
            screen = self.world.screen(kiosk)
            asks = screen is not None and screen.phase is KioskPhase.CONFIRM_CLEAR
            if screen is None or not asks or self._comes_with_a_car(kiosk):
                self._asked_since_s.pop(kiosk, None)
                continue
            since_s = self._asked_since_s.setdefault(kiosk, self.world.loop.time())
            if self.world.loop.time() - since_s >= LOOKS_EVERY_S:
                await self._confirm(kiosk, bay, screen.question)

    async def _confirm(self, kiosk: int, bay: int, question: int) -> None:
        if self.world.bay(bay).people_staying:
            self._lead_out(bay)
        self._empty_car(bay)
        said = await self.world.controller.ask(
            lambda r: r.controls.confirm_clear(kiosk, question, STAFF)
        )
        if isinstance(said, Done):
            self.world.pavement.spoken_for[bay] = question
        self.world.story.tell("staff", f"looked into bay {bay} and confirms: {said}")
        self.settled["question at a kiosk answered"] += isinstance(said, Done)

    async def _lead_on(self) -> None:
        """A machine that has stopped, or has latched a fault, is reset once somebody has looked."""
        inside = self.world.inside
        machine = None if inside is None else inside.machine()
        if machine is None or inside is None or inside.book.open_cases():
            return
        stopped = has_stopped(machine) or stop_seen(inside) is not None
        if machine.safety_faults or stopped or latched_faults(machine):
            tower = self.world.tower
            if tower.plant.estop:
                tower.release_estop()
            said = await self.world.controller.ask(lambda r: r.controls.reset_machine(STAFF))
            if said is not None:
                if isinstance(said, Done):
                    self.world.led_on_s = self.world.loop.time()
                self.world.story.tell("staff", f"resets the machine: {said}")
                self.settled["machine reset"] += isinstance(said, Done)

    async def _confirm_stops(self) -> None:
        """An e-stop, a door or fire that is over stands until somebody has looked and said so."""
        inside = self.world.inside
        for stop in () if inside is None else open_interruptions(inside):
            if stop.state is not InterruptionState.GONE:
                continue
            said = await self.world.controller.ask(partial(_confirmed, stop.number))
            self.world.story.tell("staff", f"confirms that {stop.device} is over: {said}")
            self.settled["stop confirmed"] += isinstance(said, Done)
            if isinstance(said, Done) and stop.device.kind is InterruptionKind.ESTOP:
                self.world.led_on_s = self.world.loop.time()

    async def _acknowledge(self) -> None:
        """A fatal alarm whose cause is gone stands until somebody has said so, by name."""
        inside = self.world.inside
        for alarm in [] if inside is None else list(inside.alarms):
            if alarm.state is not AlarmState.LATCHED:
                continue
            asked = AcknowledgeAlarm(alarm.key, "looked")
            self.world.acknowledged.add(alarm.key)
            said = await self.world.controller.ask(partial(_acknowledged, asked))
            self.world.story.tell("staff", f"acknowledges alarm {alarm.key}: {said}")
            self.settled["alarm acknowledged"] += isinstance(said, Done)

    async def _vouch_for_the_clock(self) -> None:
        """A list of the future keeps every right one away; the alarm's page says what to do."""
        inside = self.world.inside
        stands = inside is not None and any(
            alarm.key.code == LIST_NOT_PROVEN and alarm.active for alarm in inside.alarms
        )
        if not stands or self.world.machine.clock.wrong_by_s:
            return
        said = await self.world.controller.ask(
            lambda running: ListTimeDesk(running.tower).believe_clock(STAFF)
        )
        if isinstance(said, Done):
            self.world.story.tell("staff", f"list-time: {said.message}")
            self.settled["list time set"] += 1


async def _confirmed(number: int, running: Running) -> ControlAnswer:
    return await MachineDesk(running.tower).confirm_stop(number, STAFF, "looked")


async def _acknowledged(asked: AcknowledgeAlarm, running: Running) -> ControlAnswer:
    return await running.controls.ask_of_alarm(asked, STAFF)
