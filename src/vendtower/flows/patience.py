"""A wait for a person: a reminder on the screen at half of the time, and an end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from vendtower.flows.tower import Kiosk, Tower

SeenT = TypeVar("SeenT")

REMIND_AT = 0.5
"""Share of the time after which the screen reminds."""


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
        passed_s = self.tower.clock.monotonic_s() - self.began_s
        return max(0.0, self.limit_s * share - passed_s)

    @property
    def over(self) -> bool:
        """No time is left."""
        return self.left_s() <= 0.0

    async def until(self, look: Callable[[], SeenT | None]) -> SeenT | None:
        """Wait until ``look`` sees something; None when the time is over."""
        seen = await self.tower.until(look, self.left_s(REMIND_AT))
        if seen is not None:
            return seen
        if not self.over and not self.kiosk.reminding:
            self.kiosk.reminding = True
            self.tower.bell.ring()
        return await self.tower.until(look, self.left_s())
