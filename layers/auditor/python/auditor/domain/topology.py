"""The compiled catalogue: what should be healthy, who owns it, what needs what. Plain data, from catalog/compile.py."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from auditor.domain.target import Target
from auditor.domain.verdict import Judging

COMPONENT_KINDS = (
    "acm",
    "alb",
    "app",
    "auditor",
    "ci",
    "clock",
    "cloudmap",
    "code",
    "dns",
    "ecs",
    "egress",
    "iam",
    "image",
    "listener",
    "nacl",
    "queue",
    "rds",
    "redis",
    "registration",
    "s3",
    "secret",
    "sg",
    "sqs",
    "ssm",
    "subnet",
    "taskdef",
    "tg",
    "tls",
    "vpc",
)
"""The closed list of what can be at fault; a component's id is ``<kind>`` or ``<kind>.<name>``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """The share of valid events that must be good, over a window."""

    availability_percent: float = 99.9
    window: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A part of the platform someone owns. ``runbook`` is a URL or empty."""

    id: str
    title: str
    owner: str
    contact: str = ""
    runbook: str = ""
    objective: Objective = field(default_factory=Objective)


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A piece that can be at fault, bound to its name in AWS (or where else it lives)."""

    id: str
    service: str
    aws_name: str = ""

    @property
    def kind(self) -> str:
        """The part before the first dot."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """``service`` cannot do its work without ``needs``, which it reaches over ``over`` (such as ``tcp 5432``)."""

    service: str
    needs: str
    over: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The limits of the seed report, section "Alerting Thresholds"."""

    availability_percent: float = 99.0
    response: timedelta = timedelta(seconds=1)
    error_rate_percent: float = 1.0
    database_connections_percent: float = 80.0
    ecs_task_restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWindow:
    """A planned time in which notifications about ``services`` are mute.

    Either once from ``starts`` to ``ends``, or every week on ``weekday`` (0 is Monday) ``at`` (``HH:MM``) for
    ``duration``, in ``timezone``.
    """

    id: str
    services: tuple[str, ...]
    reason: str
    starts: datetime | None = None
    ends: datetime | None = None
    weekday: int | None = None
    at: str = ""
    duration: timedelta | None = None
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The part of a family's targets that one run probes."""

    family: str
    number: int
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The whole compiled catalogue. A target's ``spec`` is plain JSON here; its family decodes it."""

    schema_version: int
    name: str
    title: str
    region: str
    services: tuple[Service, ...]
    components: tuple[Component, ...]
    targets: tuple[Target[Any], ...]
    dependencies: tuple[Dependency, ...]
    thresholds: Thresholds
    maintenance: tuple[MaintenanceWindow, ...]
    shards: tuple[Shard, ...]
    judging: Judging = field(default_factory=Judging)

    def target(self, id: str) -> Target[Any]:
        """The target of that id; KeyError when the catalogue has none."""
        for target in self.targets:
            if target.id == id:
                return target
        raise KeyError(id)

    def service(self, id: str) -> Service:
        """The service of that id; KeyError when the catalogue has none."""
        for service in self.services:
            if service.id == id:
                return service
        raise KeyError(id)
