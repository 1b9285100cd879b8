"""Every way in which a signature may be wrong, each said in its own words."""

import base64
import copy
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import pytest

from hardware_sim.list_signing import ListSigner, entry_hash
from vendtower.adapters.cloud_http.jws import trusted_keys
from vendtower.adapters.cloud_http.signed_list import ENTRY, PAGE, SignedList
from vendtower.domain.card import KnownCard
from vendtower.domain.reservation import (
    ConsentDecision,
    ReservationSet,
    ReservationUnreadable,
    ReservationWithdrawn,
)
from vendtower.domain.reservation_proof import differences
from vendtower.ports.reservation_cloud import CloudRefused, CloudUnproven
from vendtower.ports.reservation_proof import NotProven

TOWER = "guangzhou-01"
SIGNER = ListSigner(b"k" * 32, "2026-01")
STRANGER = ListSigner(b"x" * 32, "2026-01")
ISSUED = "2026-03-01T09:00:00+00:00"
PORTRAIT = b"sealed portrait"
RESERVATION: dict[str, Any] = {
    "id": "R-1",
    "revision": 3,
    "vehicle": {
        "vin": "LVGBM53E0CG000001",
        "plate": "A-12345",
        "model": "Sedan",
        "length_mm": 4600,
        "width_mm": 1850,
        "height_mm": 1500,
        "weight_kg": 1600,
    },
    "window": {"starts_at": "2026-03-01T17:00:00+08:00", "ends_at": "2026-03-01T10:00:00Z"},
    "language": "en",
    "check_in_code": {"salt": "s", "sha256": "ab" * 32},
    "face": {"consent": True, "portrait_sha256": hashlib.sha256(PORTRAIT).hexdigest()},
}
ENTRY_SET: dict[str, Any] = {"op": "set", "reservation": RESERVATION}
PICTURE = base64.b64encode(PORTRAIT).decode()


def reader(*signers: ListSigner, required: bool = True) -> SignedList:
    trusted = trusted_keys({each.kid: each.public_key for each in signers or (SIGNER,)})
    return SignedList(TOWER, trusted, required=required)


def signed_item(entry: Mapping[str, object] = ENTRY_SET, **more: object) -> dict[str, object]:
    return {"signed": SIGNER.entry(TOWER, entry), "sealed_portrait": PICTURE, **more}


def page_of(*items: object, signer: ListSigner = SIGNER, **changes: Any) -> dict[str, Any]:
    """A page as the cloud makes it; ``changes`` replace what is signed, not what is sent."""
    sent: dict[str, Any] = {"changes": list(items), "cursor": "c2", "more": False}
    word = {
        "tower": TOWER,
        "asked": "c1",
        "issued_at": ISSUED,
        "cursor": "c2",
        "more": False,
        "entries": [entry_hash(item) for item in items],
    }
    return {**sent, "signed": signer.signed({**word, **changes}, PAGE)}


def only_change(item: object, found: SignedList | None = None) -> Any:
    (change,) = (found or reader()).page(page_of(item), "c1").changes
    return change


def part(text: str, nth: int, content: bytes) -> str:
    parts = text.split(".")
    parts[nth] = base64.urlsafe_b64encode(content).rstrip(b"=").decode()
    return ".".join(parts)


def test_a_signed_reservation_arrives_with_its_picture_and_keeps_its_proof() -> None:
    found = reader()
    page = found.page(page_of(signed_item()), "c1")
    assert page.issued_utc is not None
    assert page.issued_utc.isoformat() == ISSUED
    (change,) = page.changes
    assert isinstance(change, ReservationSet)
    held = change.reservation
    assert held.sealed_portrait == PORTRAIT
    assert PICTURE not in held.proof
    proven = found.proven(held.proof)
    assert differences(held, proven) == ()
    # The tower may forget of a face what it likes.
    assert differences(replace(held, sealed_portrait=None, face_consent=False), proven) == ()


def test_every_field_that_is_changed_is_seen() -> None:
    change = only_change(signed_item())
    held, proven = change.reservation, reader().proven(change.reservation.proof)
    changes: dict[str, Any] = {
        "reservation_id": "R-2",
        "revision": 4,
        "vehicle": replace(held.vehicle, vin="LVGBM53E0CG000002"),
        "starts_at": held.ends_at,
        "ends_at": held.starts_at,
        "language": "fr",
        "code_salt": "t",
        "code_sha256": "cd" * 32,
        "slot": 4,
        "greeting": "X.",
        "returns_by": held.ends_at,
        "key_compartment": 3,
        "swap_for": "LVGBM53E0CG000003",
        "cards": (KnownCard("s", "ef" * 32),),
        "consent": ConsentDecision("v1", held.starts_at, "app"),
        "sealed_portrait": b"another",
    }
    # Consent is below; a proof is what the others are held against.
    assert {*changes, "face_consent", "proof"} == {each.name for each in fields(held)}
    for name, value in changes.items():
        assert differences(replace(held, **{name: value}), proven) == (name,)
    without = copy.deepcopy(ENTRY_SET)
    without["reservation"]["face"] = {"consent": False}
    refused = only_change({"signed": SIGNER.entry(TOWER, without)}).reservation
    agreed = replace(refused, face_consent=True)
    assert differences(agreed, reader().proven(refused.proof)) == ("face_consent",)


