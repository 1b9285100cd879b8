"""Rules broken on purpose, one at a time, by patching the controller or the PLC in the harness."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from hardware_sim.plc.mailbox import JobWords, Mailbox
from vendtower.adapters.cloud_http.client import HttpReservationCloud
from vendtower.domain import recovery
from vendtower.domain.identity import IdentityMethod
from vendtower.domain.job import Job, JobState
from vendtower.domain.ledger import Ledger
from vendtower.domain.machine import BayReport, MachineSnapshot
from vendtower.domain.pickup import IdentityVerified
from vendtower.domain.places import Slot
from vendtower.domain.recovery import Question, Ruling, Verdict
from vendtower.flows import dispatch, leasing, telling, visit_changes
from vendtower.flows.book import Book
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change
from vendtower.ports.reservation_cloud import EventReceipt, OutboxEvent

Break = AbstractContextManager[object]
MOVEMENT, JOBS = "vendtower.flows.movement", "vendtower.flows.jobs"


def job_before_journal() -> Break:
    """A job is shown in memory, and so sent, two seconds before it is written down."""
    commit = Book._commit  # noqa: SLF001 # a rule is broken from outside here

    async def late(book: Book, change: Change, ledger: Ledger) -> None:
        if not any(job.state is JobState.PLANNED for job in change.jobs):
            return await commit(book, change, ledger)
        book._remember(change, ledger)  # noqa: SLF001
        book.bell.ring()
        asyncio.get_running_loop().create_task(_later(book, change))
        return None

    return patch.object(Book, "_commit", late)


async def _later(book: Book, change: Change) -> None:
    await asyncio.sleep(2.0)
    await book.journal.commit(change)


def plc_without_memory() -> Break:
    """The PLC does not remember which sequence numbers it has answered."""
    take = Mailbox.take

    def again(mailbox: Mailbox, now_s: float) -> JobWords | None:
        mailbox._answers.clear()  # noqa: SLF001 # a rule is broken from outside here
        return take(mailbox, now_s)

    return patch.object(Mailbox, "take", again)


def acknowledged_is_done() -> Break:
    """A job that the PLC has taken counts as done."""

    def judge(journal: Any, plc: Any, sensors: Any) -> Verdict:
        taken = plc in recovery.AT_WORK
        return Verdict(Ruling.ARRIVED) if taken else recovery.judge(journal, plc, sensors)

    return _both(judge)


def unknown_is_repeated() -> Break:
    """A job of which the PLC knows nothing after its restart counts as not begun."""

    def judge(journal: Any, plc: Any, sensors: Any) -> Verdict:
        verdict = recovery.judge(journal, plc, sensors)
        repeated = verdict.question in {Question.RESTARTED, Question.ANOTHER_JOB}
        return Verdict(Ruling.NOT_BEGUN) if repeated else verdict

    return _both(judge)


@contextmanager
def _both(judge: Callable[[Any, Any, Any], Verdict]) -> Any:
    with patch(f"{MOVEMENT}.judge", judge), patch(f"{JOBS}.judge", judge):
        yield


def restart_forgets_jobs() -> Break:
    """A restarted controller knows nothing of the jobs that it had asked for."""
    load = Book.open

    async def forgetful(book: Book) -> None:
        await load(book)
        book.jobs = {number: job for number, job in book.jobs.items() if not job.is_open}

    return patch.object(Book, "open", forgetful)


@contextmanager
def one_sensor_bay_clear() -> Any:
    """The presence sensor alone says that the car has driven off."""

    def departure_evidence(bay: BayReport) -> tuple[str, ...] | None:
        return None if bay.presence else ("presence sensor clear",)

    with ExitStack() as stack:
        for module in ("hand_over", "pickup_flow"):
            name = f"vendtower.flows.{module}.departure_evidence"
            stack.enter_context(patch(name, departure_evidence))
        yield


@contextmanager
def stale_snapshot() -> Any:
    """What the PLC showed last counts for ever, with the line down too."""

    def machine(tower: Tower) -> MachineSnapshot | None:
        return tower.plc.snapshot

    with (
        patch.object(Tower, "machine", machine),
        patch("vendtower.flows.service._line", lambda tower: iter(())),
    ):
        yield


def door_for_anybody() -> Break:
    """Whatever the camera says counts as the customer's face."""

    def verdict(_result: Any, _visit: Any, _tower: Any) -> IdentityVerified:
        return IdentityVerified(IdentityMethod.FACE_WITH_CODE, None)

    return patch("vendtower.flows.pickup_flow._verdict", verdict)


@contextmanager
def two_cars_to_one_slot() -> Any:
    """Free slots and taken ones are mixed up where a car's slot is chosen and leased."""
    occupied = dispatch._occupied  # noqa: SLF001 # a rule is broken from outside here

    def mixed_up(tower: Tower) -> frozenset[Any]:
        return frozenset({Slot(number) for number in tower.site.slots} ^ occupied(tower))

    with (
        patch.object(dispatch, "_occupied", mixed_up),
        patch(f"{MOVEMENT}.why_not_begun", lambda *_: None),
    ):
        yield


def retry_with_new_id() -> Break:
    """An event that has to be sent again gets a new id."""
    deliver = HttpReservationCloud.deliver
    tries: dict[str, int] = {}

    async def renamed(cloud: HttpReservationCloud, events: Sequence[OutboxEvent]) -> EventReceipt:
        names: dict[str, str] = {}
        for event in events:
            times = tries[event.event_id] = tries.get(event.event_id, 0) + 1
            new = event.event_id if times == 1 else f"{event.event_id[:-2]}{times:02d}"
            names[new] = event.event_id
        sent = [replace(event, event_id=new) for event, new in zip(events, names, strict=True)]
        receipt = await deliver(cloud, sent)
        return EventReceipt(
            frozenset(names[each] for each in receipt.accepted),
            {names[each]: why for each, why in receipt.rejected.items()},
        )

    return patch.object(HttpReservationCloud, "deliver", renamed)


def lease_outlives_its_job() -> Break:
    """A job that failed holds its lift and places for ever."""
    still = {JobState.FAILED, JobState.ABORTED, JobState.UNKNOWN}
    open_jobs = leasing.open_lift_jobs

    def held(tower: Tower) -> list[Job]:
        failed = [j for j in tower.book.jobs.values() if j.mailbox and j.state in still]
        return open_jobs(tower) + failed

    return patch.object(leasing, "open_lift_jobs", held)


def departure_not_owed() -> Break:
    """The cloud is not told that a car has driven off."""
    tell = telling.tell

    def silent(tower: Tower, about: str, name: str, **fields: Any) -> Any:
        return tell(tower, about, name, **(fields | {"owed": name != "CarDeparted"}))

    return patch.object(visit_changes, "tell", silent)
