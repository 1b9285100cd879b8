"""Rules about jobs, cars and places, broken on purpose by patching the controller or the PLC."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from benchmarks.swarm.mutation import Break, Reached, replaced
from hardware_sim.plc.mailbox import JobWords, Mailbox
from vendtower.domain import lease, moves, planning, recovery
from vendtower.domain.job import Job, JobState
from vendtower.domain.ledger import Ledger
from vendtower.domain.machine import MachineSnapshot
from vendtower.domain.places import Bay, OnLift, Slot
from vendtower.domain.recovery import Question, Ruling, SensorsSay, Verdict
from vendtower.flows import dispatch, leasing, machine_watch
from vendtower.flows.book import Book
from vendtower.flows.tower import Tower
from vendtower.ports.journal import Change, JournalFault

FLOWS = "vendtower.flows"
JUDGES = (f"{FLOWS}.movement.judge", f"{FLOWS}.jobs.judge")


def job_before_journal(reached: Reached) -> Break:
    """A job is shown in memory, and so sent, two seconds before it is written down."""
    commit = Book._commit  # noqa: SLF001 # a rule is broken from outside here

    async def late(book: Book, change: Change, ledger: Ledger) -> None:
        if not any(job.state is JobState.PLANNED for job in change.jobs):
            return await commit(book, change, ledger)
        reached()
        book._remember(change, ledger)  # noqa: SLF001
        book.bell.ring()
        asyncio.get_running_loop().create_task(_later(book, change))
        return None

    return patch.object(Book, "_commit", late)


async def _later(book: Book, change: Change) -> None:
    await asyncio.sleep(2.0)
    await book.journal.commit(change)


def failed_commit_counts(reached: Reached) -> Break:
    """What could not be written is shown in memory all the same, and acted on."""
    commit = Book._commit  # noqa: SLF001 # a rule is broken from outside here

    async def anyway(book: Book, change: Change, ledger: Ledger) -> None:
        try:
            await commit(book, change, ledger)
        except JournalFault:
            reached()
            book._remember(change, ledger)  # noqa: SLF001
            book.bell.ring()

    return patch.object(Book, "_commit", anyway)


def plc_without_memory(reached: Reached) -> Break:
    """The PLC does not remember which sequence numbers it has answered."""
    take = Mailbox.take

    def again(mailbox: Mailbox, now_s: float) -> JobWords | None:
        if mailbox._answers:  # noqa: SLF001 # a rule is broken from outside here
            reached()
        mailbox._answers.clear()  # noqa: SLF001
        return take(mailbox, now_s)

    return patch.object(Mailbox, "take", again)


def acknowledged_is_done(reached: Reached) -> Break:
    """A job that the PLC has taken counts as done."""

    def judge(journal: Any, plc: Any, sensors: Any) -> Verdict:
        if plc not in recovery.AT_WORK:
            return recovery.judge(journal, plc, sensors)
        reached()
        return Verdict(Ruling.ARRIVED)

    return replaced(judge, *JUDGES)


def unknown_is_repeated(reached: Reached) -> Break:
    """A job of which the PLC knows nothing after its restart counts as not begun."""

    def judge(journal: Any, plc: Any, sensors: Any) -> Verdict:
        verdict = recovery.judge(journal, plc, sensors)
        if verdict.question not in {Question.RESTARTED, Question.ANOTHER_JOB}:
            return verdict
        reached()
        return Verdict(Ruling.NOT_BEGUN)

    return replaced(judge, *JUDGES)


def failed_is_repeated(reached: Reached) -> Break:
    """A movement that failed counts as not begun where the sensors see the car at its source."""

    def judge(journal: Any, plc: Any, sensors: Any) -> Verdict:
        verdict = recovery.judge(journal, plc, sensors)
        if verdict.question is not Question.FAILED or sensors is not SensorsSay.AT_SOURCE:
            return verdict
        reached()
        return Verdict(Ruling.NOT_BEGUN)

    return replaced(judge, *JUDGES)


def restart_forgets_jobs(reached: Reached) -> Break:
    """A restarted controller knows nothing of the jobs that it had asked for."""
    load = Book.open

    async def forgetful(book: Book) -> None:
        await load(book)
        ended = {number: job for number, job in book.jobs.items() if not job.is_open}
        if len(ended) < len(book.jobs):
            reached()
        book.jobs = ended

    return patch.object(Book, "open", forgetful)


def job_numbers_begin_anew(reached: Reached) -> Break:
    """The next job's number is counted in memory, so that a restart begins with one again."""
    load = Book.open

    async def anew(book: Book) -> None:
        await load(book)
        if book._last_job_id:  # noqa: SLF001 # a rule is broken from outside here
            reached()
        book._last_job_id = 0  # noqa: SLF001

    return patch.object(Book, "open", anew)


