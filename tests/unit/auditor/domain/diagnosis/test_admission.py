"""Which silences are the auditor's own by the rules that were read."""

from typing import Any

import pytest

from auditor.domain.diagnosis.admission import not_admitted
from auditor.domain.diagnosis.claims import Claim, PortAnswers
from auditor.domain.diagnosis.network_claims import EdgeAdmits
from auditor.domain.diagnosis.network_words import StoppedBy
from auditor.domain.diagnosis.words import PortOutcome

STORE = "10.7.2.9"


def edge(**more: Any) -> EdgeAdmits:
    base: dict[str, Any] = {
        "source_kind": "auditor",
        "source": "",
        "destination_kind": "rds",
        "destination": "orders",
        "port": 5432,
        "addresses": (STORE,),
        "of_auditor": True,
        "stopped_by": StoppedBy.INGRESS_RULE,
        "line": "no ingress rule of stores admits it",
    }
    return EdgeAdmits(**(base | more))


PLATFORM = {"of_auditor": False, "source_kind": "ecs", "source": "shop/web"}


def answer(outcome: PortOutcome = PortOutcome.TIMEOUT, **more: Any) -> Claim:
    base: dict[str, Any] = {"host": "db", "address": STORE, "port": 5432, "outcome": outcome, "proof": ("seen",)}
    return PortAnswers(**(base | more))


@pytest.mark.parametrize("outcome", [PortOutcome.TIMEOUT, PortOutcome.UNREACHABLE])
@pytest.mark.parametrize("beside", [[], [edge(**PLATFORM, stopped_by=None)]], ids=["alone", "the platform is admitted"])
def test_a_silence_where_only_the_auditor_is_stopped_is_its_own(outcome: PortOutcome, beside: list[Claim]) -> None:
    assert not_admitted([edge(), answer(outcome), *beside]) == {"seen": "no ingress rule of stores admits it"}


def test_where_the_platform_is_stopped_too_the_silence_is_not_the_auditors_own() -> None:
    assert not_admitted([edge(), answer(), edge(**PLATFORM)]) == {}


@pytest.mark.parametrize(
    "claims",
    [
        [edge(), answer(PortOutcome.REFUSED)],
        [edge(), answer(PortOutcome.RESET)],
        [edge(), answer(PortOutcome.OPEN)],
        [edge(), answer(port=5433)],
        [edge(), answer(address="10.7.2.10")],
        [edge(stopped_by=None), answer()],
        [edge(partly=True), answer()],
        [edge(**PLATFORM), answer()],
        [answer()],
        [edge()],
    ],
)
def test_nothing_else_is(claims: list[Claim]) -> None:
    assert not_admitted(claims) == {}


def test_what_stops_the_platform_elsewhere_changes_nothing() -> None:
    assert not_admitted([edge(), answer(), edge(**PLATFORM, port=6379)]) == {
        "seen": "no ingress rule of stores admits it"
    }
