"""Resolvers that fail: error codes, silence, nonsense, lies, answers too long; each with its own cause and remedy."""

import socket
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from dnslib import CNAME, QTYPE, RR, A, DNSRecord

from auditor.domain.observation import Phase
from auditor.net.network import Network
from auditor.net.sandbox_network import sandbox_network
from functions.dns.family import DnsSpec
from tests.resolver import OverTcp, Resolver, message

from .conftest import NAME, Seen, Start, answers, ask, ask_all, closed_port, cut

PASS = ("PASS", None)
SKIPPED = ("SKIPPED", None)
SHORT = timedelta(seconds=0.3)


def a(value: str, name: str = NAME) -> RR:
    return RR(name, QTYPE.A, rdata=A(value), ttl=10)


def resolver_failed(cause: str) -> dict[str, tuple[str, str | None]]:
    return {"resolver_answers": ("FAIL", cause), "name_resolves": SKIPPED}


def over_tcp(*records: RR) -> OverTcp:
    def serve(connection: socket.socket) -> None:
        query = connection.recv(1000)[2:]
        data = message(query, *records).pack()
        connection.sendall(len(data).to_bytes(2, "big") + data)

    return serve


def sends(data: bytes) -> OverTcp:
    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(data)

    return serve


def remediation(seen: Seen) -> str:
    return seen.results["dns.resolver_answers"].remediation


@pytest.mark.parametrize(
    ("rcode", "cause"),
    [("SERVFAIL", "dns.servfail"), ("REFUSED", "dns.refused"), ("NOTIMP", "dns.servfail"), ("NOTAUTH", "dns.servfail")],
)
def test_an_error_code_is_the_resolvers_failure_and_not_the_names(start: Start, rcode: str, cause: str) -> None:
    seen = ask(start(answers(rcode=rcode)))
    assert seen.brief() == resolver_failed(cause)
    assert seen.facts.rcode == ("RCODE9" if rcode == "NOTAUTH" else rcode)
    assert seen.observation.failures == (), "the exchange itself went well"
    summary = seen.results["dns.resolver_answers"].summary
    assert f"answered {seen.facts.rcode} for {NAME} (type A) ({cause})" in summary


def test_a_failing_resolver_never_proves_that_a_name_is_absent(start: Start) -> None:
    for seen in (
        ask(start(answers(rcode="SERVFAIL")), expect_absent=True),
        ask(start(lambda _: []), expect_absent=True),
    ):
        assert seen.brief()["resolver_answers"][0] == "FAIL"
        assert seen.brief()["name_absent"] == SKIPPED


def test_a_silent_resolver_is_asked_twice_and_the_deadline_holds(start: Start) -> None:
    resolver = start(lambda _: [])
    begun = time.monotonic()
    seen = ask(resolver, timeout=SHORT)
    assert time.monotonic() - begun < 1
    assert seen.brief() == resolver_failed("dns.timeout")
    assert len(resolver.asked) == 2
    (timing,) = seen.observation.phases
    assert (timing.phase, timing.ok) == (Phase.NAME, False)
    assert 250 < timing.duration_ms < 700
    summary = seen.results["dns.resolver_answers"].summary
    assert f"Resolver {resolver.place} did not answer for {NAME} within" in summary
    assert "(dns.timeout) after" in summary
    assert "enableDnsSupport" in remediation(seen)


def test_one_lost_datagram_is_no_outage(start: Start) -> None:
    count = iter(range(10))
    assert ask(start(lambda query: answers(a("10.0.1.10"))(query) if next(count) else [])).passes_all()


def test_no_resolver_at_all() -> None:
    seen = ask(("127.0.0.1", closed_port()))
    assert seen.brief() == resolver_failed("dns.unreachable")
    assert "DHCP options" in remediation(seen)


