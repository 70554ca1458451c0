"""Redirects over real connections: followed within bounds, each hop with its phases, and never to a wrong place."""

import socket
from datetime import timedelta

import pytest
import trustme

from auditor.domain.observation import Phase
from auditor.domain.result import Status
from auditor.net.network import Network
from functions.http.family import Expect

from .conftest import Ask, Names, Script, StartPeer, answers, server_context

PASS = (Status.PASS, None, None)


def _moves(location: str) -> Script:
    return answers(status="302 Found", headers=(f"Location: {location}",))


def _site(connection: socket.socket, request: str) -> None:
    """/0 leads to /1 leads to /2 ...; /ok answers, /loop leads to itself."""
    path = request.split(" ")[1].partition("?")[0]
    if path == "/ok":
        script = answers(b"fine")
    elif path == "/loop":
        script = answers(status="301 Moved Permanently", headers=("Location: /loop",))
    elif path == "/last":
        script = answers(status="307 Temporary Redirect", headers=("Location: /ok?session=1",))
    else:
        script = answers(status="302 Found", headers=(f"Location: /{int(path[1:]) + 1}",))
    script(connection, request)


def test_a_redirect_is_an_answer_where_none_is_followed(start: StartPeer, ask: Ask) -> None:
    peer = start(_site)
    seen = ask(peer.url("/last"))
    assert seen.answer("status_expected") == (Status.FAIL, "http.status", Phase.ANSWER)
    wanted = Expect(status=(307,), redirect_to=peer.url("/ok"))
    assert ask(peer.url("/last"), expect=wanted).answer("redirect_expected") == PASS
    other = Expect(status=(307,), redirect_to=peer.url("/other"))
    assert ask(peer.url("/last"), expect=other).answer("redirect_expected") == (
        Status.FAIL,
        "http.redirect",
        Phase.ANSWER,
    )


def test_a_followed_redirect_has_its_own_phases(start: StartPeer, ask: Ask) -> None:
    peer = start(_site)
    expect = Expect(body_contains=("fine",), redirect_to=peer.url("/ok"))
    seen = ask(peer.url("/last"), follow_redirects=1, expect=expect)
    assert seen.passes() == {
        "reachable", "status_expected", "redirect_expected", "body_expected", "responds_in_time",
    }  # fmt: skip
    assert [timing.phase for timing in seen.observation.phases].count(Phase.TCP) == 2
    (hop,) = seen.facts.probed[0].hops
    assert (hop.status, hop.location) == (307, peer.url("/ok"))
    assert "GET /ok?session=1 HTTP/1.1" in peer.requests[1]


def test_a_loop(start: StartPeer, ask: Ask) -> None:
    seen = ask(start(_site).url("/loop"), follow_redirects=5)
    assert seen.answer("redirect_expected") == (Status.FAIL, "http.redirect_loop", Phase.ANSWER)
    assert seen.answer("status_expected") == (Status.FAIL, "http.redirect_loop", Phase.ANSWER)
    assert seen.passes() == {"reachable"}


def test_too_many(start: StartPeer, ask: Ask) -> None:
    peer = start(_site)
    seen = ask(peer.url("/0"), follow_redirects=3)
    assert seen.answer("status_expected") == (Status.FAIL, "http.redirect", Phase.ANSWER)
    assert len(peer.requests) == 4
    assert [hop.location for hop in seen.facts.probed[0].hops] == [peer.url(f"/{n}") for n in (1, 2, 3, 4)]


def test_to_another_host_the_name_is_resolved_anew(start: StartPeer, ask: Ask, names: Names) -> None:
    there = start(answers(b"fine"), address="127.0.0.32")
    here = start(_moves(there.url("/x", host="there.test")), address="127.0.0.31")
    names.tell("here.test", "127.0.0.31")
    names.tell("there.test", "127.0.0.32")
    seen = ask(here.url(host="here.test"), follow_redirects=1)
    assert seen.answer("status_expected") == PASS
    assert [timing.phase for timing in seen.observation.phases].count(Phase.NAME) == 2
    assert f"Host: there.test:{there.port}\r\n" in there.requests[0]


