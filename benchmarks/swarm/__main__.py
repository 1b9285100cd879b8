"""Many seeds of the real controller against the simulated tower, in several processes.

    python -m benchmarks.swarm --seeds 200                   # the seeds 1 to 200
    python -m benchmarks.swarm --for 3600 --jobs 2           # fresh seeds for an hour
    python -m benchmarks.swarm --plan build/swarm/seed-7.json
    python -m benchmarks.swarm --corpus                      # whatever failed once

What is not given is drawn by each seed for itself: site, traffic, faults, which of them never come.
A failing seed is made small, written as a plan and told as a story. Ends with 0 only if everything
held; with 1 if something did not; with 2 if what was asked makes no sense.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.swarm import coverage
from benchmarks.swarm.asked import add_weather
from benchmarks.swarm.campaign import REPEATED_EVERY, Campaign, Failure, Summary, Wishes
from benchmarks.swarm.corpus import corpus
from benchmarks.swarm.crew import COMMAND, Task
from benchmarks.swarm.failures import by_rule, told_failure
from benchmarks.swarm.mutant_list import MUTANTS
from benchmarks.swarm.plan import PlanError, read_plan, told
from benchmarks.swarm.progress import Progress
from benchmarks.swarm.report import lines, report
from benchmarks.swarm.seeds import fresh_seeds, seeds_of
from benchmarks.swarm.shrink import play
from benchmarks.swarm.varied import Fixed, options_of_seed
from benchmarks.swarm.world import Tier

SEEDS = "20"


def main(arguments: Sequence[str] | None = None, command: Sequence[str] = COMMAND) -> int:
    """Play what is asked for; 0 when everything held."""
    asked = parser().parse_args(arguments)
    try:
        if asked.plan is not None:
            return _replay(asked.plan, asked.bug)
        tasks, how_many = _tasks(asked)
    except PlanError as error:
        print(error, file=sys.stderr)
        return 2
    wishes = Wishes(
        jobs=asked.jobs,
        for_s=asked.for_s,
        limit_s=asked.limit,
        failures_max=asked.failures,
        repeated_every=asked.repeated_every,
        command=command,
    )
    progress = Progress(sys.stdout, time.monotonic, seeds=how_many, until_s=asked.for_s)
    summary = asyncio.run(_campaign(tasks, wishes, progress, asked.keep))
    _tell(summary, progress, asked.coverage)
    return 0 if summary.held and not summary.broken_off else 1


async def _campaign(
    tasks: Iterable[Task], wishes: Wishes, progress: Progress, keep: Path
) -> Summary:
    def tell(failure: Failure) -> None:
        for line in told_failure(failure, keep):
            progress.say(line)

    campaign = asyncio.create_task(Campaign(tasks, wishes, progress, tell).run())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, campaign.cancel)
    return await campaign


def _tasks(asked: argparse.Namespace) -> tuple[Iterable[Task], int | None]:
    """What is to be played, and how many that is; None where only the time ends it."""
    if asked.corpus:
        entries = corpus()
        return [Task(each.options, each.plan, kept_as=each.name) for each in entries], len(entries)
    fixed = Fixed(
        hours=asked.hours,
        site=asked.site,
        tier=Tier(asked.tier),
        trips_per_day=asked.trips,
        strength=asked.strength,
        haste=asked.haste,
        cars=asked.cars,
        boards=asked.boards,
    )
    seeds = asked.seeds
    if seeds is None and asked.for_s is None:
        seeds = seeds_of(SEEDS)
    drawn = (
        Task(options_of_seed(seed, fixed), bug=asked.bug, shrink_s=asked.shrink)
        for seed in (fresh_seeds() if seeds is None else seeds)
    )
    return drawn, None if seeds is None else len(seeds)


def _replay(path: Path, bug: str | None) -> int:
    options, plan = read_plan(path)
    print("the plan:")
    lines(told(plan))
    if bug is None:
        result = play(options, plan)
    else:
        with MUTANTS[bug].broken():
            result = play(options, plan)
    report(result)
    return 0 if result.held else 1


def _tell(summary: Summary, progress: Progress, path: Path | None) -> None:
    for line in coverage.told(summary.reached):
        progress.say(line)
    if path is not None:
        coverage.write(path, summary.reached)
        progress.say(f"coverage: {path}")
    tally = summary.tally
    lived_h = tally.lived_s / 3600.0
    progress.say(
        f"{progress.line(tally)}; {progress.wall_s:.0f} s, {tally.cpu_s:.0f} s of computing "
        f"({60.0 * lived_h / max(tally.cpu_s, 1e-9):.1f} lived h a minute of it)"
    )
    if summary.failures:
        for rule, names in by_rule(summary.failures).items():
            progress.say(f"FAILED: {rule}: {', '.join(names)}")
    elif summary.broken_off:
        progress.say("broken off; nothing had failed")
    else:
        progress.say("everything held" if summary.held else "nothing was played")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.swarm",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=seeds_of, help=f"200, 1-200 or 3,9; {SEEDS} if not said")
    parser.add_argument("--hours", type=float, default=1.0, help="of a seed's calendar")
    parser.add_argument("--jobs", type=int, default=2, help="worker processes")
    parser.add_argument("--for", dest="for_s", type=float, help="seconds; begins no seed after")
    parser.add_argument("--corpus", action="store_true", help="play tests/swarm_corpus")
    parser.add_argument("--bug", choices=sorted(MUTANTS), help="with this planted bug")
    parser.add_argument("--coverage", type=Path, help="write the coverage here, as JSON")
    parser.add_argument("--shrink", type=float, default=120.0, help="seconds for a failing seed")
    parser.add_argument("--keep", type=Path, default=Path("build/swarm"), help="failed plans")
    parser.add_argument("--limit", type=float, default=900.0, help="seconds of wall for one seed")
    parser.add_argument("--failures", type=int, default=10, help="give up after so many")
    parser.add_argument(
        "--repeated-every", type=int, default=REPEATED_EVERY, help="one in so many twice; 0: none"
    )
    add_weather(parser)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
