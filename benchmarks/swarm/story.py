"""Everything that happened, as lines for people and as one hash for comparing two runs."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Callable

KEPT = 4000


class Story:
    """Lines with their time; the last ones are kept, all of them are hashed."""

    def __init__(self, now_s: Callable[[], float], directory: str = "") -> None:
        """``directory`` is left out of every line: the same run has another one each time."""
        self._now_s = now_s
        self._directory = directory
        self._hash = hashlib.sha256()
        self._lines: deque[tuple[float, str]] = deque(maxlen=KEPT)
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        """What must never be and was."""
        self.listeners: list[Callable[[str], None]] = []
        """Told each line as it is written."""

    def tell(self, who: str, what: str) -> None:
        """Something happened."""
        at_s = self._now_s()
        if self._directory:
            what = what.replace(self._directory, "")
        line = f"{who:<12} {what}"
        self._hash.update(f"{at_s:.6f} {line}\n".encode())
        self._lines.append((at_s, line))
        for listener in list(self.listeners):
            listener(line)

    def count(self, what: str, times: int = 1) -> None:
        """One more of a kind, for the table at the end."""
        self.counts[what] += times

    def violated(self, rule: str, detail: str) -> None:
        """Something that must never be so; each rule is told at most ten times."""
        self.count(f"violated: {rule}")
        if self.counts[f"violated: {rule}"] <= 10:
            self.problems.append(f"{clock(self._now_s())} {rule}: {detail}")
        self.tell("VIOLATION", f"{rule}: {detail}")

    @property
    def trace(self) -> str:
        """The hash of all lines so far."""
        return self._hash.hexdigest()[:16]

    def about(self, *words: str) -> list[str]:
        """The kept lines that have one of these words, with their times."""
        return [f"{clock(a)} {line}" for a, line in self._lines if any(w in line for w in words)]

    def last(self, seconds: float, at_least: int = 60) -> list[str]:
        """The lines of the last so many seconds, or so many lines, with their times."""
        since_s = self._now_s() - seconds
        lines = list(self._lines)
        recent = [line for line in lines if line[0] >= since_s]
        return [f"{clock(at_s)} {line}" for at_s, line in lines[-max(len(recent), at_least) :]]


def clock(at_s: float) -> str:
    """``2d 03:04:05.678``."""
    days, rest_s = divmod(at_s, 86_400.0)
    hours, rest_s = divmod(rest_s, 3600.0)
    minutes, seconds = divmod(rest_s, 60.0)
    return f"{int(days)}d {int(hours):02d}:{int(minutes):02d}:{seconds:06.3f}"
