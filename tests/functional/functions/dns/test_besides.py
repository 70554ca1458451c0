"""What is asked beside the one question: only with reason, only once, and never at the cost of the first answer."""

from collections.abc import Sequence
from datetime import timedelta

from dnslib import CNAME, QTYPE, RR, A, DNSRecord

from auditor.domain.observation import Phase
from tests.resolver import Resolver, message

from .conftest import NAME, Start, answers, ask, closed_port

PASS = ("PASS", None)


def a(value: str, name: str = NAME) -> RR:
    return RR(name, QTYPE.A, rdata=A(value), ttl=10)


def asked(resolver: Resolver) -> list[tuple[str, str]]:
    return [(str(query.q.qname).rstrip("."), QTYPE[query.q.qtype]) for query in resolver.asked]


def test_a_name_that_leads_where_it_should_costs_one_question(start: Start) -> None:
    resolver = start(answers(a("10.0.1.10")))
    assert ask(resolver, within=("10.0.0.0/16",), max_ttl=timedelta(seconds=60)).passes_all()
    assert asked(resolver) == [(NAME, "A")]


def test_a_name_without_the_type_is_asked_for_the_types_of_registries(start: Start) -> None:
    resolver = start(answers())
    assert ask(resolver).facts.other_types == ()
    assert asked(resolver) == [(NAME, "A"), (NAME, "AAAA"), (NAME, "SRV")]


def test_types_that_were_not_answered_are_not_known_to_be_absent(start: Start) -> None:
    def by_type(query: bytes) -> Sequence[bytes]:
        srv = DNSRecord.parse(query).q.qtype == QTYPE.SRV
        return [message(query, rcode="SERVFAIL" if srv else "NOERROR").pack()]

    seen = ask(start(by_type))
    assert seen.facts.other_types is None
    assert seen.brief()["name_resolves"] == ("FAIL", "dns.nodata")


def test_who_leads_elsewhere_is_asked_for_what_cannot_exist(start: Start) -> None:
    resolver = start(answers(a("6.6.6.6")))
    seen = ask(resolver, within=("10.0.0.0/8",))
    assert seen.facts.invents is False
    assert seen.brief()["records_expected"] == ("FAIL", "dns.unexpected_records")
    assert asked(resolver)[1][0].endswith(".invalid")
    again = ask(resolver, within=("10.0.0.0/8",))
    assert again.facts == seen.facts
    assert asked(resolver)[1] != asked(resolver)[3], "a cache must not know the name"


def test_a_silent_public_resolver_takes_nothing_from_the_own_ones_answer(start: Start) -> None:
    own, public = start(answers(a("10.0.1.10"))), start(lambda _: [])
    seen = ask(own, public_resolver=public.place, timeout=timedelta(seconds=0.4))
    assert seen.brief() == {
        "resolver_answers": PASS,
        "name_resolves": PASS,
        "same_as_public": ("UNKNOWN", "dns.public_unanswered"),
    }
    assert seen.facts.public is not None
    assert seen.facts.public.failure is not None
    assert seen.facts.public.failure.cause == "dns.timeout"
    assert "egress to port 53" in seen.results["dns.same_as_public"].remediation
    (timing,) = seen.observation.phases
    assert (timing.phase, timing.ok) == (Phase.NAME, True)
    assert (seen.observation.latency_ms() or 0) < 200


def test_the_own_resolvers_silence_is_not_laid_to_the_public_one(start: Start) -> None:
    public = start(answers(a("10.0.1.10")))
    seen = ask(("127.0.0.1", closed_port()), public_resolver=public.place)
    assert seen.brief()["resolver_answers"] == ("FAIL", "dns.unreachable")
    assert seen.brief()["same_as_public"] == ("SKIPPED", None)
    assert public.asked == []


def test_the_public_answer_is_kept_with_its_aliases(start: Start) -> None:
    records = [RR(NAME, QTYPE.CNAME, rdata=CNAME("lb.example"), ttl=60), a("203.0.113.9", "lb.example")]
    seen = ask(start(answers(rcode="NXDOMAIN")), public_resolver=start(answers(*records)).place)
    public = seen.facts.public
    assert public is not None
    assert [r.value for r in (*public.canonical, *public.records)] == ["lb.example", "203.0.113.9"]
    assert seen.brief()["same_as_public"] == ("FAIL", "dns.shadowed")


def searched(query: bytes) -> Sequence[bytes]:
    name = str(DNSRecord.parse(query).q.qname).rstrip(".")
    return [message(query, a("10.0.1.10", name)).pack() if name == NAME else message(query, rcode="NXDOMAIN").pack()]


def test_search_domains_are_tried_in_their_order_until_one_has_the_name(start: Start) -> None:
    resolver = start(searched)
    seen = ask(resolver, name="db", search=("ec2.internal", "shop.internal", "never.asked"))
    assert seen.passes_all()
    assert [name for name, _ in asked(resolver)] == ["db.ec2.internal", "db.shop.internal"]
    assert (seen.facts.name, seen.facts.found_as) == ("db", NAME)
    assert seen.facts.searched == ("db.ec2.internal", NAME)


def test_a_search_stops_where_the_resolver_fails(start: Start) -> None:
    def half(query: bytes) -> Sequence[bytes]:
        name = str(DNSRecord.parse(query).q.qname)
        return [message(query, rcode="SERVFAIL" if "ec2" in name else "NXDOMAIN").pack()]

    resolver = start(half)
    seen = ask(resolver, name="db", search=("ec2.internal", "shop.internal"))
    assert seen.brief()["resolver_answers"] == ("FAIL", "dns.servfail")
    assert len(resolver.asked) == 1
