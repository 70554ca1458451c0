"""The situations of `labels/configuration.yaml`: task definitions, parameters and secrets in an account in memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from typing import Any

import pytest
from dnslib import QTYPE, RR, A, DNSRecord

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.configuration.family import ConfigurationSpec, ExpectedHost
from tests.aws_account import CANARY, SLOT, Aws, account_in_memory
from tests.fault_lab.situation import Situation
from tests.resolver import Resolver, message

Arrange = Callable[[Aws], None]

REGISTRY = "registry.shop-development.local"
_SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-AbC123"
_WELL = {"REGISTRY_URL": f"http://{REGISTRY}:5000", "DB_HOST": "db.shop.internal", "API_TOKEN": CANARY}


def _register(aws: Aws, settings: Mapping[str, str], references: Mapping[str, str]) -> None:
    app = {
        "name": "app",
        "image": "orders:1",
        "memory": 256,
        "environment": [{"name": name, "value": value} for name, value in settings.items()],
        "secrets": [{"name": name, "valueFrom": place} for name, place in references.items()],
    }
    aws.client("ecs").register_task_definition(family="orders", containerDefinitions=[app])


def _set(*revisions: Mapping[str, str], references: Mapping[str, str] | None = None) -> Arrange:
    """One revision after the other, all with the same references."""

    def arrange(aws: Aws) -> None:
        for settings in revisions:
            _register(aws, settings, {"DB_PASSWORD": _SECRET} if references is None else references)

    return arrange


def _without(*names: str) -> Mapping[str, str]:
    return {name: value for name, value in _WELL.items() if name not in names}


def _dropped_reference(aws: Aws) -> None:
    _register(aws, _WELL, {"DB_PASSWORD": _SECRET, "MAIL_PASSWORD": _SECRET})
    _register(aws, _WELL, {"DB_PASSWORD": _SECRET})


def _parameter(name: str) -> Arrange:
    def arrange(aws: Aws) -> None:
        aws.client("ssm").put_parameter(Name="/shop/redis/host", Value=CANARY, Type="String")
        _register(aws, _WELL, {"DB_PASSWORD": _SECRET, "REDIS_HOST": name})

    return arrange


def _secret(aws: Aws, *, deleted: bool = False) -> None:
    secrets = aws.client("secretsmanager")
    made = secrets.create_secret(Name="shop/db", SecretString=CANARY)["ARN"]
    if deleted:
        secrets.delete_secret(SecretId=made, RecoveryWindowInDays=7)
    _register(aws, _WELL, {"DB_PASSWORD": f"{made}:password::"})


def _refused(service: str, operation: str) -> Arrange:
    def arrange(aws: Aws) -> None:
        _register(aws, _WELL, {"DB_PASSWORD": _SECRET})
        aws.refuses(service, operation, "AccessDeniedException")

    return arrange


_AGREEING = {"agreeing": (("REGISTRY_URL", "REGISTRY_URI"),)}
_DESCRIBED = {"describe_secrets": True}
_SAME = f"http://{REGISTRY}:5000/v1"
_ON_80 = {"REGISTRY_URL": f"http://{REGISTRY}", "REGISTRY_URI": f"http://{REGISTRY}:80/v1"}
_ARRANGED: Mapping[str, tuple[Arrange, dict[str, Any]]] = {
    "configuration-well": (_set(_WELL), {}),
    "configuration-missing": (_set(_without("DB_HOST")), {}),
    "configuration-dropped-required": (_set(_WELL, _without("DB_HOST")), {}),
    "configuration-other-host": (_set(_WELL | {"REGISTRY_URL": "http://registry.shop.local:5000"}), {}),
    "configuration-other-port": (_set(_WELL | {"REGISTRY_URL": f"http://{REGISTRY}:5001"}), {}),
    "configuration-loopback": (_set(_WELL | {"DB_HOST": "localhost"}), {}),
    "configuration-address": (_set(_WELL | {"DB_HOST": "10.0.1.173"}), {}),
    "configuration-no-scheme": (_set(_WELL | {"REGISTRY_URL": f"{REGISTRY}:5000"}), {}),
    "configuration-broken-url": (
        _set(_WELL | {"STORE_DSN": f"postgresql://orders:{CANARY}/x@db.internal:5432/orders"}),
        {"read_variables": ("DB_HOST", "STORE_DSN")},
    ),
    "configuration-placeholder": (_set(_WELL, references={"DB_PASSWORD": _SECRET.replace("AbC123", "RANDOM")}), {}),
    "configuration-agree": (_set(_WELL | _ON_80), _AGREEING | {"expected_hosts": ()}),
    "configuration-disagree": (
        _set(_WELL | {"REGISTRY_URI": "http://registry.shop.local:5000"}),
        _AGREEING,
    ),
    "configuration-one-unset": (_set(_WELL), _AGREEING),
    "configuration-agree-unread": (
        _set(_WELL, references={"DB_PASSWORD": _SECRET, "REGISTRY_URI": _SECRET}),
        _AGREEING,
    ),
    "configuration-nothing-dropped": (_set(_WELL, _WELL | {"REGISTRY_URI": _SAME}), {}),
    "configuration-dropped": (_dropped_reference, {}),
    "configuration-first-revision": (_set(_WELL), {}),
    "configuration-parameter-absent": (_parameter("/shop/redis/hots"), {}),
    "configuration-parameter-there": (_parameter("/shop/redis/host"), {}),
    "configuration-secret-absent": (_set(_WELL), _DESCRIBED),
    "configuration-secret-deleted": (partial(_secret, deleted=True), _DESCRIBED),
    "configuration-secret-there": (_secret, _DESCRIBED),
    "configuration-secret-denied": (_refused("secretsmanager", "DescribeSecret"), _DESCRIBED),
    "configuration-denied": (_refused("ecs", "DescribeTaskDefinition"), {}),
}


def _known(query: bytes) -> Sequence[bytes]:
    """Every name exists: what is absent is another lab's subject."""
    question = DNSRecord.parse(query).q
    records = [RR(question.qname, QTYPE.A, rdata=A("10.0.1.5"), ttl=5)] if question.qtype == QTYPE.A else []
    return [message(query, *records).pack()]


@contextmanager
def _situation(arrange: Arrange, changes: dict[str, Any]) -> Iterator[Situation]:
    base: dict[str, Any] = {
        "task_definition": "orders",
        "expected_hosts": (ExpectedHost(variable="REGISTRY_URL", host=REGISTRY, port=5000),),
        "required": ("REGISTRY_URL", "DB_HOST", "DB_PASSWORD"),
        "read_variables": ("DB_HOST",),
    }
    with pytest.MonkeyPatch.context() as patch, account_in_memory(patch, "configuration") as aws:
        arrange(aws)
        spec = ConfigurationSpec(**(base | changes))
        target = Target(id="t", family="configuration", service="shop", component="taskdef.orders", spec=spec)
        with closing(Resolver(_known, None)) as resolver:
            yield Situation(target=target, network=Network(resolver=resolver.address), slot=SLOT)


SITUATIONS: dict[str, Callable[[], AbstractContextManager[Situation]]] = {
    id: partial(_situation, *arranged) for id, arranged in _ARRANGED.items()
}