@pytest.mark.parametrize(
    ("location", "answer"),
    [
        ("http://nowhere.test/", ("reachable", "dns.nxdomain", Phase.NAME)),
        ("http://127.0.0.33:1/", ("reachable", "tcp.refused", Phase.TCP)),
        ("ftp://web.test/", ("status_expected", "http.redirect", Phase.ANSWER)),
        ("http://[::1/", ("status_expected", "http.redirect", Phase.ANSWER)),
    ],
)
def test_to_a_place_that_cannot_be_asked(
    location: str, answer: tuple[str, str, Phase], start: StartPeer, ask: Ask
) -> None:
    check, cause, phase = answer
    seen = ask(start(_moves(location)).url(), follow_redirects=2)
    assert seen.answer(check) == (Status.FAIL, cause, phase)
    assert "status_expected" not in seen.passes()


def test_from_https_to_http_only_where_declared(
    start: StartPeer, ask: Ask, authority: trustme.CA, ca_file: str
) -> None:
    plain = start(answers(b"fine"))
    context = server_context(authority.issue_cert("127.0.0.1"))
    secure = start(_moves(plain.url("/x")), tls=context)
    seen = ask(secure.url(), follow_redirects=2, ca_file=ca_file)
    assert seen.answer("redirect_expected") == (Status.FAIL, "http.redirect", Phase.ANSWER)
    assert plain.requests == []
    declared = Expect(redirect_to=plain.url("/x"))
    assert ask(secure.url(), follow_redirects=2, ca_file=ca_file, expect=declared).answer("redirect_expected") == PASS


def test_from_http_to_https(start: StartPeer, ask: Ask, authority: trustme.CA, ca_file: str) -> None:
    secure = start(answers(b"fine"), tls=server_context(authority.issue_cert("127.0.0.1")))
    plain = start(_moves(secure.url("/")))
    seen = ask(plain.url(), follow_redirects=1, ca_file=ca_file, expect=Expect(redirect_to=secure.url("/")))
    assert seen.passes() == {"reachable", "status_expected", "redirect_expected", "responds_in_time"}
    assert Phase.TLS in [timing.phase for timing in seen.observation.phases]


def test_303_is_followed_with_get_and_307_with_the_same_method(start: StartPeer, ask: Ask) -> None:
    def script(connection: socket.socket, request: str) -> None:
        if request.split(" ")[1] == "/":
            answers(status="303 See Other", headers=("Location: /next",))(connection, request)
        else:
            answers(b"fine")(connection, request)

    peer = start(script)
    ask(peer.url(), method="OPTIONS", follow_redirects=1)
    assert [request.split(" ")[0] for request in peer.requests] == ["OPTIONS", "GET"]


def test_all_hops_share_one_deadline(start: StartPeer, ask: Ask) -> None:
    def script(connection: socket.socket, request: str) -> None:
        if request.split(" ")[1] == "/":
            answers(status="302 Found", headers=("Location: /silent",))(connection, request)
        else:
            connection.recv(4096)

    seen = ask(
        start(script).url(), follow_redirects=2, timeout=timedelta(seconds=0.6), slow_after=timedelta(seconds=0.5)
    )
    assert seen.answer("status_expected") == (Status.FAIL, "http.first_byte_timeout", Phase.FIRST_BYTE)
    assert 500 <= seen.facts.probed[0].total_ms < 1200


class TestFromThePlatformToTheAuditorsOwnHost:
    """The platform's addresses stand for loopback ones here, as in the sandbox."""

    @pytest.fixture
    def network(self, names: Names) -> Network:
        def translate(address: str, port: int) -> tuple[str, int]:
            return ("127.0.0.1" if address == "10.0.1.10" else address), port

        return Network(resolver=names.resolver, translate=translate)

    @pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "inside.test"])
    def test_it_is_refused(self, host: str, start: StartPeer, ask: Ask, names: Names) -> None:
        names.tell("web.test", "10.0.1.10")
        names.tell("inside.test", "10.0.1.10", "127.0.0.1")
        own = start(answers(b"the runtime's next event"))
        peer = start(_moves(own.url("/2018-06-01/runtime/invocation/next", host=host)))
        seen = ask(peer.url(host="web.test"), follow_redirects=2)
        assert seen.answer("redirect_expected") == (Status.FAIL, "http.redirect", Phase.ANSWER)
        assert own.requests == []
