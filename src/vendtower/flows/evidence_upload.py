"""Evidence on its way to the cloud, and out of the tower once the cloud has had it long enough."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from vendtower.domain.condition import EvidenceFile
from vendtower.domain.errors import LocalFault
from vendtower.flows.backoff import Backoff
from vendtower.flows.cloud_trouble import wait_s
from vendtower.flows.telling import tell
from vendtower.flows.tower import Tower
from vendtower.ports.evidence_store import EvidenceStore
from vendtower.ports.journal import Change
from vendtower.ports.reservation_cloud import CloudRefused, CloudUnreachable, EvidenceCloud

CANNOT_HEAL = frozenset({400, 413, 415, 422})
"""Refusals of the content: sending the same again is refused again."""
LOOK_AGAIN_S = 30.0
SWEEP_S = 3600.0
"""Between two looks for files that nothing names."""
UNNAMED_FOR = timedelta(days=1)
"""A file that the journal does not name by then is named by nothing any more."""


async def upload_evidence(tower: Tower, cloud: EvidenceCloud, store: EvidenceStore) -> None:
    """For ever: send what the cloud has not, oldest first, and remove what is past its time."""
    backoff = Backoff(tower.chance)
    sweep_s = float("-inf")
    while True:
        heard = tower.bell.rings
        if tower.clock.monotonic_s() >= sweep_s:
            sweep_s = tower.clock.monotonic_s() + SWEEP_S
            await remove_unnamed(tower, store)
        await remove_old(tower, store)
        file = _oldest(tower)
        if file is None:
            await tower.bell.wait_beyond(heard, LOOK_AGAIN_S)
            continue
        try:
            await _send(tower, cloud, store, file)
        except (CloudUnreachable, CloudRefused) as error:
            await asyncio.sleep(wait_s(error, backoff))
        else:
            backoff.reset()


def _oldest(tower: Tower) -> EvidenceFile | None:
    waiting = [f for f in tower.book.evidence.values() if f.accepted_utc is None and not f.refused]
    return min(waiting, key=lambda file: (file.taken_utc, file.piece.sha256), default=None)


async def _send(
    tower: Tower, cloud: EvidenceCloud, store: EvidenceStore, file: EvidenceFile
) -> None:
    """Send one file.

    Raises:
        CloudUnreachable: try again later.
        CloudRefused: a person has to mend something; the file stays.
    """
    try:
        content = await store.read(file.piece.sha256)
        await cloud.put_evidence(file.piece.sha256, file.piece.media_type, content)
    except LocalFault as error:
        await _give_up(tower, file, str(error))
    except CloudRefused as error:
        if error.status not in CANNOT_HEAL:
            raise
        await _give_up(tower, file, str(error))
    else:
        accepted = replace(file, accepted_utc=tower.clock.utc())
        await tower.book.record(lambda: Change(evidence=(accepted,)))


async def _give_up(tower: Tower, file: EvidenceFile, why: str) -> None:
    told = tell(
        tower,
        "evidence",
        "NotDelivered",
        subject=f"evidence/{file.piece.sha256}",
        correlation_id=file.errand_id,
        data={"sha256": file.piece.sha256, "why": why},
    )
    change = Change(evidence=(replace(file, refused=why),), events=(told,))
    await tower.book.record(lambda: change)


async def remove_old(tower: Tower, store: EvidenceStore) -> None:
    """Erase files whose time is over; the row goes last, so that no file is forgotten."""
    kept_for = timedelta(days=tower.site.condition.kept_days)
    now = tower.clock.utc()
    for file in list(tower.book.evidence.values()):
        settled_utc = file.taken_utc if file.refused else file.accepted_utc
        if settled_utc is None or now - settled_utc < kept_for:
            continue
        try:
            await store.erase(file.piece.sha256)
        except LocalFault:
            # Looked at again with the next round; the row keeps it in mind.
            continue
        sha256 = file.piece.sha256
        await tower.book.record(lambda gone=sha256: Change(evidence_gone=(gone,)))  # type: ignore[misc]  # a lambda with a default


async def remove_unnamed(tower: Tower, store: EvidenceStore) -> None:
    """Erase pictures and signatures that were kept and never came into the journal.

    The disk was full in that moment, or the power went; they would stay for ever.
    """
    with suppress(LocalFault):
        for name in await store.written_before(tower.clock.utc() - UNNAMED_FOR):
            if name not in tower.book.evidence:
                await store.erase(name)
