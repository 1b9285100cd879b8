"""Is the device at the other end this site's PLC, and does it speak our map?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firmware_bridge.errors import CodecError, IdentityMismatch
from firmware_bridge.register_map import (
    BAYS_MAX,
    IDENTITY,
    LIFTS_MAX,
    MAGIC0,
    MAGIC1,
    MAP_CRC32,
    MAP_MAJOR,
    MAP_MINOR,
    ORDER_PROBE,
    SIGN_PROBE,
    SLOT_NUMBER_MAX,
    SOCKET_NUMBER_MAX,
)
from firmware_bridge.words import crc16_of_words, decode_block, integer

_HEADER_CRC_OFFSET = IDENTITY.field("hdr_crc16").offset

_ORDERS = {
    0x03040102: "the low word comes first",
    0x02010403: "the bytes of a word are swapped",
    0x04030201: "words and bytes are swapped",
}


@dataclass(frozen=True, slots=True)
class ExpectedPlc:
    """What the site file says of its PLC; None where it says nothing."""

    site_id: int | None = None
    lifts: int | None = None
    bays: int | None = None
    slots: int | None = None


@dataclass(frozen=True, slots=True)
class PlcIdentity:
    """What the PLC says of itself, once it has been found acceptable."""

    lifts: int
    bays: int
    slots: int
    sockets: int
    site_id: int
    plc_version: int
    plc_name: str


def examine(words: Sequence[int], expected: ExpectedPlc) -> PlcIdentity:
    """Check the identity block; :class:`IdentityMismatch` names the first thing that is wrong."""
    nameless = [*words[:18], *[0] * 8, *words[26:]]  # a name in another word order is no text
    try:
        decoded = decode_block(IDENTITY, nameless)
    except CodecError as error:
        raise IdentityMismatch(f"PLC identity: {error}") from error
    found = {name: integer(decoded, name) for name in decoded if name != "plc_name"}
    _check_words_order(found)
    _check_header(words)
    _check_map(found)
    _check_counts(found, expected)
    try:
        name = str(decode_block(IDENTITY, words)["plc_name"])
    except CodecError as error:
        raise IdentityMismatch(f"PLC identity: {error}") from error
    return PlcIdentity(
        lifts=found["n_lifts"],
        bays=found["n_bays"],
        slots=found["n_slots"],
        sockets=found["n_sockets"],
        site_id=found["site_id"],
        plc_version=found["plc_version"],
        plc_name=name,
    )


def _check_words_order(found: dict[str, int]) -> None:
    probe = found["order_probe"]
    if probe in _ORDERS:
        raise IdentityMismatch(
            f"PLC identity: word order: order_probe is 0x{probe:08X}, expected "
            f"0x{ORDER_PROBE:08X}: {_ORDERS[probe]}"
        )
    if (found["magic0"], found["magic1"]) != (MAGIC0, MAGIC1):
        raise IdentityMismatch(
            f"PLC identity: magic words 0x{found['magic0']:04X} 0x{found['magic1']:04X}, "
            f"expected 0x{MAGIC0:04X} 0x{MAGIC1:04X}: not a vendtower PLC"
        )
    if probe != ORDER_PROBE:
        raise IdentityMismatch(
            f"PLC identity: word order: order_probe is 0x{probe:08X}, expected 0x{ORDER_PROBE:08X}"
        )
    if found["sign_probe"] != SIGN_PROBE:
        raise IdentityMismatch(
            f"PLC identity: sign_probe is {found['sign_probe']}, expected {SIGN_PROBE}: "
            "signed numbers are not in two's complement"
        )


def _check_header(words: Sequence[int]) -> None:
    computed = crc16_of_words(words[:_HEADER_CRC_OFFSET])
    if words[_HEADER_CRC_OFFSET] != computed:
        raise IdentityMismatch(
            f"PLC identity: header CRC 0x{words[_HEADER_CRC_OFFSET]:04X}, expected 0x{computed:04X}"
        )


def _check_map(found: dict[str, int]) -> None:
    version = (found["map_major"], found["map_minor"])
    if version != (MAP_MAJOR, MAP_MINOR):
        raise IdentityMismatch(
            f"PLC identity: map version {version[0]}.{version[1]}, expected {MAP_MAJOR}.{MAP_MINOR}"
        )
    if found["map_crc32"] != MAP_CRC32:
        raise IdentityMismatch(
            f"PLC identity: map CRC 0x{found['map_crc32']:08X}, expected 0x{MAP_CRC32:08X}"
        )


def _check_counts(found: dict[str, int], expected: ExpectedPlc) -> None:
    limits = {
        "n_lifts": (1, LIFTS_MAX, expected.lifts),
        "n_bays": (1, BAYS_MAX, expected.bays),
        "n_slots": (1, SLOT_NUMBER_MAX, expected.slots),
        "n_sockets": (0, SOCKET_NUMBER_MAX, None),
        "site_id": (0, 0xFFFF_FFFF, expected.site_id),
    }
    for name, (low, high, wanted) in limits.items():
        if not low <= found[name] <= high:
            raise IdentityMismatch(f"PLC identity: {name} is {found[name]}, expected {low}..{high}")
        if wanted is not None and found[name] != wanted:
            raise IdentityMismatch(
                f"PLC identity: {name} is {found[name]}, the site file says {wanted}"
            )
