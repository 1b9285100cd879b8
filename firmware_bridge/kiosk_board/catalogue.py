"""The table of messages: the one place that says which id carries what, and its checksum."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from functools import cache

from firmware_bridge.errors import CodecError
from firmware_bridge.kiosk_board import messages as m
from firmware_bridge.kiosk_board.fields import Body, enum_text, layout_text
from firmware_bridge.kiosk_board.frame import crc16_ibm_3740

MAJOR = 1
MINOR = 1
"""A minor adds messages; it changes none. Whatever changes one is a new major."""


class MessageId(IntEnum):
    """The third byte of a frame."""

    HELLO = 0x01
    HEARTBEAT = 0x02
    ECHO = 0x03
    GET_INPUTS = 0x10
    GET_ANALOG = 0x11
    GET_CABINET = 0x12
    SET_LAMPS = 0x20
    LOCK_PULSE = 0x21
    LED_RING = 0x22
    TRAFFIC = 0x23
    BUZZER = 0x24
    KEY_CABINET_RELEASE = 0x25
    COUNTERS = 0x30
    SELFTEST = 0x31
    KEY = 0x40
    NFC = 0x41
    INPUT_CHANGE = 0x42
    TAMPER = 0x43
    CABINET_CHANGE = 0x44
    CONFIG = 0x50


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request of the controller and the body of the board's response."""

    request: type[Body]
    answer: type[Body]
    meaning: str


@dataclass(frozen=True, slots=True)
class Notice:
    """An event of the board."""

    event: type[Body]
    meaning: str


_Id = MessageId
EXCHANGES: dict[MessageId, Exchange] = {
    _Id.HELLO: Exchange(m.Hello, m.HelloAnswer, "open a session"),
    _Id.HEARTBEAT: Exchange(m.Empty, m.HeartbeatAnswer, "keep the session"),
    _Id.ECHO: Exchange(m.Echo, m.Echo, "test the line"),
    _Id.GET_INPUTS: Exchange(m.Empty, m.InputsAnswer, "all inputs now"),
    _Id.GET_ANALOG: Exchange(m.Empty, m.AnalogAnswer, "temperature and supply"),
    _Id.GET_CABINET: Exchange(m.Empty, m.Cabinet, "the key cabinet now; since 1.1"),
    _Id.SET_LAMPS: Exchange(m.SetLamps, m.Empty, "lamps on and off"),
    _Id.LOCK_PULSE: Exchange(m.LockPulse, m.Empty, "power a solenoid for a time"),
    _Id.LED_RING: Exchange(m.LedRing, m.Empty, "picture on the LED ring"),
    _Id.TRAFFIC: Exchange(m.Traffic, m.Empty, "light at the bay's door"),
    _Id.BUZZER: Exchange(m.Buzzer, m.Empty, "sound for a time"),
    _Id.KEY_CABINET_RELEASE: Exchange(m.KeyCabinetRelease, m.Empty, "release a compartment"),
    _Id.COUNTERS: Exchange(m.Empty, m.CountersAnswer, "what the board counted"),
    _Id.SELFTEST: Exchange(m.Empty, m.SelfTestAnswer, "what the board finds wrong with itself"),
    _Id.CONFIG: Exchange(m.Config, m.Config, "watchdog and debounce times"),
}
NOTICES: dict[MessageId, Notice] = {
    _Id.KEY: Notice(m.Key, "a key was pressed; secret"),
    _Id.NFC: Notice(m.Nfc, "a card was held to the reader"),
    _Id.INPUT_CHANGE: Notice(m.InputChange, "inputs changed"),
    _Id.TAMPER: Notice(m.Tamper, "somebody worked on the housing"),
    _Id.CABINET_CHANGE: Notice(m.Cabinet, "a compartment or a key changed; since 1.1"),
}


ENUMS: tuple[type[IntEnum] | type[IntFlag], ...] = (
    m.Status,
    m.Inputs,
    m.Lamps,
    m.RingMotion,
    m.TrafficAspect,
    m.SelfTest,
)


def message_id_of(number: int) -> MessageId | None:
    """The message with this number, None for one that this version does not know."""
    try:
        return MessageId(number)
    except ValueError:
        return None


def encode_response(status: m.Status, body: Body | None) -> bytes:
    """The payload of a response: status, then the body when there is one."""
    return bytes((status,)) + (body.pack() if body is not None else b"")


def decode_response(message_id: MessageId, payload: bytes) -> tuple[m.Status, Body | None]:
    """Status and body of a response; only OK and a HELLO's WRONG_MAJOR carry a body.

    Raises:
        CodecError: for an unknown status, or a body that does not fit the message.

    """
    try:
        status = m.Status(payload[0])
    except (IndexError, ValueError) as error:
        found = payload[:1].hex() or "no byte"
        raise CodecError(
            f"kiosk board: {message_id.name}: status {found}, expected 00..07"
        ) from error
    told = status is m.Status.OK or status is m.Status.WRONG_MAJOR
    if not told:
        return status, None
    return status, EXCHANGES[message_id].answer.unpack(payload[1:])


def table_lines() -> list[str]:
    """The table in Markdown, in the order of the ids."""
    lines = ["| Id | Message | Request or event | Answer |", "|---|---|---|---|"]
    for message_id in MessageId:
        if message_id in EXCHANGES:
            entry = EXCHANGES[message_id]
            sides = f"{layout_text(entry.request)} | {layout_text(entry.answer)}"
        else:
            notice = NOTICES[message_id]
            sides = f"event: {layout_text(notice.event)} | acknowledge"
        lines.append(f"| {message_id:02X} | {message_id.name}: {meaning(message_id)} | {sides} |")
    return lines


def enum_lines() -> list[str]:
    """The numbers of every enum in Markdown; those of flags are the values of single bits."""
    lines = ["| Name | Kind | Numbers |", "|---|---|---|"]
    for kind in ENUMS:
        sort = "bits" if issubclass(kind, IntFlag) else "one of"
        lines.append(f"| {kind.__name__} | {sort} | {enum_text(kind)} |")
    return lines


def meaning(message_id: MessageId) -> str:
    """What the message is for, in a few words."""
    if message_id in EXCHANGES:
        return EXCHANGES[message_id].meaning
    return NOTICES[message_id].meaning


@cache
def map_crc() -> int:
    """CRC-16/IBM-3740 over the table without its prose.

    Both ends report it: equal versions with unequal tables are a mistake in one of them.
    """
    lines = [
        f"{i:02X}|{i.name}|{layout_text(e.request)}|{layout_text(e.answer)}\n"
        for i, e in sorted(EXCHANGES.items())
    ]
    lines += [f"{i:02X}|{i.name}|{layout_text(n.event)}\n" for i, n in sorted(NOTICES.items())]
    lines += [f"{kind.__name__}|{enum_text(kind)}\n" for kind in ENUMS]
    return crc16_ibm_3740("".join(lines).encode("ascii"))
