"""Resolvers that give a readable answer: records, aliases, denials; and names that lead elsewhere than declared."""

from datetime import timedelta
from typing import Any

import pytest
from dnslib import AAAA, CNAME, QTYPE, RR, SOA, TXT, A

from functions.dns.facts import DnsFacts, RecordFacts

from .conftest import NAME, Start, answers, ask

PASS = ("PASS", None)
SKIPPED = ("SKIPPED", None)
ALIAS = "lb.shop.internal"


def a(value: str, name: str = NAME, ttl: int = 10) -> RR:
    return RR(name, QTYPE.A, rdata=A(value), ttl=ttl)


def aaaa(value: str) -> RR:
    return RR(NAME, QTYPE.AAAA, rdata=AAAA(value), ttl=10)


def alias(target: str, name: str = NAME, ttl: int = 10) -> RR:
    return RR(name, QTYPE.CNAME, rdata=CNAME(target), ttl=ttl)


def soa(zone: str, *, ttl: int = 900, minimum: int = 60) -> RR:
    return RR(zone, QTYPE.SOA, rdata=SOA("ns.example", "root.example", (1, 2, 3, 4, minimum)), ttl=ttl)


def test_a_name_that_resolves_and_what_is_kept_of_it(start: Start) -> None:
    resolver = start(answers(a("10.0.1.10"), a("10.0.2.20"), aa=1))
    seen = ask(resolver, name="DB.Shop.internal.")
    assert seen.brief() == {"resolver_answers": PASS, "name_resolves": PASS}
    assert seen.facts == DnsFacts(
        name=NAME,
        type="A",
        resolver=resolver.place,
        rcode="NOERROR",
        records=(
            RecordFacts(type="A", value="10.0.1.10", ttl=10),
            RecordFacts(type="A", value="10.0.2.20", ttl=10),
        ),
        authoritative=True,
        recursive=True,
    )
    assert seen.results["dns.name_resolves"].summary == (
        f"{NAME} resolves to 10.0.1.10, 10.0.2.20 (type A, TTL 10 s), says resolver {resolver.place}."
    )
    (question,) = resolver.asked
    assert (str(question.q.qname), QTYPE[question.q.qtype], question.header.rd) == (f"{NAME}.", "A", 1)


def test_the_name_is_asked_as_written_and_never_with_a_search_list(start: Start) -> None:
    resolver = start(answers(rcode="NXDOMAIN"))
    ask(resolver, name="db")
    assert [str(query.q.qname) for query in resolver.asked] == ["db."]


def test_a_chain_of_aliases_is_kept_in_its_order_with_its_ttls(start: Start) -> None:
    records = [alias(ALIAS, ttl=300), alias("node.example", ALIAS, ttl=60), a("10.0.1.10", "node.example", ttl=5)]
    seen = ask(start(answers(*reversed(records))), expect=("10.0.1.10",))
    assert seen.passes_all()
    assert [(r.value, r.ttl) for r in seen.facts.canonical] == [(ALIAS, 300), ("node.example", 60)]
    assert seen.results["dns.name_resolves"].evidence["ttl"] == 5


def test_a_name_that_does_not_exist_says_which_zone_denies_it_and_for_how_long(start: Start) -> None:
    seen = ask(
        start(answers(rcode="NXDOMAIN", authority=[soa("shop.internal", ttl=900, minimum=60)])), expect=("10.0.0.1",)
    )
    assert seen.brief() == {
        "resolver_answers": PASS,
        "name_resolves": ("FAIL", "dns.nxdomain"),
        "records_expected": SKIPPED,
    }
    assert (seen.facts.rcode, seen.facts.soa_zone, seen.facts.soa_minimum) == ("NXDOMAIN", "shop.internal", 60)
    result = seen.results["dns.name_resolves"]
    assert f"{NAME} does not exist (NXDOMAIN)" in result.summary
    assert "; zone shop.internal denies it" in result.summary
    assert "for 60 s" in result.remediation
    assert "Cloud Map" in result.remediation


def test_the_root_denies_by_its_name_and_its_ttl_bounds_the_denial(start: Start) -> None:
    seen = ask(start(answers(rcode="NXDOMAIN", authority=[soa(".", ttl=30, minimum=86400)])))
    assert (seen.facts.soa_zone, seen.facts.soa_minimum) == (".", 30)
    assert "; the root zone denies it" in seen.results["dns.name_resolves"].summary


def test_an_alias_to_nowhere_is_said_to_be_one(start: Start) -> None:
    seen = ask(start(answers(alias(ALIAS), rcode="NXDOMAIN")))
    assert seen.brief()["name_resolves"] == ("FAIL", "dns.nxdomain")
    result = seen.results["dns.name_resolves"]
    assert f"{NAME} is an alias for {ALIAS}, which does not exist" in result.summary
    assert f"the alias at {NAME}" in result.remediation


@pytest.mark.parametrize("records", [[], [alias(ALIAS)], [RR(NAME, QTYPE.TXT, rdata=TXT("x"))]])
def test_a_name_without_a_record_of_the_type_is_told_from_one_that_does_not_exist(
    start: Start, records: list[RR]
) -> None:
    seen = ask(start(answers(*records, authority=[soa("shop.internal")])))
    assert seen.brief() == {"resolver_answers": PASS, "name_resolves": ("FAIL", "dns.nodata")}
    assert seen.facts.rcode == "NOERROR"
    assert "no record of type A (NODATA)" in seen.results["dns.name_resolves"].summary


