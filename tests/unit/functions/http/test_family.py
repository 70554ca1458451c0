"""What a catalogue may and may not say about an HTTP target."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.domain.codec import from_json, to_json
from auditor.domain.target import Target
from auditor.family import AwsScope
from functions.http.credential import Credential
from functions.http.family import FAMILY, Expect, HttpSpec, JsonCondition
from functions.http.health import HealthDocument

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
SCOPE = AwsScope(partition="aws", region="us-east-1", account="123456789012")


def _target(url: str, credential: Credential | None = None) -> Target[HttpSpec]:
    spec = HttpSpec(url=url, credential=credential)
    return Target(id="web", family="http", service="web", component="app.web", spec=spec)


def test_it_may_read_exactly_the_secrets_of_its_canary_keys() -> None:
    secrets = ["shop/canary", "shop/canary", ARN + "other-AbC123"]
    targets = [_target("http://web.example/", Credential(secret=secret)) for secret in secrets]
    targets += [_target("http://web.example/"), _target("http://web.example/", Credential(wrong=True))]
    (permission,) = FAMILY.permissions(targets, SCOPE)
    assert permission.actions == ("secretsmanager:GetSecretValue",)
    assert permission.resources == (ARN + "other-AbC123", ARN + "shop/canary-??????")
    assert FAMILY.permissions(targets[3:], SCOPE) == ()


def test_a_url_alone_means_get_and_200_within_five_seconds() -> None:
    spec = HttpSpec(url="http://web.example/health")
    assert (spec.method, spec.expect.status, spec.timeout, spec.slow_after) == (
        "GET",
        (200,),
        timedelta(seconds=5),
        timedelta(seconds=1),
    )


def test_a_spec_survives_the_compiled_catalogue() -> None:
    spec = HttpSpec(
        url="https://web.example:8443/health?detailed=true",
        headers={"Accept": "application/json"},
        method="POST",
        body={"service_id": "web", "depth": 2, "dry": True, "page": None},
        credential=Credential(secret="shop/canary", header="X-API-Key", key="api_key"),
        health=HealthDocument(status="$.status", breaker="$.breaker"),
        expect=Expect(
            status=(200, 503),
            headers={"content-type": "~json"},
            json=(
                JsonCondition(path="$.services[0].status", one_of=("healthy", None, True, 1, 1.5)),
                JsonCondition(path="$.count", less_than=10),
            ),
        ),
    )
    assert from_json(HttpSpec, to_json(spec)) == spec


@pytest.mark.parametrize(
    ("url", "destination"),
    [
        ("http://web.example/", "web.example:80"),
        ("https://web.example/a", "web.example:443"),
        ("http://web.example:8001/", "web.example:8001"),
        ("http://[fd00::1]/", "[fd00::1]:80"),
    ],
)
def test_destinations_name_host_and_port(url: str, destination: str) -> None:
    assert FAMILY.destinations(_target(url)) == (destination,)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"url": "ftp://web.example/"}, "allowed is http:// or https://"),
        ({"url": "web.example/health"}, "allowed is http:// or https://"),
        ({"url": "http:///health"}, "with a host"),
        ({"url": "http://web.example:99999/"}, "not a URL"),
        ({"url": "http://web.example:0/"}, "with a host"),
        ({"url": "http://[::1/"}, "not a URL"),
        ({"url": "http://web.example/a b"}, "percent-encode"),
        ({"url": "http://web.example/a\r\nX-Evil: 1"}, "percent-encode"),
        ({"url": "http://web.example/ä"}, "percent-encode"),
        ({"url": "http://web.example/#top"}, "fragment"),
        ({"url": "http://joe:s3cret@web.example/"}, "user or password"),
        ({"url": "http://web.example/?api_key=s3cret"}, "'api_key'"),
        ({"headers": {"Authorization": "Bearer s3cret"}}, "'Authorization'"),
        ({"headers": {"cookie": "a=s3cret"}}, "'cookie'"),
        ({"headers": {"X-API-Key": "s3cret"}}, "'X-API-Key'"),
        ({"headers": {"Host": "other.example"}}, "sets itself"),
        ({"headers": {"Content-Length": "5"}}, "sets itself"),
        ({"headers": {"X Bad": "1"}}, "allowed are letters"),
        ({"headers": {"X-Note": "a\r\nX-Evil: 1"}}, "printable ASCII"),
        ({"follow_redirects": 6}, "allowed is 0 to 5"),
        ({"follow_redirects": -1}, "allowed is 0 to 5"),
        ({"max_body": 0}, "allowed is 1"),
        ({"max_body": 1 << 30}, "allowed is 1"),
        ({"timeout": timedelta(0)}, "more than 0 s"),
        ({"timeout": timedelta(seconds=21)}, "at most 20 s"),
        ({"slow_after": timedelta(seconds=6)}, "at most the timeout of 5 s"),
        ({"method": "HEAD", "expect": Expect(body_contains=("x",))}, "brings no body"),
        ({"method": "HEAD", "expect": Expect(openapi=True)}, "brings no body"),
        ({"method": "HEAD", "health": HealthDocument(status="$.status")}, "brings no body"),
        ({"method": "POST", "follow_redirects": 1}, "POST follows no redirect"),
        ({"body": {"service": "web"}}, "GET sends no body"),
        ({"method": "POST", "body": {"access_token": "s3cret"}}, "body holds 'access_token'"),
        (
            {"headers": {"x-canary": "1"}, "credential": Credential(secret="shop/canary", header="X-Canary")},
            "both set 'X-Canary'",
        ),
    ],
)
def test_what_a_target_may_not_be(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        HttpSpec(**{"url": "http://web.example/", **fields})
    assert complaint in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"status": ()}, "at least one status"),
        ({"status": (99,)}, "from 200 to 599"),
        ({"headers": {"Server": "a", "server": "b"}}, "twice"),
        ({"headers": {"": "a"}}, "allowed are letters"),
        ({"body_excludes": ("",)}, "empty text"),
        ({"redirect_to": "/login"}, "allowed is http:// or https://"),
        ({"redirect_to": "https://web.example/login?next=x"}, "has a query"),
    ],
)
def test_what_may_not_be_expected(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Expect(**fields)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"path": "status", "exists": True}, "allowed is $"),
        ({"path": "$.status"}, "asks nothing"),
        ({"path": "$.status", "exists": False, "equals": "ok"}, "leaves no value"),
    ],
)
def test_what_may_not_be_asked_of_json(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        JsonCondition(**fields)
    assert complaint in str(caught.value)


def test_conditions_are_named_by_what_they_ask_and_withhold_what_speaks_of_credentials() -> None:
    assert (
        JsonCondition(path="$.n", greater_than=1, less_than=9).name == "json $.n is less than 9 and is greater than 1"
    )
    assert JsonCondition(path="$.db.password", equals="hunter2").name == "json $.db.password equals <withheld>"
