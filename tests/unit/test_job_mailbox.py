"""Jobs in 24 words: there and back, damage is seen, and only whole blocks are written."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.control_block import ControlBlock
from firmware_bridge.errors import CodecError, MailboxError, MapError
from firmware_bridge.job_mailbox import (
    JobRequest,
    Place,
    bay,
    crc_is_good,
    is_committed,
    lift,
    next_seq,
    pack_job,
    slot,
    unpack_job,
)
from firmware_bridge.meanings import ControlCommand, JobFlag, PlaceKind, Verb
from firmware_bridge.register_map import CONTROL, MAILBOXES
from firmware_bridge.words import decode_block
from firmware_bridge.write_guard import check_write, control_words, job_words

PLACES = st.builds(Place, st.sampled_from(PlaceKind), st.integers(0, 511))
U16 = st.integers(0, 0xFFFF)
I32 = st.integers(-(2**31), 2**31 - 1)
JOBS = st.builds(
    JobRequest,
    seq=st.integers(1, 65535),
    job_id=st.integers(1, 2**32 - 1),
    session=st.integers(0, 2**32 - 1),
    verb=st.sampled_from([verb for verb in Verb if verb is not Verb.NONE]),
    source=PLACES,
    destination=PLACES,
    flags=st.sampled_from([JobFlag(0), JobFlag.RAW_TARGET]),
    arg_a=I32,
    arg_b=I32,
    expected_weight_kg=U16,
    expected_height_mm=U16,
    speed_permille=st.integers(1, 1000),
    valid_ms=U16,
)
STORE = JobRequest(
    seq=1, job_id=2, session=3, verb=Verb.STORE, source=lift(1), destination=slot(42)
)


@settings(deadline=None)
@given(JOBS)
def test_a_job_comes_back(job: JobRequest) -> None:
    words = pack_job(job)
    assert len(words) == 24
    assert is_committed(words)
    assert crc_is_good(words)
    assert unpack_job(words) == job


@settings(deadline=None)
@given(JOBS, st.integers(0, 22), st.integers(0, 15))
def test_every_single_flipped_bit_is_seen(job: JobRequest, word: int, bit: int) -> None:
    words = pack_job(job)
    words[word] ^= 1 << bit
    with pytest.raises(MailboxError):
        unpack_job(words)


def test_car_on_the_lift_can_be_brought_on_either_way() -> None:
    for job in (STORE, replace(STORE, verb=Verb.FETCH, destination=bay(1))):
        assert unpack_job(pack_job(job)).source == lift(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seq": 0}, r"sequence number 0, expected 1\.\.65535"),
        ({"seq": 65536}, "sequence number 65536"),
        ({"job_id": 0}, "job id 0"),
        ({"job_id": 2**32}, "job_id"),
        ({"verb": Verb.NONE}, "has no verb"),
        ({"speed_permille": 0}, r"speed 0 permille, expected 1\.\.1000"),
        ({"speed_permille": 1001}, "speed 1001 permille"),
        ({"destination": slot(512)}, r"slot 512, expected a number 0\.\.511"),
        ({"expected_weight_kg": 65_536}, r"exp_weight at address 919: found 65536 kg"),
        ({"valid_ms": -1}, "valid_ms"),
    ],
)
def test_jobs_that_no_plc_could_take_are_not_packed(
    change: dict[str, object], message: str
) -> None:
    with pytest.raises(MailboxError, match=message):
        pack_job(replace(STORE, **change))  # type: ignore[arg-type]  # one field a case


def test_uncommitted_torn_and_unknown_words_are_named() -> None:
    good = pack_job(STORE)
    with pytest.raises(MailboxError, match="sequence number 1, commit 0"):
        unpack_job([*good[:23], 0])
    with pytest.raises(MailboxError, match="CRC 0x0000"):
        unpack_job([*good[:22], 0, good[23]])
    with pytest.raises(CodecError, match="found 23 words, expected 24"):
        unpack_job(good[:23])


def test_sequence_numbers_go_round_without_zero() -> None:
    assert [next_seq(seq) for seq in (0, 1, 65_534, 65_535)] == [1, 2, 65_535, 1]
    with pytest.raises(MailboxError, match="sequence number 65536"):
        next_seq(65_536)


def test_only_whole_writable_blocks_are_written() -> None:
    address, words = job_words(4, STORE)
    assert address == MAILBOXES[4].address
    check_write(address, words)
    check_write(CONTROL.address, control_words({"permit": 0b11111}))
    for bad_address, bad_words in [
        (32, [0] * 16),
        (address + 1, words),
        (address, words[:-1]),
        (CONTROL.address, [0] * 24),
        (896, [0]),
    ]:
        with pytest.raises(MapError, match="is not a block that may be written"):
            check_write(bad_address, bad_words)
    with pytest.raises(CodecError, match="word 0 is 65536"):
        check_write(address, [65_536, *words[1:]])
    with pytest.raises(MapError, match=r"mailbox 5, expected 0\.\.4"):
        job_words(5, STORE)


@pytest.mark.parametrize(
    "values", [{"permit": 32}, {"cntrl_cmd": 10}, {"mode_req": 5}, {"jog_sel": 68}]
)
def test_control_values_without_meaning_are_refused(values: dict[str, int]) -> None:
    with pytest.raises(CodecError, match="found"):
        control_words(values)


def test_control_block_beats_and_counts_commands_once() -> None:
    control = ControlBlock(session=0xCAFE_F00D, utc_s=lambda: 1_700_000_000.9)
    control.permit = 1
    first = decode_block(CONTROL, control.beat(up=False))
    assert (first["hb_pc"], first["permit"], first["cntrl_seq"]) == (1, 0, 0)
    assert (first["session"], first["pc_utc"]) == (0xCAFE_F00D, 1_700_000_000)
    control.command(ControlCommand.RESET)
    beats = [decode_block(CONTROL, control.beat(up=True)) for _ in range(3)]
    assert [beat["hb_pc"] for beat in beats] == [2, 3, 4]
    assert {(beat["cntrl_cmd"], beat["cntrl_seq"], beat["permit"]) for beat in beats} == {(1, 1, 1)}
    for _ in range(0xFFFF - 4):
        control.beat(up=True)
    assert control.beat(up=True)[0] == 0


@pytest.mark.parametrize("session", [0, -1, 2**32])
def test_session_has_to_be_a_number_the_plc_can_tell_from_none(session: int) -> None:
    with pytest.raises(MapError, match="session number"):
        ControlBlock(session, lambda: 0.0)
