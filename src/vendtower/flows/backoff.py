"""How long to wait before trying a peer again."""

from vendtower.ports.clock import Chance

START_S = 0.5
CAP_S = 60.0
RETRY_AFTER_S_MAX = 3600.0
"""A cloud may ask for an hour of silence, not for good."""


class Backoff:
    """Exponential back-off with full jitter: uniform between zero and a doubling ceiling.

    Full jitter spreads the towers of a fleet that lost their cloud at the same moment
    (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
    """

    def __init__(self, chance: Chance, start_s: float = START_S, cap_s: float = CAP_S) -> None:
        """The first wait is below ``start_s``, no wait but a peer's own is above ``cap_s``."""
        self._chance = chance
        self._start_s = start_s
        self._cap_s = cap_s
        self._ceiling_s = start_s

    def next_s(self, retry_after_s: float | None = None) -> float:
        """The next wait, in seconds; what the peer asked for is a floor under the jitter."""
        floor_s = min(max(retry_after_s or 0.0, 0.0), RETRY_AFTER_S_MAX)
        jitter_s = self._chance.uniform(0.0, self._ceiling_s)
        self._ceiling_s = min(self._ceiling_s * 2, self._cap_s)
        return floor_s + jitter_s

    def slow_s(self) -> float:
        """A wait for what only a person can heal: between half the cap and the cap."""
        return self._chance.uniform(self._cap_s / 2, self._cap_s)

    def reset(self) -> None:
        """The peer is well again."""
        self._ceiling_s = self._start_s
