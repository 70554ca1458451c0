"""Throw-away authorities and certificates with exactly what a test says, in whatever time and chain it says."""

import datetime as dt
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_BEGIN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_END = dt.datetime(2090, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A certificate and its key; ``issuer`` is None for what signed itself."""

    certificate: x509.Certificate
    key: Key
    issuer: "Issued | None" = None

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key, unencrypted."""
        encryption = serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    def server_context(self, *chain: "Issued") -> ssl.SSLContext:
        """A server that presents this certificate, and behind it these."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "server.pem"
            path.write_bytes(self.key_pem + self.pem + b"".join(each.pem for each in chain))
            context.load_cert_chain(path)
        return context


def root(name: str = "Test root", **more: dt.datetime) -> Issued:
    """An authority that signed itself."""
    return _issue(name, None, (), authority=True, **more)


def intermediate(issuer: Issued, name: str = "Test intermediate", **more: dt.datetime) -> Issued:
    """An authority below another."""
    return _issue(name, issuer, (), authority=True, **more)


def leaf(
    issuer: Issued | None,
    *names: str,
    key: Literal["ec", "rsa"] = "ec",
    days: tuple[float, float] | None = None,
    issuer_url: str = "",
    extensions: Sequence[x509.ExtensionType] = (),
) -> Issued:
    """A server's certificate for names or addresses; without an issuer it signs itself.

    ``days``: begin and end, counted from now. ``issuer_url``: where the issuer's certificate is said to be.
    """
    now = dt.datetime.now(dt.UTC)
    begin, end = (_BEGIN, _END) if days is None else (now + dt.timedelta(days=d) for d in days)
    found = list(extensions)
    if issuer_url:
        place = x509.UniformResourceIdentifier(issuer_url)
        described = x509.AccessDescription(x509.oid.AuthorityInformationAccessOID.CA_ISSUERS, place)
        found.append(x509.AuthorityInformationAccess([described]))
    return _issue("Test server", issuer, names, key=key, begin=begin, end=end, extensions=found)


def _issue(
    common_name: str,
    issuer: Issued | None,
    names: Sequence[str],
    *,
    authority: bool = False,
    key: str = "ec",
    begin: dt.datetime = _BEGIN,
    end: dt.datetime = _END,
    extensions: Sequence[x509.ExtensionType] = (),
) -> Issued:
    own: Key = ec.generate_private_key(ec.SECP256R1()) if key == "ec" else rsa.generate_private_key(65_537, 2048)
    signing = own if issuer is None else issuer.key
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    if authority:
        builder = builder.add_extension(_authority_usage(), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return Issued(certificate=builder.sign(signing, hashes.SHA256()), key=own, issuer=issuer)


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _authority_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
