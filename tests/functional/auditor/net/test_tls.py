"""TLS against real servers: each way in which a handshake fails has its own cause."""

import socket
import ssl
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from auditor.domain.observation import Failure, Observation, Phase
from auditor.net.probe import Probe
from auditor.net.stream import Stream
from auditor.net.tls import Certificate, context_from_file, outdated_context, presented_certificates, unverified_context
from tests.fault_lab.tls_servers import restricted

from .conftest import Servers, one

NAME = "registry.example"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return context_from_file(path)


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def speaking(context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.sendall(secured.recv(100).upper())

    return serve


def secure(port: int, context: ssl.SSLContext, *, name: str = NAME, timeout: float = 1.0) -> Observation[object]:
    async def work(probe: Probe) -> object:
        stream = await probe.connect("127.0.0.1", port)
        assert isinstance(stream, Stream)
        secured = await probe.secure(stream, context, name)
        if isinstance(secured, Failure):
            return secured

        async def ask() -> bytes:
            await secured.send(b"ping")
            return await secured.receive()

        answer = await probe.step(
            Phase.QUERY, ask(), peer=secured.peer, timeout_cause="x.silent", timeout_words="was silent"
        )
        assert secured.tls is not None
        chain = presented_certificates(secured.tls)
        return answer if isinstance(answer, Failure) else (answer, chain, secured.tls.version())

    return one(work, timeout=timeout)


def cause(observation: Observation[object]) -> str:
    failure = observation.facts
    assert isinstance(failure, Failure), observation
    assert failure.phase is Phase.TLS
    assert not observation.phases[-1].ok
    return failure.cause


def test_a_healthy_handshake_gives_bytes_and_the_certificate(
    servers: Servers, authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    port = servers.tcp(speaking(server_context(authority.issue_cert(NAME))))
    observation = secure(port, trusting)
    assert isinstance(observation.facts, tuple)
    answer, (certificate,), version = observation.facts
    assert (answer, version) == (b"PING", "TLSv1.3")
    assert certificate.names == (("DNS", NAME),)
    assert certificate.not_after.tzinfo is not None
    assert [(timing.phase, timing.ok) for timing in observation.phases] == [
        (Phase.TCP, True),
        (Phase.TLS, True),
        (Phase.QUERY, True),
    ]


def test_a_certificate_for_another_name(servers: Servers, authority: trustme.CA, trusting: ssl.SSLContext) -> None:
    port = servers.tcp(speaking(server_context(authority.issue_cert("other.example"))))
    assert cause(secure(port, trusting)) == "tls.name_mismatch"
    assert cause(secure(port, trusting, name="127.0.0.1")) == "tls.name_mismatch"


@pytest.mark.parametrize(
    ("begins", "ends", "expected"),
    [(-20, -10, "tls.expired"), (10, 20, "tls.not_yet_valid")],
)
def test_a_certificate_outside_of_its_time(
    servers: Servers, authority: trustme.CA, trusting: ssl.SSLContext, begins: int, ends: int, expected: str
) -> None:
    now = datetime.now(UTC)
    certificate = authority.issue_cert(
        NAME, not_before=now + timedelta(days=begins), not_after=now + timedelta(days=ends)
    )
    port = servers.tcp(speaking(server_context(certificate)))
    assert cause(secure(port, trusting)) == expected


def attempt(
    port: int, context: ssl.SSLContext, name: str | None = NAME
) -> tuple[tuple[Certificate, ...], Failure | None]:
    """What a peer presents, and why the handshake failed if it did."""

    async def work(probe: Probe) -> object:
        stream = await probe.connect("127.0.0.1", port)
        assert isinstance(stream, Stream)
        failure = await probe.step(
            Phase.TLS, stream.handshake(context, name), peer="it", timeout_cause="tls.timeout", timeout_words="-"
        )
        assert stream.tls_attempt is not None
        return presented_certificates(stream.tls_attempt), failure

    facts = one(work).facts
    assert isinstance(facts, tuple), facts
    return facts


@pytest.mark.parametrize("most", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_what_is_not_believed_is_read_all_the_same(
    servers: Servers, authority: trustme.CA, trusting: ssl.SSLContext, most: ssl.TLSVersion
) -> None:
    strangers = trustme.CA().create_child_ca()
    context = server_context(strangers.issue_cert("10.0.0.1", "*.example"))
    context.maximum_version = most
    for reading in (trusting, unverified_context()):
        chain, failure = attempt(servers.tcp(speaking(context)), reading)
        assert (failure.cause if failure else None) == ("tls.untrusted" if reading is trusting else None)
        own, below = chain
        assert set(own.names) == {("IP Address", "10.0.0.1"), ("DNS", "*.example")}
        assert own.issuer == below.subject
        assert not own.issued_by_itself
        assert not own.issuer_to_be_had
        assert own.issuer_name == "trustme v1.2.1"
        assert own.not_before < own.not_after


def test_a_server_that_demands_a_certificate_has_shown_its_own(
    servers: Servers, authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    context = server_context(authority.issue_cert(NAME))
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    authority.configure_trust(context)
    (own, *_), failure = attempt(servers.tcp(speaking(context)), trusting)
    assert failure is not None
    assert failure.cause == "tls.client_certificate_required"
    assert own.names == (("DNS", NAME),)


def test_no_name_is_asked_for(servers: Servers, authority: trustme.CA) -> None:
    asked: list[str | None] = []
    context = server_context(authority.issue_cert(NAME))
    context.sni_callback = lambda _, name, __: asked.append(name)
    port = servers.tcp(speaking(context))
    assert len(attempt(port, unverified_context(), None)[0]) == 1
    attempt(port, unverified_context())
    assert asked == [None, NAME]


def test_the_outdated_context_speaks_what_the_others_refuse(
    servers: Servers, authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    context = restricted(server_context(authority.issue_cert(NAME)), most=ssl.TLSVersion.TLSv1_1)
    _, failure = attempt(servers.tcp(speaking(context)), trusting)
    assert failure is not None
    assert failure.cause == "tls.protocol"
    assert attempt(servers.tcp(speaking(context)), outdated_context())[1] is None


def unasked(port: int, context: ssl.SSLContext, seconds: float = 0.4) -> Observation[object]:
    """What a peer says after the handshake before it is asked anything."""

    async def work(probe: Probe) -> object:
        stream = await probe.connect("127.0.0.1", port)
        assert isinstance(stream, Stream)
        assert await probe.secure(stream, context, NAME) is stream
        return await probe.step(Phase.QUERY, stream.unasked(seconds), peer="it", timeout_cause="x.y", timeout_words="-")

    return one(work, timeout=5)


def test_a_server_that_waits_for_us_is_not_waited_for_after_its_ticket(
    servers: Servers, authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    observation = unasked(servers.tcp(speaking(server_context(authority.issue_cert(NAME)))), trusting, seconds=3)
    assert observation.facts is None
    assert (observation.latency_ms() or 0) < 1000


def test_without_a_ticket_it_is_waited_for_to_the_end(
    servers: Servers, authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    context = server_context(authority.issue_cert(NAME))
    context.num_tickets = 0
    observation = unasked(servers.tcp(speaking(context)), trusting)
    assert observation.facts is None
    assert observation.phases[-1].duration_ms >= 390


@pytest.mark.parametrize(("greeting", "word"), [(b"hello", b"h"), (b"", b"")], ids=["greets", "ends the stream"])
def test_a_server_that_does_not_wait_for_us(
    servers: Servers, authority: trustme.CA, trusting: ssl.SSLContext, greeting: bytes, word: bytes
) -> None:
    context = server_context(authority.issue_cert(NAME))

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.sendall(greeting)

    assert unasked(servers.tcp(serve), trusting).facts == word


@pytest.mark.parametrize(
    "alert", [b"\x2a", b"\x74"], ids=["bad_certificate, as Go and Java say", "certificate_required"]
)
def test_the_refusal_of_a_client_without_a_certificate_comes_before_it_is_asked(
    servers: Servers, trusting: ssl.SSLContext, alert: bytes
) -> None:
    port = servers.tcp(
        lambda connection: connection.recv(2000) and connection.sendall(b"\x15\x03\x03\x00\x02\x02" + alert)
    )
    assert cause(secure(port, trusting)) == "tls.client_certificate_required"


def test_a_certificate_of_an_unknown_authority(servers: Servers, trusting: ssl.SSLContext) -> None:
    port = servers.tcp(speaking(server_context(trustme.CA().issue_cert(NAME))))
    assert cause(secure(port, trusting)) == "tls.untrusted"


def test_a_self_signed_certificate(servers: Servers, trusting: ssl.SSLContext, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "self-signed.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    assert cause(secure(servers.tcp(speaking(context)), trusting)) == "tls.self_signed"


@pytest.mark.parametrize(
    "greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"-ERR unknown command\r\n", b"S", b"\x16\x00garbage", b"\0" * 90]
)
def test_a_peer_that_speaks_something_else(servers: Servers, trusting: ssl.SSLContext, greeting: bytes) -> None:
    port = servers.tcp(lambda connection: connection.recv(1000) and connection.sendall(greeting))
    assert cause(secure(port, trusting)) == "tls.not_tls"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate_is_demanded(
    servers: Servers, authority: trustme.CA, trusting: ssl.SSLContext, version: ssl.TLSVersion
) -> None:
    context = server_context(authority.issue_cert(NAME))
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = version
    authority.configure_trust(context)
    observation = secure(servers.tcp(speaking(context)), trusting)
    assert cause(observation) == "tls.client_certificate_required"
    if version is ssl.TLSVersion.TLSv1_3:  # the handshake ends well for the client; the alert comes with the first read
        assert [(timing.phase, timing.ok) for timing in observation.phases[1:]] == [
            (Phase.TLS, True),
            (Phase.QUERY, False),
        ]


def test_no_common_version(servers: Servers, authority: trustme.CA, tmp_path: Path) -> None:
    context = server_context(authority.issue_cert(NAME))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    client = ssl.create_default_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    assert cause(secure(servers.tcp(speaking(context)), client)) == "tls.protocol"


def test_no_common_cipher(servers: Servers, authority: trustme.CA) -> None:
    context = server_context(authority.issue_cert(NAME))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256")
    client = ssl.create_default_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384")
    assert cause(secure(servers.tcp(speaking(context)), client)) == "tls.protocol"


def test_a_handshake_that_is_never_answered(servers: Servers, trusting: ssl.SSLContext) -> None:
    port = servers.tcp(lambda connection: bool(connection.recv(2000)) and connection.recv(1) and None)
    observation = secure(port, trusting, timeout=0.3)
    assert cause(observation) == "tls.timeout"
    assert isinstance(observation.facts, Failure)
    assert observation.facts.detail.startswith(f"127.0.0.1:{port} did not finish the TLS handshake within 0.")
    assert 290 < (observation.latency_ms() or 0) < 600


def test_a_connection_that_is_closed_instead_of_a_handshake(servers: Servers, trusting: ssl.SSLContext) -> None:
    port = servers.tcp(lambda connection: connection.recv(2000) and None)
    assert cause(secure(port, trusting)) == "tls.closed"


def test_a_connection_that_is_reset_instead_of_a_handshake(servers: Servers, trusting: ssl.SSLContext) -> None:
    def reset(connection: socket.socket) -> None:
        connection.recv(2000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert cause(secure(servers.tcp(reset), trusting)) == "tcp.reset"


def test_no_text_of_the_peer_is_repeated(servers: Servers, trusting: ssl.SSLContext) -> None:
    port = servers.tcp(lambda connection: connection.recv(2000) and connection.sendall(b"password=hunter2\r\n"))
    assert "hunter2" not in str(secure(port, trusting))
