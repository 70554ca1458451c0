"""A real resolver on loopback, UDP and TCP on one port, that behaves as a test says; and one probe of a name."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
from dnslib import RCODE, RR, DNSRecord

from auditor.domain.check import judge
from auditor.domain.codec import from_json, to_json
from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.domain.result import Result, Status
from auditor.domain.target import Target
from auditor.net.network import Network
from auditor.net.run import ProbeJob, run_probes
from functions.dns.checks import CHECKS
from functions.dns.facts import DnsFacts
from functions.dns.family import DnsSpec
from functions.dns.probe import observe

NAME = "db.shop.internal"

OverUdp = Callable[[bytes], Sequence[bytes]]
"""The datagrams that answer a query."""
OverTcp = Callable[[socket.socket], object]
"""What is done with a connection."""


class Resolver:
    """Answers each datagram with those of ``over_udp``, each connection by ``over_tcp``; without that TCP is closed."""

    def __init__(self, over_udp: OverUdp, over_tcp: OverTcp | None) -> None:
        self._over_udp = over_udp
        self._over_tcp = over_tcp
        self.asked: list[DNSRecord] = []
        self._listener = socket.create_server(("127.0.0.1", 0)) if over_tcp else None
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(self._listener.getsockname() if self._listener else ("127.0.0.1", 0))
        self.address: tuple[str, int] = self._udp.getsockname()
        self._threads = [threading.Thread(target=self._serve_udp)]
        if self._listener:
            self._threads.append(threading.Thread(target=self._serve_tcp, args=(self._listener,)))
        for thread in self._threads:
            thread.start()

    @property
    def place(self) -> str:
        """As observations name it."""
        return "{}:{}".format(*self.address)

    def close(self) -> None:
        """End both servers."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", self.address)
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()
        self._udp.close()
        if self._listener:
            self._listener.close()

    def _serve_udp(self) -> None:
        while True:
            query, client = self._udp.recvfrom(65_535)
            if not query:
                return
            self.asked.append(DNSRecord.parse(query))
            for answer in self._over_udp(query):
                with contextlib.suppress(OSError):
                    self._udp.sendto(answer, client)

    def _serve_tcp(self, listener: socket.socket) -> None:
        assert self._over_tcp is not None
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    self._over_tcp(connection)


class Start(Protocol):
    """Starts a resolver; it is stopped when the test ends."""

    def __call__(self, over_udp: OverUdp, over_tcp: OverTcp | None = None) -> Resolver:
        """The running resolver."""


@pytest.fixture
def start() -> Iterator[Start]:
    with contextlib.ExitStack() as closing:

        def start_resolver(over_udp: OverUdp, over_tcp: OverTcp | None = None) -> Resolver:
            resolver = Resolver(over_udp, over_tcp)
            closing.callback(resolver.close)
            return resolver

        yield start_resolver


def message(query: bytes, *records: RR, rcode: str = "NOERROR", authority: Sequence[RR] = (), aa: int = 0) -> DNSRecord:
    """The answer to a query."""
    answer = DNSRecord.parse(query).reply(aa=aa)
    answer.header.rcode = getattr(RCODE, rcode)
    answer.add_answer(*records)
    answer.add_auth(*authority)
    return answer


def answers(*records: RR, rcode: str = "NOERROR", authority: Sequence[RR] = (), aa: int = 0) -> OverUdp:
    """A resolver that answers every question so."""
    return lambda query: [message(query, *records, rcode=rcode, authority=authority, aa=aa).pack()]


def cut(query: bytes) -> Sequence[bytes]:
    """A resolver that says over UDP that the answer is too long."""
    answer = message(query)
    answer.header.tc = 1
    return [answer.pack()]


class NoSecrets:
    """This family reads no secret."""

    def read(self, name: str) -> str | Failure:
        """Fail loudly: a read is a defect."""
        raise AssertionError(f"the dns family read the secret {name}")

    def forget(self, name: str) -> None:
        """Fail loudly, too."""
        raise AssertionError(f"the dns family forgot the secret {name}")


@dataclass(frozen=True)
class Seen:
    """One probe as the rest of the auditor sees it."""

    observation: Observation[DnsFacts]
    results: dict[str, Result]

    @property
    def facts(self) -> DnsFacts:
        """The facts, which must be there."""
        assert self.observation.facts is not None, self.observation.could_not_tell
        return self.observation.facts

    def brief(self) -> dict[str, tuple[str, str | None]]:
        """Status and cause of every check."""
        return {c.removeprefix("dns."): (r.status.value, r.cause) for c, r in self.results.items()}

    def passes_all(self) -> bool:
        """Whether every check that was asked passed."""
        return {result.status for result in self.results.values()} == {Status.PASS}


def ask_all(network: Network, *specs: DnsSpec, private: bool = True) -> list[Seen]:
    """One run of these names with the real engine, judged; what it saw survives the codec."""
    targets = [
        Target(id=f"name-{number}", family="dns", service="shop", component="dns.db", spec=spec, private=private)
        for number, spec in enumerate(specs)
    ]

    def job(target: Target[DnsSpec]) -> ProbeJob:
        return ProbeJob(target=target.id, timeout=target.spec.timeout, observe=lambda probe: observe(target, probe))

    observations = run_probes(
        [job(target) for target in targets],
        family="dns",
        slot=datetime(2026, 11, 23, 16, 47, tzinfo=UTC),
        vantage=Vantage(kind="workstation", name="test"),
        network=network,
        secrets=NoSecrets(),
        within=timedelta(seconds=10),
    )
    seen = []
    for target, observation in zip(targets, observations, strict=True):
        assert from_json(Observation[DnsFacts], to_json(observation)) == observation
        assert {timing.phase for timing in observation.phases} <= {Phase.NAME}
        seen.append(Seen(observation, {result.check: result for result in judge(CHECKS, target, observation)}))
    return seen


def ask(asked: Resolver | tuple[str, int], **fields: Any) -> Seen:
    """One probe of a name, with the resolver as the network's own."""
    address = asked.address if isinstance(asked, Resolver) else asked
    spec = DnsSpec(**{"name": NAME, "timeout": timedelta(seconds=0.6), **fields})
    (seen,) = ask_all(Network(resolver=address), spec)
    return seen


def closed_port() -> int:
    """A UDP port on which nothing listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