@contextmanager
def stale_snapshot(reached: Reached) -> Iterator[None]:
    """What the PLC showed last counts for ever, with the line down too."""
    fresh = Tower.machine

    def machine(tower: Tower) -> MachineSnapshot | None:
        if tower.plc.snapshot is not None and fresh(tower) is None:
            reached()
        return tower.plc.snapshot

    async def unnoticed(*_given: Any) -> None:
        await asyncio.Event().wait()

    with (
        patch.object(Tower, "machine", machine),
        patch.object(machine_watch, "_notice_silence", unnoticed),
        patch(f"{FLOWS}.service.line_hindrance", lambda _tower: None),
    ):
        yield


@contextmanager
def two_cars_to_one_slot(reached: Reached) -> Iterator[None]:
    """Free slots and taken ones are mixed up where a car's slot is chosen and leased."""
    occupied = dispatch._occupied  # noqa: SLF001 # a rule is broken from outside here

    def mixed_up(tower: Tower) -> frozenset[Any]:
        reached()
        return frozenset({Slot(number) for number in tower.site.slots} ^ occupied(tower))

    with (
        patch.object(dispatch, "_occupied", mixed_up),
        patch(f"{FLOWS}.service.disagreements", lambda *_: {}),
        patch(f"{FLOWS}.movement._why_not_now", lambda *_: None),
    ):
        yield


@contextmanager
def two_cars_to_one_bay(reached: Reached) -> Iterator[None]:
    """A bay counts as free however many cars stand there or are on their way to it."""
    # A rule is broken from outside here.
    occupied, blocked = dispatch._occupied, dispatch._blocked  # noqa: SLF001

    def without_bays(tower: Tower) -> frozenset[Any]:
        found = occupied(tower)
        if any(isinstance(place, Bay) for place in found):
            reached()
        return frozenset(place for place in found if not isinstance(place, Bay))

    def unblocked(tower: Tower, *given: Any) -> frozenset[Any]:
        return frozenset(place for place in blocked(tower, *given) if not isinstance(place, Bay))

    with (
        patch.object(dispatch, "_occupied", without_bays),
        patch.object(dispatch, "_blocked", unblocked),
        patch(f"{FLOWS}.movement._why_not_now", lambda *_: None),
    ):
        yield


@contextmanager
def one_shaft_for_two(reached: Reached) -> Iterator[None]:
    """Two lifts of one shaft are given jobs at the same time."""
    choose = planning.choose

    def anyhow(site: Any, wishes: Any, situation: moves.Situation) -> moves.Choice:
        if situation.busy_lifts:
            reached()
        return choose(site, wishes, replace(situation, busy_lifts=frozenset()))

    def only_lift(_site: Any, lift: int) -> set[lease.Resource]:
        return {OnLift(lift)}

    with (
        patch(f"{FLOWS}.dispatch.choose", anyhow),
        patch(f"{FLOWS}.dispatch.may_bring_on", lambda *_: True),
        patch(f"{FLOWS}.leasing.lift_resources", only_lift),
    ):
        yield


def lease_outlives_its_job(reached: Reached) -> Break:
    """A job that failed holds its lift and places for ever."""
    still = {JobState.FAILED, JobState.ABORTED, JobState.UNKNOWN}
    open_jobs = leasing.open_lift_jobs

    def held(tower: Tower) -> list[Job]:
        failed = [j for j in tower.book.jobs.values() if j.mailbox and j.state in still]
        if failed:
            reached()
        return open_jobs(tower) + failed

    return patch.object(leasing, "open_lift_jobs", held)


@contextmanager
def case_holds_nothing(reached: Reached) -> Iterator[None]:
    """An open case keeps no lift: movements go on before a person has looked."""
    # A rule is broken from outside here.
    taken, blocked, permitted = lease.taken, dispatch._blocked, machine_watch._permitted  # noqa: SLF001

    def but_for_cases(
        held: Iterable[lease.Lease], wanted: Iterable[lease.Resource], **how: bool
    ) -> lease.Lease | None:
        wanted = set(wanted)
        found = taken(held := list(held), wanted, **how)
        if found is None or found.owner.kind is not lease.Holder.CASE:
            return found
        reached()
        return taken((e for e in held if e.owner.kind is not lease.Holder.CASE), wanted, **how)

    def without_lifts(tower: Tower, *given: Any) -> frozenset[Any]:
        return frozenset(each for each in blocked(tower, *given) if not isinstance(each, OnLift))

    def all_lifts(tower: Tower) -> set[int]:
        found = {lift.number for lift in tower.site.lifts}
        if permitted(tower) != found:
            reached()
        return found

    with (
        patch(f"{FLOWS}.leasing.taken", but_for_cases),
        patch(f"{FLOWS}.service.in_question", lambda _tower: {}),
        patch.object(dispatch, "_blocked", without_lifts),
        patch.object(machine_watch, "_permitted", all_lifts),
    ):
        yield


@contextmanager
def ledger_never_compared(reached: Reached) -> Iterator[None]:
    """What the sensors say of places where nothing moves is never held against the ledger."""

    def none(*_given: Any) -> dict[Any, Any]:
        reached()
        return {}

    with replaced(
        none, f"{FLOWS}.ledger_watch.standing_differences", f"{FLOWS}.service.disagreements"
    ):
        yield
