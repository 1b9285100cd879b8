"""Signatures of the cloud: JWS in its compact form (RFC 7515) with Ed25519 (RFC 8037).

One algorithm, no choice: a header names a key of the site file, the kind of what is signed, and
nothing else. What was signed is what is read; there is no second copy beside it.
"""

import base64
import json
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vendtower.ports.reservation_proof import NotProven

ALGORITHM = "EdDSA"
PAYLOAD_BYTES_MAX = 64 * 1024
"""An entry has about 1 kB, a page's word about 3 kB."""
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)
_TEXT_MAX = PAYLOAD_BYTES_MAX * 4 // 3 + 1024

TrustedKeys = Mapping[str, Ed25519PublicKey]
"""Key id to key."""


def trusted_keys(keys: Mapping[str, str]) -> TrustedKeys:
    """The keys of the site file, which has checked them: key id to base64 of 32 bytes."""
    return {
        kid: Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        for kid, key in keys.items()
    }


def signed_payload(text: object, kind: str, keys: TrustedKeys) -> Mapping[str, object]:
    """The JSON object that one of the keys has signed as this kind of thing (header ``typ``).

    Raises:
        NotProven: naming what is wrong with it.

    """
    header, payload, signature, signed = _parts(text)
    key = keys.get(_key_id(header, kind))
    if key is None:
        raise NotProven(
            f"signature: found key {_shown(header.get('kid'))}, expected one of the site file's "
            f"cloud.list_keys: {', '.join(sorted(keys)) or 'there is none'}"
        )
    try:
        key.verify(signature, signed)
    except InvalidSignature as error:
        raise NotProven(
            f"signature: found one that key {_shown(header.get('kid'))} has not made of this"
        ) from error
    return _json_object(payload, "payload")


def unsigned_payload(text: object) -> Mapping[str, object]:
    """What is in it, whoever made it; for a tower whose site file asks for no signature.

    Raises:
        NotProven: when it is no compact JWS.

    """
    _, payload, _, _ = _parts(text)
    return _json_object(payload, "payload")


def _parts(text: object) -> tuple[Mapping[str, object], bytes, bytes, bytes]:
    """Header, payload, signature, and what the signature is made over."""
    if not isinstance(text, str):
        raise NotProven("signature: found none, expected a JWS in its compact form")
    found = _COMPACT.fullmatch(text) if len(text) <= _TEXT_MAX else None
    if found is None:
        raise NotProven(
            f"signature: found text of {len(text)} characters, expected a JWS in its compact form "
            f"of at most {_TEXT_MAX}"
        )
    header, payload, signature = (_decoded(part) for part in found.groups())
    return _json_object(header, "header"), payload, signature, text.rpartition(".")[0].encode()


def _key_id(header: Mapping[str, object], kind: str) -> str:
    """The key that the header names; one with anything else in it is not of this contract."""
    if header.get("alg") != ALGORITHM:
        found = _shown(header.get("alg"))
        raise NotProven(f"signature: alg: found {found}, expected {ALGORITHM}")
    if header.get("typ") != kind:
        raise NotProven(f"signature: typ: found {_shown(header.get('typ'))}, expected {kind}")
    if unknown := sorted(header.keys() - {"alg", "typ", "kid"}):
        raise NotProven(f"signature: found header {_shown(unknown[0])}, expected alg, typ and kid")
    kid = header.get("kid")
    return kid if isinstance(kid, str) else ""


def _decoded(part: str) -> bytes:
    """Base64url without padding, and in the one way in which these bytes are written."""
    try:
        content = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError as error:
        raise NotProven("signature: found a part that is no base64url") from error
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != part:
        raise NotProven("signature: found a part that is no canonical base64url")
    return content


def _json_object(content: bytes, name: str) -> Mapping[str, object]:
    try:
        value = json.loads(content.decode(), object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise NotProven(f"signature: {name}: found no JSON: {str(error)[:100]}") from error
    if not isinstance(value, dict):
        raise NotProven(f"signature: {name}: expected a JSON object")
    return value


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a member stands in it twice")
    return value


def _shown(value: object) -> str:
    return repr(value)[:60] if value is not None else "none"
