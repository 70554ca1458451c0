"""The catalogue of the platform that this was built for: what is healthy there. What holds of all: test_platforms."""

from pathlib import Path
from typing import Any

import pytest

from auditor.domain.topology import Platform, Thresholds
from catalog.compile import compile_catalogue
from catalog.load import load
from functions.http.facts import Emitter, Message
from functions.http.message import read_message

FILE = Path(__file__).parents[3] / "catalog" / "hokusai-development.yaml"

# The component ids that recorded incidents name as roots, victims, or must not be blamed.
COMPONENTS = {
    "dns.public", "dns.private", "cloudmap.mlflow", "cloudmap.api", "cloudmap.namespace", "alb.registry",
    "alb.main", "alb.auth", "listener.registry_443", "listener.main_443", "listener.shared", "tg.api", "tg.mlflow",
    "tg.auth", "ecs.api", "ecs.mlflow", "ecs.auth", "taskdef.api", "taskdef.mlflow", "taskdef.auth", "image.api",
    "image.mlflow", "code.api", "code.worker", "code.auth_client", "code.health", "app.api", "app.mlflow",
    "app.auth", "sg.alb", "sg.ecs_tasks", "sg.rds", "sg.redis", "nacl.private", "subnet.private", "egress.nat",
    "vpc.dns", "rds", "rds.schema", "redis", "queue.model_ready", "queue.mint", "sqs.dataset", "secret.app",
    "secret.redis", "secret.webhook", "secret.mlflow_tls", "ssm.redis", "iam.exec_role", "iam.task_role",
    "tls.registry", "tls.auth", "tls.mlflow", "acm", "s3.artifacts", "ci.pipeline", "clock", "registration",
    "auditor",
}  # fmt: skip


@pytest.fixture(scope="module")
def platform() -> Platform:
    return compile_catalogue(load(str(FILE)))


def test_it_has_every_component_that_incidents_name(platform: Platform) -> None:
    assert {component.id for component in platform.components} == COMPONENTS


def test_who_needs_whom(platform: Platform) -> None:
    needs = {(dependency.service, dependency.needs) for dependency in platform.dependencies}
    assert {("registry", "mlflow"), ("registry", "auth"), ("registry", "database"), ("mlflow", "database")} <= needs


def test_the_thresholds_are_the_platforms_own(platform: Platform) -> None:
    assert platform.thresholds == Thresholds()


def _http(platform: Platform, id: str) -> dict[str, Any]:
    target = platform.target(id)
    assert target.family == "http"
    spec: dict[str, Any] = target.spec
    return spec


@pytest.mark.parametrize(
    ("id", "status"),
    [
        ("registry-root-no-key", [401]),
        ("registry-proxy-no-key", [401]),
        ("registry-proxy-wrong-key", [401]),
        ("registry-proxy-key", [200]),
        ("registry-health", [200]),
        ("registry-health-mlflow", [200]),
        ("registry-mlflow-ui", [200]),
        ("registry-port80", [301]),
        ("registry-docs", [200]),
        ("registry-openapi", [200]),
        ("api-models-no-key", [401]),
        ("mlflow-direct-health", [200]),
        ("mlflow-direct-redirect", [308]),
        ("auth-health", [200]),
        ("auth-validate-no-key", [401]),
        ("auth-validate-key", [200]),
        ("registry-preflight", [200, 204]),
    ],
)
def test_what_healthy_means_for_an_endpoint(platform: Platform, id: str, status: list[int]) -> None:
    assert _http(platform, id)["expect"]["status"] == status


def test_the_canary_key_goes_to_the_api_and_to_its_source_and_to_nobody_else(platform: Platform) -> None:
    credentials = {t.id: t.spec["credential"] for t in platform.targets if t.family == "http" and t.spec["credential"]}
    assert credentials.pop("registry-proxy-wrong-key")["wrong"]
    assert credentials.keys() == {"registry-proxy-key", "auth-validate-key"}
    assert len({(c["secret"], c["key"]) for c in credentials.values()}) == 1


@pytest.mark.parametrize(
    ("id", "message"), [("registry-proxy-no-key", "api_key_required"), ("registry-proxy-wrong-key", "invalid_key")]
)
def test_the_words_that_it_waits_for_are_words_that_the_auditor_knows(
    platform: Platform, id: str, message: Message
) -> None:
    (condition,) = _http(platform, id)["expect"]["json"]
    body = f'{{"detail": "{condition["equals"]}"}}'.encode()
    assert read_message(401, Emitter.SERVICE, {}, body) == (message, "")


def test_private_names_are_private_and_public_ones_public(platform: Platform) -> None:
    for target in platform.targets:
        if target.family in ("http", "database", "tls", "network"):
            host = target.spec.get("host") or target.spec["url"].split("/")[2]
            assert target.private is not host.split(":")[0].endswith(".hokus.ai"), target.id


def test_the_auditor_never_resets_a_breaker(platform: Platform) -> None:
    posts = [t.id for t in platform.targets if t.family == "http" and t.spec["method"] == "POST"]
    assert posts == ["auth-validate-no-key", "auth-validate-key"]
    assert not any("reset" in str(target.spec) for target in platform.targets)
