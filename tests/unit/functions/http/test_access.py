"""What answers say of whom a service lets in."""

from typing import Any

import pytest

from auditor.domain.diagnosis.access_claims import (
    AccessClaim,
    CallerIdUnknown,
    HostAnswered,
    KeyNotSeen,
    PreflightRefused,
)
from auditor.domain.target import Target
from functions.http.access import access_claims
from functions.http.credential import Credential
from functions.http.facts import AnswerFacts, Emitter, HttpFacts
from functions.http.family import Expect, HttpSpec

PREFLIGHT = {"Origin": "https://shop.example", "access-control-request-method": "POST"}
OPTIONS = {"method": "OPTIONS", "headers": PREFLIGHT, "expect": Expect(status=(200, 204))}


def said(
    status: int, message: Any = None, *, emitter: Emitter = Emitter.SERVICE, server: str = "", **spec: Any
) -> list[AccessClaim]:
    asked = HttpSpec(**{"url": "https://Web.example/api", **spec})
    target = Target(id="web", family="http", service="web", component="app.web", spec=asked)
    answer = AnswerFacts(
        status=status,
        http_version="1.1",
        emitter=emitter,
        emitter_evidence="-",
        server=server,
        content_type="",
        retry_after="",
        body_bytes=0,
        conditions=(),
        message=message,
    )
    facts = HttpFacts(
        method=asked.method,
        scheme="https",
        host="Web.example",
        port=443,
        path="/api",
        query_names=(),
        resolved=(),
        probed=(),
    )
    return list(access_claims(target, facts, answer, ("p",)))


def host(refused: bool) -> HostAnswered:
    return HostAnswered(component="app.web", host="web.example", port=443, refused=refused, proof=("p",))


def test_an_answer_says_whether_the_host_is_taken() -> None:
    assert said(200) == said(401, "api_key_required") == said(404, "not_found_route") == [host(refused=False)]
    assert said(403, "host_rejected") == [host(refused=True)]


@pytest.mark.parametrize(
    ("status", "emitter"), [(404, Emitter.LOAD_BALANCER), (502, Emitter.PROXY), (504, Emitter.UNKNOWN)]
)
def test_what_stands_in_front_of_a_service_says_nothing_of_it(status: int, emitter: Emitter) -> None:
    assert said(status, emitter=emitter, **OPTIONS) == []


def test_an_unknown_id_of_the_service() -> None:
    assert CallerIdUnknown(component="app.web", host="web.example", proof=("p",)) in said(401, "service_unknown")


@pytest.mark.parametrize(("status", "message"), [(401, "api_key_required"), (401, None), (403, "forbidden")])
def test_a_preflight_that_is_refused_like_a_call(status: int, message: Any) -> None:
    refused = PreflightRefused(component="app.web", host="web.example", path="/api", status=status, proof=("p",))
    assert said(status, message, **OPTIONS) == [host(refused=False), refused]


@pytest.mark.parametrize(
    "spec",
    [
        {**OPTIONS, "method": "GET"},
        {**OPTIONS, "headers": {"Origin": "https://shop.example"}},
        {**OPTIONS, "credential": Credential(wrong=True)},
        {**OPTIONS, "expect": Expect(status=(401,))},
    ],
)
def test_another_request_is_no_preflight(spec: dict[str, Any]) -> None:
    found = said(401, "api_key_required", **spec)
    assert found[0] == host(refused=False)
    assert [claim for claim in found if isinstance(claim, PreflightRefused)] == []


def test_a_preflight_that_is_refused_for_its_host_needs_no_key() -> None:
    assert said(403, "host_rejected", **OPTIONS) == [host(refused=True)]


KEY = Credential(secret="shop/canary")


@pytest.mark.parametrize(
    ("server", "through_proxy"),
    [
        ("nginx", True),
        ("Nginx/1.25.3", True),
        ("istio-envoy", True),
        ("openresty/1.21", True),
        ("uvicorn", False),
        ("my-nginx", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("credential", [KEY, Credential(wrong=True)], ids=["a key", "a made-up key"])
def test_a_key_that_was_sent_and_not_seen_is_told_with_whether_a_proxy_handed_the_answer_on(
    server: str, through_proxy: bool, credential: Credential
) -> None:
    lost = KeyNotSeen(component="app.web", host="web.example", path="/api", through_proxy=through_proxy, proof=("p",))
    found = said(401, "api_key_required", server=server, credential=credential)
    assert found == [host(refused=False), lost]


@pytest.mark.parametrize(
    ("status", "message", "more"),
    [
        (401, "api_key_required", {}),
        (401, "invalid_key", {"credential": KEY}),
        (401, None, {"credential": KEY}),
        (200, None, {"credential": KEY}),
        (401, "api_key_required", {"credential": KEY, "emitter": Emitter.LOAD_BALANCER}),
        (503, "api_key_required", {"credential": KEY}),
    ],
    ids=["none was sent", "it was seen", "nothing was said", "all is well", "the balancer's", "of what is behind"],
)
def test_a_key_is_not_lost_where_none_was_sent_or_the_service_does_not_say_so(
    status: int, message: Any, more: dict[str, Any]
) -> None:
    assert [claim for claim in said(status, message, server="nginx", **more) if isinstance(claim, KeyNotSeen)] == []
