"""What a connection attempt lets one say."""

from typing import Any

import pytest

from auditor.domain.diagnosis.claims import NameResolves, PortAnswers
from auditor.domain.diagnosis.words import NameOutcome, PortOutcome
from auditor.domain.observation import Phase
from functions.network.facts import AddressFacts, NetworkFacts
from functions.network.family import NetworkSpec
from tests.knowing import claims

HOST, ONE, TWO = "db.shop.internal", "10.0.1.10", "10.0.2.20"


def said(host: str, *outcomes: Any, failure: tuple[Phase, str] | None = None) -> list[Any]:
    addresses = (ONE, TWO)[: len(outcomes)]
    probed = tuple(
        AddressFacts(address=address, outcome=outcome, took_ms=1.0)
        for address, outcome in zip(addresses, outcomes, strict=True)
    )
    facts = NetworkFacts(host=host, port=5432, resolved=addresses, probed=probed)
    return claims("network", NetworkSpec(host=host, port=5432), facts, failure=failure)


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        ("open", PortOutcome.OPEN),
        ("refused", PortOutcome.REFUSED),
        ("timeout", PortOutcome.TIMEOUT),
        ("unreachable", PortOutcome.UNREACHABLE),
        ("reset", PortOutcome.RESET),
        ("closed", PortOutcome.RESET),
    ],
)
def test_every_address_answers_for_itself(outcome: Any, word: PortOutcome) -> None:
    name, first, second = said(HOST, "open", outcome)
    assert isinstance(name, NameResolves)
    assert (name.name, name.outcome, name.addresses) == (HOST, NameOutcome.RESOLVED, (ONE, TWO))
    assert isinstance(first, PortAnswers)
    assert (first.address, first.port, first.outcome) == (ONE, 5432, PortOutcome.OPEN)
    assert (second.host, second.address, second.outcome) == (HOST, TWO, word)


def test_an_address_that_is_given_needs_no_name() -> None:
    (claim,) = said(ONE, "open")
    assert isinstance(claim, PortAnswers)


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        ("dns.nxdomain", NameOutcome.NXDOMAIN),
        ("dns.nodata", NameOutcome.NODATA),
        ("dns.servfail", NameOutcome.SERVFAIL),
        ("dns.refused", NameOutcome.REFUSED),
        ("dns.timeout", NameOutcome.TIMEOUT),
        ("dns.unreachable", NameOutcome.TIMEOUT),
    ],
)
def test_a_name_that_leads_nowhere_says_how(cause: str, outcome: NameOutcome) -> None:
    (claim,) = said(HOST, failure=(Phase.NAME, cause))
    assert (claim.outcome, claim.addresses) == (outcome, ())


def test_what_could_not_be_read_and_what_was_not_told_say_nothing() -> None:
    assert said(HOST, failure=(Phase.NAME, "dns.malformed")) == []
    assert claims("network", NetworkSpec(host=HOST, port=1), None) == []
