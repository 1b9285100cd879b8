"""What goes between the daemon and its identity process: JSON with its length before it.

Four bytes, big-endian, give the number of bytes that follow; these are one JSON object in UTF-8.
The first message to the process configures it (cameras, key file, limits: in a message and not in
the arguments, because camera URLs may hold passwords and arguments are readable by every user).
Each later one has an ``id``; the answer repeats it, and hints come under it in between.
"""

from __future__ import annotations

import asyncio
import base64
import json
import struct
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, BinaryIO

from vendtower.domain.errors import PeerFault
from vendtower.domain.identity import (
    Arrival,
    CodePresented,
    Enrolled,
    Enrolment,
    EnrolmentFailed,
    FaceMatched,
    FaceRecognised,
    FaceRefused,
    IdentityRefusal,
    MatchRecord,
    NobodyIdentified,
    Verification,
)
from vendtower.domain.liveness import (
    ChallengeKind,
    ChallengeOutcome,
    ChallengeRecord,
    LivenessRecord,
)

Message = dict[str, Any]

_LENGTH = struct.Struct(">I")
MESSAGE_BYTES_MAX = 24 * 1024 * 1024
"""Enough for a sealed picture of 16 MiB in base64."""


class WireFault(PeerFault):
    """The other side sent something that is not a message."""


def pack(message: Mapping[str, Any]) -> bytes:
    """One message as bytes.

    Raises:
        WireFault: when it is longer than `MESSAGE_BYTES_MAX`.

    """
    body = json.dumps(message, separators=(",", ":")).encode()
    _check_length(len(body))
    return _LENGTH.pack(len(body)) + body


def read_message(stream: BinaryIO) -> Message | None:
    """Wait for one message; None when the other side closed.

    Raises:
        WireFault: not a message.

    """
    head = _read_fully(stream, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    _check_length(length)
    body = _read_fully(stream, length)
    return None if body is None else _parse(body)


async def receive_message(stream: asyncio.StreamReader) -> Message | None:
    """Like `read_message`, without blocking the loop."""
    try:
        (length,) = _LENGTH.unpack(await stream.readexactly(_LENGTH.size))
        _check_length(length)
        return _parse(await stream.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def _read_fully(stream: BinaryIO, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        part = stream.read(count - len(parts))
        if not part:
            return None
        parts += part
    return bytes(parts)


def _check_length(length: int) -> None:
    if length > MESSAGE_BYTES_MAX:
        raise WireFault(
            f"identity process: message of {length} bytes, expected at most {MESSAGE_BYTES_MAX}"
        )


def _parse(body: bytes) -> Message:
    try:
        message = json.loads(body)
    except ValueError as error:
        raise WireFault(f"identity process: message is not JSON: {error}") from error
    if not isinstance(message, dict):
        raise WireFault(f"identity process: message is {type(message).__name__}, expected object")
    return message


# --- results


def result_to_json(result: Arrival | Verification | Enrolment) -> Message:
    """A closed result as JSON values."""
    values: Message = {"is": type(result).__name__}
    match result:
        case NobodyIdentified(reason):
            values["reason"] = reason.value
        case FaceRefused(reason, record):
            values["reason"] = reason.value
            values["record"] = None if record is None else _record_to_json(record)
        case FaceMatched(record) | FaceRecognised(record=record):
            values |= asdict(result) | {"record": _record_to_json(record)}
        case Enrolled(engine, model, sealed):
            values |= {"engine": engine, "model": model, "sealed": _text(sealed)}
        case _:
            values.update(asdict(result))
    return values


def _text(sealed: bytes | None) -> str | None:
    return None if sealed is None else base64.b64encode(sealed).decode()


def _record_to_json(record: MatchRecord) -> Message:
    values = asdict(record)
    if values["liveness"] is not None:
        for challenge in values["liveness"]["challenges"]:
            challenge["kind"] = challenge["kind"].value
            challenge["outcome"] = challenge["outcome"].value
    return values


def _record_from_json(values: Mapping[str, Any]) -> MatchRecord:
    parts = dict(values)
    liveness = parts.pop("liveness")
    return MatchRecord(**parts, liveness=None if liveness is None else _liveness(liveness))


def _liveness(values: Mapping[str, Any]) -> LivenessRecord:
    challenges = tuple(
        ChallengeRecord(
            **{
                **each,
                "kind": ChallengeKind(each["kind"]),
                "outcome": ChallengeOutcome(each["outcome"]),
            }
        )
        for each in values["challenges"]
    )
    return LivenessRecord(**{**values, "challenges": challenges})


def arrival_from_json(values: Message) -> Arrival:
    """The arrival that `result_to_json` wrote; raises `WireFault` for anything else."""
    match values:
        case {"is": "CodePresented", "code": str(code)}:
            return CodePresented(code)
        case {"is": "FaceRecognised", "reservation_id": str(reservation_id), "record": record}:
            return FaceRecognised(reservation_id, _record_from_json(record))
        case {"is": "NobodyIdentified", "reason": str(reason)}:
            return NobodyIdentified(IdentityRefusal(reason))
    raise WireFault(f"identity process: answer {values.get('is')!r}, expected an arrival")


def verification_from_json(values: Message) -> Verification:
    """The verification that `result_to_json` wrote; raises `WireFault` for anything else."""
    match values:
        case {"is": "FaceMatched", "record": dict(record)}:
            return FaceMatched(_record_from_json(record))
        case {"is": "FaceRefused", "reason": str(reason), "record": record}:
            return FaceRefused(
                IdentityRefusal(reason), None if record is None else _record_from_json(record)
            )
    raise WireFault(f"identity process: answer {values.get('is')!r}, expected a verification")


def enrolment_from_json(values: Message) -> Enrolment:
    """The enrolment that `result_to_json` wrote; raises `WireFault` for anything else."""
    match values:
        case {"is": "Enrolled", "engine": str(engine), "model": str(model), "sealed": sealed}:
            return Enrolled(engine, model, None if sealed is None else base64.b64decode(sealed))
        case {"is": "EnrolmentFailed", "why": str(why)}:
            return EnrolmentFailed(why)
    raise WireFault(f"identity process: answer {values.get('is')!r}, expected an enrolment")
