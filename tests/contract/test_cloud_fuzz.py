"""Whatever a cloud answers: the adapter reads it, or says in one of two ways that it cannot."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware_sim.list_signing import ListSigner, entry_hash
from tests.cloud_bench import Contract
from tests.contract.test_cloud_reservations import BROKEN, EXAMPLE
from vendtower.adapters.cloud_http import SignedList, trusted_keys
from vendtower.adapters.cloud_http.exchange import parse_json
from vendtower.adapters.cloud_http.reading import read_boot_answer, read_receipt
from vendtower.adapters.cloud_http.signed_list import ENTRY, PAGE
from vendtower.domain.reservation import ReservationSet, ReservationUnreadable
from vendtower.ports.reservation_cloud import CloudRefused

BEYOND_THE_SCHEMA = {
    "vin newline": "a pattern's end matches before a last line break",
    "plate surrogate": "JSON Schema does not look into texts",
    "portrait": "contentEncoding is a remark",
    "31 February": "depends on the format checker",
    "window reversed": "compares two members",
    "window empty": "compares two members",
}
"""Broken items that the schema takes for good ones, and why."""

TOWER = "guangzhou-01"
IN_CLEAR = SignedList(TOWER, {}, required=False)
SIGNER = ListSigner(b"s" * 32)
SIGNED = SignedList(TOWER, trusted_keys(SIGNER.public_keys), required=True)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@pytest.mark.parametrize("name", sorted(BROKEN.keys() - BEYOND_THE_SCHEMA.keys()))
def test_what_the_adapter_cannot_read_is_not_of_the_schema(contract: Contract, name: str) -> None:
    item, _ = BROKEN[name]
    assert contract.wrong("Change", item) != []


def test_the_good_example_is_of_the_schema(contract: Contract) -> None:
    assert contract.wrong("Change", EXAMPLE) == []


def _places(value: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(value, dict):
        return [path]
    return [path, *(found for key, each in value.items() for found in _places(each, (*path, key)))]


@settings(max_examples=150, deadline=None)
@given(place=st.sampled_from(_places(EXAMPLE)[1:]), value=JSON)
def test_what_the_schema_refuses_the_adapter_does_not_read(
    contract: Contract, place: tuple[str, ...], value: object
) -> None:
    item: Any = copy.deepcopy(EXAMPLE)
    holder = item
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    (change,) = IN_CLEAR.page({"changes": [item], "cursor": "c", "more": False}, None).changes
    if contract.wrong("Change", item):
        assert isinstance(change, ReservationUnreadable)
    if isinstance(change, ReservationSet):
        assert change.reservation.ends_at > change.reservation.starts_at


@settings(max_examples=150, deadline=None)
@given(value=JSON)
def test_any_json_is_read_or_refused(value: object) -> None:
    for read in (
        read_boot_answer,
        lambda found: IN_CLEAR.page(found, None),
        lambda found: IN_CLEAR.page({"changes": [found], "cursor": "c", "more": True}, None),
        lambda found: read_receipt(found, frozenset({"a"})),
    ):
        refusal = _refusal(read, value)
        assert refusal is None or (refusal.status == 200 and len(str(refusal)) < 500)


def _refusal(read: Callable[[object], object], value: object) -> CloudRefused | None:
    try:
        read(value)
    except CloudRefused as error:
        return error
    return None


@settings(max_examples=150, deadline=None)
@given(entry=JSON, picture=JSON, word=JSON)
def test_whatever_the_cloud_signs_is_read_or_refused(
    entry: object, picture: object, word: object
) -> None:
    """The signature is right each time; what was signed is anything."""
    of_tower = {"tower": TOWER, **entry} if isinstance(entry, dict) else {"tower": TOWER}
    item = {"signed": SIGNER.signed(of_tower, ENTRY), "sealed_portrait": picture}
    page = {"changes": [item], "cursor": "c", "more": False}
    told = {"asked": None, "issued_at": "2026-03-01T09:00:00Z", "cursor": "c", "more": False}
    right = {"tower": TOWER, **told, "entries": [entry_hash(item)]}
    wrong = word if isinstance(word, dict) else {"entries": word}
    for said in (right, right | wrong, wrong):
        signed = {**page, "signed": SIGNER.signed(said, PAGE)}
        refusal = _refusal(lambda found: SIGNED.page(found, None), signed)
        assert refusal is None or (refusal.status == 200 and len(str(refusal)) < 500)
    if picture is None or (isinstance(picture, str) and "." not in picture):
        signed = {**page, "signed": SIGNER.signed(right, PAGE)}
        (change,) = SIGNED.page(signed, None).changes
        assert isinstance(change, ReservationUnreadable)
        assert not change.unproven


@settings(max_examples=150, deadline=None)
@given(value=JSON, signature=st.text(max_size=40))
def test_whatever_nobody_has_signed_is_refused(value: object, signature: str) -> None:
    good = {"changes": [value], "cursor": "c", "more": False}
    for page in (value, {**good, "signed": value}, {**good, "signed": signature}):
        assert _refusal(lambda found: SIGNED.page(found, None), page) is not None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"NaN",
        b'{"cursor": Infinity}',
        b"9" * 10_000,
        b'{"a": 1} trailing',
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(CloudRefused, match="the answer is not JSON"):
        parse_json(body, "cloud: test")
