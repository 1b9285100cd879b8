"""What becomes of one job, told from the words the PLC shows. Pure: no wire, no clock.

A job is written once. From then on only the PLC's acknowledge and done words say what happened,
and they are matched by sequence number *and* job id, never by order or time. What those words
cannot prove is ``UNKNOWN``: somebody looks at the sensors; it is never written again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from firmware_bridge.meanings import DoneResult, JobState, Result
from firmware_bridge.words import Value, integer

RUNNING_STATES = frozenset({JobState.ACCEPTED, JobState.ACTIVE, JobState.HELD})


@dataclass(frozen=True, slots=True)
class MailboxWords:
    """What the PLC shows of one mailbox at one moment, with the boot it belongs to."""

    boot_id: int
    ack_seq: int
    ack_result: int
    ack_job: int
    state: JobState
    done_seq: int
    done_result: int
    done_job: int | None
    """None for the auxiliary mailbox, which shows no job id beside its done words."""
    exec_count: int | None
    """Jobs started since commissioning; None for the auxiliary mailbox, which counts none."""

    @classmethod
    def of_lift(cls, system: Mapping[str, Value], lift: Mapping[str, Value]) -> MailboxWords:
        """From a decoded system block and lift block; :class:`ValueError` for an unknown state."""
        return cls(
            boot_id=integer(system, "boot_id"),
            ack_seq=integer(lift, "ack_seq"),
            ack_result=integer(lift, "ack_result"),
            ack_job=integer(lift, "ack_job"),
            state=JobState(integer(lift, "job_state")),
            done_seq=integer(lift, "done_seq"),
            done_result=integer(lift, "done_result"),
            done_job=integer(lift, "done_job"),
            exec_count=integer(lift, "exec_count"),
        )

    @classmethod
    def of_auxiliary(cls, system: Mapping[str, Value]) -> MailboxWords:
        """From a decoded system block; :class:`ValueError` for an unknown state."""
        return cls(
            boot_id=integer(system, "boot_id"),
            ack_seq=integer(system, "aux_ack_seq"),
            ack_result=integer(system, "aux_ack_result"),
            ack_job=integer(system, "aux_ack_job"),
            state=JobState(integer(system, "aux_state")),
            done_seq=integer(system, "aux_done_seq"),
            done_result=integer(system, "aux_done_result"),
            done_job=None,
            exec_count=None,
        )

    def acknowledges(self, seq: int, job_id: int) -> bool:
        """Whether the acknowledge words speak of this very job."""
        return self.ack_seq == seq and self.ack_job == job_id

    def finishes(self, seq: int, job_id: int) -> bool:
        """Whether the done words speak of this very job.

        The auxiliary mailbox shows no job id there, so its acknowledge words must still be ours.
        """
        if self.done_seq != seq or self.done_result == DoneResult.NONE:
            return False
        if self.done_job is None:
            return self.acknowledges(seq, job_id)
        return self.done_job == job_id


class Phase(Enum):
    """How far a written job has come. The last four are final."""

    WRITTEN = "written"
    """Put on the wire once; no acknowledgement yet."""
    RUNNING = "running"
    """Accepted, not yet done."""
    REFUSED = "refused"
    """Acknowledged and not begun; ``result`` says why."""
    FINISHED = "finished"
    """Begun and ended; ``outcome`` says how."""
    ADOPTED_STALE = "adopted_stale"
    """The PLC restarted and found it in the mailbox. ``may_have_run`` says whether it can have
    been begun before."""
    UNKNOWN = "unknown"
    """The words can no longer prove anything."""


FINAL_PHASES = frozenset({Phase.REFUSED, Phase.FINISHED, Phase.ADOPTED_STALE, Phase.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """One job and what is known of it; :meth:`observe` returns the next one."""

    seq: int
    job_id: int
    boot_id: int
    """The PLC's boot in which the job was written."""
    exec_count_before: int | None = None
    session: int = 0
    """The session under which it was written."""
    phase: Phase = Phase.WRITTEN
    result: int = Result.NONE
    """The PLC's acknowledgement, once there is one."""
    outcome: int = DoneResult.NONE
    may_have_run: bool = True
    reason: str = ""

    @property
    def final(self) -> bool:
        """Nothing that the PLC shows later changes this any more."""
        return self.phase in FINAL_PHASES

    def observe(self, words: MailboxWords) -> Handshake:
        """What is known after these words.

        A done word counts even when its acknowledgement was never seen; an acknowledgement that
        is repeated, or belongs to another job, changes nothing.
        """
        if self.final:
            return self
        if words.finishes(self.seq, self.job_id):
            return replace(
                self, phase=Phase.FINISHED, result=Result.ACCEPTED, outcome=words.done_result
            )
        if self.phase is Phase.WRITTEN:
            return self._observe_written(words)
        return self._observe_running(words)

    def _observe_written(self, words: MailboxWords) -> Handshake:
        if words.acknowledges(self.seq, self.job_id):
            return self._acknowledged(words)
        if words.boot_id != self.boot_id:
            return self._unknown("the PLC restarted before it acknowledged the job")
        return self

    def _acknowledged(self, words: MailboxWords) -> Handshake:
        if words.ack_result == Result.NONE:
            return self
        if words.ack_result == Result.STALE_AT_BOOT:
            return replace(
                self,
                phase=Phase.ADOPTED_STALE,
                result=words.ack_result,
                may_have_run=not _never_started(self.exec_count_before, words),
                reason="the PLC restarted and found the job in its mailbox",
            )
        if words.ack_result != Result.ACCEPTED:
            return replace(self, phase=Phase.REFUSED, result=words.ack_result, may_have_run=False)
        if words.boot_id != self.boot_id and words.state not in RUNNING_STATES:
            return self._unknown("the PLC restarted after it accepted the job")
        return replace(self, phase=Phase.RUNNING, result=Result.ACCEPTED)

    def _observe_running(self, words: MailboxWords) -> Handshake:
        if words.boot_id != self.boot_id:
            return self._unknown("the PLC restarted while the job ran")
        if words.state in RUNNING_STATES or words.ack_seq == self.seq:
            return self
        return self._unknown(
            f"the PLC shows sequence {words.ack_seq} acknowledged and {words.done_seq} done, "
            f"nothing of {self.seq}"
        )

    def _unknown(self, reason: str) -> Handshake:
        return replace(self, phase=Phase.UNKNOWN, reason=reason)


