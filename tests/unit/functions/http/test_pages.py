"""Which page was asked and what it answered, as the diagnosis hears it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.domain.diagnosis.routing_claims import PathAnswers
from auditor.domain.diagnosis.tls_claims import ClientCertificateDemanded
from auditor.domain.diagnosis.words import Emitter
from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.domain.target import Target
from functions.http.facts import AddressFacts, AnswerFacts, Hop, HttpFacts
from functions.http.facts import Emitter as Wrote
from functions.http.family import Expect, HttpSpec
from functions.http.health import HealthDocument
from functions.http.knowledge import claims

URL = "https://shop.example/orders?page=2"


def answer(status: int = 200, emitter: Wrote = Wrote.SERVICE, **more: Any) -> AnswerFacts:
    values: dict[str, Any] = {
        "http_version": "1.1",
        "emitter_evidence": "server: puma",
        "server": "puma",
        "content_type": "text/html",
        "retry_after": "",
        "body_bytes": 9,
        "conditions": (),
    }
    return AnswerFacts(**(values | more), status=status, emitter=emitter)


def heard(spec: HttpSpec | None = None, **address: Any) -> list[Any]:
    values: dict[str, Any] = {"answer": None, "failure": None, "hops": (), "total_ms": 1234.0}
    probed = AddressFacts(address="203.0.113.9", **(values | address))
    facts = HttpFacts(
        method="GET",
        scheme="https",
        host="shop.example",
        port=443,
        path="/orders",
        query_names=("page",),
        resolved=("203.0.113.9",),
        probed=(probed,),
    )
    target = Target(id="t", family="http", service="s", component="app.web", spec=spec or HttpSpec(url=URL))
    observation = Observation(
        family="http",
        target="t",
        slot=datetime(2026, 3, 1, tzinfo=UTC),
        vantage=Vantage(kind="function", name="http"),
        facts=facts,
    )
    return [c for c in claims(target, observation) if isinstance(c, PathAnswers | ClientCertificateDemanded)]


def failed(phase: Phase, cause: str) -> Failure:
    return Failure(phase=phase, cause=cause, detail="x", address="203.0.113.9")


def test_a_page_is_told_without_its_query_and_with_its_time() -> None:
    (page,) = heard(answer=answer())
    assert (page.host, page.port, page.path, page.status) == ("shop.example", 443, "/orders", 200)
    assert (page.seconds, page.emitter, page.as_declared, page.of_health) == (1.234, Emitter.SERVICE, True, False)


def test_the_catalogue_says_which_status_is_right_and_which_page_is_about_health() -> None:
    (page,) = heard(HttpSpec(url=URL, expect=Expect(status=(401,))), answer=answer(401))
    assert page.as_declared
    (page,) = heard(HttpSpec(url=URL, health=HealthDocument(status="$.state")), answer=answer(404))
    assert (page.as_declared, page.of_health) == (False, True)
    (page,) = heard(answer=answer(503, Wrote.LOAD_BALANCER))
    assert (page.as_declared, page.emitter) == (False, Emitter.LOAD_BALANCER)


@pytest.mark.parametrize("final", [200, 308])
def test_where_a_page_redirects_it_is_the_redirect_that_it_answered(final: int) -> None:
    hop = Hop(address="203.0.113.9", status=308, location="https://shop.example/orders/")
    (page,) = heard(answer=answer(final), hops=(hop,))
    assert (page.status, page.emitter is Emitter.SERVICE) == (308, final == 308)


@pytest.mark.parametrize("cause", ["http.first_byte_timeout", "http.transfer_timeout"])
def test_silence_after_a_connection_is_an_answer_that_did_not_come(cause: str) -> None:
    (page,) = heard(failure=failed(Phase.FIRST_BYTE, cause))
    assert (page.status, page.as_declared, page.emitter) == (None, False, Emitter.UNKNOWN)


@pytest.mark.parametrize("cause", ["tcp.timeout", "dns.nxdomain", "tls.expired", "http.malformed"])
def test_what_says_nothing_of_a_page_is_not_told(cause: str) -> None:
    assert heard(failure=failed(Phase.TCP, cause)) == []


def test_a_refused_name_and_a_demanded_certificate_are_told() -> None:
    (page,) = heard(answer=answer(403, message="host_rejected"))
    assert page.host_refused
    (demanded,) = heard(failure=failed(Phase.TLS, "tls.client_certificate_required"))
    assert (demanded.component, demanded.host, demanded.port) == ("app.web", "shop.example", 443)
