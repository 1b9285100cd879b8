"""Plays scenarios: one in this process, many side by side in processes of their own."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hardware_sim.demo.story import log_tail
from hardware_sim.plant.people import ImpossibleError
from hardware_sim.scenarios.ending import judge
from hardware_sim.scenarios.scenario import Scenario
from hardware_sim.scenarios.stage import House, Stage, staged

TIME_MAX_S = 150.0
"""No scenario may take longer, however busy the machine is."""


@dataclass(frozen=True)
class Outcome:
    """How one scenario ended."""

    name: str
    as_expected: bool
    duration_s: float
    why: str = ""
    """What was not as expected."""
    story: str = ""
    """What had happened last, when it was not as expected."""


async def play(scenario: Scenario, directory: Path, house: House | None = None) -> Outcome:
    """Play it here, with its files in a directory of its own; on this machine if no house."""
    began_s = time.monotonic()
    async with staged(scenario, directory, house) as stage:
        try:
            async with asyncio.timeout(TIME_MAX_S):
                await stage.open()
                await scenario.play(stage)
                await judge(stage, scenario)
        except (AssertionError, TimeoutError, ImpossibleError) as wrong:
            duration_s = time.monotonic() - began_s
            return Outcome(scenario.name, False, duration_s, _said(wrong), await _story(stage))
    return Outcome(scenario.name, True, time.monotonic() - began_s)


def _said(wrong: BaseException) -> str:
    return str(wrong) or f"not done within {TIME_MAX_S:g} s"


async def _story(stage: Stage) -> str:
    events = [
        f"{event.at_s:.2f} s  {event.subject}: {event.what} {event.detail}".rstrip()
        for event in list(stage.tower.log.events)[-25:]
    ]
    status = await stage.status() or {}
    screens = {key: status.get(key) for key in ("out_of_service_why", "counts", "kiosks")}
    cases = [case["question"] for case in await stage.duty.open_cases()]
    return "\n".join(
        [*events, f"pages: {screens}", f"open cases: {cases}", log_tail(stage.daemon.log_file)]
    )


def play_one(scenario: Scenario) -> Outcome:
    """Play it here, in a directory that is forgotten."""
    with tempfile.TemporaryDirectory(prefix="vendtower-scenario-") as directory:
        return asyncio.run(play(scenario, Path(directory)))


async def play_all(
    scenarios: Sequence[Scenario], jobs: int, heard: Callable[[Outcome], None]
) -> list[Outcome]:
    """Play them in processes of their own, so many at a time; ``heard`` gets each as it ends."""
    places = asyncio.Semaphore(jobs)

    async def in_its_process(scenario: Scenario) -> Outcome:
        async with places:
            outcome = await _play_in_process(scenario)
        heard(outcome)
        return outcome

    return list(await asyncio.gather(*map(in_its_process, scenarios)))


async def _play_in_process(scenario: Scenario) -> Outcome:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "hardware_sim.cli", "scenario", scenario.name, "--json"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, trouble = await process.communicate()
    try:
        (outcome,) = json.loads(told)
    except ValueError:
        return Outcome(scenario.name, False, 0.0, "it broke", trouble.decode(errors="replace"))
    return Outcome(**outcome)


def as_json(outcomes: Sequence[Outcome]) -> str:
    """A list of objects with the fields of `Outcome`."""
    return json.dumps([asdict(outcome) for outcome in outcomes], indent=1)
