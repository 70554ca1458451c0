"""Redirects that lead in circles, out of HTTP, into the auditor's own host, or away with its key."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from auditor.domain.observation import Phase
from auditor.net.network import Network
from functions.http.credential import Credential
from tests.functional.functions.database.conftest import Listeners

from .http_peers import answer
from .outcome import CANARY, Label, require
from .test_http import ask, heard

SITE = "203.0.113.7"
OTHER = "203.0.113.8"
INSIDE = "10.0.0.8"
_REACHED = frozenset({"reachable"})


def _refused(cause: str = "http.redirect") -> Label:
    return Label(cause=cause, phase=Phase.ANSWER, check="status_expected", passes=_REACHED)


def _unreachable(cause: str, phase: Phase) -> Label:
    return Label(cause=cause, phase=phase, check="reachable")


@dataclass
class Site:
    """A server under every address, which redirects as told and answers 401 to who brings no key."""

    moves: Sequence[tuple[str, ...]]
    """The Location headers of the answer to /0, /1, ...; ``{}`` is the number of the request."""
    requests: list[str] = field(default_factory=list)

    def serve(self, connection: socket.socket) -> None:
        """One request."""
        request = heard(connection)
        if not request:
            return
        self.requests.append(request)
        number = len(self.requests)
        if number <= len(self.moves):
            headers = [f"Location: {place.format(number)}" for place in self.moves[number - 1]]
            answer(b"", *headers, status="302 Found")(connection)
        elif CANARY in request:
            answer(b"welcome")(connection)
        else:
            answer(CANARY.encode(), f"Server: {CANARY}", status="401 Unauthorized")(connection)


def network_of(port: int, listeners: Listeners, names: Mapping[str, Sequence[str]] | None = None) -> Network:
    """The site stands at every address, so that whatever is dialled would be heard."""
    resolver = listeners.dns({"site.test": [SITE], **(names or {})}).resolver
    return Network(resolver=resolver, translate=lambda _address, _port: ("127.0.0.1", port))


ASTRAY: dict[str, tuple[Label, tuple[str, ...]]] = {
    "to itself": (_refused("http.redirect_loop"), ("http://site.test/",)),
    "to itself, without a place": (_refused("http.redirect_loop"), ("",)),
    "to itself, by another fragment": (_refused("http.redirect_loop"), ("#again",)),
    "to and fro": (_refused("http.redirect_loop"), ("/b", "http://site.test/")),
    "ever further": (_refused(), ("/?n={}",) * 9),
    "ever longer": (_refused(), tuple("/" + "x" * 5000 * n for n in range(1, 10))),
    "to a file": (_refused(), ("file:///etc/passwd",)),
    "to ftp": (_refused(), ("ftp://site.test/",)),
    "to gopher": (_refused(), ("gopher://site.test:6379/_FLUSHALL",)),
    "to a script": (_refused(), ("javascript:alert(1)",)),
    "to data": (_refused(), ("data:text/plain,ok",)),
    "to no host": (_refused(), ("http:///x",)),
    "to port 0": (_refused(), ("http://site.test:0/",)),
    "to a port that is none": (_refused(), ("http://site.test:99999/",)),
    "to half an address": (_refused(), ("http://[::1/",)),
    "to the auditor's own host": (_refused(), ("http://127.0.0.1:9001/2018-06-01/runtime/invocation/next",)),
    "to the auditor's own host in IPv6": (_refused(), ("http://[::1]:9001/",)),
    "to no address at all": (_refused(), ("http://0.0.0.0:9001/",)),
    "to the metadata of the machine": (_refused(), ("http://169.254.169.254/latest/meta-data/",)),
    "to the metadata in IPv6's clothes": (_refused(), ("http://[::ffff:169.254.169.254]/",)),
    "to the metadata's own IPv6": (_refused(), ("http://[fd00:ec2::254]/",)),
    "to the metadata through NAT64": (_refused(), ("http://[64:ff9b::a9fe:a9fe]/",)),
    "to a name of the own host": (_refused(), ("http://inside.test/",)),
    "to a name that is half the own host": (_refused(), ("http://half.test/",)),
    "to an address as one number": (_unreachable("dns.nxdomain", Phase.NAME), ("http://2852039166/",)),
    "to an address in hexadecimal": (_unreachable("dns.nxdomain", Phase.NAME), ("http://0x7f.0.0.1/",)),
    "to an address of two parts": (_unreachable("dns.nxdomain", Phase.NAME), ("http://127.1/",)),
    "to an address with zeros": (_unreachable("dns.nxdomain", Phase.NAME), ("http://0177.0.0.1/",)),
}
NAMES = {"inside.test": ["127.0.0.1"], "half.test": [OTHER, "127.0.0.1"]}


@pytest.mark.parametrize("way", ASTRAY)
def test_a_redirect_that_leads_astray(way: str, listeners: Listeners) -> None:
    label, places = ASTRAY[way]
    site = Site([(place,) for place in places])
    network = network_of(listeners.tcp(site.serve), listeners, NAMES)
    outcome = ask("http://site.test/", network=network, follow_redirects=5, deadline=2.0)
    require(outcome, label)
    assert len(site.requests) <= 6


def test_two_places_at_once_are_none(listeners: Listeners) -> None:
    site = Site([("/a", "/b")])
    network = network_of(listeners.tcp(site.serve), listeners)
    require(ask("http://site.test/", network=network, follow_redirects=5, deadline=2.0), _refused())
    assert len(site.requests) == 1


AWAY = {
    "another name": "http://other.test/",
    "another name of the same address": "http://alias.test/",
    "another port": "http://site.test:8080/",
    "an address": f"http://{OTHER}/",
    "a private address": f"http://{INSIDE}/",
    "a user before another host": f"http://site.test:{CANARY[:3]}@other.test/",
    "a name that only begins alike": "http://site.test.other.test/",
    "without a scheme": "//other.test/",
}


@pytest.mark.parametrize("way", AWAY)
def test_the_key_follows_nowhere(way: str, listeners: Listeners) -> None:
    site = Site([(AWAY[way],)])
    names = {"other.test": [OTHER], "alias.test": [SITE], "site.test.other.test": [OTHER]}
    network = network_of(listeners.tcp(site.serve), listeners, names)
    outcome = ask(
        "http://site.test/",
        network=network,
        follow_redirects=5,
        credential=Credential(secret="keys/canary"),
        deadline=2.0,
    )
    require(outcome, Label(cause="http.status", phase=Phase.ANSWER, check="status_expected", passes=_REACHED))
    first, second = site.requests
    assert CANARY in first
    assert CANARY not in second
    assert "authorization" not in second.lower()


def test_the_key_goes_along_at_home_and_a_peer_that_repeats_it_is_not_kept(listeners: Listeners) -> None:
    site = Site([(f"/{CANARY}?key={CANARY}",)])
    network = network_of(listeners.tcp(site.serve), listeners)
    outcome = ask(
        "http://site.test/",
        network=network,
        follow_redirects=5,
        credential=Credential(secret="keys/canary"),
        deadline=2.0,
    )
    assert len(site.requests) == 2
    assert CANARY in site.requests[1]
    assert "withheld" in outcome.text
