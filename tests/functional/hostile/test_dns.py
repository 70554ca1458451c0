"""Every hostile resolver leads to its labelled outcome, for the dns family and for a name that http asks."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from auditor.domain.observation import Phase
from auditor.net.network import Network
from functions.dns.checks import CHECKS
from functions.dns.facts import DnsFacts
from functions.dns.family import DnsSpec
from functions.dns.probe import observe

from .dns_peers import NAME, PEERS, Peer, Resolver
from .outcome import Label, each, probed, require
from .test_http import ask


@pytest.fixture
def peer(request: pytest.FixtureRequest) -> Peer:
    return PEERS[request.param]


@pytest.fixture
def network(peer: Peer) -> Iterator[Network]:
    with closing(Resolver(peer.over_udp, peer.over_tcp)) as resolver:
        yield Network(resolver=resolver.address)


LABELS = {name: peer.label for name, peer in PEERS.items()}
ALWAYS = ("another id", "an answer from another port", "a flood of other ids", "cut, and TCP drips 65,535 bytes")


@pytest.mark.parametrize("peer", each(LABELS, always=ALWAYS), indirect=True)
def test_a_hostile_resolver(peer: Peer, network: Network) -> None:
    spec = DnsSpec(name=NAME, timeout=timedelta(seconds=peer.label.deadline), **peer.asks)
    require(probed(spec, observe, CHECKS, DnsFacts, network=network, weighed=True), peer.label)


OF_A_HOST = {
    "another id": "dns.timeout",
    "an answer from another port": "dns.timeout",
    "names behind seven thousand pointers": "dns.malformed",
    "aliases in a circle": "dns.malformed",
    "NXDOMAIN with an address": "dns.nxdomain",
    "an address of another name": "dns.nodata",
    "cut, and TCP refused": "dns.unreachable",
    "cut, and TCP drips 65,535 bytes": "dns.timeout",
    "cut, and a ladder of pointers over TCP": "dns.malformed",
}
"""What the same resolvers do to a target of another family, whose name they are asked for."""


@pytest.mark.parametrize(("peer", "cause"), OF_A_HOST.items(), indirect=["peer"])
def test_a_hostile_resolver_before_an_endpoint(peer: Peer, cause: str, network: Network) -> None:
    label = Label(cause=cause, phase=Phase.NAME, check="reachable")
    require(ask(f"http://{NAME}/", network=network, deadline=label.deadline), label)
