"""One job as the 24 words of a mailbox, and back.

The words carry a CRC-16/MODBUS over words 0-21 and end with ``commit`` = ``seq``, so that the
PLC sees a job only when all of it has arrived, however many requests it was torn into.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firmware_bridge.errors import CodecError, MailboxError
from firmware_bridge.meanings import FULL_SPEED_PERMILLE, JobFlag, PlaceKind, Verb
from firmware_bridge.register_map import MAILBOX_WORDS, MAILBOXES, SLOT_NUMBER_MAX
from firmware_bridge.words import check_words, crc16_of_words, decode_block, encode_block, integer

SEQ_MAX = 65535
CRC_WORDS = 22
"""The checksum covers the words before this offset."""


def next_seq(seq: int) -> int:
    """The sequence number after ``seq``: 1..65535, then 1 again. 0 means an empty mailbox."""
    if not 0 <= seq <= SEQ_MAX:
        raise MailboxError(f"mailbox: sequence number {seq}, expected 0..{SEQ_MAX}")
    return seq % SEQ_MAX + 1


@dataclass(frozen=True, slots=True)
class Place:
    """A numbered bay, slot, lift or socket; the PLC owns where it is."""

    kind: PlaceKind
    number: int

    def __str__(self) -> str:
        return (
            "nowhere" if self.kind is PlaceKind.NONE else f"{self.kind.name.lower()} {self.number}"
        )


NOWHERE = Place(PlaceKind.NONE, 0)
NO_FLAGS = JobFlag(0)


def bay(number: int) -> Place:
    """The bay with this number."""
    return Place(PlaceKind.BAY, number)


def slot(number: int) -> Place:
    """The slot with this number."""
    return Place(PlaceKind.SLOT, number)


def lift(number: int) -> Place:
    """The platform of the lift with this number."""
    return Place(PlaceKind.LIFT, number)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """What the controller asks of the PLC. Checked for range at packing, not before."""

    seq: int
    """1..65535, one more than the one before in the same mailbox."""
    job_id: int
    """The number under which the controller's journal holds the job; 1..2^32-1."""
    session: int
    """Must equal the session in the control block."""
    verb: Verb
    source: Place = NOWHERE
    destination: Place = NOWHERE
    flags: JobFlag = NO_FLAGS
    arg_a: int = 0
    arg_b: int = 0
    expected_weight_kg: int = 0
    """0: not known, the PLC does not compare."""
    expected_height_mm: int = 0
    """0: not known, the PLC does not compare."""
    speed_permille: int = FULL_SPEED_PERMILLE
    valid_ms: int = 2000
    """How old the job may be when the PLC decides about it, counted by the PLC from the first
    of its words that arrived. A job torn over several requests, or one that met a PLC that could
    not decide, is answered EXPIRED beyond it."""


def pack_job(job: JobRequest) -> list[int]:
    """The 24 words of the job; :class:`MailboxError` when it is none the PLC could take."""
    _check(job)
    try:
        words = encode_block(MAILBOXES[0], _values(job))
    except CodecError as error:
        raise MailboxError(f"mailbox: job {job.job_id}: {error}") from error
    words[CRC_WORDS] = crc16_of_words(words[:CRC_WORDS])
    return words


def _values(job: JobRequest) -> dict[str, int | str]:
    return {
        "seq": job.seq,
        "job_id": job.job_id,
        "session": job.session,
        "verb": int(job.verb),
        "flags": int(job.flags),
        "src_kind": int(job.source.kind),
        "src_no": job.source.number,
        "dst_kind": int(job.destination.kind),
        "dst_no": job.destination.number,
        "arg_a": job.arg_a,
        "arg_b": job.arg_b,
        "exp_weight": job.expected_weight_kg,
        "exp_height": job.expected_height_mm,
        "speed": job.speed_permille,
        "valid_ms": job.valid_ms,
        "commit": job.seq,
    }


def _check(job: JobRequest) -> None:
    if not 1 <= job.seq <= SEQ_MAX:
        raise MailboxError(f"mailbox: sequence number {job.seq}, expected 1..{SEQ_MAX}")
    if job.job_id < 1:
        raise MailboxError(f"mailbox: job id {job.job_id}, expected 1 or more")
    if job.verb is Verb.NONE:
        raise MailboxError(f"mailbox: job {job.job_id} has no verb")
    if not 1 <= job.speed_permille <= FULL_SPEED_PERMILLE:
        raise MailboxError(
            f"mailbox: job {job.job_id}: speed {job.speed_permille} permille, "
            f"expected 1..{FULL_SPEED_PERMILLE}"
        )
    for place in (job.source, job.destination):
        if not 0 <= place.number <= SLOT_NUMBER_MAX:
            raise MailboxError(
                f"mailbox: job {job.job_id}: {place}, expected a number 0..{SLOT_NUMBER_MAX}"
            )


def is_committed(words: Sequence[int]) -> bool:
    """Whether a job has arrived whole: a sequence number, and ``commit`` equal to it."""
    return words[0] != 0 and words[MAILBOX_WORDS - 1] == words[0]


def crc_is_good(words: Sequence[int]) -> bool:
    """Whether the checksum fits words 0-21."""
    return words[CRC_WORDS] == crc16_of_words(words[:CRC_WORDS])


def unpack_job(words: Sequence[int]) -> JobRequest:
    """The job in 24 words; :class:`MailboxError` for a torn or damaged one, or unknown numbers."""
    check_words(words, MAILBOX_WORDS, "mailbox")
    if not is_committed(words):
        raise MailboxError(
            f"mailbox: sequence number {words[0]}, commit {words[-1]}, expected both equal, not 0"
        )
    if not crc_is_good(words):
        raise MailboxError(
            f"mailbox: CRC 0x{words[CRC_WORDS]:04X}, "
            f"expected 0x{crc16_of_words(words[:CRC_WORDS]):04X}"
        )
    decoded = decode_block(MAILBOXES[0], words)
    value = {name: integer(decoded, name) for name in decoded}
    try:
        return JobRequest(
            seq=value["seq"],
            job_id=value["job_id"],
            session=value["session"],
            verb=Verb(value["verb"]),
            source=Place(PlaceKind(value["src_kind"]), value["src_no"]),
            destination=Place(PlaceKind(value["dst_kind"]), value["dst_no"]),
            flags=JobFlag(value["flags"]),
            arg_a=value["arg_a"],
            arg_b=value["arg_b"],
            expected_weight_kg=value["exp_weight"],
            expected_height_mm=value["exp_height"],
            speed_permille=value["speed"],
            valid_ms=value["valid_ms"],
        )
    except ValueError as error:
        raise MailboxError(f"mailbox: job {value['job_id']}: {error}") from error
