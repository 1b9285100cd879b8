"""One car fetched, handed over and brought back, with the power lost at every commit of it.

    python -m benchmarks.crash_points
    python -m benchmarks.crash_points --every 7

A first run counts the commits. Then the same trip is played once for each commit and each moment
of it: before it, inside it (part of the log's sectors is on the disk), and after it, its answer
never heard. Each run boots again and is judged as any run of the swarm; every third one is killed
once more at a commit of its recovery. Ends with 0 only if all of them held.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.swarm.aimed import AIMED, fault, plan, trip
from benchmarks.swarm.fault_plan import FaultKind, PlannedFault
from benchmarks.swarm.journal_disk import AT_THE_COMMIT, Moment
from benchmarks.swarm.plan import Options, write_plan
from benchmarks.swarm.run import Result
from benchmarks.swarm.shrink import play

DARK_S = (1.0, 45.0)
"""A short darkness lets the PLC go on with its job, a long one does not."""
AGAIN_EACH = 3
COMMITS_OF_RECOVERY = 3
CRASH_POINT_OPTIONS = replace(AIMED, settling_s_max=1800.0)


@dataclass(frozen=True)
class CrashPoint:
    """Where the power goes, and whether it goes once more while the tower recovers."""

    commit: int
    moment: Moment
    again_at: int
    """Commit of the recovery; 0 for none."""

    def __str__(self) -> str:
        """For people."""
        again = f", and at commit {self.again_at} of the recovery" if self.again_at else ""
        return f"{self.moment.value} commit {self.commit}{again}"

    def faults(self) -> tuple[PlannedFault, ...]:
        """The same as a plan has them."""
        dark_s = DARK_S[self.commit % len(DARK_S)]
        first = fault(FaultKind.CRASH_AT_COMMIT, dark_s, name=self.moment.value)
        found = [replace(first, nth=self.commit)]
        if self.again_at:
            second = fault(
                FaultKind.CRASH_AT_COMMIT,
                1.0,
                upon="boots for the 2. time",
                name=self.moment.value,
            )
            found.append(replace(second, nth=self.again_at))
        return tuple(found)


def crash_points(commits: int) -> Iterator[CrashPoint]:
    """Every commit with every moment; each third with a second kill."""
    count = itertools.count()
    for commit in range(1, commits + 1):
        for moment in AT_THE_COMMIT:
            number = next(count)
            again = 1 + number % COMMITS_OF_RECOVERY if number % AGAIN_EACH == 0 else 0
            yield CrashPoint(commit, moment, again)


def play_crash_point(point: CrashPoint | None, options: Options = CRASH_POINT_OPTIONS) -> Result:
    """One trip with the power lost there; None for nowhere."""
    return play(options, plan(trip(), *(() if point is None else point.faults())))


def main(arguments: Sequence[str] | None = None) -> int:
    """Try all of them; 0 when everything held."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crash_points", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only every n-th point")
    parser.add_argument("--first", type=int, default=0, help="begin with this point")
    parser.add_argument("--keep", type=Path, default=Path("build"), help="where plans are written")
    asked = parser.parse_args(arguments)
    whole = play_crash_point(None)
    points = list(crash_points(whole.commits))
    tried = points[asked.first :: asked.every]
    print(f"{whole.commits} commits, {len(points)} points, {len(tried)} of them are tried")
    failed = [point for point in tried if not _held(point, asked.keep)]
    print(f"{len(tried) - len(failed)} held, {len(failed)} did not")
    return 1 if failed or not whole.held else 0


def _held(point: CrashPoint, keep: Path) -> bool:
    result = play_crash_point(point)
    endings = ", ".join(record.ending for record in result.records)
    came = result.boots > 1
    print(f"  {point}: {result.boots} boots, {endings}{'' if came else ': IT NEVER CAME'}")
    for problem in result.problems:
        print(f"    VIOLATED {problem}")
    if not result.held:
        keep.mkdir(parents=True, exist_ok=True)
        name = f"crash-{point.commit}-{point.moment.value}-{point.again_at}.json"
        write_plan(keep / name, result.options, result.plan)
    return result.held and came


if __name__ == "__main__":
    raise SystemExit(main())
