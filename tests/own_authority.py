"""A certificate authority of the operator's own, and the servers' certificates it signs."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


class OwnAuthority:
    """Its certificate stands in ``file``; it signs what servers show."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("authority under test")
        self._serial = 1
        now = datetime.now(UTC)
        made = (
            self._started(self._name, self._key, now - DAY, now + 10 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def server(
        self, host: str = "127.0.0.1", *, begins: timedelta = -2 * DAY, ends: timedelta = DAY
    ) -> ssl.SSLContext:
        """The TLS settings of a server with a new certificate, valid from and until then."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.renew(context, host, begins=begins, ends=ends)
        return context

    def renew(
        self,
        server: ssl.SSLContext,
        host: str = "127.0.0.1",
        *,
        begins: timedelta = -2 * DAY,
        ends: timedelta = DAY,
    ) -> None:
        """Give a server, running or not, another certificate; new connections see it."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
        made = (
            self._started(_named("cloud under test"), key, now + begins, now + ends)
            .add_extension(names, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = self.file.with_name(f"{self.file.stem}-server-{self._serial}.pem")
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + made.public_bytes(serialization.Encoding.PEM)
        )
        server.load_cert_chain(pem)

    def _started(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        begins: datetime,
        ends: datetime,
    ) -> x509.CertificateBuilder:
        self._serial += 1
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(self._serial)
            .not_valid_before(begins)
            .not_valid_after(ends)
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
