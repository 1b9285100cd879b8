"""Whether what a tower sent is what the contract says; written from the contract alone."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime

BATCH_MAX = 50
ATTRIBUTE_NAME = re.compile(r"[a-z0-9]+")
EVENT_TYPE = re.compile(r"com\.vendtower(\.[a-z][a-z0-9_]*)+\.v[1-9][0-9]*")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.IGNORECASE)


Check = Callable[[object], bool]


class NotOfContract(ValueError):
    """Says which member is wrong, what was found and what was expected."""


def check_boot_report(report: object) -> Mapping[str, object]:
    """The report when it is one, else NotOfContract."""
    if not isinstance(report, Mapping):
        raise NotOfContract(f"boot report: found {type(report).__name__}, expected an object")
    _expect("software_version", report, _is_text, "text")
    _expect("site_sha256", report, lambda v: _matches(r"[0-9a-f]{64}", v), "64 hex digits")
    _expect("public_key", report, _is_key, "32 bytes as base64")
    _expect("time", report, _is_time, "RFC 3339 with a zone")
    layout = report.get("layout")
    if not isinstance(layout, Mapping):
        raise NotOfContract("layout: expected an object")
    for member in ("levels", "slots", "lifts", "bays"):
        _expect(member, layout, _is_count, "an integer of at least 1")
    _expect("capabilities", report, _is_texts, "a list of texts")
    return report


def check_batch(batch: object, tower: str) -> list[Mapping[str, object]]:
    """The events of a CloudEvents 1.0 JSON batch of this tower, else NotOfContract."""
    if not isinstance(batch, list) or not 1 <= len(batch) <= BATCH_MAX:
        raise NotOfContract(f"batch: expected a list of 1 to {BATCH_MAX} events")
    for index, event in enumerate(batch):
        try:
            _check_event(event, tower)
        except NotOfContract as error:
            raise NotOfContract(f"event {index}: {error}") from error
    return batch


def _check_event(event: object, tower: str) -> None:
    if not isinstance(event, Mapping):
        raise NotOfContract(f"found {type(event).__name__}, expected an object")
    _check_attributes(event)
    source = f"/towers/{tower}"
    _expect("specversion", event, lambda v: v == "1.0", '"1.0"')
    _expect("id", event, lambda v: _is_text(v) and len(str(v)) <= 64, "1 to 64 characters")
    _expect("source", event, lambda v: v == source, source)
    _expect("type", event, lambda v: _matches(EVENT_TYPE, v), "com.vendtower.<...>.v<n>")
    _expect("time", event, _is_time, "RFC 3339 with a zone")
    _expect("datacontenttype", event, lambda v: v == "application/json", "application/json")
    _expect("sequence", event, lambda v: _matches(r"[0-9]{20}", v), "20 decimal digits")
    qualities = ("synchronized", "unsynchronized", "unknown")
    _expect("clockquality", event, lambda v: v in qualities, " or ".join(qualities))
    for optional in ("subject", "correlationid"):
        if optional in event:
            _expect(optional, event, _is_text, "text, or no such attribute")
    if "data_base64" in event:
        raise NotOfContract("data_base64: found it, expected data alone")
    _expect("data", event, lambda v: isinstance(v, Mapping), "an object")


def _check_attributes(event: Mapping[str, object]) -> None:
    """CloudEvents 1.0, sections 3.1 and 3.1.1: names and types of context attributes."""
    for name, value in event.items():
        if name in {"data", "data_base64"}:
            continue
        if not ATTRIBUTE_NAME.fullmatch(name):
            raise NotOfContract(f"{name[:40]!r}: expected a name of lower-case letters and digits")
        whole = isinstance(value, int) and -(2**31) <= value < 2**31
        if not isinstance(value, str | bool) and not whole:
            raise NotOfContract(f"{name}: expected a text, a truth value or a 32-bit integer")


def _expect(member: str, holder: Mapping[str, object], holds: Check, expected: str) -> None:
    if member not in holder:
        raise NotOfContract(f"{member}: found nothing, expected {expected}")
    if not holds(holder[member]):
        raise NotOfContract(f"{member}: found {str(holder[member])[:60]!r}, expected {expected}")


def _matches(pattern: str | re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(_is_text(item) for item in value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_time(value: object) -> bool:
    if not isinstance(value, str) or not TIME.fullmatch(value):
        return False
    try:
        return datetime.fromisoformat(value.upper()).tzinfo is not None
    except ValueError:
        return False


def _is_key(value: object) -> bool:
    try:
        return isinstance(value, str) and len(base64.b64decode(value, validate=True)) == 32
    except binascii.Error:
        return False
