"""Health documents of several shapes, read to a closed vocabulary."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.domain.codec import from_json, to_json
from functions.http.facts import DependencyState, HealthFacts, OpenApiFacts, State
from functions.http.health import HealthDocument, read_health
from functions.http.openapi import read_openapi

DEEP = HealthDocument(status="$.status", services="$.services")
BREAKER = HealthDocument(status="$.connected", breaker="$.circuit_breaker_state", upstream_url="$.tracking_uri")


def _read(declared: HealthDocument, document: object) -> HealthFacts:
    facts = read_health(declared, json.dumps(document).encode())
    assert facts is not None
    return facts


def _states(**states: State) -> tuple[DependencyState, ...]:
    return tuple(DependencyState(name=name, state=state) for name, state in states.items())


def test_an_overall_word_and_one_for_each_dependency() -> None:
    services = {"mlflow": "healthy", "redis": "disabled", "postgres": "Unhealthy", "queue": "on fire"}
    facts = _read(DEEP, {"status": "degraded", "services": services})
    assert facts.status == "degraded"
    assert facts.dependencies == _states(mlflow="healthy", redis="not_used", postgres="unhealthy", queue="unrecognised")
    assert (facts.breaker, facts.upstream) == (None, "")


def test_dependencies_as_objects_and_as_a_list() -> None:
    objects = {"db": {"status": "ok", "latency_ms": 3}, "cache": {"healthy": False}, "odd": {"latency_ms": 3}}
    assert _read(DEEP, {"services": objects}).dependencies == _states(db="healthy", cache="unhealthy", odd="missing")
    checks = [{"name": "database", "passed": False, "critical": True}, {"passed": True}, "x"]
    listed = HealthDocument(status="$.can_serve_traffic", services="$.checks")
    facts = _read(listed, {"can_serve_traffic": True, "checks": checks})
    assert (facts.status, facts.dependencies) == ("healthy", _states(database="unhealthy"))


@pytest.mark.parametrize(
    ("word", "breaker"),
    [("CLOSED", "closed"), ("OPEN", "open"), ("HALF_OPEN", "half_open"), ("half-open", "half_open"),
     ("UNKNOWN", "unrecognised"), (1, "unrecognised")],
)  # fmt: skip
def test_the_state_of_a_breaker_and_the_address_behind_it(word: Any, breaker: str) -> None:
    uri = "http://joe:s3cr3t@10.0.1.173:5000/x"
    facts = _read(BREAKER, {"connected": False, "circuit_breaker_state": word, "tracking_uri": uri})
    assert facts == HealthFacts(status="unhealthy", breaker=breaker, upstream="10.0.1.173:5000")  # type: ignore[arg-type]


def test_what_is_missing_is_said_to_be_missing() -> None:
    assert _read(BREAKER, {"detail": "Not Found"}) == HealthFacts(status="missing", breaker="missing")
    assert _read(DEEP, []) == HealthFacts(status="missing")
    assert read_health(DEEP, b"<html>healthy</html>") is None


def test_many_dependencies_are_bounded() -> None:
    facts = _read(DEEP, {"status": "ok", "services": {f"{n:>0200}": "ok" for n in range(1000)}})
    assert len(facts.dependencies) == 50
    assert all(len(dependency.name) <= 60 for dependency in facts.dependencies)


_DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["status", "services", "name", "connected", "tracking_uri"]) | st.text(), inner
        )
    ),
    max_leaves=12,
)


@settings(max_examples=80)
@given(_DOCUMENTS)
def test_it_is_total_and_can_be_stored(document: Any) -> None:
    whole = HealthDocument(status="$.status", services="$.services", breaker="$.status", upstream_url="$.tracking_uri")
    facts = _read(whole, document)
    assert from_json(HealthFacts, to_json(facts)) == facts


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [({}, "names no path"), ({"status": "status"}, "health.status: path"), ({"breaker": "$..x"}, "health.breaker")],
)
def test_what_a_health_document_may_not_be(fields: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace(".", r"\.")):
        HealthDocument(**fields)


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        (b'{"openapi":"3.1.0","paths":{"/a":{},"/b":{}}}', OpenApiFacts(is_json=True, version="3.1.0", paths=2)),
        (b'{"swagger":"2.0","paths":{"/a":{}}}', OpenApiFacts(is_json=True, version="2.0", paths=1)),
        (b'{"openapi":"<b>3</b>","paths":[1]}', OpenApiFacts(is_json=True, version="", paths=0)),
        (b"[]", OpenApiFacts(is_json=True, version="", paths=0)),
        (b"<html>", OpenApiFacts(is_json=False, version="", paths=0)),
    ],
)
def test_an_openapi_document(body: bytes, facts: OpenApiFacts) -> None:
    assert read_openapi(body) == facts
