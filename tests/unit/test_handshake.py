"""The handshake as a table: every phase against everything the PLC can show."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.handshake import (
    FINAL_PHASES,
    Fate,
    Handshake,
    MailboxWords,
    Mark,
    Phase,
    classify,
)
from firmware_bridge.meanings import DoneResult, JobState, Result
from firmware_bridge.register_map import LIFTS, SYSTEM
from firmware_bridge.words import decode_block, encode_block

SEQ, JOB, BOOT, STARTS = 9, 500, 1000, 20

QUIET = MailboxWords(
    boot_id=BOOT,
    ack_seq=8,
    ack_result=Result.ACCEPTED,
    ack_job=499,
    state=JobState.DONE,
    done_seq=8,
    done_result=DoneResult.DONE,
    done_job=499,
    exec_count=STARTS,
)
"""Before our job: the one before it has ended."""

ACCEPTED = replace(QUIET, ack_seq=SEQ, ack_job=JOB, state=JobState.ACTIVE, exec_count=STARTS + 1)
REFUSED = replace(QUIET, ack_seq=SEQ, ack_job=JOB, ack_result=Result.INTERLOCK)
DONE = replace(ACCEPTED, state=JobState.DONE, done_seq=SEQ, done_job=JOB)
FAILED = replace(DONE, state=JobState.FAILED, done_result=DoneResult.DOOR_STUCK)
REBOOTED = replace(
    QUIET,
    boot_id=BOOT + 1,
    ack_seq=0,
    ack_job=0,
    ack_result=0,
    state=JobState.NONE,
    done_seq=0,
    done_result=0,
    done_job=0,
)
ADOPTED = replace(REBOOTED, ack_seq=SEQ, ack_job=JOB, ack_result=Result.STALE_AT_BOOT)
ADOPTED_AFTER_START = replace(ADOPTED, exec_count=STARTS + 1)

INPUTS: dict[str, MailboxWords] = {
    "quiet": QUIET,
    "accepted": ACCEPTED,
    "held": replace(ACCEPTED, state=JobState.HELD),
    "refused": REFUSED,
    "acknowledged without a result": replace(REFUSED, ack_result=Result.NONE),
    "done": DONE,
    "failed": FAILED,
    "done, acknowledgement overwritten": replace(DONE, ack_seq=10, ack_job=501),
    "done without a result": replace(DONE, state=JobState.DONE, done_result=DoneResult.NONE),
    "same number, other job": replace(QUIET, ack_seq=SEQ, ack_job=7),
    "later job runs": replace(ACCEPTED, ack_seq=10, ack_job=501),
    "later job done": replace(DONE, ack_seq=10, ack_job=501, done_seq=10, done_job=501),
    "rebooted": REBOOTED,
    "rebooted and adopted": ADOPTED,
    "rebooted and adopted, had started": ADOPTED_AFTER_START,
    "rebooted, shows it accepted and idle": replace(
        ACCEPTED, boot_id=BOOT + 1, state=JobState.NONE
    ),
    "rebooted, done words kept": replace(DONE, boot_id=BOOT + 1),
}

WRITTEN_TO: dict[str, Phase] = {
    "quiet": Phase.WRITTEN,
    "accepted": Phase.RUNNING,
    "held": Phase.RUNNING,
    "refused": Phase.REFUSED,
    "acknowledged without a result": Phase.WRITTEN,
    "done": Phase.FINISHED,
    "failed": Phase.FINISHED,
    "done, acknowledgement overwritten": Phase.FINISHED,
    "done without a result": Phase.RUNNING,
    "same number, other job": Phase.WRITTEN,
    "later job runs": Phase.WRITTEN,
    "later job done": Phase.WRITTEN,
    "rebooted": Phase.UNKNOWN,
    "rebooted and adopted": Phase.ADOPTED_STALE,
    "rebooted and adopted, had started": Phase.ADOPTED_STALE,
    "rebooted, shows it accepted and idle": Phase.UNKNOWN,
    "rebooted, done words kept": Phase.FINISHED,
}

RUNNING_TO: dict[str, Phase] = {
    "quiet": Phase.UNKNOWN,
    "accepted": Phase.RUNNING,
    "held": Phase.RUNNING,
    "refused": Phase.RUNNING,
    "acknowledged without a result": Phase.RUNNING,
    "done": Phase.FINISHED,
    "failed": Phase.FINISHED,
    "done, acknowledgement overwritten": Phase.FINISHED,
    "done without a result": Phase.RUNNING,
    "same number, other job": Phase.RUNNING,
    "later job runs": Phase.RUNNING,
    "later job done": Phase.UNKNOWN,
    "rebooted": Phase.UNKNOWN,
    "rebooted and adopted": Phase.UNKNOWN,
    "rebooted and adopted, had started": Phase.UNKNOWN,
    "rebooted, shows it accepted and idle": Phase.UNKNOWN,
    "rebooted, done words kept": Phase.FINISHED,
}

WRITTEN = Handshake(seq=SEQ, job_id=JOB, boot_id=BOOT, exec_count_before=STARTS)


def test_the_tables_name_every_input() -> None:
    assert set(WRITTEN_TO) == set(RUNNING_TO) == set(INPUTS)


@pytest.mark.parametrize("shown", INPUTS)
def test_written(shown: str) -> None:
    assert WRITTEN.observe(INPUTS[shown]).phase is WRITTEN_TO[shown]


@pytest.mark.parametrize("shown", INPUTS)
def test_running(shown: str) -> None:
    running = WRITTEN.observe(ACCEPTED)
    assert running.phase is Phase.RUNNING
    assert running.observe(INPUTS[shown]).phase is RUNNING_TO[shown]


@pytest.mark.parametrize(
    "phase", [phase for phase in Phase if phase in FINAL_PHASES], ids=lambda phase: phase.value
)
@pytest.mark.parametrize("shown", INPUTS)
def test_final_phases_stay(phase: Phase, shown: str) -> None:
    final = replace(WRITTEN, phase=phase)
    assert final.final
    assert final.observe(INPUTS[shown]) is final


def test_numbers_and_reasons_are_kept() -> None:
    assert WRITTEN.observe(REFUSED).result == Result.INTERLOCK
    assert not WRITTEN.observe(REFUSED).may_have_run
    ended = WRITTEN.observe(FAILED)
    assert (ended.result, ended.outcome) == (Result.ACCEPTED, DoneResult.DOOR_STUCK)
    assert "restarted" in WRITTEN.observe(REBOOTED).reason
    assert not WRITTEN.observe(ADOPTED).may_have_run
    assert WRITTEN.observe(ADOPTED_AFTER_START).may_have_run
    assert replace(WRITTEN, exec_count_before=None).observe(ADOPTED).may_have_run


@settings(deadline=None)
@given(st.lists(st.sampled_from(sorted(INPUTS)), max_size=8))
def test_whatever_order_the_words_come_in_the_job_ends_once(shown: list[str]) -> None:
    """Late, doubled and reordered words: a final phase is never left, nothing goes back."""
    order = [Phase.WRITTEN, Phase.RUNNING]
    handshake = WRITTEN
    for name in shown:
        after = handshake.observe(INPUTS[name])
        if handshake.final:
            assert after is handshake
        elif not after.final:
            assert order.index(after.phase) >= order.index(handshake.phase)
        handshake = after


BEFORE = Mark(boot_id=BOOT, ack_seq=8, exec_count=STARTS)
FATES: dict[str, tuple[Fate, Fate]] = {
    # shown: (while a write may be under way, afterwards)
    "quiet": (Fate.PENDING, Fate.NEVER_SEEN),
    "accepted": (Fate.RUNNING, Fate.RUNNING),
    "held": (Fate.RUNNING, Fate.RUNNING),
    "refused": (Fate.REFUSED, Fate.REFUSED),
    "acknowledged without a result": (Fate.PENDING, Fate.PENDING),
    "done": (Fate.FINISHED, Fate.FINISHED),
    "failed": (Fate.FINISHED, Fate.FINISHED),
    "done, acknowledgement overwritten": (Fate.FINISHED, Fate.FINISHED),
    "done without a result": (Fate.PENDING, Fate.PENDING),
    "same number, other job": (Fate.UNKNOWN, Fate.UNKNOWN),
    "later job runs": (Fate.UNKNOWN, Fate.UNKNOWN),
    "later job done": (Fate.UNKNOWN, Fate.UNKNOWN),
    "rebooted": (Fate.PENDING, Fate.NEVER_SEEN),
    "rebooted and adopted": (Fate.NEVER_SEEN, Fate.NEVER_SEEN),
    "rebooted and adopted, had started": (Fate.ADOPTED_STALE, Fate.ADOPTED_STALE),
    "rebooted, shows it accepted and idle": (Fate.ADOPTED_STALE, Fate.ADOPTED_STALE),
    "rebooted, done words kept": (Fate.FINISHED, Fate.FINISHED),
}


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("shown", INPUTS)
def test_fate(shown: str, settled: bool) -> None:
    verdict = classify(INPUTS[shown], SEQ, JOB, before=BEFORE, settled=settled)
    assert verdict.fate is FATES[shown][settled]


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize(
    "shown",
    [
        replace(QUIET, exec_count=STARTS + 1),
        replace(QUIET, state=JobState.ACTIVE),
        replace(QUIET, done_seq=SEQ, done_job=None, exec_count=None),
    ],
    ids=["a start was counted", "something runs", "its number has ended at the doors"],
)
def test_what_may_have_begun_is_not_called_never_sent(shown: MailboxWords, settled: bool) -> None:
    """The acknowledgement got lost, and other words tell of a start."""
    assert classify(shown, SEQ, JOB, before=BEFORE, settled=settled).fate is Fate.UNKNOWN


def test_fate_across_a_restart_of_the_plc() -> None:
    started = replace(REBOOTED, exec_count=STARTS + 1)
    assert classify(started, SEQ, JOB, before=BEFORE, settled=True).fate is Fate.UNKNOWN
    adopts_the_one_before = replace(
        started, ack_seq=8, ack_job=499, ack_result=Result.STALE_AT_BOOT
    )
    verdict = classify(adopts_the_one_before, SEQ, JOB, before=BEFORE, settled=True)
    assert verdict.fate is Fate.NEVER_SEEN


def test_first_job_of_all() -> None:
    never_used = replace(REBOOTED, boot_id=BOOT)
    before = Mark(boot_id=BOOT, ack_seq=0, exec_count=STARTS)
    assert classify(never_used, 1, JOB, before=before, settled=True).fate is Fate.NEVER_SEEN
    after_restart = replace(never_used, boot_id=BOOT + 1, exec_count=None)
    auxiliary = replace(before, exec_count=None)
    verdict = classify(after_restart, 1, JOB, before=auxiliary, settled=True)
    assert verdict.fate is Fate.UNKNOWN


def test_a_count_of_nought_after_a_restart_proves_nothing() -> None:
    """It may have been 1, and lost with the retained memory."""
    before = Mark(boot_id=BOOT, ack_seq=0, exec_count=0)
    forgotten = replace(REBOOTED, exec_count=0)
    assert classify(forgotten, SEQ, JOB, before=before, settled=True).fate is Fate.UNKNOWN
    adopted = replace(ADOPTED, exec_count=0)
    assert classify(adopted, SEQ, JOB, before=before, settled=True).fate is Fate.ADOPTED_STALE
    assert replace(WRITTEN, exec_count_before=0).observe(adopted).may_have_run


def test_auxiliary_mailbox_is_matched_by_number_and_acknowledged_job() -> None:
    done = replace(DONE, done_job=None, exec_count=None)
    assert WRITTEN.observe(done).phase is Phase.FINISHED
    foreign = replace(done, ack_job=7)
    assert WRITTEN.observe(foreign).phase is Phase.WRITTEN
    before = Mark(BOOT, 8, None)
    assert classify(foreign, SEQ, JOB, before=before, settled=True).fate is Fate.UNKNOWN


def test_words_come_from_the_blocks() -> None:
    system = decode_block(
        SYSTEM,
        encode_block(
            SYSTEM, {"boot_id": BOOT, "aux_ack_seq": 3, "aux_ack_job": 4, "aux_done_seq": 2}
        ),
    )
    lift = decode_block(
        LIFTS[0],
        encode_block(
            LIFTS[0],
            {"ack_seq": SEQ, "ack_job": JOB, "job_state": 2, "done_job": 499, "exec_count": 21},
        ),
    )
    words = MailboxWords.of_lift(system, lift)
    assert (words.boot_id, words.ack_seq, words.ack_job) == (BOOT, SEQ, JOB)
    assert (words.state, words.done_job, words.exec_count) == (JobState.ACTIVE, 499, 21)
    auxiliary = MailboxWords.of_auxiliary(system)
    assert (auxiliary.ack_seq, auxiliary.ack_job, auxiliary.done_seq) == (3, 4, 2)
    assert (auxiliary.done_job, auxiliary.exec_count) == (None, None)
