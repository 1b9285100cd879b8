"""When the daemon is killed: drawn from the seed alone, so that a run can be repeated."""

from __future__ import annotations

import random
from dataclasses import dataclass

RECOVERY_SHARE = 0.2
"""This share of the kills hits a daemon that is still recovering from the kill before."""
RECOVERY_S = 2.0
VISIT_S = 16.0
"""A visit at six times the real speed takes about this long with a question to staff in it; the
other kills fall anywhere in it."""


@dataclass(frozen=True)
class Kill:
    """One SIGKILL."""

    number: int
    after_s: float
    """Seconds after the daemon's last start."""


class KillPlan:
    """An endless row of kills; the same seed gives the same row."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(f"kills {seed}")
        self._drawn = 0

    def next(self) -> Kill:
        """The next kill."""
        self._drawn += 1
        recovering = self._chance.random() < RECOVERY_SHARE
        return Kill(self._drawn, self._chance.uniform(0.0, RECOVERY_S if recovering else VISIT_S))
