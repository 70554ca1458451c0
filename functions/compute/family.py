"""The `compute` family's schedule, permissions and target type: an ECS service that should run its tasks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from auditor.domain.target import Target
from auditor.family import AwsScope, Cost, Family, Permission, Plane

MAX_TIMEOUT = timedelta(seconds=45)
MINUTES = 15
"""How far back the minutes of CloudWatch are read."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UtilizationLimits:
    """From which share of the reserved memory and CPU, held for so many minutes, somebody should look.

    A finding, no outage: from ``warn_percent`` a warning, from ``critical_percent`` a failure.
    """

    warn_percent: float = 80.0
    warn_minutes: int = 3
    critical_percent: float = 85.0
    critical_minutes: int = 2

    def __post_init__(self) -> None:
        if not 0 < self.warn_percent <= self.critical_percent <= 100:
            raise ValueError(
                f"utilization.warn_percent is {self.warn_percent:g} and critical_percent {self.critical_percent:g}; "
                "allowed is more than 0, at most 100, and the first not above the second"
            )
        for name in ("warn_minutes", "critical_minutes"):
            if not 1 <= getattr(self, name) <= MINUTES:
                raise ValueError(f"utilization.{name} is {getattr(self, name)}; allowed is 1 to {MINUTES}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeSpec:
    """One ECS service, by its cluster's name and its own.

    ``desired``: at least so many tasks must be wanted in ECS; 0 says that it may be scaled to zero. Left out, ECS's own
    number is the measure and 0 is taken as meant. ``image``: what should run, as ``repository:tag``, as the whole
    reference, or as a digest (``sha256:…``); left out, nothing is asked. ``restarts_allowed``: tasks that may stop by a
    failure within an hour. ``utilization``: limits for memory and CPU; left out, CloudWatch is not asked.
    """

    cluster: str
    service: str
    desired: int | None = None
    image: str | None = None
    restarts_allowed: int = 0
    utilization: UtilizationLimits | None = None
    timeout: timedelta = timedelta(seconds=20)

    def __post_init__(self) -> None:
        for name in ("cluster", "service"):
            value = getattr(self, name)
            if not _NAME.fullmatch(value):
                raise ValueError(
                    f"{name} is {value!r:.200}; allowed is its name of letters, digits, - and _, not its ARN"
                )
        if self.desired is not None and self.desired < 0:
            raise ValueError(f"desired is {self.desired}; allowed is 0 or more")
        if self.image is not None and (not self.image or not self.image.isprintable() or " " in self.image):
            raise ValueError(f"image is {self.image!r:.200}; allowed is e.g. repository:tag or sha256:…")
        if self.restarts_allowed < 0:
            raise ValueError(f"restarts_allowed is {self.restarts_allowed}; allowed is 0 or more")
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")


def _permissions(targets: Sequence[Target[ComputeSpec]], scope: AwsScope) -> tuple[Permission, ...]:
    if not targets:
        return ()
    prefix = f"arn:{scope.partition}:ecs:{scope.region}:{scope.account}"
    services = sorted({f"{prefix}:service/{t.spec.cluster}/{t.spec.service}" for t in targets})
    tasks = sorted({f"{prefix}:task/{t.spec.cluster}/*" for t in targets})
    metrics = Permission(
        actions=("cloudwatch:GetMetricData",),
        resources=("*",),
        reason="CloudWatch knows no narrower resource for GetMetricData; asked are memory and CPU of declared services",
    )
    return (
        *((metrics,) if any(target.spec.utilization for target in targets) else ()),
        Permission(
            actions=("ecs:DescribeServices",),
            resources=tuple(services),
            reason="counts, deployments and network of the declared services, and of no other",
        ),
        Permission(
            actions=("ecs:DescribeTasks",),
            resources=tuple(tasks),
            reason="the tasks of the declared clusters; a task's id is new with every start",
        ),
        Permission(
            actions=("ecs:ListTasks", "ecs:DescribeTaskDefinition"),
            resources=("*",),
            reason="ECS knows no narrower resource for DescribeTaskDefinition, and for ListTasks of a Fargate service",
        ),
    )


FAMILY: Family[ComputeSpec] = Family(
    name="compute",
    title="ECS services",
    plane=Plane.CONTROL,
    spec_type=ComputeSpec,
    period=timedelta(minutes=5),
    timeout=timedelta(seconds=60),
    memory_mb=256,
    # two ListTasks, DescribeTasks and now and then a further page share one bucket of ECS, refilled by 20 a second
    # (ECS API reference, "Request throttling"); a call takes some 2 ms
    cost=Cost(cpu_ms=15.0, blocking=True, calls=4, calls_per_second=20.0),
    permissions=_permissions,
    calls_per_target=6,
)
