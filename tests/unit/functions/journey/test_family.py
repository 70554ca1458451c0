"""What a catalogue may say of a journey."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.domain.target import Target
from auditor.family import AwsScope, Plane
from functions.journey.credential import Credential
from functions.journey.family import FAMILY, JourneySpec

URL = "http://mlflow.platform.example:5000"
SCOPE = AwsScope(partition="aws", region="us-east-1", account="123456789012")


def spec(**more: Any) -> JourneySpec:
    return JourneySpec(**{"url": URL, **more})


def target(**more: Any) -> Target[JourneySpec]:
    return Target(id="t", family="journey", service="s", component="app.s", spec=spec(**more))


def test_it_runs_four_times_an_hour_and_is_off_until_somebody_enables_it() -> None:
    assert (FAMILY.plane, FAMILY.period) == (Plane.DATA, timedelta(minutes=15))
    assert spec().enabled is False


@pytest.mark.parametrize(
    ("url", "host", "port", "authority", "prefix", "destination"),
    [
        (URL, "mlflow.platform.example", 5000, "mlflow.platform.example:5000", "", "mlflow.platform.example:5000"),
        ("https://api.example/api/mlflow/", "api.example", 443, "api.example", "/api/mlflow", "api.example:443"),
        ("http://api.example", "api.example", 80, "api.example", "", "api.example:80"),
        ("http://[2001:db8::1]:5000", "2001:db8::1", 5000, "[2001:db8::1]:5000", "", "[2001:db8::1]:5000"),
    ],
)
def test_a_url_taken_apart(url: str, host: str, port: int, authority: str, prefix: str, destination: str) -> None:
    declared = spec(url=url)
    assert (declared.host, declared.port, declared.authority, declared.prefix) == (host, port, authority, prefix)
    assert FAMILY.destinations(target(url=url)) == (destination,)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"url": "mlflow:5000"}, "url"),
        ({"url": "ftp://mlflow"}, "url"),
        ({"url": "http://"}, "url"),
        ({"url": "http://mlflow:0"}, "url"),
        ({"url": "http://mlflow:port"}, "url"),
        ({"url": "http://user:word@mlflow"}, "credentials"),
        ({"url": "http://mlflow/?api_key=1"}, "query"),
        ({"url": "http://mlflow/ x"}, "url"),
        ({"marker": "short"}, "marker"),
        ({"marker": "Health-Auditor"}, "marker"),
        ({"marker": "health_auditor"}, "marker"),
        ({"marker": "health-auditor-"}, "marker"),
        ({"marker": "health%auditor"}, "marker"),
        ({"ca_file": "ca.pem"}, "ca_file"),
        ({"timeout": timedelta(seconds=51)}, "timeout"),
        ({"timeout": timedelta(0)}, "timeout"),
        ({"cleanup_timeout": timedelta(0)}, "cleanup_timeout"),
        ({"cleanup_timeout": timedelta(seconds=21)}, "cleanup_timeout"),
        ({"request_timeout": timedelta(seconds=31)}, "request_timeout"),
        ({"slow_after": timedelta(seconds=41)}, "slow_after"),
    ],
)
def test_what_is_refused_is_named(more: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        spec(**more)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"secret": ""}, "secret"),
        ({"key": ""}, "key"),
        ({"header": "Host"}, "header"),
        ({"header": "X Key"}, "header"),
        ({"scheme": "a-real-key"}, "scheme"),
    ],
)
def test_a_credential_that_cannot_be_sent_is_refused_and_not_shown(more: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named) as refused:
        Credential(**{"secret": "s", **more})
    assert "a-real-key" not in str(refused.value)


def test_it_reads_the_keys_of_enabled_journeys_and_no_other() -> None:
    key = Credential(secret="platform/canary")
    off, on, without = target(credential=key), target(credential=key, enabled=True), target(enabled=True)
    (permission,) = FAMILY.permissions([on, without], SCOPE)
    assert permission.actions == ("secretsmanager:GetSecretValue",)
    assert permission.resources == ("arn:aws:secretsmanager:us-east-1:123456789012:secret:platform/canary-??????",)
    assert FAMILY.permissions([off, without], SCOPE) == ()


def test_a_cleanup_has_its_time_within_a_run() -> None:
    longest = JourneySpec(url=URL, timeout=timedelta(seconds=50), cleanup_timeout=timedelta(seconds=25))
    # Reading the key has the same time for itself.
    assert 2 * longest.timeout < FAMILY.timeout
