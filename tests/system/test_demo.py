"""A short demonstration: real daemon process and faces, a stranger, a kill, a return."""

import asyncio
import io
from pathlib import Path

import pytest

from hardware_sim.demo.story import log_tail, staged
from hardware_sim.demo.timeline import Timeline
from hardware_sim.demo.verdict import findings
from hardware_sim.plant.bay import Pace
from hardware_sim.world import open_world
from tests.fast_site import EXAMPLE

SPEED = 6.0
"""The fastest mechanics that the site file takes."""


@pytest.mark.slow
@pytest.mark.timeout(150)
async def test_a_stranger_a_killed_daemon_and_a_car_brought_back(tmp_path: Path) -> None:
    out = io.StringIO()
    timeline = Timeline(asyncio.get_running_loop().time, out)
    async with (
        open_world(EXAMPLE, tmp_path, speed=SPEED, cars=6, pace=Pace(0.3, 1.0)) as world,
        staged(world, timeline) as stage,
    ):
        await stage.open()
        (owner,) = await stage.book(1)
        await stage.stranger(owner)
        await stage.daemon_killed(owner)
        await stage.brought_back(owner)
        status = await stage.settle()
        jobs = await stage.screens.read("/api/jobs")
        found = findings(stage, status, jobs or {"jobs": []})
        wrong = [f"{finding.what}: {finding.seen}" for finding in found if not finding.holds]
        story = f"{out.getvalue()}\n{log_tail(stage.daemon.log_file)}"
        assert not wrong, f"{wrong}\n{story}"
        assert stage.daemon.starts == 2
        assert "staff have answered" in story
    assert len(found) == 7
