"""What the family asks of AWS and of the platform's owner, and which targets it refuses."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.codec import from_json, to_json
from auditor.domain.target import Target
from auditor.family import AwsScope, Plane
from functions.cache.facts import CAUSES
from functions.cache.family import FAMILY, CacheSpec, QueueSpec

SCOPE = AwsScope(partition="aws", region="us-east-1", account="123456789012")
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"


def spec(**changes: Any) -> CacheSpec:
    return CacheSpec(**({"host": "cache.test"} | changes))


def target(**changes: Any) -> Target[CacheSpec]:
    return Target(id="cache", family="cache", service="shop", component="redis.shop", spec=spec(**changes))


def test_it_may_read_exactly_the_secrets_of_its_targets() -> None:
    (permission,) = FAMILY.permissions([target(secret="shop/cache"), target(), target(secret=ARN + "x-AbC123")], SCOPE)
    assert permission.actions == ("secretsmanager:GetSecretValue",)
    assert permission.resources == (ARN + "shop/cache-??????", ARN + "x-AbC123")
    assert permission.reason


def test_without_secrets_it_may_do_nothing() -> None:
    assert FAMILY.permissions([target()], SCOPE) == ()


def test_it_is_of_the_data_plane_and_tells_the_owner_its_destination() -> None:
    assert (FAMILY.plane, FAMILY.period) == (Plane.DATA, timedelta(minutes=1))
    assert FAMILY.destinations(target(port=6380)) == ("cache.test:6380",)


def test_no_cause_belongs_to_somebody_else() -> None:
    assert len(cause_index(KERNEL_CAUSES, CAUSES)) == len(KERNEL_CAUSES) + len(CAUSES)


def test_a_spec_survives_the_compiled_catalogue() -> None:
    queue = QueueSpec(name="jobs", kind="sorted_set", dead_letters="jobs:dead", max_age=timedelta(minutes=5))
    given = spec(tls="verify", ca_file="certs/ca.pem", secret="s", user="u", queues=(queue,))
    assert from_json(CacheSpec, to_json(given)) == given


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"host": ""}, "host"),
        ({"host": "rediss://cache"}, "host"),
        ({"host": "cache:6379"}, "host"),
        ({"host": "user@cache"}, "host"),
        ({"secret": ""}, "secret"),
        ({"secret_key": "token"}, "secret"),
        ({"user": "clerk"}, "secret"),
        ({"login": "own"}, "secret"),
        ({"secret": "s", "user": "a\nb"}, "user"),
        ({"port": 0}, "port"),
        ({"port": 65536}, "port"),
        ({"timeout": timedelta(0)}, "timeout"),
        ({"timeout": timedelta(seconds=21)}, "timeout"),
        ({"max_memory_percent": 0}, "max_memory_percent"),
        ({"max_memory_percent": 101}, "max_memory_percent"),
        ({"ca_file": "x.pem"}, "ca_file"),
        ({"role": "replica", "write_check": True}, "role"),
        ({"role": "replica", "replicas": 1}, "role"),
        ({"replicas": -1}, "replicas"),
        ({"queues": tuple(QueueSpec(name=f"q{n}") for n in range(21))}, "queues"),
        ({"queues": (QueueSpec(name="q"), QueueSpec(name="q"))}, "queues"),
    ],
)
def test_a_target_that_cannot_work_is_refused_by_the_name_of_its_field(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named} "):
        spec(**changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"processing": "a\r\nFLUSHALL"}, "processing"),
        ({"dead_letters": ""}, "dead_letters"),
        ({"dead_letters": "jobs"}, "queue"),
        ({"max_depth": -1}, "max_depth"),
        ({"max_processing": -1}, "max_processing"),
        ({"max_dead_letters": -1}, "max_dead_letters"),
        ({"max_age": timedelta(0)}, "max_age"),
        ({"timestamp": ""}, "timestamp"),
        ({"timestamp": "sent..at"}, "timestamp"),
    ],
)
def test_a_queue_that_cannot_be_asked_is_refused_too(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named} "):
        QueueSpec(**({"name": "jobs"} | changes))


def test_the_documentation_explains_every_cause() -> None:
    page = Path(__file__).parents[4].joinpath("docs/families/cache.md").read_text(encoding="utf-8")
    assert [cause.id for cause in CAUSES if f"`{cause.id}`" not in page] == []
