"""Keeps the tower's reservations equal to the cloud's: boot handshake first, then changes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vendtower.domain.reservation import ReservationChange
from vendtower.flows.backoff import Backoff
from vendtower.flows.cloud_trouble import LinkNews, LinkReport, wait_s
from vendtower.ports.clock import Chance
from vendtower.ports.journal import JournalFault
from vendtower.ports.reservation_cloud import (
    BootAnswer,
    BootReport,
    ChangePage,
    CloudRefused,
    CloudUnreachable,
    ReservationCloud,
)

BOOT_REQUIRED = 409
CURSOR_UNKNOWN = 410

Apply = Callable[[tuple[ReservationChange, ...], str], Awaitable[None]]
"""Journals the changes and the cursor in one transaction; may raise ``JournalFault``."""

BootAccepted = Callable[[BootAnswer], Awaitable[None]]
"""Journals that the cloud has accepted a boot; may raise ``JournalFault``."""

PageTaken = Callable[[ChangePage], Awaitable[None]]
"""Hears of each page once it is applied, also of those that bring nothing."""

Pause = Callable[[float], Awaitable[None]]

_log = logging.getLogger(__name__)


async def sync_reservations(
    cloud: ReservationCloud,
    chance: Chance,
    *,
    boot_report: Callable[[], BootReport],
    boot_accepted: BootAccepted,
    apply: Apply,
    cursor: str | None,
    poll_interval_s: float,
    report: LinkReport,
    taken: PageTaken | None = None,
    anew: Callable[[], bool] = lambda: False,
    pause: Pause = asyncio.sleep,
) -> None:
    """Boot until accepted, then poll for ever; cancel to end it, at any point.

    Args:
        cloud: answers.
        chance: makes the jitter.
        boot_report: made anew for each try, because it carries the time.
        boot_accepted: called after each accepted boot, so also when the cloud asks for another.
        apply: called with each page that brings something, in order. A cursor counts as moved
            when it has returned; after ``JournalFault`` the same page is asked for again.
        cursor: of the last page that was applied; None begins at the beginning.
        poll_interval_s: between the end of one poll and the next.
        report: hears of the cloud's loss and recovery, each once.
        taken: called with each page after it is applied; may raise ``JournalFault``.
        anew: asked before each poll; True begins at the beginning.
        pause: waits this many seconds.

    """
    sync = _Sync(
        cloud=cloud,
        boot_report=boot_report,
        boot_accepted=boot_accepted,
        apply=apply,
        cursor=cursor,
        poll_interval_s=poll_interval_s,
        news=LinkNews(report),
        backoff=Backoff(chance),
        taken=taken,
        anew=anew,
    )
    while True:
        delay_s = await sync.step()
        if delay_s > 0:
            await pause(delay_s)


@dataclass
class _Sync:
    """One step makes one request."""

    cloud: ReservationCloud
    boot_report: Callable[[], BootReport]
    boot_accepted: BootAccepted
    apply: Apply
    cursor: str | None
    poll_interval_s: float
    news: LinkNews
    backoff: Backoff
    taken: PageTaken | None
    anew: Callable[[], bool]
    booted: bool = False
    boots_wanted: int = 0

    async def step(self) -> float:
        """Boot or poll once; seconds until the next step."""
        try:
            return await (self._poll() if self.booted else self._boot())
        except (CloudUnreachable, CloudRefused) as error:
            return self._trouble(error)
        except JournalFault as error:
            _log.warning("reservation sync: %s", error)
            return self.backoff.next_s()

    async def _boot(self) -> float:
        answer = await self.cloud.boot(self.boot_report())
        if not answer.accepted:
            self.news.not_accepted(
                f"the cloud does not accept this tower: {answer.reason or 'no reason given'}"
            )
            return self.backoff.slow_s()
        await self.boot_accepted(answer)
        # The back-off starts anew after a poll alone: a cloud that accepts boots and asks for
        # them for ever is asked ever more slowly.
        self.booted = True
        return 0.0

    async def _poll(self) -> float:
        if self.anew():
            _log.info("reservation sync: asking for the whole list once more")
            self.cursor = None
        page = await self.cloud.changes_since(self.cursor)
        self.boots_wanted = 0
        self.news.good()
        if page.changes or page.cursor != self.cursor:
            await self.apply(page.changes, page.cursor)
            self.cursor = page.cursor
        if self.taken is not None:
            await self.taken(page)
        self.backoff.reset()
        return 0.0 if page.more else self.poll_interval_s

    def _trouble(self, error: CloudUnreachable | CloudRefused) -> float:
        status = error.status if isinstance(error, CloudRefused) else None
        if status == BOOT_REQUIRED:
            self.boots_wanted += self.booted
            self.booted = False
        if status == CURSOR_UNKNOWN and self.cursor is not None:
            _log.warning("reservation sync: beginning anew without a cursor: %s", error)
            self.cursor = None
        elif status == BOOT_REQUIRED and self.boots_wanted == 1:
            _log.info("reservation sync: the cloud wants a boot report: %s", error)
        else:
            self.news.trouble(error)
        return wait_s(error, self.backoff)
