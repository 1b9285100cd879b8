"""The computed duration of a job is what the simulated tower really takes.

The simulator reads the same site file with a reader of its own and moves by motion formulas of
its own; the two agree within the PLC's scans.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge import register_map as rm
from firmware_bridge.job_mailbox import NOWHERE, JobRequest, bay, pack_job, slot
from firmware_bridge.job_mailbox import Place as WirePlace
from firmware_bridge.meanings import ControlCommand, JobState, Result
from firmware_bridge.meanings import Verb as WireVerb
from firmware_bridge.words import decode_block, encode_block, integer
from hardware_sim.plant.car import Car
from hardware_sim.site import read_site
from hardware_sim.tower import TowerCore
from vendtower.daemon.site_file import load_site
from vendtower.domain.job import Verb
from vendtower.domain.places import Bay, Slot
from vendtower.domain.travel_time import LiftPose, job_deadline_s, job_duration_s

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "guangzhou.toml"
BEAT_S = 0.2
LATE_S_MAX = 0.5
"""A dozen steps of a job, each noticed one PLC scan late, and the beat in which we look."""

Leg = tuple[Verb, Slot | Bay | None, Slot | Bay | None]


class SimulatedLift:
    """The example tower in virtual time, asked through its registers."""

    def __init__(self, car_in: int) -> None:
        self.tower = TowerCore(
            read_site(EXAMPLE),
            cars={car_in: Car("VIN")},
            utc_s=lambda: 0.0,
            chance=random.Random(1),
        )
        self.seq = 0
        self.beat = 0
        for number, command in enumerate((ControlCommand.CLEAR, ControlCommand.RESET), start=1):
            for _ in range(5):
                self.wait_a_beat(command, number)

    def wait_a_beat(
        self, command: ControlCommand = ControlCommand.NONE, command_seq: int = 2
    ) -> None:
        self.beat += 1
        values = {
            "hb_pc": self.beat,
            "session": 99,
            "permit": 0x1F,
            "cntrl_cmd": int(command),
            "cntrl_seq": command_seq,
        }
        self.tower.write(rm.CONTROL.address, encode_block(rm.CONTROL, values))
        self.tower.advance(self.tower.plant.now_s + BEAT_S)

    def shown(self, name: str) -> int:
        block = rm.LIFTS[0]
        return integer(decode_block(block, self.tower.read(block.address, block.size)), name)

    def pose(self) -> LiftPose:
        return LiftPose(self.shown("hoist_pos"), self.shown("turn_pos") / 100)

    def take(self, leg: Leg) -> float:
        """Seconds from asking for the job until it is done."""
        verb, source, destination = leg
        for _ in range(5):  # the bay measures a car that has come to stand in it
            self.wait_a_beat()
        self.seq += 1
        request = JobRequest(
            seq=self.seq,
            job_id=self.seq,
            session=99,
            verb=WireVerb[verb.name],
            source=wire_place(source),
            destination=wire_place(destination),
        )
        asked_s = self.tower.plant.now_s
        self.tower.write(rm.MAILBOXES[1].address, pack_job(request))
        while self.shown("done_seq") != self.seq:
            self.wait_a_beat()
            assert self.shown("ack_result") == Result.ACCEPTED, Result(self.shown("ack_result"))
        assert self.shown("job_state") == JobState.DONE
        return self.tower.plant.now_s - asked_s


def wire_place(place: Slot | Bay | None) -> WirePlace:
    match place:
        case Slot(number=number):
            return slot(number)
        case Bay(number=number):
            return bay(number)
        case None:
            return NOWHERE


def journeys() -> Iterator[list[Leg]]:
    """From its slot over both bays and other slots, and home."""
    chance = random.Random(7)
    for _ in range(4):
        first, second, third = (Slot(number) for number in chance.sample(range(1, 43), 3))
        yield [
            (Verb.FETCH, first, Bay(1)),
            (Verb.STORE, Bay(1), second),
            (Verb.PARK, None, None),
            (Verb.MOVE, second, third),
            (Verb.FETCH, third, Bay(2)),
        ]


@pytest.mark.parametrize("legs", list(journeys()), ids=["1", "2", "3", "4"])
def test_durations_agree_with_the_simulated_tower(legs: list[Leg]) -> None:
    site = load_site(EXAMPLE).site
    start = legs[0][1]
    assert isinstance(start, Slot)
    lift = SimulatedLift(start.number)
    for verb, source, destination in legs:
        computed_s = job_duration_s(
            site, 1, lift.pose(), verb, source=source, destination=destination
        )
        taken_s = lift.take((verb, source, destination))
        assert computed_s - 0.1 <= taken_s <= computed_s + LATE_S_MAX
        assert taken_s < job_deadline_s(computed_s, site.policies)
