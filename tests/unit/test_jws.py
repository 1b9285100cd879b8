"""Signatures, held against the standard's own example."""

import base64

import pytest

from hardware_sim.list_signing import ListSigner
from vendtower.adapters.cloud_http import jws
from vendtower.adapters.cloud_http.jws import trusted_keys
from vendtower.adapters.cloud_http.signed_list import ENTRY
from vendtower.ports.reservation_proof import NotProven


def test_the_rfc_8037_example() -> None:
    """Appendix A.4: the algorithm and the compact form are the standard's."""
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    signer = ListSigner(seed)
    key = signer.public_key
    assert base64.b64decode(key) == base64.urlsafe_b64decode(
        "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    )
    text = (
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )
    header, payload, signature, signed = jws._parts(text)
    assert (header, payload) == ({"alg": "EdDSA"}, b"Example of Ed25519 signing")
    trusted_keys({"rfc": key})["rfc"].verify(signature, signed)
    # It names neither key nor kind, as every signature of this contract does.
    with pytest.raises(NotProven, match="typ: found none"):
        jws.signed_payload(text, ENTRY, trusted_keys({"rfc": key}))
