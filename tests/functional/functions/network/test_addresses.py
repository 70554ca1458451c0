"""Ports beyond the labelled situations: many addresses, time, the networks' seam, and what is not kept."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta

import pytest
from dnslib import AAAA, QTYPE, RR

from auditor.domain.observation import Phase
from auditor.net.network import Network
from auditor.net.sandbox_network import sandbox_network
from functions.network.checks import CHECKS
from functions.network.facts import NetworkFacts
from functions.network.family import MAX_ADDRESSES, NetworkSpec
from functions.network.probe import LISTEN_SECONDS, observe
from sandbox.blackhole import BlackHole
from tests.fault_lab.network_lab import HOST, listening, named, stays
from tests.functional.hostile.outcome import NOWHERE, Outcome, probed
from tests.resolver import Resolver, message


def probe(host: str, port: int, *, network: Network = NOWHERE, within: float = 2.0) -> Outcome:
    spec = NetworkSpec(host=host, port=port, timeout=timedelta(seconds=within))
    return probed(spec, observe, CHECKS, NetworkFacts, network=network, weighed=True)


def facts(outcome: Outcome) -> NetworkFacts:
    assert outcome.observation.facts is not None, outcome.observation.could_not_tell
    found: NetworkFacts = outcome.observation.facts
    return found


@pytest.fixture
def resolver() -> Iterator[Callable[..., Network]]:
    running: list[Resolver] = []

    def start(*addresses: str) -> Network:
        running.append(Resolver(named(*addresses), None))
        return Network(resolver=running[-1].address)

    yield start
    for each in running:
        each.close()


def test_of_many_addresses_all_are_kept_and_some_are_tried(resolver: Callable[..., Network]) -> None:
    addresses = [f"127.0.0.{n}" for n in range(1, MAX_ADDRESSES + 5)]
    with listening(stays, *addresses) as port:
        outcome = probe(HOST, port, network=resolver(*addresses))
    assert len(facts(outcome).resolved) == MAX_ADDRESSES + 4
    assert [seen.address for seen in facts(outcome).probed] == addresses[:MAX_ADDRESSES]
    assert outcome.results["reachable"].evidence["addresses_tried"] == MAX_ADDRESSES
    assert outcome.seconds < LISTEN_SECONDS + 1, "side by side, not one after the other"


def test_the_time_of_listening_is_not_the_targets() -> None:
    with listening(stays) as port:
        outcome = probe("127.0.0.1", port)
    assert outcome.seconds >= LISTEN_SECONDS
    assert (outcome.observation.latency_ms() or 0) < 100
    (timing,) = outcome.observation.phases
    assert (timing.phase, timing.ok, timing.address) == (Phase.TCP, True, "127.0.0.1")


def test_who_took_the_connection_too_late_was_not_listened_to() -> None:
    with listening(stays) as port:
        outcome = probe("127.0.0.1", port, within=LISTEN_SECONDS - 0.05)
    assert outcome.results["reachable"].status == "PASS"
    result = outcome.results["not_reset"]
    assert (result.status, result.cause) == ("UNKNOWN", "network.not_listened")
    assert not facts(outcome).probed[0].listened


def test_what_a_server_says_is_noticed_and_not_kept() -> None:
    def greets(connection: socket.socket) -> None:
        connection.sendall(b"220 top-secret-banner\r\n")
        stays(connection)

    with listening(greets) as port:
        outcome = probe("127.0.0.1", port)
    assert facts(outcome).probed[0].spoke
    assert "top-secret" not in outcome.text


def test_every_address_keeps_its_own_failure() -> None:
    with socket.socket() as held, listening(stays, "127.0.0.2") as port:
        held.bind(("127.0.0.1", port))
        with closing(Resolver(named("127.0.0.1", "127.0.0.2"), None)) as names:
            outcome = probe(HOST, port, network=Network(resolver=names.address))
    (failure,) = outcome.observation.failures
    assert (failure.address, failure.cause) == ("127.0.0.1", "tcp.refused")
    assert [(seen.address, seen.outcome) for seen in facts(outcome).probed] == [
        ("127.0.0.1", "refused"),
        ("127.0.0.2", "open"),
    ]


def test_a_name_with_ipv6_only_is_tried_there(resolver: Callable[..., Network]) -> None:
    def six(query: bytes) -> Sequence[bytes]:
        wanted = int.from_bytes(query[-4:-2], "big") == QTYPE.AAAA
        return [message(query, *([RR(HOST, QTYPE.AAAA, rdata=AAAA("::1"), ttl=9)] if wanted else [])).pack()]

    with listening(stays, "::1") as port, closing(Resolver(six, None)) as names:
        outcome = probe(HOST, port, network=Network(resolver=names.address))
    assert outcome.results["reachable"].status == "PASS"
    assert facts(outcome).resolved == ("::1",)


def test_the_catalogues_address_is_kept_and_the_networks_one_dialled() -> None:
    with listening(stays, "127.0.2.20") as port:
        network = sandbox_network("127.0.0.1:9", "http://127.0.0.1:4566")
        outcome = probe("10.0.2.20", port, network=network)
        refused = probe("8.8.8.8", port, network=network)
    assert facts(outcome).probed[0].address == "10.0.2.20"
    assert outcome.results["reachable"].status == "PASS"
    assert (refused.results["reachable"].status, refused.results["reachable"].cause) == ("FAIL", "tcp.unreachable")


def test_many_dead_addresses_cost_the_time_of_one(resolver: Callable[..., Network]) -> None:
    addresses = [f"127.0.0.{n}" for n in range(1, 9)]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    holes = [BlackHole(address, port) for address in addresses]
    try:
        outcome = probe(HOST, port, network=resolver(*addresses), within=0.5)
    finally:
        for hole in holes:
            hole.close()
    assert outcome.seconds < 1.2
    assert {seen.outcome for seen in facts(outcome).probed} == {"timeout"}
    assert all(400 < seen.took_ms < 900 for seen in facts(outcome).probed)
    assert "more failed" in outcome.results["reachable"].summary
