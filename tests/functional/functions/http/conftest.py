"""Real peers on loopback for probes of the http family: scripted TCP servers, and a DNS server that is told names."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
import trustme
from dnslib import QTYPE, RCODE, RR, A, DNSRecord

from auditor.domain.check import judge
from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.domain.result import Result, Status
from auditor.domain.target import Target
from auditor.net.network import Network
from auditor.net.run import ProbeJob, run_probes
from functions.http.checks import CHECKS
from functions.http.facts import HttpFacts
from functions.http.family import HttpSpec
from functions.http.probe import observe

Script = Callable[[socket.socket, str], None]
"""What a peer does with a connection and the request's head."""


class Peer:
    """A TCP server that runs a script for each connection, each in its own thread."""

    def __init__(self, script: Script, address: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._script = script
        self._tls = tls
        self._listener = socket.create_server((address, port), backlog=64)
        self.address, self.port = self._listener.getsockname()
        self.requests: list[str] = []
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def url(self, path: str = "/", host: str = "") -> str:
        """This peer's URL, by its address or another name."""
        return f"{'https' if self._tls else 'http'}://{host or self.address}:{self.port}{path}"

    def close(self) -> None:
        """End the server and whatever still runs in it."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join(5)
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(5)
        assert not any(thread.is_alive() for thread in self._threads)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            request = b""
            while b"\r\n\r\n" not in request:
                data = connection.recv(65_536)
                if not data:
                    return
                request += data
            self.requests.append(request.decode("latin-1"))
            self._script(connection, self.requests[-1])
        except OSError:  # the probe has left, which many scripts wait for
            return
        finally:
            connection.close()


class Names:
    """A DNS server over UDP: A records as told, NXDOMAIN for the rest."""

    def __init__(self) -> None:
        self._records: dict[str, tuple[str, ...]] = {}
        self.delay = 0.0
        """Seconds before each answer."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.resolver: tuple[str, int] = self._socket.getsockname()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def tell(self, name: str, *addresses: str) -> None:
        """From now on this name has these addresses."""
        self._records[name] = addresses

    def close(self) -> None:
        """End the server."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", self.resolver)
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            message, client = self._socket.recvfrom(4096)
            if not message:
                return
            query = DNSRecord.parse(message)
            reply = query.reply()
            addresses = self._records.get(str(query.q.qname).rstrip("."))
            if addresses is None:
                reply.header.rcode = RCODE.NXDOMAIN
            elif query.q.qtype == QTYPE.A:
                for address in addresses:
                    reply.add_answer(RR(query.q.qname, QTYPE.A, rdata=A(address), ttl=10))
            time.sleep(self.delay)
            self._socket.sendto(reply.pack(), client)


class StartPeer(Protocol):
    """Starts a scripted server; it is stopped when the test ends."""

    def __call__(
        self, script: Script, *, address: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> Peer:
        """The running server."""


@dataclass(frozen=True)
class Seen:
    """One probe as the rest of the auditor sees it."""

    observation: Observation[HttpFacts]
    results: dict[str, Result]

    @property
    def facts(self) -> HttpFacts:
        """The facts, which must be there."""
        assert self.observation.facts is not None, self.observation.could_not_tell
        return self.observation.facts

    def answer(self, check: str) -> tuple[Status, str | None, Phase | None]:
        """Status, cause and phase of a check."""
        result = self.results[f"http.{check}"]
        return result.status, result.cause, result.phase

    def passes(self) -> set[str]:
        """The checks that passed."""
        return {check.removeprefix("http.") for check, result in self.results.items() if result.status is Status.PASS}


class Ask(Protocol):
    """Probes a URL once with the real engine and judges what was seen."""

    def __call__(self, url: str, **fields: Any) -> Seen:
        """The observation and its results; ``fields`` are those of the spec."""


class HeldSecrets:
    """Secrets by name. ``cached`` is what is handed out until it is forgotten, as after a rotation."""

    def __init__(self) -> None:
        self.held: dict[str, str | Failure] = {}
        self.cached: dict[str, str] = {}

    def read(self, name: str) -> str | Failure:
        """The secret, or why it cannot be had; an undeclared read is a defect."""
        if name not in self.held:
            raise AssertionError(f"the http family read the secret {name}, which the test does not know")
        return self.cached.get(name, self.held[name])

    def forget(self, name: str) -> None:
        """From now on the current value is handed out."""
        self.cached.pop(name, None)


@pytest.fixture
def start() -> Iterator[StartPeer]:
    peers: list[Peer] = []

    def start_peer(
        script: Script, *, address: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> Peer:
        peers.append(Peer(script, address, port, tls))
        return peers[-1]

    yield start_peer
    for peer in peers:
        peer.close()


@pytest.fixture
def names() -> Iterator[Names]:
    server = Names()
    yield server
    server.close()


@pytest.fixture
def network(names: Names) -> Network:
    return Network(resolver=names.resolver)


@pytest.fixture
def secrets() -> HeldSecrets:
    return HeldSecrets()


@pytest.fixture
def ask(network: Network, secrets: HeldSecrets) -> Ask:
    def ask_once(url: str, **fields: Any) -> Seen:
        spec = HttpSpec(**{"url": url, "timeout": timedelta(seconds=2), **fields})
        target = Target(id="web", family="http", service="web", component="app.web", spec=spec)
        (observation,) = run_probes(
            [ProbeJob(target=target.id, timeout=spec.timeout, observe=lambda probe: observe(target, probe))],
            family="http",
            slot=datetime(2026, 11, 23, 16, 47, tzinfo=UTC),
            vantage=Vantage(kind="workstation", name="test"),
            network=network,
            secrets=secrets,
            within=timedelta(seconds=10),
        )
        return Seen(observation, {result.check: result for result in judge(CHECKS, target, observation)})

    return ask_once


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """A server's TLS context with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def answers(body: bytes = b"", *, status: str = "200 OK", headers: tuple[str, ...] = ()) -> Script:
    """A script that gives one well-formed answer."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers)

    def script(connection: socket.socket, request: str) -> None:
        connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")
        if not request.startswith("HEAD "):
            connection.sendall(body)

    return script


def sends(*pieces: bytes) -> Script:
    """A script that sends exactly these bytes and closes."""

    def script(connection: socket.socket, _: str) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return script


def then_waits(*pieces: bytes) -> Script:
    """A script that sends these bytes and then holds the connection until the probe leaves."""

    def script(connection: socket.socket, _: str) -> None:
        for piece in pieces:
            connection.sendall(piece)
        while connection.recv(4096):
            pass

    return script


def resets(connection: socket.socket, _: str) -> None:
    """A script that resets the connection after the request."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
