"""Jobs on their way to the PLC: queued, written once, then watched until acknowledged."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from firmware_bridge.handshake import Handshake, Phase
from firmware_bridge.job_mailbox import JobRequest
from firmware_bridge.link_types import LinkCounters, NotSent
from firmware_bridge.plc_image import PlcImage
from firmware_bridge.write_guard import job_words

Answer = Handshake | NotSent

_REMEMBERED = 256
"""Written jobs whose content is remembered; the journal gives no number twice."""


@dataclass
class _Waiting:
    mailbox: int
    job: JobRequest
    deadline_s: float
    answer: asyncio.Future[Answer]


@dataclass
class _Open:
    handshake: Handshake
    deadline_s: float
    answer: asyncio.Future[Answer]


class JobQueue:
    """At most one unacknowledged job a mailbox; never a second write of the same one."""

    def __init__(self, clock: Callable[[], float], counters: LinkCounters) -> None:
        self._clock = clock
        self._counters = counters
        self._waiting: deque[_Waiting] = deque()
        self._open: dict[int, _Open] = {}
        self._written: dict[int, tuple[int, JobRequest]] = {}
        """Job id to the mailbox and the content under which it went out, the last ones."""
        self.unproven = False
        """A written job was given up without an acknowledgement: a copy of it may still be under
        way. The link takes another session then, and clears this."""

    @property
    def awaited_mailboxes(self) -> frozenset[int]:
        """Mailboxes whose acknowledgement is awaited."""
        return frozenset(self._open)

    def put(self, mailbox: int, job: JobRequest, timeout_s: float) -> asyncio.Future[Answer]:
        """Queue a job; the future is answered in any case, soon after ``timeout_s`` at the latest.

        Raises :class:`firmware_bridge.errors.BridgeError` for a job that the map cannot carry.
        """
        job_words(mailbox, job)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        again = self._asked_before(mailbox, job)
        if again:
            answer.set_result(NotSent(again))
            return answer
        if mailbox in self._open or any(item.mailbox == mailbox for item in self._waiting):
            answer.set_result(NotSent(f"mailbox {mailbox}: another job awaits its acknowledgement"))
            return answer
        self._waiting.append(_Waiting(mailbox, job, self._clock() + timeout_s, answer))
        return answer

    def _asked_before(self, mailbox: int, job: JobRequest) -> str:
        """Why a job is not put on the wire a second time; empty for one that is new."""
        known = self._written.get(job.job_id)
        if known is None:
            return ""
        if known == (mailbox, replace(job, session=0)):
            return f"job {job.job_id} was written already, and is written once"
        return f"job {job.job_id} was written already with other content, and is not changed"

    def take(self, image: PlcImage, session: int) -> tuple[int, list[int]] | None:
        """Address and words of the next job, with the present session.

        From here on it counts as written.
        """
        while self._waiting and self._waiting[0].mailbox not in {0, *image.lifts}:
            missing = self._waiting.popleft()
            _answer(missing.answer, NotSent(f"mailbox {missing.mailbox}: the PLC has no such lift"))
        if not self._waiting:
            return None
        item = self._waiting.popleft()
        before = image.mailbox(item.mailbox)
        handshake = Handshake(
            seq=item.job.seq,
            job_id=item.job.job_id,
            boot_id=before.boot_id,
            exec_count_before=before.exec_count,
            session=session,
        )
        self._written[item.job.job_id] = (item.mailbox, replace(item.job, session=0))
        while len(self._written) > _REMEMBERED:
            self._written.pop(next(iter(self._written)))
        self._open[item.mailbox] = _Open(handshake, item.deadline_s, item.answer)
        return job_words(item.mailbox, replace(item.job, session=session))

    def observe(self, image: PlcImage) -> None:
        """Answer every job of which these words tell something new."""
        for mailbox, item in list(self._open.items()):
            item.handshake = item.handshake.observe(image.mailbox(mailbox))
            if item.handshake.phase is not Phase.WRITTEN:
                del self._open[mailbox]
                self.unproven |= item.handshake.phase is Phase.UNKNOWN
                _answer(item.answer, item.handshake)

    def expire(self) -> None:
        """Answer what has waited too long: not sent, or written and not acknowledged."""
        now_s = self._clock()
        for mailbox, item in list(self._open.items()):
            if now_s >= item.deadline_s:
                del self._open[mailbox]
                self.unproven = True
                _answer(item.answer, item.handshake)
        for waiting in [item for item in self._waiting if now_s >= item.deadline_s]:
            self._waiting.remove(waiting)
            _answer(waiting.answer, NotSent("the line was not free in time"))

    def fail_unsent(self, reason: str) -> None:
        """Give back every job that has not been written."""
        while self._waiting:
            _answer(self._waiting.popleft().answer, NotSent(reason))

    def fail_all(self, reason: str) -> None:
        """Answer everything at the end of the link."""
        self.fail_unsent(reason)
        for item in self._open.values():
            _answer(item.answer, item.handshake)
        self._open.clear()


def _answer(future: asyncio.Future[Answer], answer: Answer) -> None:
    if not future.done():
        future.set_result(answer)
