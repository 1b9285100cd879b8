"""TLS between tower and cloud: a certificate counts only when its authority is trusted."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hardware_sim.cloud import ReferenceCloud
from tests.cloud_bench import TOKEN, TOWER, FixedClock, boot_report, write_token
from vendtower.adapters.cloud_http import HttpReservationCloud
from vendtower.ports.reservation_cloud import CloudUnreachable


def make_certificate(directory: Path) -> Path:
    """A key with a certificate for 127.0.0.1 that it signed itself, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "cloud under test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = directory / "cloud.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


async def test_only_a_trusted_certificate_gets_the_token(tmp_path: Path) -> None:
    pem = make_certificate(tmp_path)
    write_token(tmp_path / "token")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    cloud = await ReferenceCloud.start(tokens={TOWER: TOKEN}, tls=server)
    assert cloud.url.startswith("https://")

    def tower(tls: ssl.SSLContext | None) -> HttpReservationCloud:
        return HttpReservationCloud(
            url=cloud.url,
            tower_id=TOWER,
            token_file=tmp_path / "token",
            clock=FixedClock(),
            tls=tls,
        )

    stranger, trusting = tower(None), tower(ssl.create_default_context(cafile=str(pem)))
    try:
        with pytest.raises(CloudUnreachable, match="certificate verify failed"):
            await stranger.boot(boot_report())
        assert cloud.requests("boot") == 0
        assert (await trusting.boot(boot_report())).accepted
    finally:
        await stranger.close()
        await trusting.close()
        await cloud.stop()
