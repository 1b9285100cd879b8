"""Scenes are faults like any other: of what can break here, left out together, and in files."""

import random
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.swarm.aimed import AIMED, SITE
from benchmarks.swarm.fault_plan import MOMENTS, FaultKind, PlannedFault
from benchmarks.swarm.plan import breakages, draw_plan, read_plan, write_plan
from benchmarks.swarm.reach import RECOVERY_ROWS, reached
from benchmarks.swarm.scenes import SCENES, STATES, Part, plan_scenes
from hardware_sim.faults.catalogue import TOWER_FAULTS
from hardware_sim.faults.fault import parse_target
from hardware_sim.site import site_from_tables
from vendtower.domain import recovery
from vendtower.domain.job import Fate
from vendtower.domain.recovery import JournalSays

KNOWN = {place for _, place in breakages(site_from_tables(tomllib.loads(SITE.read_text())))}
HOUR_S = 3600.0


def drawn(seed: int, *, without: tuple[str, ...] = ()) -> list[PlannedFault]:
    chance = random.Random(seed)
    return plan_scenes(chance, HOUR_S, 25.0, moments_s=[900.0], known=KNOWN, without=without)


@pytest.mark.parametrize("part", [part for scene in SCENES for part in scene])
def test_every_part_can_be_played(part: Part) -> None:
    assert part.after_s[0] <= part.after_s[1]
    assert part.lasts_s[0] <= part.lasts_s[1]
    if part.kind is FaultKind.BREAKS:
        assert part.name in TOWER_FAULTS
        for place in part.where:
            parse_target(place, TOWER_FAULTS[part.name].where)


def test_all_scenes_come_and_parts_upon_the_same_lines_wait_for_the_same_one() -> None:
    faults = [fault for seed in range(60) for fault in drawn(seed)]
    assert {part.kind for scene in SCENES for part in scene} == {fault.kind for fault in faults}
    assert {*STATES} < {fault.upon for fault in faults}
    cuts = {fault.at_s: fault.upon for fault in faults if fault.kind is FaultKind.POWER_CUT}
    lies = {fault.at_s: fault.upon for fault in faults if fault.kind is FaultKind.SENSOR_STUCK}
    assert cuts
    assert all(lies[at_s] == upon for at_s, upon in cuts.items())
    assert {fault.where for fault in faults} <= {"", *KNOWN}


def test_a_scene_of_which_a_part_is_left_out_does_not_come() -> None:
    left_out = (FaultKind.CRASH.name, FaultKind.PLC_RESTART.name)
    faults = [fault for seed in range(20) for fault in drawn(seed, without=left_out)]
    assert faults
    assert not {FaultKind.CRASH, FaultKind.PLC_RESTART} & {fault.kind for fault in faults}


def test_a_plan_with_scenes_comes_back_from_its_file(tmp_path: Path) -> None:
    options = replace(AIMED, days=1 / 24, strength=25.0, trips_per_day=96.0)
    plan = draw_plan(options)
    assert {fault.upon for fault in plan.faults} - {"", *MOMENTS}
    write_plan(tmp_path / "plan.json", options, plan)
    assert read_plan(tmp_path / "plan.json") == (options, plan)


def test_a_verdict_that_is_only_thought_of_is_not_counted() -> None:
    with reached() as counts:
        assert recovery.is_for_the_sensors(JournalSays.ACTIVE, Fate.FINISHED)
    assert RECOVERY_ROWS not in counts
