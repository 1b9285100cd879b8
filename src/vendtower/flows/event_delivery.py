"""Events that the cloud is owed: oldest first, until each is taken or given up for good.

Nothing is lost: an event leaves the outbox when the cloud has it, or as a dead letter with its
reason. Nothing is reordered: what is sent are always the oldest events of the outbox, and there
is one request at a time.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from vendtower.flows.backoff import Backoff
from vendtower.flows.cloud_trouble import LinkNews, LinkReport, wait_s
from vendtower.ports.clock import Chance, Clock
from vendtower.ports.journal import Journal, JournalFault
from vendtower.ports.reservation_cloud import (
    CloudRefused,
    CloudUnreachable,
    OutboxEvent,
    ReservationCloud,
)

BATCH_MAX = 50
CANNOT_HEAL = frozenset({400, 413, 422})
"""Refusals of the content: sending the same again is refused again."""

Pause = Callable[[float], Awaitable[None]]

_log = logging.getLogger(__name__)


async def deliver_events(
    journal: Journal,
    cloud: ReservationCloud,
    clock: Clock,
    chance: Chance,
    *,
    wake: asyncio.Event,
    report: LinkReport,
    settled: Callable[[], None] = lambda: None,
    pause: Pause = asyncio.sleep,
) -> None:
    """Deliver for ever; cancel to end it, at any point.

    Args:
        journal: holds the outbox.
        cloud: takes the events.
        clock: measures how long the cloud was away, for the log.
        chance: makes the jitter.
        wake: set it after a commit that put something into the outbox.
        report: hears of the cloud's loss and recovery, each once.
        settled: called after each step: the outbox may owe less than before.
        pause: waits this many seconds.

    """
    delivery = _Delivery(journal, cloud, clock, chance, report)
    while True:
        # Cleared before the outbox is read: what comes during the read sets it again.
        wake.clear()
        delay_s = await delivery.step()
        settled()
        if delay_s is None:
            await wake.wait()
        elif delay_s > 0:
            # Not cut short by a new event, or a busy tower would hammer a sick cloud.
            await pause(delay_s)


class _Delivery:
    """One step sends one batch; the batch shrinks around an event that is refused."""

    def __init__(
        self,
        journal: Journal,
        cloud: ReservationCloud,
        clock: Clock,
        chance: Chance,
        report: LinkReport,
    ) -> None:
        self._journal = journal
        self._cloud = cloud
        self._clock = clock
        self._backoff = Backoff(chance)
        self._news = LinkNews(report)
        self._size = BATCH_MAX
        self._silent_since_s: float | None = None

    async def step(self) -> float | None:
        """Send the oldest batch; seconds until the next step, None when the outbox is empty."""
        try:
            batch = await self._journal.owed_events(self._size)
            if not batch:
                return None
            return await self._send(batch)
        except JournalFault as error:
            # Nothing was marked, so the batch goes out again, with the same ids.
            _log.warning("event delivery: %s", error)
            return self._backoff.next_s()

    async def _send(self, batch: Sequence[OutboxEvent]) -> float:
        try:
            receipt = await self._cloud.deliver(batch)
        except CloudUnreachable as error:
            return self._trouble(error)
        except CloudRefused as error:
            if error.status in CANNOT_HEAL:
                return await self._narrow(batch, error)
            return self._trouble(error)
        self._recovered()
        accepted = [event.event_id for event in batch if event.event_id in receipt.accepted]
        for event_id, reason in receipt.rejected.items():
            _log.warning("event delivery: event %s is a dead letter: %s", event_id, reason)
        await self._journal.settle_events(accepted, receipt.rejected)
        if not accepted and not receipt.rejected:
            # A cloud that decides nothing must not be asked in a tight loop.
            return self._backoff.next_s()
        self._backoff.reset()
        self._size = min(self._size * 2, BATCH_MAX)
        return 0.0

    async def _narrow(self, batch: Sequence[OutboxEvent], error: CloudRefused) -> float:
        """Halve the batch; the one event that is refused alone goes to the dead letters."""
        if len(batch) > 1:
            self._size = len(batch) // 2
            return 0.0
        event = batch[0]
        _log.warning("event delivery: event %s is a dead letter: %s", event.event_id, error)
        await self._journal.settle_events((), {event.event_id: str(error)})
        self._size = min(self._size * 2, BATCH_MAX)
        # Slower with each one in a row: a cloud that refuses everything by mistake shall have
        # made few dead letters by the time a person looks.
        return self._backoff.next_s()

    def _trouble(self, error: CloudUnreachable | CloudRefused) -> float:
        if self._silent_since_s is None:
            self._silent_since_s = self._clock.monotonic_s()
        self._news.trouble(error)
        return wait_s(error, self._backoff)

    def _recovered(self) -> None:
        if self._silent_since_s is not None:
            away_s = self._clock.monotonic_s() - self._silent_since_s
            _log.info("event delivery: the cloud takes events again after %.0f s", away_s)
            self._silent_since_s = None
        self._news.good()
