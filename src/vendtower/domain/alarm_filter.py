"""From conditions that come and go to alarms that mean something: delays, chatter, floods.

No clock of its own: every call says what time it is, in monotonic seconds.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vendtower.domain.alarm import AlarmKey


@dataclass(frozen=True)
class FilterLimits:
    """Where chatter and floods begin and end."""

    chatter_activations_max: int = 4
    """More activations of one condition within the window are chatter (ISA-18.2 calls three a
    minute by that name; one more lets a door be tried four times)."""
    chatter_window_s: float = 60.0
    chatter_quiet_s: float = 20.0
    """A chattering alarm returns once its condition has been gone this long."""
    flood_alarms_max: int = 10
    """More new alarms than this within the window are a flood."""
    flood_window_s: float = 10.0


@dataclass(frozen=True)
class Delays:
    """How long a condition has to hold, and to be gone."""

    on_s: float
    off_s: float


@dataclass(frozen=True)
class Standing:
    """An alarm whose condition counts as holding."""

    text: str
    since_s: float
    """Monotonic time at which the condition was first seen, this time."""
    chattering: bool
    grouped: bool


@dataclass
class _Line:
    """One condition's recent past."""

    holds: bool = False
    changed_s: float = 0.0
    text: str = ""
    standing: bool = False
    stands_since_s: float = 0.0
    grouped: bool = False
    chattering: bool = False
    starts_s: deque[float] = field(default_factory=deque)


class AlarmFilter:
    """Remembers each condition's recent past; `look` says which alarms stand."""

    def __init__(
        self, delays: Callable[[str], Delays], limits: FilterLimits, *, ungrouped: frozenset[str]
    ) -> None:
        """``ungrouped``: codes that no flood swallows."""
        self._delays = delays
        self._limits = limits
        self._ungrouped = ungrouped
        self._lines: dict[AlarmKey, _Line] = {}
        self._news_s: deque[float] = deque()
        self._flood_until_s: float | None = None

    def take_up(self, key: AlarmKey, text: str, now_s: float) -> None:
        """An alarm that an earlier run has left standing stands until it is seen to be gone."""
        self._lines[key] = _Line(
            holds=True, changed_s=now_s, text=text, standing=True, stands_since_s=now_s
        )

    @property
    def flood(self) -> bool:
        """More new alarms have come than people can read."""
        return self._flood_until_s is not None

    def look(
        self,
        now_s: float,
        holding: Mapping[AlarmKey, str],
        unjudged: Callable[[AlarmKey], bool] = lambda key: False,
    ) -> dict[AlarmKey, Standing]:
        """Which alarms stand now.

        ``holding`` are the conditions that hold, each with its sentence; of those that
        ``unjudged`` names nothing is known now, so they stay as they were.
        """
        for key in sorted(holding.keys() | self._lines.keys()):
            if key in holding or not unjudged(key):
                self._see(key, holding.get(key), now_s)
        self._end_flood(now_s)
        for key in [key for key, line in self._lines.items() if self._forgotten(line, now_s)]:
            del self._lines[key]
        return {
            key: Standing(line.text, line.stands_since_s, line.chattering, line.grouped)
            for key, line in self._lines.items()
            if line.standing
        }

    def next_s(self) -> float | None:
        """When an alarm would come or go although no condition changes; None for never."""
        due_s = [] if self._flood_until_s is None else [self._flood_until_s]
        for key, line in self._lines.items():
            if line.holds != line.standing:
                due_s.append(line.changed_s + self._delay_s(key, line))
        return min(due_s, default=None)

    def _delay_s(self, key: AlarmKey, line: _Line) -> float:
        """How long the condition has to be as it is before its alarm is."""
        delays = self._delays(key.code)
        if line.holds:
            return 0.0 if line.chattering else delays.on_s
        return max(delays.off_s, self._limits.chatter_quiet_s if line.chattering else 0.0)

    def _see(self, key: AlarmKey, text: str | None, now_s: float) -> None:
        line = self._lines.setdefault(key, _Line())
        if text is not None and not line.holds:
            self._begins(line, now_s)
        elif text is None and line.holds:
            line.holds, line.changed_s = False, now_s
        line.text = text or line.text
        if line.holds == line.standing or now_s - line.changed_s < self._delay_s(key, line):
            return
        if line.holds:
            self._stands(key, line, now_s)
        else:
            line.standing = line.chattering = False

    def _begins(self, line: _Line, now_s: float) -> None:
        line.holds, line.changed_s = True, now_s
        line.starts_s.append(now_s)
        self._shorten(line.starts_s, now_s - self._limits.chatter_window_s)
        if len(line.starts_s) > self._limits.chatter_activations_max:
            line.chattering = True

    def _stands(self, key: AlarmKey, line: _Line, now_s: float) -> None:
        line.standing, line.stands_since_s = True, line.changed_s
        self._news_s.append(now_s)
        self._shorten(self._news_s, now_s - self._limits.flood_window_s)
        if len(self._news_s) > self._limits.flood_alarms_max:
            self._flood_until_s = now_s + self._limits.flood_window_s
        line.grouped = self.flood and key.code not in self._ungrouped

    def _end_flood(self, now_s: float) -> None:
        """A flood is over when no alarm was new for as long as its window."""
        if self._flood_until_s is not None and self._news_s:
            self._flood_until_s = self._news_s[-1] + self._limits.flood_window_s
            if now_s >= self._flood_until_s:
                self._flood_until_s = None

    def _forgotten(self, line: _Line, now_s: float) -> bool:
        """Nothing of its past matters any more."""
        self._shorten(line.starts_s, now_s - self._limits.chatter_window_s)
        return not (line.holds or line.standing or line.starts_s)

    @staticmethod
    def _shorten(moments_s: deque[float], before_s: float) -> None:
        while moments_s and moments_s[0] < before_s:
            moments_s.popleft()
