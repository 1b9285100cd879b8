"""How guessing at check-in codes is slowed down: a pause that doubles, by kiosk and by tower."""

from dataclasses import dataclass, replace
from datetime import datetime

FORGET_S = 3600.0
"""A place at which no code failed for so long begins anew."""
TOWER = "tower"


@dataclass(frozen=True)
class GuessLimits:
    """How many codes may fail, and how long none is taken afterwards."""

    free: int
    """Codes that may fail before the first pause: people mistype."""
    pause_first_s: float
    pause_s_max: float
    """The pause doubles with each further failure, up to this."""

    def pause_s(self, failures: int) -> float:
        """The pause after this many failures."""
        beyond = failures - self.free
        if beyond < 0:
            return 0.0
        # 2**30 is beyond any pause; larger powers would only be slow to compute.
        return min(self.pause_s_max, self.pause_first_s * 2.0 ** min(beyond, 30))


KIOSK_LIMITS = GuessLimits(free=4, pause_first_s=30.0, pause_s_max=900.0)
TOWER_LIMITS = GuessLimits(free=12, pause_first_s=30.0, pause_s_max=300.0)
"""Over all kiosks; shorter, because it also stops people who did nothing."""


@dataclass(frozen=True)
class GuessCount:
    """Codes or cards that fitted nobody, at one place."""

    place: str
    """``kiosk N``, ``tower`` for all of them, or ``card reader N``."""
    failures: int = 0
    failed_utc: datetime | None = None
    """The last of them."""
    pause_s: float = 0.0
    """How long no code is taken after that."""

    def failed(self, now_utc: datetime) -> "GuessCount":
        """One more code fitted nobody."""
        forgotten = (
            self.failed_utc is not None and (now_utc - self.failed_utc).total_seconds() > FORGET_S
        )
        failures = 1 if forgotten else self.failures + 1
        limits = TOWER_LIMITS if self.place == TOWER else KIOSK_LIMITS
        return replace(
            self, failures=failures, failed_utc=now_utc, pause_s=limits.pause_s(failures)
        )

    def left_s(self, now_utc: datetime) -> float:
        """What is left of the pause by the wall clock, however that was set meanwhile."""
        if self.failed_utc is None:
            return 0.0
        passed_s = (now_utc - self.failed_utc).total_seconds()
        return min(self.pause_s, max(0.0, self.pause_s - passed_s))


def kiosk_place(kiosk: int) -> str:
    """The name under which a kiosk's failures are counted."""
    return f"kiosk {kiosk}"


def reader_place(kiosk: int) -> str:
    """Where a kiosk's cards are counted: apart, so that a wallet full of cards pauses no codes."""
    return f"card reader {kiosk}"