def test_a_name_with_only_an_ipv6_address(start: Start) -> None:
    def by_type(query: bytes) -> list[bytes]:
        kind = int.from_bytes(query[-4:-2], "big")
        return list(answers(*([aaaa("fd00::10")] if kind == QTYPE.AAAA else []))(query))

    resolver = start(by_type)
    four = ask(resolver)
    assert four.brief()["name_resolves"] == ("FAIL", "dns.other_type")
    assert four.facts.other_types == ("AAAA",)
    assert "has records of type AAAA, and none of type A" in four.results["dns.name_resolves"].summary
    six = ask(resolver, type="AAAA", expect=("FD00:0::10",), within=("fd01::/16",))
    assert six.passes_all()
    assert six.facts.records == (RecordFacts(type="AAAA", value="fd00::10", ttl=10),)


def test_an_alias_can_itself_be_what_is_asked(start: Start) -> None:
    resolver = start(answers(alias(ALIAS), alias("node.example", ALIAS)))
    right = ask(resolver, type="CNAME", expect=("LB.shop.internal.",))
    assert right.passes_all()
    assert right.facts.records == (RecordFacts(type="CNAME", value=ALIAS, ttl=10),)
    assert ask(resolver, type="CNAME", expect=("old.example",)).brief()["records_expected"] == (
        "FAIL",
        "dns.unexpected_records",
    )


def test_records_of_other_names_are_no_answer_to_this_one(start: Start) -> None:
    seen = ask(start(answers(a("6.6.6.6", "other.example"))))
    assert seen.brief()["name_resolves"] == ("FAIL", "dns.nodata")
    assert seen.facts.records == ()


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"expect": ("10.0.1.10", "10.0.2.20")}, PASS),
        # A resolver may give a part of the addresses, in any order.
        ({"expect": ("10.0.3.30", "10.0.2.20", "10.0.1.10")}, PASS),
        ({"within": ("10.0.0.0/16",), "min_records": 2}, PASS),
        ({"within": ("10.0.2.0/24",), "expect": ("10.0.1.10",)}, PASS),
        ({"expect": ("10.0.3.30",)}, ("FAIL", "dns.unexpected_records")),
        ({"within": ("192.168.0.0/16",)}, ("FAIL", "dns.unexpected_records")),
        ({"expect": ("10.0.1.10",)}, ("WARN", "dns.unexpected_records")),
        ({"within": ("10.0.2.0/24",)}, ("WARN", "dns.unexpected_records")),
        ({"min_records": 3}, ("WARN", "dns.too_few_records")),
    ],
)
def test_where_the_name_leads_is_compared_with_what_is_declared(
    start: Start, fields: dict[str, Any], answer: tuple[str, str | None]
) -> None:
    seen = ask(start(answers(a("10.0.1.10"), a("10.0.2.20"), a("10.0.2.20"))), **fields)
    assert seen.brief() == {"resolver_answers": PASS, "name_resolves": PASS, "records_expected": answer}


def test_a_stale_address_is_named(start: Start) -> None:
    seen = ask(start(answers(a("10.0.1.173"))), expect=("10.0.1.88",))
    result = seen.results["dns.records_expected"]
    assert result.summary == f"{NAME} leads elsewhere than declared: 10.0.1.173."
    assert (result.evidence["expected"], result.evidence["unexpected"]) == ("10.0.1.88", "10.0.1.173")


@pytest.mark.parametrize(
    ("ttls", "answer"),
    [
        ((60, 5), PASS),
        ((5, 60), PASS),
        ((61, 5), ("WARN", "dns.ttl_too_long")),
        ((5, 61), ("WARN", "dns.ttl_too_long")),
    ],
)
def test_the_longest_ttl_on_the_way_counts(start: Start, ttls: tuple[int, int], answer: tuple[str, str | None]) -> None:
    resolver = start(answers(alias(ALIAS, ttl=ttls[0]), a("10.0.1.10", ALIAS, ttl=ttls[1])))
    seen = ask(resolver, max_ttl=timedelta(seconds=60))
    assert seen.brief() == {"resolver_answers": PASS, "name_resolves": PASS, "ttl_within": answer}
    assert seen.results["dns.ttl_within"].evidence["longest_ttl"] == max(ttls)


def test_a_name_that_must_not_exist_and_does_not(start: Start) -> None:
    seen = ask(start(answers(rcode="NXDOMAIN", authority=[soa("shop.internal")])), expect_absent=True)
    assert seen.brief() == {"resolver_answers": PASS, "name_absent": PASS}


@pytest.mark.parametrize(
    ("records", "rcode", "words"),
    [
        ([a("10.0.1.10")], "NOERROR", "resolves to 10.0.1.10"),
        ([], "NOERROR", "exists, though without a record of type A"),
        ([alias(ALIAS)], "NXDOMAIN", f"is an alias for {ALIAS}"),
    ],
)
def test_a_name_that_must_not_exist_and_does(start: Start, records: list[RR], rcode: str, words: str) -> None:
    seen = ask(start(answers(*records, rcode=rcode)), expect_absent=True)
    assert seen.brief() == {"resolver_answers": PASS, "name_absent": ("FAIL", "dns.name_present")}
    assert words in seen.results["dns.name_absent"].summary


def test_a_name_from_the_wire_cannot_forge_a_line(start: Start) -> None:
    evil = b"\x0ax\r\n\x1b[31m\xe9<"

    def forge(query: bytes) -> list[bytes]:
        record = b"\xc0\x0c" + (5).to_bytes(2, "big") + (1).to_bytes(2, "big") + bytes(4)
        target = bytes([len(evil) - 1]) + evil[1:] + b"\0"
        head = query[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
        return [head + query[12:] + record + len(target).to_bytes(2, "big") + target]

    seen = ask(start(forge))
    (shown,) = seen.facts.canonical
    assert shown.value == r"x\013\010\027\09131m\233\060"
    assert seen.results["dns.name_resolves"].summary.isprintable()
