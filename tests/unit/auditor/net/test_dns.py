"""DNS messages: no bytes may crash or hang the parser."""

import struct

import pytest
from dnslib import CNAME, NS, QTYPE, RCODE, RR, SOA, TXT, A, DNSRecord
from hypothesis import given
from hypothesis import strategies as st

from auditor.net import dns

NAME = "db.example"


def test_a_query_is_what_another_implementation_reads() -> None:
    record = DNSRecord.parse(dns.query(4711, "Registry.Example.", dns.TYPE_AAAA))
    assert (record.header.id, record.header.rd, record.header.qr) == (4711, 1, 0)
    assert (str(record.q.qname), QTYPE[record.q.qtype]) == ("Registry.Example.", "AAAA")


def test_a_name_beyond_ascii_is_asked_in_its_dns_form() -> None:
    assert str(DNSRecord.parse(dns.query(1, "bücher.example", dns.TYPE_A)).q.qname) == "xn--bcher-kva.example."


def test_records_of_another_implementation_are_read() -> None:
    answer = DNSRecord.question(NAME).reply()
    answer.add_answer(
        RR(NAME, QTYPE.CNAME, rdata=CNAME("x." + NAME), ttl=9), RR("x." + NAME, rdata=A("10.0.0.1"), ttl=5)
    )
    answer.add_answer(RR("x." + NAME, QTYPE.TXT, rdata=TXT("t"), ttl=5))
    parsed = dns.parse(answer.pack())
    assert [(record.name, record.ttl, record.value) for record in parsed.records] == [
        (NAME, 9, "x." + NAME),
        ("x." + NAME, 5, "10.0.0.1"),
        ("x." + NAME, 5, "0174"),
    ]
    chain, records = dns.follow(parsed, NAME, dns.TYPE_A)
    assert chain == ("x." + NAME,)
    assert [record.value for record in records] == ["10.0.0.1"]


def test_records_of_other_names_are_no_answer() -> None:
    answer = DNSRecord.question(NAME).reply()
    answer.add_answer(RR("other.example", rdata=A("6.6.6.6"), ttl=5))
    assert dns.follow(dns.parse(answer.pack()), NAME, dns.TYPE_A) == ((), ())


def test_names_that_run_in_a_circle_are_malformed() -> None:
    answer = DNSRecord.question(NAME).reply()
    for source, target in ((NAME, "b.example"), ("b.example", "c.example"), ("c.example", "b.example")):
        answer.add_answer(RR(source, QTYPE.CNAME, rdata=CNAME(target), ttl=9))
    with pytest.raises(dns.MalformedError):
        dns.follow(dns.parse(answer.pack()), NAME, dns.TYPE_A)


def denial(*authority: RR, rcode: str = "NXDOMAIN", aa: int = 0) -> bytes:
    answer = DNSRecord.question(NAME).reply(aa=aa)
    answer.header.rcode = getattr(RCODE, rcode)
    answer.add_auth(*authority)
    return bytes(answer.pack())


def soa(*, ttl: int, minimum: int) -> RR:
    return RR("Example.", QTYPE.SOA, rdata=SOA("ns.example", "root.example", (7, 1, 2, 3, minimum)), ttl=ttl)


@pytest.mark.parametrize("rcode", ["NXDOMAIN", "NOERROR"])
@pytest.mark.parametrize(("ttl", "minimum"), [(900, 60), (60, 900)])
def test_who_denies_and_how_long_a_cache_believes_it(rcode: str, ttl: int, minimum: int) -> None:
    delegation = RR("example", QTYPE.NS, rdata=NS("ns.example"), ttl=5)
    parsed = dns.parse(denial(delegation, soa(ttl=ttl, minimum=minimum), rcode=rcode))
    assert parsed.authority == dns.Authority(zone="example", negative_ttl=60)
    assert parsed.records == ()


def test_whether_the_server_is_authoritative() -> None:
    assert dns.parse(denial(aa=1)).authoritative
    assert not dns.parse(denial()).authoritative
    assert dns.parse(denial()).authority is None


def test_an_alias_to_a_name_that_does_not_exist_is_kept() -> None:
    answer = DNSRecord.question(NAME).reply()
    answer.header.rcode = RCODE.NXDOMAIN
    answer.add_answer(RR(NAME, QTYPE.CNAME, rdata=CNAME("gone.example"), ttl=9))
    parsed = dns.parse(answer.pack())
    assert parsed.rcode == 3
    assert dns.follow(parsed, NAME, dns.TYPE_A) == (("gone.example",), ())


def test_damage_behind_an_answer_takes_nothing_from_it() -> None:
    whole = denial(soa(ttl=900, minimum=60))
    for end in range(len(whole) - 1, 12, -1):
        parsed = dns.parse(whole[:end])
        assert (parsed.rcode, parsed.authority) == (3, None)
    good = DNSRecord.question(NAME).reply()
    good.add_answer(RR(NAME, QTYPE.A, rdata=A("10.0.0.1"), ttl=5))
    good.add_auth(soa(ttl=900, minimum=60))
    parsed = dns.parse(good.pack()[:-1])
    assert [record.value for record in parsed.records] == ["10.0.0.1"]
    assert parsed.authority is None


HEADER = struct.pack("!HHHHHH", 1, 0x8180, 1, 1, 0, 0)


@pytest.mark.parametrize(
    "name",
    [
        b"\xc0\x0c",  # points at itself
        b"\xc0\x0e\xc0\x0c",  # two pointers in a circle
        b"\xc0\xff",  # points behind the end
        b"\x3f" + b"a" * 63,  # no end
        (b"\x3f" + b"a" * 63) * 5 + b"\0",  # too long
        b"\x80a\0",  # reserved kind of label
    ],
)
def test_hostile_names_are_malformed(name: bytes) -> None:
    with pytest.raises(dns.MalformedError):
        dns.parse(HEADER + name + b"\0\1\0\1")


@given(st.binary(max_size=400))
def test_any_bytes_are_an_answer_or_malformed(data: bytes) -> None:
    for message in (data, HEADER + data, HEADER + dns.query(1, NAME, 1)[12:] + data):
        dns.belongs(message, 1, NAME, dns.TYPE_A)
        try:
            dns.follow(dns.parse(message), NAME, dns.TYPE_A)
        except dns.MalformedError:
            continue


def test_what_belongs_to_a_query() -> None:
    good = DNSRecord.question(NAME).reply().pack()
    identifier = int.from_bytes(good[:2], "big")
    assert dns.belongs(good, identifier, NAME.upper().lower(), dns.TYPE_A)
    assert not dns.belongs(good, identifier ^ 1, NAME, dns.TYPE_A)
    assert not dns.belongs(good, identifier, "x.example", dns.TYPE_A)
    assert not dns.belongs(good, identifier, NAME, dns.TYPE_AAAA)
    assert not dns.belongs(dns.query(identifier, NAME, dns.TYPE_A), identifier, NAME, dns.TYPE_A)
