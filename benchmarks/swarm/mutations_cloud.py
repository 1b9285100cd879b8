"""Rules about reservations and what the cloud is owed, broken on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from benchmarks.swarm.mutation import Break, Reached
from vendtower.adapters.cloud_http.client import HttpReservationCloud
from vendtower.adapters.journal_sqlite import SqliteJournal
from vendtower.domain.job import JobState
from vendtower.domain.pickup_events import IdentityVerified
from vendtower.domain.reservation import ReservationWithdrawn
from vendtower.flows import (
    dropoff_changes,
    event_delivery,
    housekeeping,
    reservations,
    telling,
    visit_changes,
)
from vendtower.flows.failure_telling import with_failure
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change
from vendtower.ports.reservation_cloud import CloudRefused, EventReceipt, OutboxEvent

FLOWS = "vendtower.flows"
APART_S = 2.0
"""Between two transactions that have to be one."""


def outbox_apart(reached: Reached) -> Break:
    """What the cloud is owed is written in a second transaction, after the state."""
    commit = SqliteJournal.commit

    async def apart(journal: SqliteJournal, change: Change) -> None:
        owed = tuple(event for event in change.events if event.owed)
        kept = tuple(event for event in change.events if not event.owed)
        await commit(journal, replace(change, events=kept))
        if owed:
            reached()
            asyncio.get_running_loop().create_task(_later(journal, owed))

    async def _later(journal: SqliteJournal, owed: Any) -> None:
        await asyncio.sleep(APART_S)
        await commit(journal, Change(events=owed))

    return patch.object(SqliteJournal, "commit", apart)


def outbox_first(reached: Reached) -> Break:
    """What the cloud is owed is written in a transaction of its own, before the state."""
    commit = SqliteJournal.commit

    async def first(journal: SqliteJournal, change: Change) -> None:
        owed = tuple(event for event in change.events if event.owed)
        if owed and change.visits:
            reached()
            await commit(journal, Change(events=owed))
            await asyncio.sleep(APART_S)
            kept = tuple(event for event in change.events if not event.owed)
            change = replace(change, events=kept)
        await commit(journal, change)

    return patch.object(SqliteJournal, "commit", first)


def retry_with_new_id(reached: Reached) -> Break:
    """An event that has to be sent again gets a new id."""
    deliver = HttpReservationCloud.deliver
    tries: dict[str, int] = {}

    async def renamed(cloud: HttpReservationCloud, events: Sequence[OutboxEvent]) -> EventReceipt:
        names: dict[str, str] = {}
        for event in events:
            times = tries[event.event_id] = tries.get(event.event_id, 0) + 1
            new = event.event_id if times == 1 else f"{event.event_id[:-2]}{times:02d}"
            if times > 1:
                reached()
            names[new] = event.event_id
        sent = [replace(event, event_id=new) for event, new in zip(events, names, strict=True)]
        receipt = await deliver(cloud, sent)
        return EventReceipt(
            frozenset(names[each] for each in receipt.accepted),
            {names[each]: why for each, why in receipt.rejected.items()},
        )

    return patch.object(HttpReservationCloud, "deliver", renamed)


def retry_with_other_words(reached: Reached) -> Break:
    """An event that has to be sent again says something else."""
    deliver = HttpReservationCloud.deliver
    seen: set[str] = set()

    async def reworded(cloud: HttpReservationCloud, events: Sequence[OutboxEvent]) -> EventReceipt:
        again = {event.event_id for event in events} & seen
        if again:
            reached()
        seen.update(event.event_id for event in events)
        other = [replace(event, data={**event.data, "told": "again"}) for event in events]
        said = [
            new if old.event_id in again else old for old, new in zip(events, other, strict=True)
        ]
        return await deliver(cloud, said)

    return patch.object(HttpReservationCloud, "deliver", reworded)


def last_event_first(reached: Reached) -> Break:
    """What has waited goes out in the order in which it comes to hand."""
    deliver = HttpReservationCloud.deliver

    async def reversed_(cloud: HttpReservationCloud, events: Sequence[OutboxEvent]) -> EventReceipt:
        if len(events) > 1:
            reached()
        return await deliver(cloud, events[::-1])

    return patch.object(HttpReservationCloud, "deliver", reversed_)


def nobody_can_say_to_whom(reached: Reached) -> Break:
    """The history does not have by what or by whom a customer was recognised."""
    data_of = visit_changes._data  # noqa: SLF001 # a rule is broken from outside here

    def silent(tower: Tower, visit: Any, event: Any) -> dict[str, object]:
        data = data_of(tower, visit, event)
        if isinstance(event, IdentityVerified):
            reached()
            data |= {"record": None, "by": ""}
        return data

    return patch.object(visit_changes, "_data", silent)


def ended_well_and_called_refused(reached: Reached) -> Break:
    """On the disk a job that the machine has done is one that it refused."""
    commit = SqliteJournal.commit

    async def untrue(journal: SqliteJournal, change: Change) -> None:
        done = [job for job in change.jobs if job.state is JobState.DONE and job.mailbox]
        if done:
            reached()
        jobs = tuple(replace(j, state=JobState.REFUSED) if j in done else j for j in change.jobs)
        await commit(journal, replace(change, jobs=jobs))

    return patch.object(SqliteJournal, "commit", untrue)


def struck_before_sent(reached: Reached) -> Break:
    """Events are struck off the outbox before the cloud has said that it has them."""
    send = event_delivery._Delivery._send  # noqa: SLF001 # a rule is broken from outside here

    async def struck(delivery: Any, batch: Sequence[OutboxEvent]) -> float:
        reached()
        await delivery._journal.settle_events([event.event_id for event in batch], {})  # noqa: SLF001
        return await send(delivery, batch)

    return patch.object(event_delivery._Delivery, "_send", struck)  # noqa: SLF001


def given_up_at_once(reached: Reached) -> Break:
    """An event that the cloud cannot take at the moment is held for rejected for good."""
    narrow = event_delivery._Delivery._narrow  # noqa: SLF001 # a rule is broken from outside here
    hopeless = event_delivery.CANNOT_HEAL

    async def given_up(delivery: Any, batch: Sequence[OutboxEvent], error: CloudRefused) -> float:
        if error.status not in hopeless:
            reached()
        return await narrow(delivery, batch, error)

    @contextmanager
    def broken() -> Iterator[None]:
        hasty = patch.object(event_delivery, "CANNOT_HEAL", range(400, 600))
        with hasty, patch.object(event_delivery._Delivery, "_narrow", given_up):  # noqa: SLF001
            yield

    return broken()


def departure_not_owed(reached: Reached) -> Break:
    """The cloud is not told that a car has driven off."""
    return patch.object(visit_changes, "tell", _silent_about("CarDeparted", reached))


def return_not_owed(reached: Reached) -> Break:
    """The cloud is not told that a car is back."""
    return patch.object(dropoff_changes, "tell", _silent_about("Returned", reached))


def _silent_about(silent: str, reached: Reached) -> Any:
    tell = telling.tell

    def told(tower: Tower, about: str, name: str, **fields: Any) -> Any:
        if name != silent:
            return tell(tower, about, name, **fields)
        reached()
        return tell(tower, about, name, **(fields | {"owed": False}))

    return told


def withdrawal_not_heard(reached: Reached) -> Break:
    """A reservation that the cloud has withdrawn is served all the same."""
    change_of = reservations._change  # noqa: SLF001 # a rule is broken from outside here

    def deaf(tower: Tower, change: Any, refusals: Any) -> Change | None:
        if not isinstance(change, ReservationWithdrawn):
            return change_of(tower, change, refusals)
        reached()
        return None

    return patch.object(reservations, "_change", deaf)


@contextmanager
def window_never_closes(reached: Reached) -> Iterator[None]:
    """Whoever comes after the window is served as if they had come in time."""
    overdue = housekeeping._overdue  # noqa: SLF001 # a rule is broken from outside here

    def nobody(tower: Tower) -> list[Any]:
        if overdue(tower):
            reached()
        return []

    with (
        patch.object(housekeeping, "_overdue", nobody),
        patch(f"{FLOWS}.due.closes_at", lambda tower, _reservation: tower.clock.utc()),
    ):
        yield


def face_outlives_visit(reached: Reached) -> Break:
    """At the end of a visit nobody has the customer's face erased."""

    def kept(_tower: Tower, change: Change, *_given: Any) -> Change:
        reached()
        return change

    return patch.object(visit_changes, "with_face_gone", kept)


