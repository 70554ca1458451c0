"""Resolvers that lie, cut and flood, each with its one expected outcome."""

import contextlib
import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dnslib import CNAME, NS, QTYPE, RR, A, DNSRecord

from auditor.domain.observation import Phase
from auditor.domain.result import Status

from .outcome import CANARY, Label
from .scripts import Script, then_waits

NAME = "db.shop.internal"

OverUdp = Callable[[socket.socket, Any, bytes], object]
"""What is done with a query: the socket, whom to answer, and the query."""


class Resolver:
    """A resolver on loopback; without ``over_tcp`` its TCP port is closed."""

    def __init__(self, over_udp: OverUdp, over_tcp: Script | None) -> None:
        self._over_udp, self._over_tcp = over_udp, over_tcp
        self._listener = socket.create_server(("127.0.0.1", 0)) if over_tcp else None
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(self._listener.getsockname() if self._listener else ("127.0.0.1", 0))
        self.address: tuple[str, int] = self._udp.getsockname()
        self._stopping = threading.Event()
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve_udp), threading.Thread(target=self._serve_tcp)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End both servers."""
        self._stopping.set()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.address)
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()
        self._udp.close()
        if self._listener:
            self._listener.close()

    def _serve_udp(self) -> None:
        while True:
            try:
                query, client = self._udp.recvfrom(65_535)
            except ConnectionRefusedError:  # the probe before had left when its answer came
                continue
            if self._stopping.is_set():
                return
            with contextlib.suppress(OSError):
                self._over_udp(self._udp, client, query)

    def _serve_tcp(self) -> None:
        if self._listener is None or self._over_tcp is None:
            return
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                with connection, contextlib.suppress(OSError):
                    self._over_tcp(connection)


@dataclass(frozen=True, kw_only=True)
class Peer:
    """What the resolver does, what must come of it, and what the target asks."""

    over_udp: OverUdp
    label: Label
    over_tcp: Script | None = None
    asks: Mapping[str, Any] = field(default_factory=dict)


def reply(query: bytes, *records: RR, flags: int = 0x8180) -> bytes:
    """A well-formed answer to the query."""
    answer = DNSRecord.parse(query).reply()
    answer.add_answer(*records)
    packed: bytes = answer.pack()
    return packed[:2] + struct.pack("!H", flags) + packed[4:]


def raw(query: bytes, answers: int, data: bytes, flags: int = 0x8180) -> bytes:
    """An answer whose sections are these bytes."""
    return query[:2] + struct.pack("!HHHHH", flags, 1, answers, 0, 0) + query[12:] + data


def a_record(name: bytes = b"\xc0\x0c", address: bytes = bytes([10, 0, 0, 1]), length: int | None = None) -> bytes:
    """An A record, whose length may lie."""
    return name + struct.pack("!HHIH", 1, 1, 60, len(address) if length is None else length) + address


def datagrams(*make: Callable[[bytes], bytes]) -> OverUdp:
    """Answer each query with these datagrams."""

    def serve(sock: socket.socket, client: Any, query: bytes) -> None:
        for one in make:
            sock.sendto(one(query), client)

    return serve


def _a(name: str, address: str = "10.0.0.1") -> RR:
    return RR(name, QTYPE.A, rdata=A(address), ttl=60)


def _cname(name: str, to: str) -> RR:
    return RR(name, QTYPE.CNAME, rdata=CNAME(to), ttl=60)


def over_tcp(make: Callable[[bytes], bytes], length: int | None = None) -> Script:
    """Answer over TCP with a message, whose length may lie."""

    def script(connection: socket.socket) -> None:
        query = connection.recv(1000)[2:]
        message = make(query)
        begin = len(message) if length is None else length
        with contextlib.suppress(OSError):
            connection.sendall(begin.to_bytes(2, "big") + message)

    return script


def _from_elsewhere(_: socket.socket, client: Any, query: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.sendto(reply(query, _a(NAME)), client)


def _floods(sock: socket.socket, client: Any, query: bytes) -> None:
    wrong = bytes([query[0] ^ 0xFF]) + reply(query, _a(NAME))[1:] + bytes(1000)
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        sock.sendto(wrong, client)


def _drips_over_tcp(connection: socket.socket) -> None:
    query = connection.recv(1000)[2:]
    connection.sendall(b"\xff\xff" + query[:2])
    while True:
        time.sleep(0.02)
        connection.sendall(b"\0")


def _ladder(query: bytes) -> bytes:
    """A thousand names, each of which climbs down eight thousand pointers."""
    begin = len(query)
    rungs = b"\xc0\x0c" + b"".join(struct.pack("!H", 0xC000 | (begin + 12 + 2 * n)) for n in range(7000))
    last = struct.pack("!H", 0xC000 | (begin + 12 + 2 * 7000))
    padding = b"\xc0\x0c" + struct.pack("!HHIH", 16, 1, 60, len(rungs)) + rungs
    return raw(query, 1000, padding + a_record(last) * 999)


def _long_chain(length: int) -> Callable[[bytes], bytes]:
    names = [NAME, *(f"n{number}.shop.internal" for number in range(length))]
    records = [_cname(one, other) for one, other in itertools.pairwise(names)]
    return lambda query: reply(query, *records, _a(names[-1]))


def _refers(query: bytes, zone: str) -> bytes:
    """No answer, and the servers of a zone instead."""
    answer = DNSRecord.parse(query).reply(aa=0, ra=0)
    answer.add_auth(RR(zone, QTYPE.NS, rdata=NS("ns.evil.example"), ttl=60))
    packed: bytes = answer.pack()
    return packed


def _many(count: int) -> Callable[[bytes], bytes]:
    return lambda query: raw(query, count, a_record() * min(count, 4000))


CUT = datagrams(lambda query: reply(query, flags=0x8380))


def _resolver(cause: str) -> Label:
    return Label(cause=cause, phase=Phase.NAME, check="resolver_answers")


def _name(cause: str, check: str = "name_resolves", phase: Phase = Phase.NAME) -> Label:
    passes = {"resolver_answers"} if check == "name_resolves" else {"resolver_answers", "name_resolves"}
    return Label(cause=cause, phase=phase, check=check, passes=frozenset(passes))


def _lies(cause: str, *make: Callable[[bytes], bytes]) -> Peer:
    return Peer(over_udp=datagrams(*make), label=_resolver(cause))


def _cut(cause: str, tcp: Script | None) -> Peer:
    return Peer(over_udp=CUT, over_tcp=tcp, label=_resolver(cause))


def _other_question(query: bytes) -> bytes:
    return query[:2] + reply(DNSRecord.question("evil.example").pack(), _a("evil.example"))[2:]


PEERS: dict[str, Peer] = {
    "silence": _lies("dns.timeout"),
    "another id": _lies("dns.timeout", lambda q: bytes([q[0] ^ 1]) + reply(q, _a(NAME))[1:]),
    "another question": _lies("dns.timeout", _other_question),
    "another type": _lies("dns.timeout", lambda q: q[:2] + reply(DNSRecord.question(NAME, "AAAA").pack())[2:]),
    "its own question": _lies("dns.timeout", lambda q: q),
    "an answer from another port": Peer(over_udp=_from_elsewhere, label=_resolver("dns.timeout")),
    "a flood of other ids": Peer(over_udp=_floods, label=_resolver("dns.timeout")),
    "an empty datagram": _lies("dns.timeout", lambda _: b""),
    "two bytes": _lies("dns.malformed", lambda q: q[:2]),
    "half a header": _lies("dns.malformed", lambda q: q[:2] + b"\x81\x80\0\x01"),
    "no question": _lies("dns.malformed", lambda q: q[:2] + b"\x81\x80" + bytes(8)),
    "65,535 questions": _lies("dns.malformed", lambda q: q[:2] + b"\x81\x80\xff\xff" + bytes(6) + q[12:]),
    "more answers than there are": _lies("dns.malformed", lambda q: raw(q, 9, a_record())),
    "10,000 answers announced": _lies("dns.malformed", lambda q: raw(q, 10_000, a_record())),
    "a record longer than the message": _lies("dns.malformed", lambda q: raw(q, 1, a_record(length=60_000))),
    "an address of three bytes": _lies("dns.malformed", lambda q: raw(q, 1, a_record(address=b"\x0a\0\0"))),
    "an address of no bytes": _lies("dns.malformed", lambda q: raw(q, 1, a_record(address=b""))),
    "a name that points at itself": _lies(
        "dns.malformed", lambda q: raw(q, 1, a_record(struct.pack("!H", 0xC000 | len(q))))
    ),
    "names that point at each other": _lies(
        "dns.malformed",
        lambda q: raw(q, 1, a_record(struct.pack("!HH", 0xC000 | (len(q) + 2), 0xC000 | len(q)))),
    ),
    "a name that points behind the end": _lies("dns.malformed", lambda q: raw(q, 1, a_record(b"\xff\xff"))),
    "a name of a reserved kind": _lies("dns.malformed", lambda q: raw(q, 1, a_record(b"\x80\x0c"))),
    "a name of 400 bytes": _lies("dns.malformed", lambda q: raw(q, 1, a_record((b"\x3f" + b"a" * 63) * 6 + b"\0"))),
    "names behind seven thousand pointers": _lies("dns.malformed", _ladder),
    "aliases in a circle": _lies("dns.malformed", lambda q: reply(q, _cname(NAME, "b.test"), _cname("b.test", NAME))),
    "an alias shorter than its record": _lies(
        "dns.malformed",
        lambda q: raw(q, 1, b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, 60, 8) + b"\x01b\xc0\x0f" + bytes(4)),
    ),
    "an alias of itself": _lies("dns.malformed", lambda q: reply(q, _cname(NAME, NAME))),
    "a chain of 200 aliases": _lies("dns.malformed", _long_chain(200)),
    "SERVFAIL with an address": _lies("dns.servfail", lambda q: reply(q, _a(NAME), flags=0x8182)),
    "REFUSED with an address": _lies("dns.refused", lambda q: reply(q, _a(NAME), flags=0x8185)),
    "an rcode that does not exist": _lies("dns.servfail", lambda q: reply(q, _a(NAME), flags=0x818F)),
    "NXDOMAIN with an address": Peer(
        over_udp=datagrams(lambda q: reply(q, _a(NAME), flags=0x8183)), label=_name("dns.nxdomain")
    ),
    "NXDOMAIN with an address, where absence is wanted": Peer(
        over_udp=datagrams(lambda q: reply(q, _a(NAME), flags=0x8183)),
        label=_name("dns.name_present", "name_absent", Phase.ANSWER),
        asks={"expect_absent": True},
    ),
    "an address of another name": Peer(
        over_udp=datagrams(lambda q: reply(q, _a("evil.example"))), label=_name("dns.nodata")
    ),
    "an address of another class": Peer(
        over_udp=datagrams(lambda q: raw(q, 1, b"\xc0\x0c" + struct.pack("!HHIH", 1, 3, 60, 4) + bytes(4))),
        label=_name("dns.nodata"),
    ),
    "an alias that leads nowhere, with colours": Peer(
        over_udp=datagrams(lambda q: raw(q, 1, b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, 60, 7) + b"\x05\x1b[31m\0")),
        label=_name("dns.nodata"),
    ),
    "a lie for a name that cannot exist": Peer(
        over_udp=datagrams(lambda q: reply(q, _a(str(DNSRecord.parse(q).q.qname).rstrip("."), "6.6.6.6"))),
        label=Label(cause="dns.lying", phase=Phase.ANSWER, check="resolver_answers"),
        asks={"within": ("10.0.0.0/8",)},
    ),
    "servers of another zone in place of an answer": _lies("dns.lame", lambda q: _refers(q, "evil.example")),
    "servers of the root in place of an answer": _lies("dns.lame", lambda q: _refers(q, ".")),
    "servers with a name of colours in place of an answer": _lies(
        "dns.lame",
        lambda q: (
            q[:2]
            + struct.pack("!HHHHH", 0x8100, 1, 0, 1, 0)
            + q[12:]
            + b"\x05\x1b[31m\0"
            + struct.pack("!HHIH", 2, 1, 60, 2)
            + b"\xc0\x0c"
        ),
    ),
    "a damaged authority behind no records": _lies(
        "dns.lame", lambda q: q[:2] + struct.pack("!HHHHH", 0x8100, 1, 0, 9, 0) + q[12:] + b"\xff" * 40
    ),
    "nothing, with authority": Peer(over_udp=datagrams(lambda q: reply(q, flags=0x8500)), label=_name("dns.nodata")),
    "an address elsewhere beside the right one": Peer(
        over_udp=datagrams(lambda q: reply(q, _a(NAME), _a(NAME, "6.6.6.6"))),
        label=Label(
            cause="dns.unexpected_records",
            phase=Phase.ANSWER,
            check="records_expected",
            passes=frozenset({"resolver_answers", "name_resolves"}),
            status=Status.WARN,
        ),
        asks={"within": ("10.0.0.0/8",)},
    ),
    "cut, and TCP refused": _cut("dns.truncated", None),
    "cut, and TCP silent": _cut("dns.truncated", then_waits()),
    "cut, and TCP drips 65,535 bytes": _cut("dns.truncated", _drips_over_tcp),
    "cut, and TCP resets": _cut(
        "dns.truncated", lambda c: c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ),
    "cut, and TCP closes": _cut("dns.malformed", lambda c: c.recv(1000)),
    "cut, and TCP stops half-way": _cut("dns.malformed", over_tcp(lambda q: reply(q, _a(NAME)), length=60_000)),
    "cut, and cut over TCP": _cut("dns.malformed", over_tcp(lambda q: reply(q, flags=0x8380))),
    "cut, and another id over TCP": _cut("dns.malformed", over_tcp(lambda q: b"\0\0" + reply(q, _a(NAME))[2:])),
    "cut, and nothing over TCP": _cut("dns.malformed", over_tcp(lambda _: b"")),
    "cut, and 4,000 records over TCP": _cut("dns.malformed", over_tcp(_many(4000))),
    "cut, and a ladder of pointers over TCP": _cut("dns.malformed", over_tcp(_ladder)),
    "cut, and HTTP over TCP": _cut("dns.malformed", over_tcp(lambda _: f"{CANARY}\r\n\r\n".encode(), length=0x4854)),
}
