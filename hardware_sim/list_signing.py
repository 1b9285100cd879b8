"""Signing a tower's list of reservations, as the cloud has to do it.

Written from ``docs/list_signing.md`` alone, so that it judges the tower's own reading.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class ListSigner:
    """Holds the cloud's private key for lists; others may follow it (rotation)."""

    def __init__(self, secret: bytes | None = None, kid: str = "list-1") -> None:
        """``secret`` are the 32 bytes of the key; None makes a new one."""
        self._key = Ed25519PrivateKey.from_private_bytes(secret or os.urandom(32))
        self.kid = kid

    @property
    def public_key(self) -> str:
        """Base64 of 32 bytes, for ``cloud.list_keys`` of the site file."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    @property
    def public_keys(self) -> dict[str, str]:
        """Key id to key, as `cloud.list_keys` of the site file has them."""
        return {self.kid: self.public_key}

    def entry(self, tower: str, entry: Mapping[str, object]) -> str:
        """A reservation or a withdrawal, for this tower."""
        return self.signed({"tower": tower, **entry}, "vendtower-entry+jws")

    def page(
        self,
        tower: str,
        *,
        asked: str | None,
        cursor: str,
        more: bool,
        issued_at: str,
        changes: list[object],
    ) -> str:
        """A page's own word."""
        word = {
            "tower": tower,
            "asked": asked,
            "cursor": cursor,
            "more": more,
            "issued_at": issued_at,
            "entries": [entry_hash(change) for change in changes],
        }
        return self.signed(word, "vendtower-page+jws")

    def signed(self, payload: Mapping[str, object], kind: str, **header: object) -> str:
        """A compact JWS (RFC 7515); ``header`` replaces members of it, to make a wrong one."""
        head = {"alg": "EdDSA", "typ": kind, "kid": self.kid, **header}
        text = f"{_encoded(head)}.{_encoded(payload)}"
        signature = self._key.sign(text.encode())
        return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def entry_hash(change: object) -> str | None:
    """By which the page names a change; None for one that is not signed."""
    if not isinstance(change, Mapping) or not isinstance(change.get("signed"), str):
        return None
    whole = f"{change['signed']}.{change.get('sealed_portrait') or ''}"
    return hashlib.sha256(whole.encode()).hexdigest()


def _encoded(value: Mapping[str, object]) -> str:
    content = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
