"""Many seeds in several processes; some of them twice, and what they reached added up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.swarm import coverage
from benchmarks.swarm.crew import COMMAND, Hand, Outcome, Task
from benchmarks.swarm.progress import Progress, Tally
from benchmarks.swarm.reach import Counts

REPEATED_EVERY = 50
"""One seed in so many is played twice, the first one among them."""
HASH_SEED, OTHER_HASH_SEED = 1, 2
GLANCE_S = 0.5
DIFFERS = "the same seed gives another trace in another process"


@dataclass(frozen=True)
class Wishes:
    """How a campaign is run."""

    jobs: int = 2
    for_s: float | None = None
    """No seed begins after so much wall time."""
    limit_s: float = 900.0
    """Of wall time for one run; a worker that takes longer is ended, and the seed has failed."""
    failures_max: int = 10
    """After so many no further seed begins."""
    repeated_every: int = REPEATED_EVERY
    command: Sequence[str] = COMMAND
    """Of a worker."""


@dataclass(frozen=True)
class Failure:
    """A task that did not hold."""

    outcome: Outcome
    repeated: Outcome | None = None
    """The second run, when it is the difference that failed."""


@dataclass
class Summary:
    """What came of a campaign."""

    tally: Tally = field(default_factory=Tally)
    failures: list[Failure] = field(default_factory=list)
    reached: Counts = field(default_factory=dict)
    broken_off: bool = False
    """Somebody stopped it; what was in work is not counted."""

    @property
    def held(self) -> bool:
        """Something was played, and all of it held."""
        return not self.failures and self.tally.done > 0


class Campaign:
    """Plays tasks until there are no more, the time is over, or too many have failed."""

    def __init__(
        self,
        tasks: Iterable[Task],
        wishes: Wishes,
        progress: Progress,
        tell: Callable[[Failure], None],
    ) -> None:
        self._tasks: Iterator[tuple[int, Task]] = enumerate(tasks)
        self._wishes = wishes
        self._progress = progress
        self.summary = Summary()
        self._tell = tell

    async def run(self) -> Summary:
        """To the end, or until it is cancelled; the summary is of what was played till then."""
        lines = [asyncio.create_task(self._work()) for _ in range(self._wishes.jobs)]
        looking = asyncio.create_task(self._look())
        try:
            await asyncio.gather(*lines)
        except asyncio.CancelledError:
            self.summary.broken_off = True  # `gather` has cancelled the lines, which end workers
        except BaseException:
            for line in lines:
                line.cancel()
            raise
        finally:
            looking.cancel()
            await asyncio.gather(*lines, looking, return_exceptions=True)
        return self.summary

    def _next(self) -> tuple[int, Task] | None:
        wishes = self._wishes
        late = wishes.for_s is not None and self._progress.wall_s >= wishes.for_s
        if late or len(self.summary.failures) >= wishes.failures_max:
            return None
        return next(self._tasks, None)

    async def _work(self) -> None:
        hand = self._hand(HASH_SEED)
        try:
            while (drawn := self._next()) is not None:
                number, task = drawn
                outcome = await hand.play(task)
                self._note(outcome)
                every = self._wishes.repeated_every
                if every and number % every == 0 and outcome.trace:
                    await self._repeat(outcome)
        finally:
            await hand.end()

    async def _repeat(self, first: Outcome) -> None:
        """Once more, by a new process in which sets and dictionaries have another order."""
        task = Task(first.task.options, first.task.plan, first.task.bug)
        hand = self._hand(OTHER_HASH_SEED)
        try:
            second = await hand.play(task)
        finally:
            await hand.end()
        self.summary.tally.repeated += 1
        self._add_time(second)
        if second.trace != first.trace:
            self._failed(Failure(first, second))

    def _hand(self, hash_seed: int) -> Hand:
        wishes = self._wishes
        return Hand(hash_seed=hash_seed, limit_s=wishes.limit_s, command=wishes.command)

    def _note(self, outcome: Outcome) -> None:
        summary = self.summary
        summary.tally.done += 1
        self._add_time(outcome)
        reached = outcome.played.get("coverage", {})
        summary.reached = coverage.merged([summary.reached, reached])
        if not outcome.held:
            self._failed(Failure(outcome))

    def _add_time(self, outcome: Outcome) -> None:
        self.summary.tally.lived_s += float(outcome.played.get("simulated_s", 0.0))
        self.summary.tally.calendar_s += float(outcome.played.get("calendar_s", 0.0))
        self.summary.tally.cpu_s += float(outcome.played.get("cpu_s", 0.0))

    def _failed(self, failure: Failure) -> None:
        self.summary.failures.append(failure)
        self.summary.tally.failures += 1
        self._tell(failure)

    async def _look(self) -> None:
        while True:
            self._progress.look(self.summary.tally)
            await asyncio.sleep(GLANCE_S)
