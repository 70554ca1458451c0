"""What a journey lets one say."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.domain.diagnosis.claims import AnswerSays, NameResolves, PortAnswers
from auditor.domain.diagnosis.journey_claims import ArtifactStoreDenied, HostRejected, RegistrationTried, StoreRefuses
from auditor.domain.diagnosis.journey_words import StepAnswer, StoreComplaint
from auditor.domain.diagnosis.words import NameOutcome, PortOutcome, Saying
from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.domain.target import Target
from functions.journey.facts import STAGES, CallFacts, JourneyFacts, StageFacts
from functions.journey.family import JourneySpec
from functions.journey.knowledge import claims as told
from tests.knowing import claims

SPEC = JourneySpec(url="http://mlflow.example:5000", enabled=True)
FACTS = JourneyFacts(
    enabled=True,
    scheme="http",
    host="mlflow.example",
    port=5000,
    prefix="",
    resolved=("10.0.0.5",),
    stages=tuple(StageFacts(name=name, outcome="done") for name in STAGES),
)


def stopped(number: int, **call: Any) -> JourneyFacts:
    failing = StageFacts(name=STAGES[number], outcome="failed", stopped_at=CallFacts(call="x", **call))
    return replace(FACTS, stages=(*FACTS.stages[:number], failing))


def said(facts: JourneyFacts | None, failure: tuple[Phase, str] | None = None) -> list[Any]:
    return claims("journey", SPEC, facts, component="app.mlflow", failure=failure)


def one(facts: JourneyFacts, kind: type[Any]) -> Any:
    (claim,) = [claim for claim in said(facts) if isinstance(claim, kind)]
    return claim


def test_a_whole_journey_says_how_far_it_came_and_nothing_of_names_and_ports() -> None:
    (tried,) = said(FACTS)
    assert isinstance(tried, RegistrationTried)
    assert (tried.done, tried.stopped_at, tried.answer) == (STAGES, "", None)


def test_what_was_not_asked_or_could_not_be_told_says_nothing() -> None:
    assert said(None) == []
    assert said(replace(FACTS, enabled=False)) == []
    assert said(replace(FACTS, stages=())) == []


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ({"status": 404, "says": "not_served"}, StepAnswer.NOT_SERVED),
        ({"status": 401, "says": "key_dropped"}, StepAnswer.KEY_NOT_SEEN),
        ({"status": 422, "says": "unexpected_status"}, StepAnswer.REQUEST_REFUSED),
        ({"status": 400, "says": "unexpected_status"}, StepAnswer.REQUEST_REFUSED),
        ({"status": 429, "says": "unexpected_status"}, StepAnswer.OTHER),
        ({"status": 500, "says": "server_error"}, StepAnswer.OTHER),
        ({}, None),
    ],
)
def test_how_a_stage_ended(call: dict[str, Any], answer: StepAnswer | None) -> None:
    tried = one(stopped(2, **call), RegistrationTried)
    assert (tried.done, tried.stopped_at, tried.answer) == (STAGES[:2], "artifact", answer)
    assert not tried.by_registry
    assert one(stopped(2, **call, error_code="BAD_REQUEST"), RegistrationTried).by_registry


def test_a_rejected_host_is_told_as_it_was_called() -> None:
    facts = replace(stopped(0, status=403, says="host_rejected"), by_other_host=True)
    claim = one(facts, HostRejected)
    assert (claim.host, claim.called, claim.by_other_name) == ("mlflow.example", "mlflow.example:5000", True)


@pytest.mark.parametrize(
    ("says", "saying"),
    [
        ("upstream_unreachable", Saying.CANNOT_CONNECT_UPSTREAM),
        ("upstream_timeout", Saying.UPSTREAM_TIMEOUT),
        ("server_error", Saying.NOTHING),
    ],
)
def test_what_the_answer_says_of_what_is_behind(says: str, saying: Saying) -> None:
    assert one(stopped(0, status=502, says=says), AnswerSays).saying is saying


def test_who_is_denied_or_refused_says_so() -> None:
    assert one(stopped(2, status=500, says="artifact_store_denied"), ArtifactStoreDenied).component == "app.mlflow"
    refused = stopped(0, status=503, says="store_unavailable", store="credentials_refused")
    assert one(refused, StoreRefuses).complaint is StoreComplaint.CREDENTIALS_REFUSED
    timeout = stopped(0, status=503, says="store_unavailable", store="timeout")
    assert not [claim for claim in said(timeout) if isinstance(claim, StoreRefuses)]


def test_what_was_not_reached_is_told() -> None:
    unnamed = replace(FACTS, stages=(), resolved=())
    (name,) = said(unnamed, (Phase.NAME, "dns.nxdomain"))
    assert isinstance(name, NameResolves)
    assert name.outcome is NameOutcome.NXDOMAIN


def test_a_silent_port_is_told_with_its_address() -> None:
    facts = stopped(0)
    failure = Failure(phase=Phase.TCP, cause="tcp.timeout", detail="-", address="10.0.0.5")
    found = [c for c in _with(facts, failure) if isinstance(c, PortAnswers)]
    assert [(c.address, c.port, c.outcome) for c in found] == [("10.0.0.5", 5000, PortOutcome.TIMEOUT)]


def _with(facts: JourneyFacts, failure: Failure) -> list[Any]:
    target = Target(id="t", family="journey", service="s", component="app.mlflow", spec=SPEC)
    observation = Observation(
        family="journey",
        target="t",
        slot=datetime(2026, 11, 23, 16, 45, tzinfo=UTC),
        vantage=Vantage(kind="function", name="f"),
        facts=facts,
        failures=(failure,),
    )
    return list(told(target, observation))
