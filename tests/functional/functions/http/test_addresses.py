"""Names and addresses: every resolved address is asked on its own, and a dead one costs the others nothing."""

import contextlib
import socket
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from auditor.domain.observation import Phase
from auditor.domain.result import Status

from .conftest import Ask, Names, StartPeer, answers, then_waits

PASS = (Status.PASS, None, None)


@contextlib.contextmanager
def _black_hole(address: str, port: int) -> Iterator[None]:
    """A listener whose accept queue is full, so that further connection attempts get no answer."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            filler = sockets.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((address, port))
        time.sleep(0.05)
        yield


def test_an_unknown_name(ask: Ask) -> None:
    seen = ask("http://nowhere.test/")
    assert seen.answer("reachable") == (Status.FAIL, "dns.nxdomain", Phase.NAME)
    assert seen.answer("status_expected")[0] is Status.SKIPPED
    assert seen.passes() == set()
    assert (seen.facts.resolved, seen.facts.probed) == ((), ())


def test_a_name_without_addresses(ask: Ask, names: Names) -> None:
    names.tell("empty.test")
    assert ask("http://empty.test/").answer("reachable") == (Status.FAIL, "dns.nodata", Phase.NAME)


def test_nothing_listens(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert ask(f"http://127.0.0.1:{port}/").answer("reachable") == (Status.FAIL, "tcp.refused", Phase.TCP)


def test_one_of_two_addresses_refuses(ask: Ask, names: Names, start: StartPeer) -> None:
    peer = start(answers(b"ok"), address="127.0.0.22")
    names.tell("web.test", "127.0.0.22", "127.0.0.21")
    seen = ask(peer.url(host="web.test"))
    assert seen.answer("reachable") == (Status.WARN, "tcp.refused", Phase.TCP)
    assert seen.answer("status_expected") == PASS
    assert seen.results["http.reachable"].evidence["failing_addresses"] == "127.0.0.21"
    assert [(a.address, a.failure is None) for a in seen.facts.probed] == [("127.0.0.21", False), ("127.0.0.22", True)]
    tcp = {timing.address: timing.ok for timing in seen.observation.phases if timing.phase is Phase.TCP}
    assert tcp == {"127.0.0.21": False, "127.0.0.22": True}
    assert f"Host: web.test:{peer.port}\r\n" in peer.requests[0]


def test_a_dead_first_address_leaves_the_second_all_its_time(ask: Ask, names: Names, start: StartPeer) -> None:
    peer = start(answers(b"ok"), address="127.0.0.24")
    names.tell("web.test", "127.0.0.23", "127.0.0.24")
    with _black_hole("127.0.0.23", peer.port):
        seen = ask(peer.url(host="web.test"), timeout=timedelta(seconds=1))
    dead, alive = seen.facts.probed
    assert seen.answer("reachable") == (Status.WARN, "tcp.timeout", Phase.TCP)
    assert (dead.address, alive.address) == ("127.0.0.23", "127.0.0.24")
    assert dead.total_ms >= 900
    assert alive.total_ms < 500
    assert seen.answer("responds_in_time") == PASS


def test_a_black_hole_alone_takes_the_deadline_and_not_more(ask: Ask, start: StartPeer) -> None:
    port = start(answers(b"ok"), address="127.0.0.25").port
    began = time.monotonic()
    with _black_hole("127.0.0.26", port):
        seen = ask(f"http://127.0.0.26:{port}/", timeout=timedelta(seconds=0.6), slow_after=timedelta(seconds=0.5))
    assert time.monotonic() - began < 2
    assert seen.answer("reachable") == (Status.FAIL, "tcp.timeout", Phase.TCP)


def test_two_silent_addresses_wait_side_by_side(ask: Ask, names: Names, start: StartPeer) -> None:
    peer = start(then_waits(), address="127.0.0.27")
    start(then_waits(), address="127.0.0.28", port=peer.port)
    names.tell("web.test", "127.0.0.27", "127.0.0.28")
    began = time.monotonic()
    seen = ask(peer.url(host="web.test"), timeout=timedelta(seconds=0.8), slow_after=timedelta(seconds=0.5))
    assert time.monotonic() - began < 1.6
    assert seen.answer("status_expected") == (Status.FAIL, "http.first_byte_timeout", Phase.FIRST_BYTE)


def test_a_slow_resolver_counts_into_the_answers_time(ask: Ask, names: Names, start: StartPeer) -> None:
    names.tell("web.test", "127.0.0.1")
    names.delay = 0.3
    seen = ask(start(answers(b"ok")).url(host="web.test"), slow_after=timedelta(milliseconds=200))
    assert seen.answer("responds_in_time") == (Status.WARN, "http.slow", Phase.NAME)
    assert seen.facts.probed[0].total_ms >= 300


def test_of_many_addresses_eight_are_asked_and_all_are_recorded(ask: Ask, names: Names, start: StartPeer) -> None:
    addresses = [f"127.0.1.{number}" for number in range(20, 8, -1)]
    peer = start(answers(b"ok"), address="0.0.0.0")
    names.tell("web.test", *addresses)
    seen = ask(peer.url(host="web.test"))
    assert seen.facts.resolved == tuple(reversed(addresses))
    assert [a.address for a in seen.facts.probed] == list(reversed(addresses))[:8]
    assert seen.answer("reachable") == PASS
    assert len(peer.requests) == 8


@pytest.mark.parametrize("bad", ["http://127.0.0.1:1/", "http://[::1]:1/"])
def test_a_literal_address_needs_no_resolver(bad: str, ask: Ask) -> None:
    assert ask(bad).answer("reachable")[2] is Phase.TCP