def test_a_signed_withdrawal_arrives() -> None:
    text = SIGNER.entry(TOWER, {"op": "withdrawn", "id": "R-1"})
    assert only_change({"signed": text}) == ReservationWithdrawn("R-1")


GOOD = SIGNER.entry(TOWER, ENTRY_SET)
HEADER = {"alg": "EdDSA", "typ": ENTRY, "kid": "2026-01"}


def with_header(**members: object) -> str:
    return SIGNER.signed({"tower": TOWER, **ENTRY_SET}, ENTRY, **members)


def unpadded_bits(text: str) -> str:
    """The same signature in another spelling: unused bits of its last character are set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) | 1]


def with_payload(change: Callable[[bytes], bytes]) -> str:
    payload = GOOD.split(".")[1]
    content = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return part(GOOD, 1, change(content))


WRONG: dict[str, tuple[object, str]] = {
    "no signature": (None, "found no signature"),
    "a number": (7, "found none, expected a JWS"),
    "no jws": ("a.b", "expected a JWS in its compact form"),
    "padding": (GOOD + "==", "expected a JWS in its compact form"),
    "line break": (GOOD + "\n", "expected a JWS in its compact form"),
    "too long": (GOOD + "A" * 100_000, "expected a JWS in its compact form of at most"),
    "other spelling": (unpadded_bits(GOOD), "no canonical base64url"),
    "another's key": (STRANGER.entry(TOWER, ENTRY_SET), "has not made of this"),
    "unknown key": (with_header(kid="2027-01"), "found key '2027-01', expected one of"),
    "no key id": (with_header(kid=None), "found key none"),
    "key id is a list": (with_header(kid=["2026-01"]), "found key"),
    "alg none": (with_header(alg="none"), "alg: found 'none', expected EdDSA"),
    "alg HS256": (with_header(alg="HS256"), "alg: found 'HS256'"),
    "key in the header": (with_header(jwk={"kty": "OKP"}), "found header 'jwk'"),
    "critical": (with_header(crit=["b64"], b64=False), "found header 'b64'"),
    "a page's": (SIGNER.signed({"tower": TOWER, **ENTRY_SET}, PAGE), "typ: found"),
    "other tower": (SIGNER.entry("other-02", ENTRY_SET), "for tower 'other-02'"),
    "no tower": (SIGNER.signed(ENTRY_SET, ENTRY), "for tower None"),
    "changed": (with_payload(lambda p: p.replace(b'"en"', b'"fr"')), "has not made of this"),
    "no header": (part(GOOD, 0, b"[]"), "header: expected a JSON object"),
    "broken header": (part(GOOD, 0, b"{"), "header: found no JSON"),
    "alg twice": (
        part(GOOD, 0, b'{"alg":"none",' + json.dumps(HEADER).encode()[1:]),
        "a member stands in it twice",
    ),
    "empty signature": (GOOD.rpartition(".")[0] + ".AA", "has not made of this"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_signature_spoils_its_entry_alone(name: str) -> None:
    text, why = WRONG[name]
    bad = {"signed": text, "sealed_portrait": PICTURE}
    items = (bad, signed_item())
    # The page's signature covers what is sent, whatever that is.
    page = reader().page(page_of(*items), "c1")
    change, good = page.changes
    assert isinstance(change, ReservationUnreadable)
    assert change.unproven
    assert why in change.why
    assert isinstance(good, ReservationSet)
    if isinstance(text, str):
        with pytest.raises(NotProven):
            reader().proven(text)


def test_the_refusal_names_the_reservation_that_nobody_vouches_for() -> None:
    change = only_change({"signed": STRANGER.entry(TOWER, ENTRY_SET)})
    assert change.reservation_id == "R-1"


@pytest.mark.parametrize("picture", [None, "", "no base64!", base64.b64encode(b"other").decode()])
def test_a_picture_that_is_not_the_signed_one(picture: object) -> None:
    change = only_change(signed_item(sealed_portrait=picture))
    assert isinstance(change, ReservationUnreadable)
    assert not change.unproven
    assert "found another picture" in change.why


def test_without_consent_no_picture_comes_in() -> None:
    entry = copy.deepcopy(ENTRY_SET)
    entry["reservation"]["face"]["consent"] = False
    assert only_change(signed_item(entry)).reservation.sealed_portrait is None


@pytest.mark.parametrize("consent", [True, False])
def test_no_picture_comes_in_with_the_proof(consent: bool) -> None:
    """The proof is kept for longer than the picture may be, and where there may be none."""
    entry = copy.deepcopy(ENTRY_SET)
    entry["reservation"]["face"] |= {"consent": consent, "sealed_portrait": PICTURE}
    change = only_change(signed_item(entry))
    assert isinstance(change, ReservationUnreadable)
    assert "found a picture in what is signed, expected it beside" in change.why
    with pytest.raises(NotProven):
        reader().proven(SIGNER.entry(TOWER, entry))


def test_a_broken_entry_that_is_signed_is_broken_all_the_same() -> None:
    entry = copy.deepcopy(ENTRY_SET)
    entry["reservation"]["revision"] = "x"
    change = only_change(signed_item(entry))
    assert isinstance(change, ReservationUnreadable)
    assert (change.unproven, change.reservation_id) == (False, "R-1")


def cut_apart(text: str) -> dict[str, str]:
    """An entry whose last part is sent as if it were the picture beside it."""
    head, _, signature = text.rpartition(".")
    return {"signed": head, "sealed_portrait": f"{signature}."}


WITHDRAWAL = SIGNER.entry(TOWER, {"op": "withdrawn", "id": "R-1"})


def stripped(page: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in page.items() if name != "signed"}


WRONG_PAGES: dict[str, tuple[dict[str, Any], str]] = {
    "unsigned": (stripped(page_of()), "signature: found none"),
    "another's key": (page_of(signer=STRANGER), "has not made of this"),
    "other tower": (page_of(tower="other-02"), "tower: found 'other-02'"),
    "other question": (page_of(asked="c0"), "asked: found 'c0', expected 'c1'"),
    "from the beginning": (page_of(asked=None), "asked: found None"),
    "other cursor": (page_of() | {"cursor": "c9"}, "cursor: found 'c9', expected 'c2'"),
    "more is hidden": (page_of(more=True), "more: found False, expected True"),
    "entry left out": (page_of(signed_item()) | {"changes": []}, "entries: found other ones"),
    "entry put in": (page_of() | {"changes": [signed_item()]}, "entries: found other ones"),
    "entry doubled": (
        page_of(signed_item()) | {"changes": [signed_item(), signed_item()]},
        "entries: found other ones",
    ),
    "other picture": (
        page_of(signed_item()) | {"changes": [signed_item(sealed_portrait="AAAA")]},
        "entries: found other ones",
    ),
    "entry cut apart": (
        page_of({"signed": WITHDRAWAL}) | {"changes": [cut_apart(WITHDRAWAL)]},
        "entries: found other ones",
    ),
    "signature taken off": (
        page_of(signed_item()) | {"changes": [ENTRY_SET]},
        "entries: found other ones",
    ),
    "an entry's signature": (page_of() | {"signed": GOOD}, "typ: found"),
    "time without a zone": (page_of(issued_at="2026-03-01T09:00:00"), "issued_at"),
    "no time": (page_of(issued_at=None), "issued_at"),
}


@pytest.mark.parametrize("name", WRONG_PAGES)
def test_a_page_that_is_not_as_it_was_signed_counts_for_nothing(name: str) -> None:
    page, why = WRONG_PAGES[name]
    with pytest.raises(CloudUnproven, match="cloud: reservations page") as caught:
        reader().page(page, "c1")
    assert why in str(caught.value)
    assert caught.value.status == 200


def test_several_keys_are_trusted_at_a_time() -> None:
    new = ListSigner(b"n" * 32, "2026-02")
    both = reader(SIGNER, new)
    assert both.page(page_of(), "c1").issued_utc is not None
    assert both.page(page_of(signer=new), "c1").issued_utc is not None
    with pytest.raises(CloudUnproven, match="found key '2026-02', expected one of"):
        reader().page(page_of(signer=new), "c1")


def test_a_page_that_comes_again_is_held_against_the_question_anew() -> None:
    found, page = reader(), page_of()
    first = found.page(page, "c1")
    assert found.page(page, "c1") == first
    with pytest.raises(CloudUnproven, match="asked"):
        found.page(page, "c2")


def test_where_no_signature_is_asked_for_a_plain_list_is_read() -> None:
    plain = copy.deepcopy(ENTRY_SET)
    plain["reservation"]["face"] = {"consent": True, "sealed_portrait": PICTURE}
    page = reader(required=False).page(stripped(page_of(plain)), "c1")
    (change,) = page.changes
    assert isinstance(change, ReservationSet)
    assert (change.reservation.sealed_portrait, change.reservation.proof) == (PORTRAIT, "")
    assert page.issued_utc is None


def test_where_no_signature_is_asked_for_and_no_key_is_there_a_signed_list_is_read() -> None:
    keyless = SignedList(TOWER, {}, required=False)
    (change,) = keyless.page(page_of(signed_item()), "c1").changes
    assert isinstance(change, ReservationSet)
    assert (change.reservation.sealed_portrait, change.reservation.proof) == (PORTRAIT, "")


def test_a_wrong_signature_is_refused_also_where_none_is_asked_for() -> None:
    change = only_change({"signed": STRANGER.entry(TOWER, ENTRY_SET)}, reader(required=False))
    assert isinstance(change, ReservationUnreadable)


def test_a_page_of_another_shape_is_refused_as_before() -> None:
    with pytest.raises(CloudRefused, match="cursor: found nothing") as caught:
        reader().page({"changes": [], "more": False}, None)
    assert not isinstance(caught.value, CloudUnproven)
