"""What an answer of a resolver lets one say of a name."""

from typing import Any

import pytest

from auditor.domain.diagnosis.claims import NameResolves
from auditor.domain.diagnosis.dns_claims import AnsweredOutside, NameDenied, ResolverInvents
from auditor.domain.diagnosis.words import NameOutcome
from auditor.domain.observation import Failure, Phase
from functions.dns.facts import DnsFacts, PublicFacts, RecordFacts
from functions.dns.family import DnsSpec
from tests.knowing import claims

NAME = "db.shop.internal"
FOUND = (RecordFacts(type="A", value="10.0.1.5", ttl=5), RecordFacts(type="A", value="10.0.1.6", ttl=5))


def everything(
    rcode: str = "NOERROR",
    records: tuple[RecordFacts, ...] = FOUND,
    cause: str = "",
    type: str = "A",
    more: dict[str, Any] | None = None,
    **spec: Any,
) -> list[Any]:
    given = DnsSpec(**{"name": NAME, "type": type, **spec})
    facts = DnsFacts(name=given.asked, type=type, resolver="10.0.0.2:53", rcode=rcode, records=records, **(more or {}))
    return claims("dns", given, facts, failure=(Phase.NAME, cause) if cause else None, component="dns.shop")


def said(*args: Any, **kwargs: Any) -> list[Any]:
    """How the name resolves."""
    return [claim for claim in everything(*args, **kwargs) if isinstance(claim, NameResolves)]


def outcomes(found: list[Any]) -> list[NameOutcome]:
    assert all(claim.name == NAME for claim in found)
    return [claim.outcome for claim in found]


def test_a_name_resolves_to_its_addresses() -> None:
    (claim,) = said()
    assert (claim.name, claim.outcome, claim.addresses) == (NAME, NameOutcome.RESOLVED, ("10.0.1.5", "10.0.1.6"))
    assert not claim.meant_absent


@pytest.mark.parametrize(
    ("rcode", "cause", "outcome"),
    [
        ("NOERROR", "", NameOutcome.NODATA),
        ("NXDOMAIN", "", NameOutcome.NXDOMAIN),
        ("SERVFAIL", "", NameOutcome.SERVFAIL),
        ("REFUSED", "", NameOutcome.REFUSED),
        ("", "dns.timeout", NameOutcome.TIMEOUT),
        ("", "dns.unreachable", NameOutcome.TIMEOUT),
        ("", "dns.lame", NameOutcome.SERVFAIL),
    ],
)
def test_a_resolver_that_gives_no_address_is_quoted(rcode: str, cause: str, outcome: NameOutcome) -> None:
    (claim,) = said(rcode, (), cause)
    assert (claim.outcome, claim.addresses) == (outcome, ())


def test_a_name_that_is_declared_absent_is_marked() -> None:
    (claim,) = said("NXDOMAIN", (), expect_absent=True)
    assert claim.meant_absent


@pytest.mark.parametrize(
    ("rcode", "cause"),
    [("", ""), ("RCODE9", ""), ("", "dns.malformed"), ("", "dns.truncated")],
)
def test_what_says_nothing_of_the_name_is_no_claim(rcode: str, cause: str) -> None:
    assert everything(rcode, (), cause) == []


def test_a_name_without_ipv6_may_have_ipv4() -> None:
    assert said("NOERROR", (), type="AAAA") == []
    assert outcomes(said("NXDOMAIN", (), type="AAAA")) == [NameOutcome.NXDOMAIN]
    found = said(records=(RecordFacts(type="AAAA", value="fd00::5", ttl=5),), type="AAAA")
    assert outcomes(found) == [NameOutcome.RESOLVED]


def test_what_another_resolver_says_is_not_what_clients_are_told() -> None:
    assert everything(resolver="203.0.113.53:53") == []
    assert everything("NXDOMAIN", (), resolver="203.0.113.53:53") == []


def test_an_alias_alone_and_nothing_at_all_are_no_addresses() -> None:
    assert everything(records=(RecordFacts(type="CNAME", value="x.example", ttl=5),), type="CNAME") == []
    assert claims("dns", DnsSpec(name=NAME), None) == []


def denials(*args: Any, **kwargs: Any) -> list[NameDenied]:
    return [claim for claim in everything(*args, **kwargs) if isinstance(claim, NameDenied)]


def test_a_denial_says_who_denies_for_how_long_and_what_there_is_instead() -> None:
    more = {"soa_zone": "shop.internal", "soa_minimum": 40, "other_types": ("SRV",)}
    (denied,) = denials("NOERROR", (), more=more)
    assert (denied.component, denied.name, denied.outcome) == ("dns.shop", NAME, NameOutcome.NODATA)
    assert (denied.wanted, denied.zone, denied.seconds) == ("A", "shop.internal", 40)
    assert (denied.types, denied.alias) == (("SRV",), "")
    (dangling,) = denials("NXDOMAIN", (), more={"canonical": (RecordFacts(type="CNAME", value="gone.x", ttl=5),)})
    assert (dangling.outcome, dangling.alias, dangling.types) == (NameOutcome.NXDOMAIN, "gone.x", None)


def test_who_resolves_is_meant_to_be_absent_or_gives_no_answer_is_not_denied() -> None:
    assert denials() == denials("NXDOMAIN", (), expect_absent=True) == denials("SERVFAIL", ()) == []


OUTSIDE = "203.0.113.53:53"


def compared(rcode: str, records: tuple[RecordFacts, ...], public: PublicFacts) -> list[AnsweredOutside]:
    found = everything(rcode, records, more={"public": public, "soa_zone": "shop.internal"}, public_resolver=OUTSIDE)
    return [claim for claim in found if isinstance(claim, AnsweredOutside)]


def test_what_is_said_outside_stands_beside_what_is_said_inside() -> None:
    alias = (RecordFacts(type="CNAME", value="lb.x", ttl=5),)
    public = PublicFacts(resolver=OUTSIDE, rcode="NOERROR", records=FOUND, canonical=alias)
    (claim,) = compared("NXDOMAIN", (), public)
    assert (claim.outcome, claim.addresses, claim.aliases) == (
        NameOutcome.RESOLVED,
        ("10.0.1.5", "10.0.1.6"),
        ("lb.x",),
    )
    assert (claim.own_outcome, claim.own_addresses, claim.own_zone) == (NameOutcome.NXDOMAIN, (), "shop.internal")


def test_nothing_is_compared_where_either_side_gave_no_answer() -> None:
    silent = Failure(phase=Phase.NAME, cause="dns.timeout", detail="-")
    assert compared("NOERROR", FOUND, PublicFacts(resolver=OUTSIDE, failure=silent)) == []
    assert compared("NOERROR", FOUND, PublicFacts(resolver=OUTSIDE, rcode="SERVFAIL")) == []
    assert compared("SERVFAIL", (), PublicFacts(resolver=OUTSIDE, rcode="NOERROR", records=FOUND)) == []


def test_nothing_of_what_a_lying_resolver_says_is_repeated() -> None:
    (claim,) = everything(more={"invents": True}, expect_absent=True)
    assert isinstance(claim, ResolverInvents)
    assert claim.resolver == "10.0.0.2:53"


def test_a_short_name_and_the_one_that_it_was_found_as_lead_to_the_same() -> None:
    found = said(name="db", search=("shop.internal",), more={"found_as": NAME})
    assert [(claim.name, claim.addresses) for claim in found] == [
        ("db", ("10.0.1.5", "10.0.1.6")),
        (NAME, ("10.0.1.5", "10.0.1.6")),
    ]
