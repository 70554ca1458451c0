"""A resolver that is stopped when the test ends, and one probe of a name."""

import contextlib
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
from dnslib import RR

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
from tests.resolver import OverTcp, OverUdp, Resolver, message

NAME = "db.shop.internal"


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
