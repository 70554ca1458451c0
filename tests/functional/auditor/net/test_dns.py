"""Names by raw query against real UDP and TCP sockets, with resolvers that lie, are cut off, or say nothing."""

import socket
import time
from collections.abc import Sequence

import pytest
from dnslib import AAAA, CNAME, NS, QTYPE, RCODE, RR, SOA, A, DNSRecord

from auditor.domain.observation import Failure, Phase
from auditor.net import dns
from auditor.net.network import Network
from auditor.net.resolve import Resolution

from .conftest import Servers, closed_port, job, one, run

NAME = "db.example"


def reply(query: bytes, *records: RR, rcode: str = "NOERROR") -> DNSRecord:
    answer = DNSRecord.parse(query).reply()
    answer.header.rcode = getattr(RCODE, rcode)
    answer.add_answer(*records)
    return answer


def address(name: str, value: str, ttl: int = 10) -> RR:
    return RR(name, QTYPE.A, rdata=A(value), ttl=ttl)


def at(port: int, **options: object) -> Network:
    return Network(resolver=("127.0.0.1", port), **options)  # type: ignore[arg-type]


def resolved(network: Network, host: str = NAME, timeout: float = 1.0) -> Resolution | Failure:
    observation = one(lambda probe: probe.resolve(host), network=network, timeout=timeout)
    assert isinstance(observation.facts, (Resolution, Failure)), observation
    (timing,) = observation.phases
    assert timing.phase is Phase.NAME
    assert timing.ok is isinstance(observation.facts, Resolution)
    return observation.facts


def failure(network: Network, timeout: float = 1.0) -> Failure:
    outcome = resolved(network, timeout=timeout)
    assert isinstance(outcome, Failure), outcome
    return outcome


def test_a_literal_address_needs_no_phase() -> None:
    observation = one(lambda probe: probe.resolve("10.0.2.20"))
    assert observation.facts == Resolution(host="10.0.2.20", name="10.0.2.20", addresses=("10.0.2.20",))
    assert observation.phases == ()


def test_addresses_the_chain_of_names_and_the_smallest_ttl(servers: Servers) -> None:
    def answer(query: bytes) -> Sequence[bytes]:
        records = [
            RR("DB.example", QTYPE.CNAME, rdata=CNAME("lb.example"), ttl=300),
            RR("lb.example", QTYPE.CNAME, rdata=CNAME("node.example"), ttl=60),
            address("node.example", "10.0.2.20", ttl=5),
            address("node.example", "10.0.3.20", ttl=5),
        ]
        return [reply(query, *records).pack()]

    port = servers.udp(answer)
    assert resolved(at(port)) == Resolution(
        host=NAME,
        name=NAME,
        addresses=("10.0.2.20", "10.0.3.20"),
        canonical=("lb.example", "node.example"),
        ttl=5,
        resolver=f"127.0.0.1:{port}",
    )


@pytest.mark.parametrize(
    ("zone", "soa", "refers_to"),
    [("shop.example", False, "shop.example"), (".", False, ""), ("shop.example", True, None), (None, False, None)],
)
def test_servers_that_are_named_in_place_of_an_answer_are_told_from_a_denial(
    zone: str | None, soa: bool, refers_to: str | None
) -> None:
    message = reply(dns.query(7, NAME, dns.TYPE_A))
    message.header.ra = 0
    if zone is not None:
        message.add_auth(RR(zone, QTYPE.NS, rdata=NS("ns.shop.example"), ttl=60))
    if soa:
        message.add_auth(RR("example", QTYPE.SOA, rdata=SOA("ns.example", "root.example", (1, 2, 3, 4, 50)), ttl=600))
    answer = dns.parse(message.pack())
    assert (answer.refers_to, answer.recursive) == (refers_to, False)
    assert answer.authority == (dns.Authority(zone="example", negative_ttl=50) if soa else None)


