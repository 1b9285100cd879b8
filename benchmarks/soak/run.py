"""One soak: a world, a daemon, customers, samples."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.restart_days import Tell, opened_day
from benchmarks.restarts import SPEED
from benchmarks.soak.customers import SteadyUse, Trips
from benchmarks.soak.samples import Sampler
from benchmarks.soak.verdict import Soak

Progress = Callable[[Sampler, Trips], None]


async def soak(
    directory: Path,
    *,
    seconds: float,
    warm_up_s: float,
    fault_every_s: float,
    seed: int,
    tell: Tell,
    progress: Progress,
    kiosks: Sequence[int] = (1, 2),
    liveness: bool = True,
) -> Soak:
    """Use a tower for so long, at these kiosks of the example, and look at its controller.

    Without ``liveness`` nobody has to turn their head, which an overloaded machine may miss.

    Raises:
        ValueError: when it was too short for anything to be measured.
    """
    async with opened_day(directory, speed=SPEED, cars=30, tell=tell, liveness=liveness) as day:
        sampler = Sampler(day.daemon, day.screens, directory / "journal.sqlite")
        use = SteadyUse(day, seed, fault_every_s)
        looking = asyncio.create_task(_look(sampler, use.trips, progress))
        using = asyncio.create_task(use.run(seconds, kiosks))
        try:
            await asyncio.sleep(warm_up_s)
            before = await sampler.lag()
            await using
            await day.rest()
            lag = (await sampler.lag()).since(before)
        finally:
            for task in (looking, using):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        violations = [f"{each.rule}: {each.detail}" for each in day.world.tower.violations]
    return Soak(
        samples=[sample for sample in sampler.samples if sample.at_s >= warm_up_s],
        warm_up_s=warm_up_s,
        lag=lag,
        trips=use.trips,
        violations=violations,
        at_rest=day.at_rest,
    )


async def _look(sampler: Sampler, trips: Trips, progress: Progress) -> None:
    looking = asyncio.create_task(sampler.keep_looking())
    try:
        while not looking.done():
            await asyncio.wait({looking}, timeout=10.0)
            progress(sampler, trips)
        looking.result()
    finally:
        looking.cancel()
