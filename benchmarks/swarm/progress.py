"""How far a campaign is: one line that renews itself on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

TERMINAL_EVERY_S, PLAIN_EVERY_S = 0.5, 30.0


@dataclass
class Tally:
    """What has been played so far."""

    done: int = 0
    failures: int = 0
    lived_s: float = 0.0
    """Simulated time that was lived through, repeated runs included."""
    calendar_s: float = 0.0
    """With the empty hours that were leapt over."""
    cpu_s: float = 0.0
    """Of computing in all workers, without what making plans small took."""
    repeated: int = 0


class Progress:
    """Tells how far it is, not too often; `say` puts a line above it."""

    def __init__(
        self, out: TextIO, now_s: Callable[[], float], *, seeds: int | None, until_s: float | None
    ) -> None:
        self._out = out
        self._now_s = now_s
        self._seeds = seeds
        self._until_s = until_s
        self._began_s = now_s()
        self._told_s = self._began_s
        self._terminal = out.isatty()
        self._shown = False

    @property
    def wall_s(self) -> float:
        """Since the beginning."""
        return self._now_s() - self._began_s

    def look(self, tally: Tally) -> None:
        """Tell the tally when it is time."""
        every_s = TERMINAL_EVERY_S if self._terminal else PLAIN_EVERY_S
        if self._now_s() - self._told_s < every_s:
            return
        self._told_s = self._now_s()
        line = self.line(tally)
        if self._terminal:
            self._out.write(f"\r\x1b[K{line}")
            self._shown = True
        else:
            self._out.write(line + "\n")
        self._out.flush()

    def say(self, text: str) -> None:
        """A line that stays."""
        if self._shown:
            self._out.write("\r\x1b[K")
            self._shown = False
        self._out.write(text + "\n")
        self._out.flush()

    def line(self, tally: Tally) -> str:
        """Seeds, failures, hours, rate, time left."""
        of = "" if self._seeds is None else f" of {self._seeds}"
        lived_h = tally.lived_s / 3600.0
        rate = 60.0 * lived_h / max(self.wall_s, 1e-9)
        return (
            f"{tally.done}{of} seeds, {tally.failures} failed, {tally.repeated} repeated, "
            f"{lived_h:.1f} h lived ({tally.calendar_s / 3600.0:.1f} h on the calendar), "
            f"{rate:.1f} lived h a minute{self._left(tally)}"
        )

    def _left(self, tally: Tally) -> str:
        if self._until_s is not None:
            left_s = max(0.0, self._until_s - self.wall_s)
        elif self._seeds is not None and tally.done:
            left_s = self.wall_s / tally.done * (self._seeds - tally.done)
        else:
            return ""
        return f", {_minutes(left_s)} left"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60.0:.0f} min" if seconds >= 90.0 else f"{seconds:.0f} s"