def test_aaaa_is_asked_only_where_there_is_no_a(servers: Servers) -> None:
    asked: list[str] = []

    def answer(query: bytes) -> Sequence[bytes]:
        kind = QTYPE[DNSRecord.parse(query).q.qtype]
        asked.append(kind)
        if kind == "AAAA":
            return [reply(query, RR(NAME, QTYPE.AAAA, rdata=AAAA("fd00::1"), ttl=1)).pack()]
        return [reply(query).pack()]

    outcome = resolved(at(servers.udp(answer)))
    assert isinstance(outcome, Resolution)
    assert outcome.addresses == ("fd00::1",)
    assert asked == ["A", "AAAA"]


@pytest.mark.parametrize(
    ("rcode", "cause", "word"),
    [
        ("NXDOMAIN", "dns.nxdomain", "NXDOMAIN"),
        ("SERVFAIL", "dns.servfail", "SERVFAIL"),
        ("REFUSED", "dns.refused", "REFUSED"),
        ("NOERROR", "dns.nodata", "NODATA"),
        ("NOTIMP", "dns.servfail", "NOTIMP"),
    ],
)
def test_each_rcode_has_its_cause(servers: Servers, rcode: str, cause: str, word: str) -> None:
    outcome = failure(at(servers.udp(lambda query: [reply(query, rcode=rcode).pack()])))
    assert outcome.cause == cause
    assert word in outcome.detail
    assert NAME in outcome.detail


def test_a_refusal_without_the_question_is_believed(servers: Servers) -> None:
    port = servers.udp(lambda query: [query[:2] + b"\x81\x05" + bytes(8)])
    assert failure(at(port)).cause == "dns.refused"


def test_a_silent_resolver_is_asked_twice_and_times_out(servers: Servers) -> None:
    asked: list[float] = []

    def note(query: bytes) -> Sequence[bytes]:
        asked.append(time.monotonic())
        return []

    outcome = failure(at(servers.udp(note)), timeout=0.6)
    assert outcome.cause == "dns.timeout"
    assert f"did not answer for {NAME} within 0." in outcome.detail
    assert len(asked) == 2
    assert 0.15 < asked[1] - asked[0] < 0.4


def test_a_lost_datagram_is_no_outage(servers: Servers) -> None:
    count = iter(range(10))
    port = servers.udp(lambda query: [reply(query, address(NAME, "10.0.0.5")).pack()] if next(count) else [])
    assert isinstance(resolved(at(port), timeout=0.6), Resolution)


def test_no_resolver_at_all() -> None:
    outcome = failure(at(closed_port()))
    assert outcome.cause == "dns.unreachable"


def test_answers_to_other_questions_are_ignored(servers: Servers) -> None:
    def answer(query: bytes) -> Sequence[bytes]:
        true = reply(query, address(NAME, "10.0.0.5")).pack()
        wrong_id = bytes([query[0] ^ 1]) + true[1:]
        wrong_name = (
            query[:2] + reply(DNSRecord.question("evil.example").pack(), address("evil.example", "6.6.6.6")).pack()[2:]
        )
        return [wrong_id, wrong_name, query, b"", true]

    outcome = resolved(at(servers.udp(answer)))
    assert isinstance(outcome, Resolution)
    assert outcome.addresses == ("10.0.0.5",)


def test_only_answers_to_other_questions_are_a_timeout(servers: Servers) -> None:
    port = servers.udp(lambda query: [bytes([query[0] ^ 1]) + reply(query).pack()[1:]] * 50)
    assert failure(at(port), timeout=0.3).cause == "dns.timeout"


@pytest.mark.parametrize(
    "tail",
    [
        b"",
        b"\x81",
        b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01",
        b"\x81\x80\x00\x01\xff\xff\x00\x00\x00\x00",
        b"\x81\x80" + b"\xff" * 200,
    ],
)
def test_garbage_is_malformed(servers: Servers, tail: bytes) -> None:
    assert failure(at(servers.udp(lambda query: [query[:2] + tail]))).cause == "dns.malformed"


def both(servers: Servers, answer: bytes | None) -> int:
    """A port that truncates over UDP, and over TCP answers with a record, with ``answer``, or not at all."""

    def over_tcp(connection: socket.socket) -> None:
        query = connection.recv(1000)[2:]
        message = reply(query, *(address(NAME, f"10.0.1.{n}") for n in range(200))).pack() if answer is None else answer
        data = len(message).to_bytes(2, "big") + message
        for start in range(0, len(data), 1000):
            connection.sendall(data[start : start + 1000])

    def over_udp(query: bytes) -> Sequence[bytes]:
        truncated = reply(query)
        truncated.header.tc = 1
        return [truncated.pack()]

    return servers.udp(over_udp, port=servers.tcp(over_tcp))


