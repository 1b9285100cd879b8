"""The journal's records as JSON text, and back; driven by the types the records declare.

Places are written as people say them (``"slot 12"``), enums by value, times as ISO 8601, bytes
as base64. A key that a record lacks takes the field's default, so that fields can be added; a
key that the type does not know is an error, because a newer version wrote it.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from vendtower.domain.places import Bay, OnLift, Outside, Slot, Unsettled, parse_whereabouts

RecordT = TypeVar("RecordT")

_PLACES = (Slot, Bay, OnLift, Outside, Unsettled)


class CodecError(ValueError):
    """A record that cannot be written as JSON, or a text that is no such record."""


def to_json(value: object) -> str:
    """The record, or a mapping of JSON values, as compact JSON text.

    Raises:
        CodecError: when a value in it has no JSON form.

    """
    try:
        return json.dumps(_plain(value), separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise CodecError(f"{type(value).__name__}: not writable as JSON: {error}") from error


def from_json(kind: type[RecordT], text: str) -> RecordT:
    """The record of this dataclass that the text holds.

    Raises:
        CodecError: when the text is not such a record; the message names the field.

    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise CodecError(f"{kind.__name__}: not JSON: {error}") from error
    record: RecordT = _typed(kind, content, kind.__name__)
    return record


def _plain(value: object) -> object:
    """The value in terms of JSON."""
    match value:
        case Slot() | Bay() | OnLift() | Outside() | Unsettled():
            return str(value)
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case Mapping():
            return {_key(key): _plain(below) for key, below in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _ if is_dataclass(value):
            return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"key {key!r}: expected a text")
    return key


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _typed(kind: Any, content: Any, where: str) -> Any:
    """The content as a value of the declared type."""
    if get_origin(kind) in (Union, UnionType):
        return _one_of(get_args(kind), content, where)
    if get_origin(kind) is tuple:
        return tuple(_items(get_args(kind)[0], content, where))
    try:
        return _simple(kind, content, where)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, CodecError):
            raise
        raise CodecError(f"{where}: found {content!r}, expected {kind.__name__}") from error


def _simple(kind: type, content: Any, where: str) -> Any:
    """The content as a value of one class."""
    if issubclass(kind, Enum):
        return kind(content)
    if kind in _PLACES:
        return _checked(kind, parse_whereabouts(content))
    if is_dataclass(kind):
        return _record(kind, content, where)
    if kind is datetime:
        return datetime.fromisoformat(content)
    if kind is bytes:
        return base64.b64decode(content, validate=True)
    if kind is float and type(content) is int:
        return float(content)
    return _checked(kind, content)


def _checked(kind: type, value: object) -> object:
    if type(value) is not kind:
        raise TypeError(kind)
    return value


def _one_of(kinds: Sequence[Any], content: Any, where: str) -> Any:
    """The content as the one member of a union that it fits; members are told apart by form."""
    if content is None and NoneType in kinds:
        return None
    for kind in kinds:
        if kind is NoneType:
            continue
        try:
            return _typed(kind, content, where)
        except CodecError:
            continue
    names = " or ".join(kind.__name__ for kind in kinds)
    raise CodecError(f"{where}: found {content!r}, expected {names}")


def _items(kind: Any, content: Any, where: str) -> Sequence[Any]:
    if not isinstance(content, list):
        raise CodecError(f"{where}: found {content!r}, expected a list")
    return [_typed(kind, item, f"{where}[{nth}]") for nth, item in enumerate(content)]


def _record(kind: type, content: Any, where: str) -> Any:
    if not isinstance(content, dict):
        raise TypeError(kind)
    hints = _hints(kind)
    unknown = sorted(content.keys() - hints.keys())
    if unknown:
        raise CodecError(f"{where}: found unknown keys {', '.join(unknown)}")
    values = {key: _typed(hints[key], below, f"{where}.{key}") for key, below in content.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise CodecError(f"{where}: {error}") from error
