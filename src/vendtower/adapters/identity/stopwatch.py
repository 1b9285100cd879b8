"""Where a face engine's time goes, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Stage = Literal["detect", "landmarks", "describe"]


@dataclass
class Stopwatch:
    """Seconds spent in each stage since the last `taken`, right while one thread works."""

    now: Callable[[], float] = time.perf_counter
    _spent_s: dict[Stage, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, stage: Stage) -> Iterator[None]:
        """Count what happens inside to this stage."""
        began_s = self.now()
        try:
            yield
        finally:
            self._spent_s[stage] = self._spent_s.get(stage, 0.0) + self.now() - began_s

    def taken(self) -> dict[Stage, float]:
        """What was spent, and start again."""
        spent_s, self._spent_s = self._spent_s, {}
        return spent_s
