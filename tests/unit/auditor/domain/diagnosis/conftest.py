"""A small shop: storefront, basket, their database and what they stand on; and words to say what was seen of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.domain.attribution import Reading
from auditor.domain.diagnosis.claims import Claim
from auditor.domain.diagnosis.engine import diagnose
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.observation import Phase
from auditor.domain.result import Result, Severity, Status
from auditor.domain.target import Target
from auditor.domain.topology import Component, Dependency, Platform, Service, Thresholds

SLOT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

COMPONENTS = {
    "storefront": ("app.front", "ecs.front", "taskdef.front", "code.front", "image.front", "cloudmap.front"),
    "basket": ("app.basket", "ecs.basket", "taskdef.basket", "image.basket", "cloudmap.basket"),
    "orders": ("rds", "rds.schema", "secret.orders"),
    "ground": ("iam.exec", "ssm.params", "dns.private"),
}
AWS_NAMES = {"secret.orders": "shop/orders", "ssm.params": "/shop/prod"}
TARGETS = {
    "front-page": ("storefront", "app.front"),
    "front-health": ("storefront", "app.front"),
    "front-settings": ("storefront", "taskdef.front"),
    "front-tasks": ("storefront", "ecs.front"),
    "basket-page": ("basket", "app.basket"),
    "basket-tasks": ("basket", "ecs.basket"),
    "basket-name": ("basket", "cloudmap.basket"),
    "orders-own": ("orders", "rds"),
    "orders-login": ("orders", "secret.orders"),
}

SHOP = Platform(
    schema_version=1,
    name="shop",
    title="A shop",
    region="eu-west-1",
    services=tuple(Service(id=id, title=id, owner=f"{id} team") for id in COMPONENTS),
    components=tuple(
        Component(id=id, service=service, aws_name=AWS_NAMES.get(id, ""))
        for service, ids in COMPONENTS.items()
        for id in ids
    ),
    targets=tuple(
        Target(id=id, family="probe", service=service, component=component, spec={"host": f"{id}.shop.example"})
        for id, (service, component) in TARGETS.items()
    ),
    dependencies=(
        Dependency(service="storefront", needs="basket"),
        Dependency(service="basket", needs="orders"),
    ),
    thresholds=Thresholds(),
    maintenance=(),
    shards=(),
)


def seen(target: str) -> tuple[str, ...]:
    """The proof of a claim that comes from this target's observation."""
    return (f"probe/{target}@2026-03-01T12:00:00Z",)


def failing(
    target: str,
    phase: Phase = Phase.ANSWER,
    *,
    cause: str = "x.y",
    severity: Severity = Severity.HIGH,
    why_not: str = "",
) -> Reading:
    return _reading(target, Status.FAIL, phase, cause, severity, why_not)


def warning(target: str, phase: Phase = Phase.ANSWER) -> Reading:
    return _reading(target, Status.WARN, phase, "x.y", Severity.HIGH, "")


def passing(target: str) -> Reading:
    return _reading(target, Status.PASS, None, None, Severity.HIGH, "")


def _reading(
    target: str, status: Status, phase: Phase | None, cause: str | None, severity: Severity, why_not: str
) -> Reading:
    result = Result(
        family="probe",
        target=target,
        check="probe.works",
        slot=SLOT,
        status=status,
        severity=severity,
        summary="-",
        cause=cause,
        phase=phase,
    )
    return Reading(result=result, why_not=why_not)


def roots(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    return [(root.component, str(root.fault)) for root in diagnosis.roots]


class Shop:
    """The words of this folder's tests."""

    platform = SHOP
    seen = staticmethod(seen)
    failing = staticmethod(failing)
    warning = staticmethod(warning)
    passing = staticmethod(passing)
    roots = staticmethod(roots)

    def diagnose(self, claims: Iterable[Claim], readings: Sequence[Reading], **platform: Any) -> Diagnosis:
        return diagnose(claims, replace(self.platform, **platform), readings)


@pytest.fixture
def shop() -> Shop:
    return Shop()
