"""What the simulated PLC shows is never older than the machine, whatever happens to it.

Registers are made anew only when something has changed. A tower of two lifts, without a plan: jobs,
permits, faults, people, keys and restarts at random, and after each of them every block as it is
read against the same block made from nothing.
"""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from firmware_bridge import register_map as rm
from firmware_bridge.control_block import ControlBlock
from firmware_bridge.job_mailbox import NOWHERE, JobRequest, bay, lift, slot
from firmware_bridge.meanings import ControlCommand, JobState, UnitMode, Verb
from firmware_bridge.words import decode_block
from firmware_bridge.write_guard import job_words
from hardware_sim.faults.catalogue import TOWER_FAULTS, begin
from hardware_sim.faults.fault import Undo
from hardware_sim.plant.car import Car
from hardware_sim.plant.people import ImpossibleError
from hardware_sim.plc.registers import Registers
from hardware_sim.site import read_site
from hardware_sim.tower import TowerCore

SITE = Path(__file__).parents[2] / "docs" / "examples" / "two-lifts.toml"
STATUS = [block for block in rm.BLOCKS.values() if block.block_id is not None]
STEPS = 400
SEEDS = range(1, 5)


class Days:
    """A tower to which anything happens, and what has come of it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        cars = {number: Car(f"VIN-{number}") for number in (1, 2, 5, 9)}
        self.tower = TowerCore(
            read_site(SITE), cars=cars, utc_s=self.utc_s, chance=random.Random(seed)
        )
        self.control = ControlBlock(7, self.utc_s)
        self.control.permit = 0x1F
        self.seq = 0
        self.standing: list[Undo] = []
        self.seen: Counter[str] = Counter()

    def utc_s(self) -> float:
        return 1e9 + self.tower.plant.now_s if hasattr(self, "tower") else 1e9

    def step(self) -> None:
        """Time passes, with a heartbeat or without one, and something happens."""
        if self.tower.plc is None and self.chance.random() < 0.3:
            self.tower.power_on_plc()
        beats = self.chance.random() < 0.97
        for _ in range(self.chance.choice([1, 2, 3, 10])):
            if self.tower.plc is not None and beats:
                self.tower.write(rm.CONTROL.address, self.control.beat(up=True))
            self.tower.advance(self.tower.plant.now_s + self.chance.choice([0.0, 0.019, 0.2, 0.3]))
        whatever: list[tuple[float, Callable[[], None]]] = [
            (6.0, lambda: None),
            (4.0, self.order),
            (1.0, self.break_something),
            (4.0, self.mend_something),
            (2.0, self.people),
            (0.5, self.staff),
            (0.1, self.restart),
        ]
        weights = [weight for weight, _ in whatever]
        self.chance.choices([what for _, what in whatever], weights)[0]()

    def order(self) -> None:
        """A job, sensible or not."""
        places = [NOWHERE, bay(1), bay(2), bay(3), slot(1), slot(9), slot(20), lift(1)]
        mailbox = self.chance.randrange(3)
        lift_verbs = [Verb.STORE, Verb.FETCH, Verb.MOVE, Verb.PARK, Verb.HOME, Verb.MEASURE]
        doors = [Verb.OPEN_OUTER_DOOR, Verb.CLOSE_OUTER_DOOR, Verb.SIGNAL, Verb.RESET_FAULT]
        verb = self.chance.choice([*lift_verbs, Verb.ABORT] if mailbox else doors)
        source = self.chance.choice(places)
        if mailbox and self.chance.random() < 0.4:
            verb, source = Verb.PARK, NOWHERE
        self.seq += 1
        job = JobRequest(
            seq=self.seq,
            job_id=self.seq,
            session=7,
            verb=verb,
            source=source,
            destination=self.chance.choice(places[1:3] if mailbox == 0 else places),
        )
        if self.tower.plc is not None:
            self.tower.write(*job_words(mailbox, job))

    def break_something(self) -> None:
        name = self.chance.choice([*TOWER_FAULTS])
        at = None
        if name.startswith("sensor"):
            at = self.chance.choice(["bay1.presence", "bay2.outer_closed", "lift1.loaded"])
        if self.tower.plc is not None and len(self.standing) < 2:
            self.standing.append(begin(self.tower, name, at))
            self.seen[name] += 1

    def mend_something(self) -> None:
        if self.standing and self.tower.plc is not None:
            self.standing.pop()()
        self.control.command(
            self.chance.choice([ControlCommand.RESET, ControlCommand.CLEAR, ControlCommand.UNHOLD])
        )

    def people(self) -> None:
        at = self.tower.plant.people
        number = self.chance.choice([1, 2])
        acts: list[Callable[[], None]] = [
            lambda: at.person_enters(number),
            lambda: at.person_leaves(number),
            lambda: at.car_drives_in(number, Car(f"NEW-{self.seq}", weight_kg=1900)),
            lambda: at.car_drives_out(number),
            lambda: at.press_call(number, pressed=self.chance.random() < 0.5),
        ]
        try:
            self.chance.choice(acts)()
        except ImpossibleError:
            self.seen["impossible"] += 1

    def staff(self) -> None:
        plant = self.tower.plant
        turned = self.chance.random() < 0.2
        self.control.mode = UnitMode.MAINTENANCE if turned else UnitMode.PRODUCTION
        plant.key_switch, plant.enabling = (2, True) if turned else (1, False)
        self.control.permit = self.chance.choice([0x1F, 0x1F, 0x1F, 0x01, 0])

    def restart(self) -> None:
        if self.tower.plc is not None:
            self.tower.power_off_plc()
            self.seen["restart"] += 1

    def compare(self) -> None:
        """Every block as read, twice, and as made from nothing but the machine."""
        plc = self.tower.plc
        if plc is None:
            return
        bare = Registers(dataclasses.replace(plc.machine, safety_seen=None), self.utc_s)
        bare.frozen_scan = plc.registers.frozen_scan
        for block in STATUS:
            fresh = bare.read(block.address, block.size)
            told = decode_block(block, fresh)
            for _ in range(2):
                shown = plc.read(block.address, block.size)
                assert decode_block(block, shown) == told, block.name
                assert plc.registers.values(block.name) == told, block.name
        for number, control in plc.machine.lifts.items():
            self.seen[f"lift {number} {control.job_state.name}"] += 1
        self.seen["compared"] += 1


@cache
def lived(seed: int) -> Counter[str]:
    """What was seen in some hundred steps, each of them compared."""
    days = Days(seed)
    for _ in range(STEPS):
        days.step()
        days.compare()
    return days.seen


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_read_is_what_is_so(seed: int) -> None:
    assert lived(seed)["compared"] > STEPS / 3


def test_the_days_move_lifts_and_break_much_of_the_catalogue() -> None:
    """Otherwise the comparison above would compare a tower at rest with itself."""
    seen = sum((lived(seed) for seed in SEEDS), Counter[str]())
    assert {f"lift 1 {state.name}" for state in (JobState.ACTIVE, JobState.FAILED)} <= set(seen)
    assert len(set(seen) & set(TOWER_FAULTS)) > len(TOWER_FAULTS) / 2


def test_nothing_is_made_twice_while_nothing_changes() -> None:
    days = Days(0)
    days.tower.advance(1.0)
    assert days.tower.plc is not None
    registers, made = days.tower.plc.registers, []
    original = registers.fresh_values
    registers.fresh_values = lambda name: made.append(name) or original(name)  # type: ignore[method-assign, func-returns-value]  # counts
    for _ in range(5):
        for block in rm.BLOCKS.values():
            registers.read(block.address, block.size)
        days.tower.advance(days.tower.plant.now_s + 0.1)
    assert made.count("S") == made.count("B") == made.count("O") == made.count("L1") == 1
    days.tower.plant.press_estop()
    registers.read(rm.BAYS.address, rm.BAYS.size)
    assert made.count("B") == 2
