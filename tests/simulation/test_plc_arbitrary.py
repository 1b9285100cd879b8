"""Whatever the controller asks and people do: the PLC lets nothing happen that must never be.

The whole machine in virtual time under an arbitrary, seeded stream of jobs, commands, people,
emergency stops, silences and restarts. Sensors are honest here; the safety monitor looks at the
truth after every event.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from firmware_bridge import register_map as rm
from firmware_bridge.job_mailbox import NOWHERE, JobRequest, bay, lift, next_seq, pack_job, slot
from firmware_bridge.meanings import BayInhibit, ControlCommand, Verb
from firmware_bridge.words import encode_block
from hardware_sim.plant.car import Car
from hardware_sim.plant.people import ImpossibleError
from hardware_sim.site import Site, site_from_tables
from hardware_sim.tower import TowerCore
from tests.fast_site import QUICK, fast_site, fast_tables

SITE = fast_site(30.0)
SLOTS = (7, 8, 20, 21, 42, 1)
ACTIONS = 400
DOOR_VERBS = (
    Verb.OPEN_OUTER_DOOR,
    Verb.CLOSE_OUTER_DOOR,
    Verb.CLOSE_OUTER_DOOR,
    Verb.OPEN_INNER_DOOR,
    Verb.CLOSE_INNER_DOOR,
    Verb.RESET_FAULT,
)
COMMANDS = (
    ControlCommand.RESET,
    ControlCommand.RESET,
    ControlCommand.CLEAR,
    ControlCommand.HOLD,
    ControlCommand.UNHOLD,
    ControlCommand.STOP,
)


def two_lift_site() -> Site:
    """The example tower with a second shaft that serves the same bays and slots."""
    tables = fast_tables(30.0)
    second = {**tables["lifts"][0], "number": 2, "shaft": "B", "park_angle_deg": 200}
    tables["lifts"].append(second)
    return site_from_tables(tables)


class Chaos:
    """One seeded run."""

    def __init__(self, seed: int, site: Site = SITE) -> None:
        self.chance = random.Random(seed)
        self.lifts = sorted(site.lifts)
        cars = {number: Car(f"VIN-{number}") for number in (7, 20, 42)}
        self.tower = TowerCore(
            site, cars=cars, utc_s=lambda: 0.0, chance=random.Random(seed), pace=QUICK
        )
        self.beat = 0
        self.beats = True
        self.command_seq = 0
        self.command = ControlCommand.NONE
        self.next_beat_s = 0.0
        self.came = 0

    def run(self) -> None:
        choices: list[tuple[int, Callable[[], None]]] = [
            (30, self.lift_job),
            (30, self.door),
            (30, self.people),
            (6, self.packml),
            (2, self.estop),
            (2, self.silence),
            (1, self.restart),
            (4, self.abort),
        ]
        for _ in range(ACTIONS):
            weights = [weight for weight, _action in choices]
            action = self.chance.choices([action for _weight, action in choices], weights)[0]
            action()
            self.wait(self.chance.choice((0.01, 0.05, 0.2, 0.6, 1.5)))
            assert self.tower.monitor.violations == []

    def wait(self, duration_s: float) -> None:
        until_s = self.tower.plant.now_s + duration_s
        while self.beats and self.next_beat_s <= until_s:
            self.tower.advance(max(self.next_beat_s, self.tower.plant.now_s))
            self.control()
            self.next_beat_s = self.tower.plant.now_s + 0.2
        self.tower.advance(until_s)

    def control(self) -> None:
        self.beat = (self.beat + 1) & 0xFFFF
        values = {
            "hb_pc": self.beat,
            "session": 99,
            "permit": 0x1F,
            "cntrl_cmd": int(self.command),
            "cntrl_seq": self.command_seq,
        }
        self.tower.write(rm.CONTROL.address, encode_block(rm.CONTROL, values))

    def job(self, box: int, verb: Verb, source: object, destination: object, **more: int) -> None:
        address = rm.MAILBOXES[box].address
        seq = next_seq(self.tower.read(address, 1)[0])
        request = JobRequest(
            seq=seq,
            job_id=seq,
            session=99,
            verb=verb,
            source=source,  # type: ignore[arg-type]  # a Place from a mixed choice
            destination=destination,  # type: ignore[arg-type]  # likewise
            **more,  # type: ignore[arg-type]  # speed by name
        )
        self.tower.write(address, pack_job(request))

    def lift_job(self) -> None:
        some_slot, other_slot = (slot(self.chance.choice(SLOTS)) for _ in range(2))
        some_bay = bay(self.chance.choice((1, 2)))
        number = self.chance.choice(self.lifts)
        verb, source, destination = self.chance.choice(
            [
                (Verb.FETCH, some_slot, some_bay),
                (Verb.FETCH, lift(number), some_bay),
                (Verb.STORE, some_bay, some_slot),
                (Verb.STORE, lift(number), some_slot),
                (Verb.MOVE, some_slot, other_slot),
                (Verb.PARK, NOWHERE, some_bay),
                (Verb.HOME, NOWHERE, NOWHERE),
            ]
        )
        self.job(number, verb, source, destination, speed_permille=self.chance.choice((300, 1000)))

    def door(self) -> None:
        verb = self.chance.choice(DOOR_VERBS)
        self.job(0, verb, NOWHERE, bay(self.chance.choice((1, 2))))

    def abort(self) -> None:
        self.job(self.chance.choice(self.lifts), Verb.ABORT, NOWHERE, NOWHERE)

    def people(self) -> None:
        number = self.chance.choice((1, 2))
        people = self.tower.plant.people
        self.came += 1
        actions: list[Callable[[], None]] = [
            lambda: people.person_enters(number),
            lambda: people.person_leaves(number),
            lambda: people.person_leaves(number),
            lambda: people.car_drives_in(number, Car(f"NEW-{self.came}")),
            lambda: people.car_drives_out(number),
            lambda: people.hide_inside(number),
            lambda: people.found_inside(number),
            lambda: people.found_inside(number),
            lambda: people.person_blocks_curtain(number),
            lambda: people.person_clears_curtain(number),
        ]
        try:
            self.chance.choice(actions)()
        except ImpossibleError:
            return

    def packml(self) -> None:
        self.command = self.chance.choice(COMMANDS)
        self.command_seq = (self.command_seq + 1) & 0xFFFF

    def estop(self) -> None:
        plant = self.tower.plant
        plant.press_estop()
        self.wait(self.chance.uniform(0.0, 0.5))
        plant.release_estop()
        self.recover()

    def silence(self) -> None:
        self.beats = False
        self.wait(self.chance.choice((0.3, 0.8)))
        self.beats = True
        self.recover()

    def restart(self) -> None:
        self.tower.power_off_plc()
        self.tower.advance(self.tower.plant.now_s + self.chance.choice((0.0, 1.0)))
        self.tower.power_on_plc()
        self.recover()

    def recover(self) -> None:
        for command in (ControlCommand.CLEAR, ControlCommand.RESET):
            self.wait(0.3)
            self.command, self.command_seq = command, (self.command_seq + 1) & 0xFFFF
        self.wait(0.3)


def closed_for_all(*_args: object, **_more: object) -> bool:
    return True


def no_inhibit(*_args: object, **_more: object) -> BayInhibit:
    return BayInhibit(0)


def does_nothing(*_args: object, **_more: object) -> None:
    return None


PLANTED: list[tuple[str, object]] = [
    ("hardware_sim.plc.steps.LiftView.doors_shut", closed_for_all),
    ("hardware_sim.plc.bay_control.BayControl.inhibit", no_inhibit),
    ("hardware_sim.plc.bay_control.BayControl._guard_closing", does_nothing),
    ("hardware_sim.plc.field.Field.shuttle_in", closed_for_all),
    ("hardware_sim.plc.auxiliary._a_lift_waits", closed_for_all),
    ("hardware_sim.plc.program.PlcProgram._guard", does_nothing),
]
SEEDS_TO_FIND = 40


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "broken"), PLANTED, ids=[rule for rule, _ in PLANTED])
def test_a_broken_rule_is_found(rule: str, broken: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each safety rule of the PLC broken on purpose shows as a violation within some seeds."""
    monkeypatch.setattr(rule, broken)
    for seed in range(SEEDS_TO_FIND):
        try:
            Chaos(seed).run()
        except AssertionError:
            return
    pytest.fail(f"{rule} was broken and nobody noticed in {SEEDS_TO_FIND} runs")


