"""The state of the line, said once when it changes, and the news of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from firmware_bridge.link_types import LinkCounters, LinkState, LinkStatus

_log = logging.getLogger(__name__)


class StatusBoard:
    """Holds the state and wakes whoever waits for news."""

    def __init__(self, name: str, clock: Callable[[], float], counters: LinkCounters) -> None:
        self.status = LinkStatus(LinkState.CONNECTING)
        self._name = name
        self._clock = clock
        self._counters = counters
        self._good_at_s = clock()
        self._news = asyncio.Event()

    @property
    def up(self) -> bool:
        """Whether the line is up."""
        return self.status.state is LinkState.UP

    @property
    def silent_s(self) -> float:
        """Seconds since something useful came, or since the start."""
        return self._clock() - self._good_at_s

    async def wait_news(self) -> None:
        """Return at the next :meth:`publish`."""
        await self._news.wait()

    def publish(self) -> None:
        """Wake everybody who waits now."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    def begin(self) -> None:
        """Count silence from now on."""
        self._good_at_s = self._clock()

    def good(self) -> bool:
        """Something useful came; whether that brings the line up."""
        self._good_at_s = self._clock()
        return not self.up and self.change(LinkStatus(LinkState.UP))

    def change(self, status: LinkStatus, *, quietly: bool = False) -> bool:
        """Take a state over; whether it is another one. Of the same one only the reason is new."""
        before, self.status = self.status, status
        if status.state is before.state:
            return False
        self._counters.losses += before.state is LinkState.UP and not quietly
        if not quietly:
            self._say(before.state)
        self.publish()
        return True

    def _say(self, before: LinkState) -> None:
        state = self.status.state.value
        if self.up:
            _log.info("PLC %s: link up, was %s", self._name, before.value)
        else:
            _log.warning("PLC %s: link %s: %s", self._name, state, self.status.reason)
