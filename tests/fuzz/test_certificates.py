"""Certificates: damaged ones are read or refused, names are compared as OpenSSL does, and what is kept is clean."""

import contextlib
import ssl
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.codec import from_json, to_json
from auditor.net.tls import Certificate, UnreadableCertificateError, presented_certificates
from functions.tls.certificate import certificate_facts, covers, lacks_intermediate
from functions.tls.facts import MAX_NAMES, CertificateFacts
from tests.certificates import Issued, intermediate, leaf, root

from .material import mangled

SLOT = datetime(2026, 11, 23, 16, 47, tzinfo=UTC)
NAMES = ("web.shop.test", "*.shop.test", "10.0.0.5", "fd00::5")


class _Presented:
    """A connection of which only the chain is looked at: its certificates are decoded by the code of OpenSSL's own."""

    def __init__(self, *ders: bytes) -> None:
        self._sslobj = self
        self._ders = ders

    def get_unverified_chain(self) -> list[Any]:
        return [_Decoded(der) for der in self._ders]


class _Decoded:
    def __init__(self, der: bytes) -> None:
        self._der = der

    def get_info(self) -> Any:
        with tempfile.NamedTemporaryFile(dir="/dev/shm" if Path("/dev/shm").exists() else None) as file:
            file.write(ssl.DER_cert_to_PEM_cert(self._der).encode())
            file.flush()
            return ssl._ssl._test_decode_cert(file.name)  # type: ignore[attr-defined]


@cache
def _samples() -> tuple[bytes, ...]:
    authority = root()
    below = intermediate(authority)
    kinds = [
        x509.SubjectAlternativeName(
            [
                x509.DNSName("a.test"),
                x509.RFC822Name("a@b.test"),
                x509.UniformResourceIdentifier("http://c.test/"),
                x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
                x509.DirectoryName(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "d")])),
                x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"),
            ]
        )
    ]
    made = [authority, below, leaf(below, *NAMES, issuer_url="http://e.test/"), leaf(below, extensions=kinds)]
    return tuple(each.certificate.public_bytes(Encoding.DER) for each in made)


@given(st.deferred(lambda: st.sampled_from(_samples())).flatmap(mangled))
def test_damaged_certificates(der: bytes) -> None:
    connection: Any = _Presented(der, _samples()[0])
    try:
        own, issuer = presented_certificates(connection)
    except UnreadableCertificateError:
        return
    facts = certificate_facts(own, "web.shop.test", SLOT)
    assert from_json(CertificateFacts, to_json(facts)) == facts
    assert len(facts.names) <= MAX_NAMES <= max(facts.names_total, MAX_NAMES)
    assert all(name.isascii() and name.isprintable() and len(name) <= 253 for name in facts.names)
    assert facts.issuer.isprintable()
    assert len(facts.issuer) <= 100
    assert not (lacks_intermediate([own, issuer], []) and own.issuer == issuer.subject)


LABELS = st.sampled_from(["www", "shop", "a", "*", "w*", "*w", "xn--bcher-kva", "test", "example", "WWW", "-a", ""])
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
ASKED = st.lists(
    st.sampled_from(["www", "shop", "a", "b", "xn--bcher-kva", "test", "example"]), min_size=1, max_size=4
).map(".".join)


@cache
def _authority() -> tuple[Issued, ssl.SSLContext]:
    authority = root("Names")
    return authority, ssl.create_default_context(cadata=authority.pem.decode())


def _accepted(server: ssl.SSLContext, name: str) -> tuple[bool, Certificate]:
    """Whether OpenSSL takes the certificate for this name, and what it is."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = _authority()[1].wrap_bio(to_client, to_server, server_hostname=name)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    code: int | None = None
    while code is None:
        try:
            client.do_handshake()
            code = 0
        except ssl.SSLWantReadError:
            with contextlib.suppress(ssl.SSLWantReadError):
                other.do_handshake()
        except ssl.SSLCertVerificationError as error:
            code = error.verify_code
    assert code in (0, 62, 64)
    (own,) = presented_certificates(client)
    return code == 0, own


@given(st.lists(HOSTS, min_size=1, max_size=3), ASKED)
def test_names_are_compared_as_openssl_compares_them(hosts: list[str], asked: str) -> None:
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    server = leaf(_authority()[0], extensions=[names]).server_context()
    accepted, own = _accepted(server, asked)
    assert covers(own, asked) is accepted, (hosts, asked)


@given(st.lists(st.ip_addresses(), min_size=1, max_size=3), st.ip_addresses() | st.just(None))
def test_addresses_are_compared_as_openssl_compares_them(addresses: list[Any], asked: Any) -> None:
    asked = str(addresses[-1] if asked is None else asked)
    own_name = leaf(_authority()[0], *(str(address) for address in addresses)).server_context()
    accepted, own = _accepted(own_name, asked)
    assert covers(own, asked) is accepted, (addresses, asked)
