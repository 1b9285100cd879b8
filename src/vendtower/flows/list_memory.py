"""What this run knows of the list of reservations; the journal keeps the part that must last."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from vendtower.domain.reservation_list import ListStanding


@dataclass
class ListMemory:
    """Written by whoever hears from the cloud or looks at a proof."""

    standing: ListStanding | None = None
    """The newest word of the cloud; the journal's may be an hour older."""
    age_s: float | None = None
    """Of the newest confirmation, at ``counted_s``; None before there was any."""
    counted_s: float = 0.0
    """Monotonic time."""
    heard_s: float | None = None
    """Monotonic time at which ``standing`` came; None: it is from an earlier run."""
    refusal: str = ""
    """Why the last page was not taken for the cloud's; empty when it was."""
    unheard: bool = False
    """The last question had no answer; ``refusal`` is of a page before that."""
    unproven: dict[str, str] = field(default_factory=dict)
    """Reservation to how its record differs from what the cloud has signed."""
    ask_anew: bool = False
    """The whole list is wanted once more."""

    def cloud_utc(self, now_s: float) -> datetime | None:
        """The time by the cloud's clock, told from what it has signed in this run."""
        if self.standing is None or self.heard_s is None:
            return None
        return self.standing.issued_utc + timedelta(seconds=now_s - self.heard_s)

    def age_at(self, now_s: float) -> float | None:
        """The age at this monotonic time."""
        return None if self.age_s is None else self.age_s + max(0.0, now_s - self.counted_s)

    def confirmed(self, age_s: float, now_s: float) -> None:
        """The age is known anew."""
        self.age_s, self.counted_s = age_s, now_s
