"""How long the daemon may take over an answer to somebody who asks."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from benchmarks.swarm.controller import ANSWERS_WITHIN_S, LATE_S_MAX, Controller, Machine
from benchmarks.swarm.story import Story
from hardware_sim.virtual.loop import VirtualLoop, run
from hardware_sim.virtual.process import Death, Process
from vendtower.daemon.wiring import Running

LATE_S = ANSWERS_WITHIN_S + 15.0
AFTER_ALL_S = LATE_S_MAX + 1.0


def asked(directory: Path, meanwhile: Callable[[Controller], Awaitable[object]]) -> list[str]:
    """What the judge says of somebody to whom no answer comes in time."""

    async def main() -> list[str]:
        loop = cast("VirtualLoop", asyncio.get_running_loop())
        story = Story(loop.time)
        machine = SimpleNamespace(
            loop=loop, story=story, directory=directory, seed=1, direct_line=None
        )
        controller = Controller(cast("Machine", machine))
        controller.process = Process("controller")
        controller.running = cast("Running", object())
        await meanwhile(controller)
        await asyncio.sleep(AFTER_ALL_S)
        return story.problems

    return run(main())


def takes(seconds: float) -> Callable[[Running], Any]:
    async def answer(_running: Running) -> str:
        await asyncio.sleep(seconds)
        return "done"

    return answer


async def on_a_slow_disk(controller: Controller, seconds: float, *, stands_by: bool) -> None:
    controller.disk.be_slow(1.5)
    await controller.ask(takes(seconds), stands_by=stands_by)


def test_an_answer_that_is_late_is_none(tmp_path: Path) -> None:
    [problem] = asked(tmp_path, lambda at: at.ask(takes(LATE_S)))
    assert "somebody waits for an answer for ever" in problem
    assert "test_late_answers" in problem
    assert "takes.<locals>.answer" in problem


@pytest.mark.parametrize(("stands_by", "problems"), [(False, 0), (True, 1)])
def test_a_slow_disk_excuses_what_nobody_stands_by(
    stands_by: bool, problems: int, tmp_path: Path
) -> None:
    said = asked(tmp_path, lambda at: on_a_slow_disk(at, LATE_S, stands_by=stands_by))
    assert len(said) == problems


def test_a_slow_disk_excuses_no_answer_that_never_comes(tmp_path: Path) -> None:
    said = asked(tmp_path, lambda at: on_a_slow_disk(at, 10.0 * LATE_S_MAX, stands_by=False))
    assert len(said) == 1


def test_nobody_waits_for_a_daemon_that_was_killed(tmp_path: Path) -> None:
    async def killed(controller: Controller) -> None:
        asking = asyncio.ensure_future(controller.ask(takes(LATE_S)))
        await asyncio.sleep(1.0)
        controller.disk = cast("Any", SimpleNamespace(power_cut=lambda: None, slow_s=0.0))
        controller.kill(Death.CRASH)
        await asking

    assert asked(tmp_path, killed) == []