def test_a_truncated_answer_is_asked_again_over_tcp(servers: Servers) -> None:
    outcome = resolved(at(both(servers, None)))
    assert isinstance(outcome, Resolution)
    assert len(outcome.addresses) == 200


def test_a_wrong_answer_over_tcp_is_malformed(servers: Servers) -> None:
    assert failure(at(both(servers, b"short"))).cause == "dns.malformed"


def test_an_answer_that_is_truncated_over_tcp_too_is_not_read_as_no_data(servers: Servers) -> None:
    truncated = DNSRecord.question(NAME).reply()
    truncated.header.tc = 1

    def over_tcp(connection: socket.socket) -> None:
        query = connection.recv(1000)[2:]
        message = query[:2] + truncated.pack()[2:]
        connection.sendall(len(message).to_bytes(2, "big") + message)

    port = servers.udp(lambda query: [query[:2] + truncated.pack()[2:]], port=servers.tcp(over_tcp))
    assert failure(at(port)).cause == "dns.malformed"


def test_a_truncated_answer_without_tcp_is_unreachable(servers: Servers) -> None:
    def over_udp(query: bytes) -> Sequence[bytes]:
        return [query[:2] + b"\x83\x80" + query[4:]]

    assert failure(at(servers.udp(over_udp))).cause == "dns.unreachable"


def test_the_search_list_is_tried_and_the_written_name_is_reported(servers: Servers) -> None:
    asked: list[str] = []

    def answer(query: bytes) -> Sequence[bytes]:
        name = str(DNSRecord.parse(query).q.qname)
        asked.append(name)
        if name == "short.vpc.internal.":
            return [reply(query, address(name, "10.0.0.9")).pack()]
        return [reply(query, rcode="NXDOMAIN").pack()]

    network = at(servers.udp(answer), search=("vpc.internal",))
    outcome = resolved(network, "short")
    assert isinstance(outcome, Resolution)
    assert (outcome.host, outcome.name) == ("short", "short.vpc.internal")
    wrong = resolved(network, "gone.example")
    assert isinstance(wrong, Failure)
    assert wrong.detail.endswith("answered NXDOMAIN for gone.example")
    assert asked == ["short.vpc.internal.", "gone.example.", "gone.example.vpc.internal."]


@pytest.mark.parametrize("host", ["", "a..b", "x" * 64 + ".example", ".".join(["abcdefgh"] * 40)])
def test_a_name_that_dns_cannot_carry_is_not_asked(host: str) -> None:
    outcome = resolved(at(closed_port()), host)
    assert isinstance(outcome, Failure)
    assert outcome.cause == "dns.malformed"


def test_dead_names_harm_no_healthy_target(servers: Servers) -> None:
    """libc's resolver and thread pools fail this: 10 dead names make all of the others late."""

    def answer(query: bytes) -> Sequence[bytes]:
        name = str(DNSRecord.parse(query).q.qname).rstrip(".")
        return [] if name.startswith("dead") else [reply(query, address(name, "127.0.0.1")).pack()]

    network = at(servers.udp(answer))
    service = servers.tcp(lambda connection: connection.recv(1) and None)

    def target(name: str) -> object:
        async def work(probe):
            resolution = await probe.resolve(name)
            if isinstance(resolution, Failure):
                return resolution
            return await probe.connect(resolution.addresses[0], service)

        return job(name, work, timeout=1.0)

    jobs = [target(f"dead{n}.example") for n in range(10)] + [target(f"live{n}.example") for n in range(100)]
    begun = time.monotonic()
    observations = run(jobs, network=network, max_in_flight=64)  # type: ignore[arg-type]
    assert time.monotonic() - begun < 1.6
    failed = [seen.target for seen in observations if isinstance(seen.facts, Failure) or seen.could_not_tell]
    assert failed == [f"dead{n}.example" for n in range(10)]
    assert {seen.facts.cause for seen in observations[:10]} == {"dns.timeout"}
