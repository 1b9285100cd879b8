"""The flows that speak with the cloud, put together from their parts."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from vendtower.flows import reservation_list
from vendtower.flows.event_delivery import deliver_events
from vendtower.flows.reservation_sync import sync_reservations
from vendtower.flows.reservations import take_changes
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault
from vendtower.ports.reservation_cloud import BootAnswer, BootReport, ReservationCloud

log = logging.getLogger("vendtower.cloud")


async def sync(tower: Tower, cloud: ReservationCloud, report: Callable[[], BootReport]) -> None:
    """Keep the reservations equal to the cloud's, for ever."""

    async def boot_accepted(_answer: BootAnswer) -> None:
        now = tower.clock.utc()
        await tower.book.record(
            lambda: None if tower.book.boot_accepted else Change(boot_accepted_utc=now)
        )

    await sync_reservations(
        reservation_list.ProvenCloud(cloud, tower),
        tower.chance,
        boot_report=report,
        boot_accepted=boot_accepted,
        apply=partial(take_changes, tower),
        cursor=tower.book.cursor,
        poll_interval_s=tower.site.cloud.poll_interval_s,
        report=partial(_note_cloud, tower),
        taken=partial(reservation_list.note_page, tower),
        anew=partial(reservation_list.begins_anew, tower),
    )


async def deliver(tower: Tower, cloud: ReservationCloud) -> None:
    """Bring the cloud what it is owed, for ever."""
    counting = asyncio.create_task(_count_outbox(tower))
    try:
        await deliver_events(
            tower.book.journal,
            cloud,
            tower.clock,
            tower.chance,
            wake=tower.book.owing,
            report=partial(_note_cloud, tower),
            settled=tower.book.uncounted.set,
        )
    finally:
        counting.cancel()


def _note_cloud(tower: Tower, reachable: bool, note: str) -> None:
    if (reachable, note) != (tower.cloud_reachable, tower.cloud_note):
        log.log(logging.INFO if reachable else logging.WARNING, note or "the cloud is reachable")
    tower.cloud_reachable = reachable
    tower.cloud_note = note
    tower.bell.ring()


async def _count_outbox(tower: Tower) -> None:
    """Screens show what the cloud is owed, a moment old at most."""
    while True:
        await tower.book.uncounted.wait()
        tower.book.uncounted.clear()
        try:
            await tower.book.refresh_outbox()
        except JournalFault:
            # It is told by whoever delivers from it.
            tower.book.uncounted.set()
        await asyncio.sleep(1.0)
