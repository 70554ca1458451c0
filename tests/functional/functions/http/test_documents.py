"""Documents that services publish about themselves, over real connections."""

import json

from auditor.domain.observation import Phase
from auditor.domain.result import Status
from functions.http.facts import Emitter
from functions.http.family import Expect
from functions.http.health import HealthDocument

from .conftest import Ask, StartPeer, answers

JSON = ("Content-Type: application/json", "Server: uvicorn")
DEEP = HealthDocument(status="$.status", services="$.services")


def test_a_service_that_is_not_well_says_so_under_503(start: StartPeer, ask: Ask) -> None:
    body = json.dumps({"status": "unhealthy", "services": {"postgres": "unhealthy", "redis": "disabled"}}).encode()
    peer = start(answers(body, status="503 Service Unavailable", headers=JSON))
    seen = ask(peer.url("/health"), health=DEEP)
    assert seen.answer("status_expected") == (Status.FAIL, "http.status", Phase.ANSWER)
    assert seen.answer("health_reports_well") == (Status.FAIL, "http.health_bad", Phase.ANSWER)
    assert "postgres (unhealthy)" in seen.results["http.health_reports_well"].summary
    assert "redis" not in seen.results["http.health_reports_well"].summary


def test_an_open_breaker_and_the_address_behind_it(start: StartPeer, ask: Ask) -> None:
    uri = "http://joe:S3CR3T-canary@10.0.1.173:5000"
    body = json.dumps({"circuit_breaker_state": "OPEN", "connected": False, "tracking_uri": uri}).encode()
    declared = HealthDocument(status="$.connected", breaker="$.circuit_breaker_state", upstream_url="$.tracking_uri")
    seen = ask(start(answers(body, headers=JSON)).url("/health/mlflow"), health=declared)
    assert seen.answer("status_expected") == (Status.PASS, None, None)
    assert seen.answer("health_reports_well") == (Status.FAIL, "http.health_bad", Phase.ANSWER)
    assert seen.answer("breaker_closed") == (Status.WARN, "http.breaker_open", Phase.ANSWER)
    assert seen.results["http.breaker_closed"].evidence["upstream"] == "10.0.1.173:5000"
    assert "S3CR3T" not in repr(seen)


def test_a_proxy_names_the_address_that_it_cannot_reach(start: StartPeer, ask: Ask) -> None:
    detail = "Failed to connect to MLflow server at http://joe:S3CR3T-canary@mlflow.hokusai.local:5000"
    peer = start(answers(json.dumps({"detail": detail}).encode(), status="502 Bad Gateway", headers=JSON))
    seen = ask(peer.url("/api/mlflow"))
    (address,) = seen.facts.probed
    assert address.answer is not None
    assert (address.answer.emitter, address.answer.message, address.answer.names_upstream) == (
        Emitter.PROXY,
        "upstream_connect_failed",
        "mlflow.hokusai.local:5000",
    )
    result = seen.results["http.status_expected"]
    assert "says that it could not connect to mlflow.hokusai.local:5000" in result.summary
    assert "mlflow.hokusai.local:5000" in result.remediation
    assert "S3CR3T" not in repr(seen)


def test_an_openapi_document_and_a_page_in_its_place(start: StartPeer, ask: Ask) -> None:
    expect = Expect(openapi=True)
    body = json.dumps({"openapi": "3.1.0", "paths": {"/health": {}}}).encode()
    assert ask(start(answers(body, headers=JSON)).url("/openapi.json"), expect=expect).answer("openapi_served") == (
        Status.PASS,
        None,
        None,
    )
    page = start(answers(b"<html>welcome</html>"))
    assert ask(page.url("/openapi.json"), expect=expect).answer("openapi_served") == (
        Status.FAIL,
        "http.openapi",
        Phase.ANSWER,
    )
