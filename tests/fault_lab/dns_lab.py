"""Situations of the dns family: name servers, resolvers and caches on loopback, honest and otherwise."""

import contextlib
import socket
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import Any

from dnslib import AAAA, CNAME, NS, QTYPE, RR, SOA, SRV, TXT, A, DNSRecord

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.dns.family import DnsSpec
from tests.fault_lab.canary import plant
from tests.fault_lab.situation import Situation
from tests.resolver import OverTcp, OverUdp, Resolver, message

NAME, ALIAS = "db.shop.internal", "lb.shop.internal"
PRIVATE, OTHER, STALE = "10.0.1.10", "10.0.2.20", "10.0.9.173"
DENIED_FOR = 30
_SHORT, _LONG = timedelta(seconds=0.5), timedelta(seconds=2)
_MOST_OVER_UDP = 512


def a(value: str, name: str = NAME, ttl: int = 10) -> RR:
    return RR(name, QTYPE.A, rdata=A(value), ttl=ttl)


def alias(target: str, name: str = NAME, ttl: int = 10) -> RR:
    return RR(name, QTYPE.CNAME, rdata=CNAME(target), ttl=ttl)


def text(name: str = NAME) -> RR:
    return RR(name, QTYPE.TXT, rdata=TXT(f"key={plant('dns: TXT record')}"), ttl=10)


def soa(zone: str = "shop.internal", ttl: int = DENIED_FOR) -> RR:
    return RR(zone, QTYPE.SOA, rdata=SOA("ns.shop.internal", "root.shop.internal", (1, 2, 3, 4, 900)), ttl=ttl)


def many(count: int) -> list[RR]:
    return [a(f"10.0.3.{number}") for number in range(1, count + 1)]


class Zone:
    """An authoritative server of these records: it follows its own aliases and denies with its SOA."""

    def __init__(self, *records: RR, recursive: bool = True) -> None:
        self.records = list(records)
        self._recursive = recursive

    def __call__(self, query: bytes) -> DNSRecord:
        asked = DNSRecord.parse(query).q
        name, found = str(asked.qname), []
        while True:
            here = [record for record in self.records if str(record.rname) == name]
            aliases = [record for record in here if record.rtype == QTYPE.CNAME]
            if not aliases or asked.qtype == QTYPE.CNAME:
                break
            found += aliases
            name = str(aliases[0].rdata)
        right = [record for record in here if record.rtype == asked.qtype]
        reply = message(
            query,
            *found,
            *right,
            rcode="NOERROR" if here else "NXDOMAIN",
            authority=[] if right else [soa()],
            aa=1,
        )
        reply.header.ra = int(self._recursive)
        return reply