def failure_not_told(reached: Reached) -> Break:
    """The cloud does not hear that a visit has failed, and by whose fault."""

    def silent(tower: Tower, before: Any, visit: Any, change: Change) -> Change:
        if with_failure(tower, before, visit, change) is not change:
            reached()
        return change

    return patch.object(visit_changes, "with_failure", silent)


def turned_away_is_absent(reached: Reached) -> Break:
    """Whom the tower has sent away is told to the cloud as somebody who did not come."""
    turned_away = housekeeping._turned_away  # noqa: SLF001 # a rule is broken from outside here

    def never(tower: Tower, visit: Any) -> bool:
        if turned_away(tower, visit):
            reached()
        return False

    return patch.object(housekeeping, "_turned_away", never)


def turned_away_for_nothing(reached: Reached) -> Break:
    """A kiosk says that the tower is out of service, which it is not; the cloud is told so."""

    def always(_tower: Tower, _request: Any) -> list[str]:
        reached()
        return ["nothing"]

    return patch(f"{FLOWS}.check_in.hindrances", always)


def outbox_stands_still(reached: Reached) -> Break:
    """What the cloud is owed is kept for ever, and nothing of it is sent."""

    async def later(_delivery: Any, _batch: Sequence[OutboxEvent]) -> float:
        reached()
        return 30.0

    return patch.object(event_delivery._Delivery, "_send", later)  # noqa: SLF001
