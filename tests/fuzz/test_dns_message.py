"""DNS messages: ours and dnslib's reading agree where both read; ours raises its one error and never runs long."""

import struct
import time

from dnslib import AAAA, CNAME, NS, QTYPE, RR, SOA, A, DNSRecord
from dnslib.dns import DNSError
from hypothesis import assume, given
from hypothesis import strategies as st

from auditor.net import dns

from .material import mangled, pieces

NAME = "db.shop.internal"
QUERY = dns.query(7, NAME, dns.TYPE_A)


def _good(*records: RR, authority: tuple[RR, ...] = ()) -> bytes:
    reply = DNSRecord.parse(QUERY).reply()
    reply.add_answer(*records)
    reply.add_auth(*authority)
    packed: bytes = reply.pack()
    return packed


GOOD = (
    _good(RR(NAME, QTYPE.A, rdata=A("10.0.0.1"), ttl=60), RR(NAME, QTYPE.A, rdata=A("10.0.0.2"), ttl=60)),
    _good(
        RR(NAME, QTYPE.CNAME, rdata=CNAME("b.shop.internal"), ttl=60),
        RR("b.shop.internal", QTYPE.AAAA, rdata=AAAA("fd00::1"), ttl=60),
    ),
    _good(authority=(RR("shop.internal", QTYPE.NS, rdata=NS("ns.shop.internal"), ttl=60),)),
    _good(authority=(RR("shop.internal", QTYPE.SOA, rdata=SOA("ns.shop.internal", "a.b", (1, 2, 3, 4, 5)), ttl=60),)),
)
WORDS = (
    b"\xc0\x0c",
    b"\xc0\x1c",
    b"\x00\x01\x00\x01",
    b"\x00\x05\x00\x01",
    b"\x00\x00\x00\x3c",
    b"\x00\x04\x0a\x00\x00\x01",
    b"\x00\x02\xc0\x0c",
    b"\x02db\x04shop\x00",
    b"\x00",
    b"\x3f",
    b"\xff\xff",
)


def read(message: bytes) -> dns.Answer | None:
    """What the engine reads, in time."""
    began = time.thread_time()
    try:
        answer = dns.parse(message)
        dns.follow(answer, NAME, dns.TYPE_A)
    except dns.MalformedError:
        return None
    finally:
        dns.belongs(message, 7, NAME, dns.TYPE_A)
        assert time.thread_time() - began < 0.5
    return answer


@given(st.sampled_from(GOOD).flatmap(mangled))
def test_mangled(message: bytes) -> None:
    mine = read(message)
    try:
        theirs = DNSRecord.parse(message)
    except (DNSError, ValueError, IndexError, struct.error, UnicodeError, RecursionError):
        return
    assume(mine is not None and not mine.truncated and mine.records)
    assert mine is not None
    assert mine.rcode == theirs.header.rcode
    plain = [rr for rr in theirs.rr if rr.rclass == 1]
    assert [record.type for record in mine.records] == [rr.rtype for rr in plain]
    for record, rr in zip(mine.records, plain, strict=True):
        if isinstance(rr.rdata, A) and rr.rtype == dns.TYPE_A:
            assert record.value == str(rr.rdata)
        assert record.ttl == (rr.ttl if rr.ttl < 2**31 else record.ttl)


@given(st.integers(0, 0xFFFF), st.lists(st.integers(0, 1100), min_size=4, max_size=4), pieces(WORDS, 60))
def test_words(flags: int, counts: list[int], data: bytes) -> None:
    read(QUERY[:2] + struct.pack("!HHHHH", flags, *counts) + data)


@given(st.binary(max_size=200))
def test_noise(message: bytes) -> None:
    read(message)


@given(st.text(max_size=80), st.sampled_from([dns.TYPE_A, dns.TYPE_AAAA, dns.TYPE_CNAME]))
def test_a_query_for_any_name_is_read_back_by_another_reader(name: str, type: int) -> None:
    try:
        question = dns.query(7, name, type)
    except dns.MalformedError:
        return
    asked = DNSRecord.parse(question).q
    assert asked.qtype == type
    assert b"".join(bytes([len(label)]) + label for label in asked.qname.label) + b"\0" == question[12:-4]