class Cache:
    """A resolver that asks a zone, and remembers denials for as long as the zone says."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._denied_until: dict[str, float] = {}
        self.now = 0.0

    def __call__(self, query: bytes) -> DNSRecord:
        name = str(DNSRecord.parse(query).q.qname)
        left = self._denied_until.get(name, 0.0) - self.now
        if left > 0:
            return message(query, rcode="NXDOMAIN", authority=[soa(ttl=int(left))])
        reply = self._zone(query)
        reply.header.aa = 0
        if reply.auth:
            self._denied_until[name] = self.now + min(reply.auth[0].ttl, 900)
        return reply


Serve = Callable[[bytes], DNSRecord]


def datagrams(serve: Serve) -> OverUdp:
    """Over UDP what is longer than a datagram of old is cut."""

    def answer(query: bytes) -> Sequence[bytes]:
        reply = serve(query)
        packed: bytes = reply.pack()
        if len(packed) <= _MOST_OVER_UDP:
            return [packed]
        short = message(query)
        short.header.tc = 1
        return [short.pack()]

    return answer


def stream(serve: Serve) -> OverTcp:
    def answer(connection: socket.socket) -> None:
        packed = serve(connection.recv(1000)[2:]).pack()
        connection.sendall(struct.pack("!H", len(packed)) + packed)

    return answer


def reply(*records: RR, rcode: str = "NOERROR", authority: Iterable[RR] = (), ra: int = 1) -> OverUdp:
    """The same answer to every query."""

    def answer(query: bytes) -> Sequence[bytes]:
        made = message(query, *records, rcode=rcode, authority=list(authority))
        made.header.ra = ra
        return [made.pack()]

    return answer


@contextlib.contextmanager
def running(serve: Serve | None = None, *, raw: OverUdp | None = None, tcp: bool = True) -> Iterator[Resolver]:
    over_udp = raw if serve is None else datagrams(serve)
    assert over_udp is not None, "give serve or raw"
    over_tcp = stream(serve) if serve is not None and tcp else None
    with contextlib.closing(Resolver(over_udp, over_tcp)) as resolver:
        yield resolver


def situation(resolver: tuple[str, int], *, private: bool = True, **spec: Any) -> Situation:
    given = DnsSpec(**{"name": NAME, "timeout": _LONG, **spec})
    target = Target(id="it", family="dns", service="shop", component="dns.shop", spec=given, private=private)
    peers = {"check_dig": f"-H {resolver[0]} -p {resolver[1]} -l {given.name} -T {given.type}"}
    return Situation(target=target, network=Network(resolver=resolver), peers=peers)


@contextlib.contextmanager
def zone(*records: RR, recursive: bool = True, tcp: bool = True, **spec: Any) -> Iterator[Situation]:
    with running(Zone(*records, recursive=recursive), tcp=tcp) as resolver:
        yield situation(resolver.address, **spec)


@contextlib.contextmanager
def broken(over_udp: OverUdp, **spec: Any) -> Iterator[Situation]:
    with running(raw=over_udp) as resolver:
        yield situation(resolver.address, **spec)


@contextlib.contextmanager
def compared(here: Sequence[RR], there: Sequence[RR]) -> Iterator[Situation]:
    """The own resolver knows a private zone, the public one another."""
    with running(Zone(*here)) as own, running(Zone(*there)) as public:
        yield situation(own.address, public_resolver=public.place, private=False)


@contextlib.contextmanager
def compared_with_nobody() -> Iterator[Situation]:
    with running(Zone(a(PRIVATE))) as own, running(raw=lambda _: []) as public:
        yield situation(own.address, public_resolver=public.place, timeout=_SHORT, private=False)


@contextlib.contextmanager
def remembered_denial(*, over: bool) -> Iterator[Situation]:
    """A client asked before the record was there, which then came back."""
    records = Zone()
    cache = Cache(records)
    cache(DNSRecord.question(NAME).pack())
    records.records.append(a(PRIVATE))
    cache.now += DENIED_FOR + 1 if over else DENIED_FOR / 2
    with running(cache) as resolver:
        yield situation(resolver.address)


@contextlib.contextmanager
def lost_datagram() -> Iterator[Situation]:
    serve, lost = datagrams(Zone(a(PRIVATE))), iter([True])
    with running(raw=lambda query: [] if next(lost, False) else serve(query)) as resolver:
        yield situation(resolver.address, timeout=timedelta(seconds=0.9))


@contextlib.contextmanager
def nobody() -> Iterator[Situation]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        held.connect(("127.0.0.1", 9))  # it takes datagrams of one peer only: for others the port is closed
        yield situation(held.getsockname())


def answers_everything(query: bytes) -> Sequence[bytes]:
    asked = DNSRecord.parse(query).q
    records = [a(STALE, str(asked.qname))] if asked.qtype == QTYPE.A else []
    return [message(query, *records).pack()]


def cut_short(query: bytes) -> Sequence[bytes]:
    whole: bytes = Zone(a(PRIVATE))(query).pack()
    return [whole[:-7]]


def of_another_query(query: bytes) -> Sequence[bytes]:
    whole: bytes = Zone(a(PRIVATE))(query).pack()
    return [bytes([whole[0] ^ 1]) + whole[1:]]


def ns(zone_name: str) -> RR:
    return RR(zone_name, QTYPE.NS, rdata=NS("ns.elsewhere.example"), ttl=300)


AT_HOME = [a(PRIVATE)]
SIX = RR(NAME, QTYPE.AAAA, rdata=AAAA("fd00::10"), ttl=10)
SERVICE = RR(NAME, QTYPE.SRV, rdata=SRV(1, 1, 5432, f"task1.{NAME}"), ttl=10)
CHAIN = [alias("one.shop.internal"), alias("two.shop.internal", "one.shop.internal")]
CHAIN += [alias("three.shop.internal", "two.shop.internal"), a(PRIVATE, "three.shop.internal")]
BALANCER = "web-1234.elb.shop.internal"
HERE = [alias(BALANCER), a("203.0.113.10", BALANCER)]
THERE = [alias(BALANCER), a("203.0.113.11", BALANCER)]
WITHIN = ("10.0.0.0/22",)
IN_SECOND = {"name": "db", "search": ("ec2.internal", "shop.internal")}

SITUATIONS: dict[str, Callable[[], AbstractContextManager[Situation]]] = {
    "dns-healthy": partial(zone, *AT_HOME),
    "dns-healthy-chain": partial(zone, *CHAIN),
    "dns-healthy-twelve": partial(zone, *many(12), within=WITHIN, min_records=12),
    "dns-healthy-tcp": partial(zone, *many(40), within=WITHIN, min_records=40),
    "dns-healthy-ipv6": partial(zone, SIX, type="AAAA"),
    "dns-healthy-ttl": partial(zone, a(PRIVATE, ttl=60), max_ttl=timedelta(seconds=60)),
    "dns-healthy-absent": partial(zone, a(PRIVATE, ALIAS), expect_absent=True),
    "dns-healthy-lost-datagram": lost_datagram,
    "dns-healthy-authoritative": partial(zone, *AT_HOME, recursive=False),
    "dns-healthy-same": partial(compared, [a("203.0.113.10")], [a("203.0.113.10")]),
    "dns-healthy-balancer": partial(compared, HERE, THERE),
    "dns-healthy-search": partial(zone, *AT_HOME, **IN_SECOND),
    "dns-healthy-denial-over": partial(remembered_denial, over=True),
    "dns-nxdomain": partial(zone, a(PRIVATE, ALIAS)),
    "dns-nodata": partial(zone, text()),
    "dns-only-aaaa": partial(zone, SIX),
    "dns-only-srv": partial(zone, SERVICE),
    "dns-alias-to-nowhere": partial(zone, alias(ALIAS)),
    "dns-alias-without-address": partial(zone, alias(ALIAS), text(ALIAS)),
    "dns-alias-loop": partial(broken, reply(alias(ALIAS), alias(NAME, ALIAS))),
    "dns-servfail": partial(broken, reply(rcode="SERVFAIL")),
    "dns-notimp": partial(broken, reply(rcode="NOTIMP")),
    "dns-refused": partial(broken, reply(rcode="REFUSED")),
    "dns-timeout": partial(broken, lambda _: [], timeout=_SHORT),
    "dns-unreachable": nobody,
    "dns-truncated": partial(zone, *many(40), tcp=False),
    "dns-malformed": partial(broken, cut_short),
    "dns-wrong-id": partial(broken, of_another_query, timeout=_SHORT),
    "dns-lame-upward": partial(broken, reply(authority=[ns(".")], ra=0)),
    "dns-lame-downward": partial(broken, reply(authority=[ns("shop.internal")])),
    "dns-lame-empty": partial(broken, reply(ra=0)),
    "dns-lying": partial(broken, answers_everything, expect_absent=True),
    "dns-name-present": partial(zone, *AT_HOME, expect_absent=True),
    "dns-unexpected": partial(zone, a(STALE), within=WITHIN),
    "dns-one-unexpected": partial(zone, *many(11), a(STALE), within=WITHIN),
    "dns-too-few": partial(zone, *AT_HOME, within=WITHIN, min_records=2),
    "dns-ttl-too-long": partial(zone, alias(ALIAS, ttl=86_400), a(PRIVATE, ALIAS), max_ttl=timedelta(seconds=60)),
    "dns-negative-cache": partial(remembered_denial, over=False),
    "dns-shadowed": partial(compared, [a(PRIVATE, ALIAS)], [a("203.0.113.10")]),
    "dns-shadowed-elsewhere": partial(compared, [a(PRIVATE)], [a("203.0.113.10")]),
    "dns-not-public": partial(compared, [a("203.0.113.10")], []),
    "dns-public-silent": compared_with_nobody,
    "dns-search-missing": partial(zone, **IN_SECOND),
    "dns-search-captured": partial(zone, *AT_HOME, a(STALE, "db.ec2.internal"), within=WITHIN, **IN_SECOND),
}
