"""What an answer of a resolver lets one say of a name."""

from typing import Any

import pytest

from auditor.domain.diagnosis.claims import NameResolves
from auditor.domain.diagnosis.words import NameOutcome
from auditor.domain.observation import Phase
from functions.dns.facts import DnsFacts, RecordFacts
from functions.dns.family import DnsSpec
from tests.knowing import claims

NAME = "db.shop.internal"
FOUND = (RecordFacts(type="A", value="10.0.1.5", ttl=5), RecordFacts(type="A", value="10.0.1.6", ttl=5))


def said(
    rcode: str = "NOERROR", records: tuple[RecordFacts, ...] = FOUND, cause: str = "", type: str = "A", **spec: Any
) -> list[Any]:
    facts = DnsFacts(name=NAME, type=type, resolver="10.0.0.2:53", rcode=rcode, records=records)
    given = DnsSpec(**{"name": NAME, "type": type, **spec})
    return claims("dns", given, facts, failure=(Phase.NAME, cause) if cause else None)


def outcomes(found: list[Any]) -> list[NameOutcome]:
    assert all(isinstance(claim, NameResolves) and claim.name == NAME for claim in found)
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
    [("", ""), ("RCODE9", ""), ("", "dns.malformed"), ("", "dns.unreachable"), ("", "dns.truncated")],
)
def test_what_says_nothing_of_the_name_is_no_claim(rcode: str, cause: str) -> None:
    assert said(rcode, (), cause) == []


def test_a_name_without_ipv6_may_have_ipv4() -> None:
    assert said("NOERROR", (), type="AAAA") == []
    assert outcomes(said("NXDOMAIN", (), type="AAAA")) == [NameOutcome.NXDOMAIN]
    found = said(records=(RecordFacts(type="AAAA", value="fd00::5", ttl=5),), type="AAAA")
    assert outcomes(found) == [NameOutcome.RESOLVED]


def test_what_another_resolver_says_is_not_what_clients_are_told() -> None:
    assert said(resolver="203.0.113.53:53") == []
    assert said("NXDOMAIN", (), resolver="203.0.113.53:53", expect_absent=True) == []


def test_an_alias_alone_and_nothing_at_all_are_no_addresses() -> None:
    assert said(records=(RecordFacts(type="CNAME", value="x.example", ttl=5),), type="CNAME") == []
    assert claims("dns", DnsSpec(name=NAME), None) == []
