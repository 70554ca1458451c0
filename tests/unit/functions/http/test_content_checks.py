"""The questions about health documents, circuit breakers and OpenAPI documents."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.domain.check import judge
from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.domain.result import Result, Severity, Status
from auditor.domain.target import Target
from functions.http.checks import CHECKS
from functions.http.facts import (
    AddressFacts,
    AnswerFacts,
    DependencyState,
    Emitter,
    HealthFacts,
    HttpFacts,
    Message,
    OpenApiFacts,
    State,
)
from functions.http.family import Expect, HttpSpec
from functions.http.health import HealthDocument

A, B = "10.0.1.10", "10.0.2.20"
DEEP = HealthDocument(status="$.status", services="$.services")
DEPENDENCIES_ONLY = HealthDocument(services="$.services")
BREAKER = HealthDocument(breaker="$.breaker", upstream_url="$.uri")
UNWELL = (Status.FAIL, "http.health_bad", Phase.ANSWER)
DEGRADED = (Status.WARN, "http.health_bad", Phase.ANSWER)
PASS = (Status.PASS, None, None)
SKIPPED = (Status.SKIPPED, None, None)


def _target(**fields: Any) -> Target[HttpSpec]:
    spec = HttpSpec(**{"url": "http://web.test/health", **fields})
    return Target(id="web", family="http", service="web", component="app.web", spec=spec)


def _address(
    address: str = A,
    *,
    status: int = 200,
    health: HealthFacts | None = None,
    openapi: OpenApiFacts | None = None,
    message: Message | None = None,
    upstream: str = "",
) -> AddressFacts:
    answer = AnswerFacts(
        status=status,
        http_version="1.1",
        emitter=Emitter.SERVICE,
        emitter_evidence="server: uvicorn",
        server="uvicorn",
        content_type="application/json",
        retry_after="",
        body_bytes=2,
        conditions=(),
        message=message,
        names_upstream=upstream,
        health=health,
        openapi=openapi,
    )
    return AddressFacts(address=address, answer=answer, failure=None, hops=(), total_ms=10)


def _judge(target: Target[HttpSpec], *probed: AddressFacts, failures: tuple[Failure, ...] = ()) -> dict[str, Result]:
    facts = HttpFacts(
        method="GET",
        scheme="http",
        host="web.test",
        port=80,
        path="/health",
        query_names=(),
        resolved=tuple(a.address for a in probed),
        probed=probed,
    )
    observation = Observation(
        family="http",
        target="web",
        slot=datetime(2026, 11, 23, tzinfo=UTC),
        vantage=Vantage(kind="function", name="http"),
        facts=facts,
        failures=failures,
    )
    return {result.check: result for result in judge(CHECKS, target, observation)}


def _seen(result: Result) -> tuple[Status, str | None, Phase | None]:
    return result.status, result.cause, result.phase


def _health(status: State | None = None, **states: State) -> HealthFacts:
    return HealthFacts(
        status=status, dependencies=tuple(DependencyState(name=name, state=state) for name, state in states.items())
    )


@pytest.mark.parametrize(
    ("declared", "health", "seen", "words"),
    [
        (DEEP, _health("healthy", db="healthy", redis="not_used"), PASS, "all is well"),
        (DEEP, _health("degraded", db="healthy", redis="unhealthy"), DEGRADED, "degraded, and names redis (unhealthy)"),
        (DEEP, _health("unhealthy", db="unhealthy", mlflow="degraded"), UNWELL,
         "unhealthy, and names db (unhealthy), mlflow (degraded)"),
        (DEEP, _health("healthy", db="unhealthy"), DEGRADED, "healthy and yet names db (unhealthy)"),
        (DEEP, _health("missing"), (Status.FAIL, "http.health_unreadable", Phase.ANSWER), "says nothing at $.status"),
        (DEEP, _health("unrecognised", db="healthy"), (Status.WARN, "http.health_unreadable", Phase.ANSWER),
         "not know"),
        (DEEP, _health("healthy"), (Status.WARN, "http.health_unreadable", Phase.ANSWER), "names nothing"),
        (DEEP, None, (Status.FAIL, "http.health_unreadable", Phase.ANSWER), "serves no JSON"),
        (DEPENDENCIES_ONLY, _health(db="healthy"), PASS, "all is well"),
        (DEPENDENCIES_ONLY, _health(db="degraded"), DEGRADED, "names db (degraded)"),
        (DEPENDENCIES_ONLY, _health(db="unhealthy"), UNWELL, "names db (unhealthy)"),
    ],
)  # fmt: skip
def test_health_reports_well(
    declared: HealthDocument, health: HealthFacts | None, seen: tuple[Status, str | None, Phase | None], words: str
) -> None:
    result = _judge(_target(health=declared), _address(health=health))["http.health_reports_well"]
    assert _seen(result) == seen
    assert words in result.summary
    assert result.severity is Severity.MEDIUM


def test_an_unexpected_status_still_tells_what_is_not_well() -> None:
    results = _judge(_target(health=DEEP), _address(status=503, health=_health("unhealthy", db="unhealthy")))
    assert results["http.status_expected"].status is Status.FAIL
    assert _seen(results["http.health_reports_well"]) == UNWELL
    assert results["http.health_reports_well"].evidence["not_well"] == "db (unhealthy)"


def test_an_error_page_is_no_health_document() -> None:
    for health in (None, _health("missing")):
        results = _judge(_target(health=DEEP), _address(status=502, health=health))
        assert _seen(results["http.health_reports_well"]) == SKIPPED


def test_one_unwell_address_of_two_is_a_warning_that_names_it() -> None:
    bad = _address(B, health=_health("unhealthy", db="unhealthy"))
    result = _judge(_target(health=DEEP), _address(A, health=_health("healthy", db="healthy")), bad)[
        "http.health_reports_well"
    ]
    assert _seen(result) == DEGRADED
    assert result.evidence["failing_addresses"] == B
    assert result.evidence["reported_status"] == "unhealthy"


@pytest.mark.parametrize(
    ("health", "seen", "words"),
    [
        (HealthFacts(breaker="closed"), PASS, "is closed"),
        (HealthFacts(breaker="open", upstream="10.0.1.173:5000"), (Status.WARN, "http.breaker_open", Phase.ANSWER),
         "circuit breaker to 10.0.1.173:5000 is open"),
        (HealthFacts(breaker="half_open"), (Status.WARN, "http.breaker_open", Phase.ANSWER), "half open"),
        (HealthFacts(breaker="missing"), (Status.WARN, "http.health_unreadable", Phase.ANSWER), "does not say"),
        (HealthFacts(breaker="unrecognised"), (Status.WARN, "http.health_unreadable", Phase.ANSWER), "does not say"),
        (None, (Status.WARN, "http.health_unreadable", Phase.ANSWER), "does not say"),
    ],
)  # fmt: skip
def test_breaker_closed(health: HealthFacts | None, seen: tuple[Status, str | None, Phase | None], words: str) -> None:
    results = _judge(_target(health=BREAKER), _address(health=health))
    assert _seen(results["http.breaker_closed"]) == seen
    assert words in results["http.breaker_closed"].summary
    assert "http.health_reports_well" not in results


@pytest.mark.parametrize(
    ("found", "status", "words"),
    [
        (OpenApiFacts(is_json=True, version="3.1.0", paths=7), Status.PASS, "OpenAPI 3.1.0 document with 7 paths"),
        (OpenApiFacts(is_json=True, version="3.1.0", paths=0), Status.FAIL, "without paths"),
        (OpenApiFacts(is_json=True, version="", paths=7), Status.FAIL, "names no version"),
        (OpenApiFacts(is_json=False, version="", paths=0), Status.FAIL, "serves no JSON"),
        (None, Status.FAIL, "serves no JSON"),
    ],
)
def test_openapi_served(found: OpenApiFacts | None, status: Status, words: str) -> None:
    result = _judge(_target(expect=Expect(openapi=True)), _address(openapi=found))["http.openapi_served"]
    assert result.status is status
    assert result.cause == (None if status is Status.PASS else "http.openapi")
    assert words in result.summary
    assert result.severity is Severity.LOW


def test_what_is_not_declared_is_not_asked() -> None:
    assert set(_judge(_target(), _address())) == {
        "http.reachable",
        "http.status_expected",
        "http.responds_in_time",
    }


def test_without_the_key_nothing_about_the_answer_is_told() -> None:
    denied = Failure(phase=Phase.PREPARE, cause="aws.denied", detail="may not read the secret shop/canary", address="")
    unasked = AddressFacts(address=A, answer=None, failure=denied, hops=(), total_ms=3)
    target = _target(
        health=HealthDocument(status="$.status", breaker="$.breaker"),
        expect=Expect(openapi=True, redirect_to="http://x/"),
    )
    results = _judge(target, unasked, failures=(denied,))
    assert results.pop("http.reachable").status is Status.PASS
    assert len(results) == 6
    for result in results.values():
        assert _seen(result) == (Status.UNKNOWN, "aws.denied", Phase.PREPARE)


def test_after_an_old_key_was_refused_the_other_addresses_tell_nothing_either() -> None:
    changed = Failure(phase=Phase.PREPARE, cause="self.credentials", detail="the secret shop/canary was changed")
    served = _address(A, health=_health("healthy", db="healthy"))
    results = _judge(_target(health=DEEP), served, _address(B, status=401), failures=(changed,))
    assert results.pop("http.reachable").status is Status.PASS
    assert {_seen(result) for result in results.values()} == {(Status.UNKNOWN, "self.credentials", Phase.PREPARE)}


REMEDIES: Mapping[Message, str] = {
    "auth_service_failed": "key is not at fault",
    "host_rejected": "allowed hosts",
    "not_found_page": "target group",
    "upstream_connect_failed": "mlflow.local:5000 is what could not be used",
}


@pytest.mark.parametrize("message", REMEDIES)
def test_what_an_error_says_decides_the_remedy(message: Message) -> None:
    result = _judge(_target(), _address(status=502, message=message, upstream="mlflow.local:5000"))[
        "http.status_expected"
    ]
    assert REMEDIES[message] in result.remediation
    assert result.evidence["message"] == message
    assert " and says that " in result.summary