def _never_started(exec_count_before: int | None, words: MailboxWords) -> bool:
    """Whether the count of starts proves across a restart that nothing was begun.

    A PLC that has lost its retained memory counts from 0: a 0 like the one before proves nothing.
    """
    return bool(exec_count_before) and words.exec_count == exec_count_before


class Fate(Enum):
    """What became of a job that was journaled, by this run of the controller or an earlier one."""

    NEVER_SEEN = "never_seen"
    """The PLC has not begun it and cannot any more."""
    PENDING = "pending"
    """Nothing is proven, and nothing speaks against its still being taken: look again."""
    REFUSED = "refused"
    RUNNING = "running"
    FINISHED = "finished"
    ADOPTED_STALE = "adopted_stale"
    """The PLC restarted, and may have begun it before."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Mark:
    """What the mailbox showed when the job was planned."""

    boot_id: int
    ack_seq: int
    exec_count: int | None
    """None for the auxiliary mailbox, which counts no starts."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A fate with the PLC's number for it (an acknowledge or a done result) and the evidence."""

    fate: Fate
    result: int = 0
    reason: str = ""
    state: JobState = JobState.NONE
    """With RUNNING: accepted, active or held."""


@dataclass(frozen=True, slots=True)
class Successor:
    """A later job of the same mailbox that does not end the one before: an abort of it."""

    seq: int
    job_id: int