@pytest.mark.parametrize("seed", range(12))
def test_nothing_that_must_never_be(seed: int) -> None:
    chaos = Chaos(seed)
    chaos.run()
    assert chaos.tower.retained.lifts[1].cycles > 2, "nothing moved, so nothing was tried"


@pytest.mark.parametrize("seed", range(6))
def test_two_lifts_at_the_same_bays_and_slots(seed: int) -> None:
    chaos = Chaos(seed, two_lift_site())
    chaos.run()
    assert all(retained.cycles > 0 for retained in chaos.tower.retained.lifts.values())


def test_looking_at_the_registers_changes_nothing() -> None:
    """Any number of reads and stops of the clock in between leave the same tower."""
    towers = []
    for parts in (1, 7, 50):
        chaos = Chaos(5)
        chaos.wait(0.5)
        chaos.job(1, Verb.FETCH, slot(20), bay(1))
        chaos.beats = False
        start_s = chaos.tower.plant.now_s
        for part in range(1, parts + 1):
            chaos.tower.advance(start_s + 2.0 * part / parts)
            chaos.tower.read(rm.LIFTS[0].address, rm.LIFTS[0].size)
        towers.append((list(chaos.tower.plant.log.events), chaos.tower.read(96, 60)))
    assert towers[0] == towers[1] == towers[2]


def test_a_run_replays_from_its_seed() -> None:
    logs = []
    for _ in range(2):
        chaos = Chaos(3)
        chaos.run()
        logs.append(list(chaos.tower.plant.log.events))
    assert logs[0] == logs[1]
