"""What may be written to the PLC: whole read-write blocks of the map, with values in range.

Everything that goes to the wire passes through here, so that no mistake elsewhere can put a word
into a status block, a reserved address or a command that the map does not have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from firmware_bridge.errors import CodecError, MapError
from firmware_bridge.job_mailbox import JobRequest, pack_job
from firmware_bridge.meanings import ControlCommand, Permit, UnitMode
from firmware_bridge.register_map import (
    BLOCKS,
    CONTROL,
    LIFTS_MAX,
    MAILBOXES,
    SOCKET_NUMBER_MAX,
    SOCKETS_PER_PAGE,
    WRITE_WORDS_MAX,
)
from firmware_bridge.words import Value, check_words, encode_block

_WRITABLE = {block.address: block for block in BLOCKS.values() if block.access == "RW"}
_ALL_PERMITS = sum(Permit)
_CONTROL_LIMITS = {
    "permit": _ALL_PERMITS,
    "mode_req": max(UnitMode),
    "cntrl_cmd": max(ControlCommand),
    "charge_page": SOCKET_NUMBER_MAX // SOCKETS_PER_PAGE,
    "jog_sel": LIFTS_MAX * 16 + 3,
}
"""The largest value of control words that have fewer meanings than bits."""


def control_words(values: Mapping[str, Value]) -> list[int]:
    """The words of the control block; :class:`CodecError` for a value without meaning."""
    for name, limit in _CONTROL_LIMITS.items():
        value = values.get(name, 0)
        if not isinstance(value, int) or not 0 <= value <= limit:
            raise CodecError(
                f"register map: {CONTROL.name}.{name}: found {value!r}, expected 0..{limit}"
            )
    return encode_block(CONTROL, values)


def job_words(mailbox: int, job: JobRequest) -> tuple[int, list[int]]:
    """Address and words of a job; :class:`MapError` for a mailbox that does not exist."""
    if not 0 <= mailbox < len(MAILBOXES):
        raise MapError(f"register map: mailbox {mailbox}, expected 0..{len(MAILBOXES) - 1}")
    return MAILBOXES[mailbox].address, pack_job(job)


def check_write(address: int, words: Sequence[int]) -> None:
    """Refuse, by :class:`MapError`, a write that is not exactly one read-write block."""
    block = _WRITABLE.get(address)
    if block is None or len(words) != block.size or len(words) > WRITE_WORDS_MAX:
        raise MapError(
            f"register map: write of {len(words)} words at {address} is not a block that "
            "may be written"
        )
    check_words(words, block.size, f"register map: block {block.name}")
