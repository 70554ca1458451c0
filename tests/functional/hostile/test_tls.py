"""Peers that misbehave around TLS: each ends in time, in its phase and with its cause."""

import datetime as dt
import ssl
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from auditor.domain.observation import Phase
from auditor.net.network import Network
from tests.functional.functions.database.conftest import Listeners

from .outcome import Label, each, require
from .scripts import then_waits
from .test_http import ask
from .tls_peers import BEHIND_TLS, RAW, encrypted


def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.mark.parametrize("name", each({n: label for n, (_, label) in RAW.items()}, always=("a hello that drips",)))
def test_a_peer_that_breaks_the_handshake(name: str, listeners: Listeners, ca_file: str) -> None:
    script, label = RAW[name]

    def after_the_hello(connection: object) -> None:
        connection.recv(65_536)  # type: ignore[attr-defined]
        script(connection)  # type: ignore[arg-type]

    outcome = ask(
        f"https://127.0.0.1:{listeners.tcp(after_the_hello)}/", ca_file=ca_file, deadline=label.deadline, weighed=True
    )
    require(outcome, label)


@pytest.mark.parametrize("name", each({n: label for n, (_, label) in BEHIND_TLS.items()}, always=()))
def test_a_peer_that_misbehaves_behind_the_handshake(
    name: str, listeners: Listeners, authority: trustme.CA, ca_file: str
) -> None:
    script, label = BEHIND_TLS[name]
    port = listeners.tcp(encrypted(server_context(authority), script))
    outcome = ask(f"https://127.0.0.1:{port}/", ca_file=ca_file, deadline=label.deadline)
    require(outcome, label)


def _certificate(path: Path, extension: bytes, copies: int) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begin).not_valid_after(begin + dt.timedelta(days=3650))
    builder = builder.add_extension(
        x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), extension), critical=False
    )
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + pem * copies)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.mark.parametrize(("size", "copies"), [(10_000_000, 1), (100, 2000)])
def test_a_certificate_of_megabytes_is_refused_before_it_is_read(
    size: int, copies: int, listeners: Listeners, ca_file: str, tmp_path: Path
) -> None:
    context = _certificate(tmp_path / "huge.pem", bytes(size), copies)
    port = listeners.tcp(encrypted(context, then_waits()))
    outcome = ask(f"https://127.0.0.1:{port}/", ca_file=ca_file, deadline=2.0)
    require(outcome, Label(cause="tls.failed", phase=Phase.TLS, check="reachable"))


def test_a_name_that_only_looks_alike_is_another(listeners: Listeners, authority: trustme.CA, ca_file: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("*.test", "site.test.evil.example").configure_cert(context)
    port = listeners.tcp(encrypted(context, then_waits()))
    resolver = listeners.dns({"a.site.test": ["127.0.0.1"]}).resolver
    outcome = ask(f"https://a.site.test:{port}/", ca_file=ca_file, network=Network(resolver=resolver), deadline=2.0)
    require(outcome, Label(cause="tls.name_mismatch", phase=Phase.TLS, check="reachable"))