def classify(
    words: MailboxWords,
    seq: int,
    job_id: int,
    *,
    before: Mark,
    settled: bool,
    abort: Successor | None = None,
) -> Verdict:
    """What became of job ``job_id`` with number ``seq``.

    ``abort``: the job that was asked after it to stop it. Its acknowledgement takes the place of
    this job's, whose end is still told by the done words.

    ``settled``: no copy of the write can still be under way and count. That is so when the PLC
    echoes a session newer than the job's (it would refuse the old one), or when the job's
    validity has passed since its write ended. Without it "not seen" is only "not seen yet".
    """
    if words.finishes(seq, job_id):
        return Verdict(Fate.FINISHED, words.done_result)
    if words.acknowledges(seq, job_id):
        return _classify_acknowledged(words, before)
    if abort is not None and words.acknowledges(abort.seq, abort.job_id):
        return _classify_under_abort(words, before)
    if not _nothing_came_after(words, before):
        return Verdict(
            Fate.UNKNOWN,
            reason=f"the PLC shows sequence {words.ack_seq}, job {words.ack_job}, nothing of {seq}",
        )
    if _begun_unacknowledged(words, seq, before):
        return Verdict(
            Fate.UNKNOWN,
            reason=f"the PLC has begun something and does not acknowledge {seq}",
        )
    if settled:
        return Verdict(
            Fate.NEVER_SEEN, reason=f"the PLC has taken nothing since sequence {before.ack_seq}"
        )
    return Verdict(Fate.PENDING, reason="the PLC has not taken it yet")


def _nothing_came_after(words: MailboxWords, before: Mark) -> bool:
    """Whether the PLC has provably begun nothing since the mark.

    Across a restart of the PLC its retained mailbox speaks: when it still adopts the number from
    before, ours had not arrived. Otherwise an unchanged count of starts is the proof.
    """
    if words.ack_seq == before.ack_seq and (words.boot_id == before.boot_id or words.ack_seq != 0):
        return True
    if words.boot_id == before.boot_id:
        return False
    return _never_started(before.exec_count, words)


def _begun_unacknowledged(words: MailboxWords, seq: int, before: Mark) -> bool:
    """Whether other words than the acknowledgement contradict that nothing was begun.

    A PLC that keeps to the contract acknowledges before it begins. One whose acknowledgement got
    lost still shows the start it counted, a job under way, or this very number as ended.
    """
    counted = (
        words.boot_id == before.boot_id
        and before.exec_count is not None
        and words.exec_count != before.exec_count
    )
    return counted or words.state in RUNNING_STATES or words.done_seq == seq


def _classify_acknowledged(words: MailboxWords, before: Mark) -> Verdict:
    if words.ack_result == Result.STALE_AT_BOOT:
        if _never_started(before.exec_count, words):
            return Verdict(Fate.NEVER_SEEN, words.ack_result, "adopted at the PLC's start, not run")
        reason = "the PLC restarted with the job in its mailbox and may have begun it before"
        return Verdict(Fate.ADOPTED_STALE, words.ack_result, reason)
    if words.ack_result not in {Result.ACCEPTED, Result.NONE}:
        return Verdict(Fate.REFUSED, words.ack_result)
    if words.state in RUNNING_STATES:
        return Verdict(Fate.RUNNING, words.ack_result, state=words.state)
    if words.boot_id == before.boot_id:
        return Verdict(Fate.PENDING, words.ack_result, "accepted; its state is not shown yet")
    return Verdict(Fate.ADOPTED_STALE, words.ack_result, "accepted, then the PLC restarted")


def _classify_under_abort(words: MailboxWords, before: Mark) -> Verdict:
    """The mailbox's last number is that of the abort; the lift's words still are the job's."""
    if words.boot_id != before.boot_id:
        return Verdict(Fate.ADOPTED_STALE, words.ack_result, "the PLC restarted while it stopped")
    if words.state in RUNNING_STATES:
        return Verdict(Fate.RUNNING, words.ack_result, state=words.state)
    return Verdict(
        Fate.UNKNOWN, reason=f"after the abort the PLC shows sequence {words.done_seq} as ended"
    )