@pytest.mark.parametrize(
    "tail",
    [b"", b"\x81", b"\x81\x80" + b"\xff" * 200, b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01"],
)
def test_garbage_is_malformed(start: Start, tail: bytes) -> None:
    seen = ask(start(lambda query: [query[:2] + tail]))
    assert seen.brief() == resolver_failed("dns.malformed")
    assert seen.facts.rcode == ""


def test_aliases_that_run_in_a_circle_are_malformed(start: Start) -> None:
    circle = [RR(NAME, QTYPE.CNAME, rdata=CNAME("b.example")), RR("b.example", QTYPE.CNAME, rdata=CNAME(NAME))]
    seen = ask(start(answers(*circle)))
    assert seen.brief() == resolver_failed("dns.malformed")
    assert (seen.facts.rcode, seen.facts.canonical) == ("", ())


def test_an_error_code_is_believed_whatever_stands_behind_it(start: Start) -> None:
    nxdomain = start(lambda query: [query[:2] + b"\x81\x83\x00\x01\x00\x05\x00\x05\x00\x00" + query[12:] + b"\xff" * 9])
    assert ask(nxdomain).brief()["name_resolves"] == ("FAIL", "dns.nxdomain")
    headless = start(lambda query: [query[:2] + b"\x81\x05" + bytes(8)])
    assert ask(headless).brief() == resolver_failed("dns.refused")


def lies(query: bytes) -> Sequence[bytes]:
    """Answers to this id that repeat another question, and to another id."""
    other = message(DNSRecord.question("evil.example").pack(), a("6.6.6.6", "evil.example")).pack()
    other_type = message(DNSRecord.question(NAME, "AAAA").pack()).pack()
    other_id = bytes([query[0] ^ 1]) + message(query, a("6.6.6.6")).pack()[1:]
    return [query[:2] + other[2:], query[:2] + other_type[2:], other_id, query]


def test_answers_to_another_question_are_ignored(start: Start) -> None:
    assert ask(start(lies), timeout=SHORT).brief() == resolver_failed("dns.timeout")
    seen = ask(start(lambda query: [*lies(query), message(query, a("10.0.1.10")).pack()]))
    assert [record.value for record in seen.facts.records] == ["10.0.1.10"]


def test_an_answer_too_long_for_a_datagram_comes_over_tcp(start: Start) -> None:
    records = [a(f"10.0.{n // 200}.{n % 200}") for n in range(300)]
    seen = ask(start(cut, over_tcp(*records)), within=("10.0.0.0/16",), min_records=300)
    assert seen.passes_all()
    assert seen.facts.truncated
    assert len(seen.facts.records) == 300
    assert [timing.phase for timing in seen.observation.phases] == [Phase.NAME, Phase.NAME]
    assert seen.results["dns.name_resolves"].evidence["over_tcp"] is True
    assert "and 292 more" in seen.results["dns.name_resolves"].summary


def stay_silent(connection: socket.socket) -> None:
    while connection.recv(1000):
        pass


@pytest.mark.parametrize("tcp", [None, stay_silent])
def test_a_long_answer_that_tcp_does_not_bring_is_told_from_a_silent_resolver(
    start: Start, tcp: OverTcp | None
) -> None:
    seen = ask(start(cut, tcp), timeout=SHORT)
    assert seen.brief() == resolver_failed("dns.truncated")
    assert seen.facts.truncated
    result = seen.results["dns.resolver_answers"]
    assert "did not fit into a datagram" in result.summary
    assert "over TCP" in result.summary
    assert "TCP port 53" in result.remediation


@pytest.mark.parametrize("data", [b"", b"\x00", b"\x00\x05short", b"\xff\xff" + bytes(100)])
def test_nonsense_over_tcp_is_malformed(start: Start, data: bytes) -> None:
    assert ask(start(cut, sends(data))).brief() == resolver_failed("dns.malformed")


def test_an_answer_that_is_truncated_over_tcp_too_is_no_denial(start: Start) -> None:
    def serve(connection: socket.socket) -> None:
        (data,) = cut(connection.recv(1000)[2:])
        connection.sendall(len(data).to_bytes(2, "big") + data)

    assert ask(start(cut, serve)).brief() == resolver_failed("dns.malformed")


def test_a_target_can_name_its_own_resolver(start: Start) -> None:
    own, other = start(answers(a("10.0.1.10"))), start(answers(rcode="NXDOMAIN"))
    seen = ask(other, resolver=own.place)
    assert seen.passes_all()
    assert seen.facts.resolver == own.place
    assert other.asked == []


def sandbox(resolver: Resolver) -> Network:
    return sandbox_network(resolver.place, "http://127.0.0.1:4566")


def test_an_own_resolver_goes_through_the_networks_one_seam(start: Start) -> None:
    resolver = start(answers(a("10.0.1.10")))
    port = resolver.address[1]
    (translated,) = ask_all(sandbox(resolver), DnsSpec(name=NAME, resolver=f"10.0.0.1:{port}", timeout=SHORT))
    # 127.0.0.1 is dialled; the facts keep what the catalogue names.
    assert translated.passes_all()
    assert translated.facts.resolver == f"10.0.0.1:{port}"
    (refused,) = ask_all(sandbox(resolver), DnsSpec(name=NAME, resolver="8.8.8.8:53", timeout=SHORT))
    assert refused.brief() == resolver_failed("dns.unreachable")
    assert "Resolver 8.8.8.8:53 is not asked" in refused.results["dns.resolver_answers"].summary
    assert len(resolver.asked) == 1


def test_dead_names_do_not_slow_down_a_healthy_one(start: Start) -> None:
    def answer(query: bytes) -> Sequence[bytes]:
        name = str(DNSRecord.parse(query).q.qname).rstrip(".")
        return [] if name.startswith("dead") else [message(query, a("10.0.1.10", name)).pack()]

    network = Network(resolver=start(answer).address)
    names = [f"dead{n}.example" for n in range(20)] + ["live.example"]
    begun = time.monotonic()
    seen = ask_all(network, *(DnsSpec(name=name, timeout=timedelta(seconds=0.5)) for name in names))
    assert time.monotonic() - begun < 1.5
    assert [s.passes_all() for s in seen] == [False] * 20 + [True]
    assert (seen[-1].observation.latency_ms() or 0) < 300
