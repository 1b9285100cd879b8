"""A wait for a person: reminders on screen, lamp and buzzer on the way, and an end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from vendtower.flows.tower import TIMER_S, Kiosk, Tower

SeenT = TypeVar("SeenT")

REMIND_AT = (0.5, 0.75)
"""Shares of the time after which the kiosk reminds, each time more urgently."""
SOUND_S = 3.0
"""How long the kiosk sounds with each reminder."""


@dataclass
class Patience:
    """How long a person may take for one thing; begins anew after a restart."""

    tower: Tower
    kiosk: Kiosk
    limit_s: float
    began_s: float

    @classmethod
    def begin(cls, tower: Tower, kiosk: Kiosk, limit_s: float) -> "Patience":
        """From now on."""
        return cls(tower, kiosk, limit_s, tower.clock.monotonic_s())

    def left_s(self, share: float = 1.0) -> float:
        """Seconds until this share of the time has passed; never negative."""
        # From the moment itself, not from what has passed: a difference that is too small to be
        # added to the present time could never be waited for.
        ends_s = self.began_s + self.limit_s * share
        return max(0.0, ends_s - self.tower.clock.monotonic_s())

    @property
    def over(self) -> bool:
        """No time is left."""
        return self.left_s() <= 0.0

    @property
    def due(self) -> int:
        """How many reminders should have been given by now."""
        return sum(self.left_s(share) <= 0.0 for share in REMIND_AT)

    async def until(self, look: Callable[[], SeenT | None]) -> SeenT | None:
        """Wait until ``look`` sees something; None when the time is over."""
        while not self.over:
            seen = await self.tower.until(look, self._next_s())
            if seen is not None:
                return seen
            self._remind()
        return look()

    def _next_s(self) -> float:
        """Until something about the reminders changes, or the time is over."""
        shares = [*(share for share in REMIND_AT if self.left_s(share) > 0.0), 1.0]
        # Less than a clock can tell apart would be no wait at all.
        next_s = max(self.left_s(shares[0]), TIMER_S)
        return min(next_s, SOUND_S) if self.kiosk.sounding else next_s

    def _remind(self) -> None:
        """A screen that was changed meanwhile is reminded anew, but sounds once a reminder."""
        due = 0 if self.over else self.due
        self.kiosk.sounding = due > self.kiosk.reminders
        if self.kiosk.reminders != due:
            self.kiosk.reminders = due
        self.tower.bell.ring()
