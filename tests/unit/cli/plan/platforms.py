"""Made-up families, and platforms with so many targets in each of their shards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from auditor.domain.target import Target
from auditor.domain.topology import Component, Platform, Service, Shard, Thresholds
from auditor.family import AwsScope, Cost, Family, Permission, Plane, secret_permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One place; ``secret`` is the name of its password's secret."""

    place: str = "web.internal:443"
    secret: str = ""
    timeout: timedelta = timedelta(seconds=5)


def _permissions(targets: Sequence[Target[Spec]], scope: AwsScope) -> tuple[Permission, ...]:
    return secret_permission((t.spec.secret for t in targets if t.spec.secret), scope, reason="its passwords")


PAGE: Family[Spec] = Family(
    name="page",
    title="Pages",
    plane=Plane.DATA,
    spec_type=Spec,
    period=timedelta(minutes=1),
    timeout=timedelta(seconds=30),
    memory_mb=512,
    cost=Cost(cpu_ms=1.5, descriptors=8),
    permissions=_permissions,
    destinations=lambda target: (target.spec.place,),
)
ROLE: Family[Spec] = Family(
    name="role",
    title="Roles",
    plane=Plane.CONTROL,
    spec_type=Spec,
    period=timedelta(minutes=5),
    timeout=timedelta(seconds=60),
    memory_mb=256,
    cost=Cost(cpu_ms=10.0, blocking=True, calls=3, calls_per_second=20.0),
    calls_per_target=3,
)
FAMILIES = (PAGE, ROLE)


def target(id: str, family: str, *, deployed: bool = True, **spec: str) -> Target[Any]:
    return Target(
        id=id,
        family=family,
        service="s0",
        component="app",
        spec={"place": "web.internal:443", **spec},
        deployed=deployed,
    )


def platform(targets: Sequence[Target[Any]], shards: Sequence[Shard], *, services: int = 1) -> Platform:
    return Platform(
        schema_version=1,
        name="made-up",
        title="Made up",
        region="us-east-1",
        services=tuple(Service(id=f"s{number}", title="S", owner="o") for number in range(services)),
        components=(Component(id="app", service="s0"),),
        targets=tuple(targets),
        dependencies=(),
        thresholds=Thresholds(),
        maintenance=(),
        shards=tuple(shards),
    )


def sized(*, pages: Sequence[int] = (), roles: Sequence[int] = (), services: int = 1) -> Platform:
    """A platform whose families have shards of so many targets."""
    targets, shards = [], []
    for family, sizes in (("page", pages), ("role", roles)):
        for number, size in enumerate(sizes):
            own = [target(f"{family}-{number}-{index}", family) for index in range(size)]
            targets += own
            shards.append(Shard(family=family, number=number, targets=tuple(t.id for t in own)))
    return platform(targets, shards, services=services)
