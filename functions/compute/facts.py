"""What a probe of an ECS service keeps, and why it can fail. Nothing of a container's environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from auditor.domain.cause import Cause
from auditor.domain.observation import Failure

MAX_TASKS = 50
MAX_STOP_GROUPS = 20
JUST_STARTED_SECONDS = 120.0
"""A task so young may belong to a deployment that began after the service was read."""


class StopKind(StrEnum):
    """Why a task stopped: a closed list, read from AWS's codes and texts."""

    SCALING = "scaling"
    """A deployment or a scaling step replaced or ended it: meant."""
    USER = "user"
    """Somebody called StopTask: meant."""
    INFRASTRUCTURE = "infrastructure"
    """AWS took the host away: retirement, maintenance, Spot."""
    LOAD_BALANCER_HEALTH = "load_balancer_health"
    """ECS killed it because its target group called it unhealthy."""
    CONTAINER_HEALTH = "container_health"
    """ECS killed it because its own health check failed."""
    EXITED = "exited"
    """An essential container ended by itself."""
    OUT_OF_MEMORY = "out_of_memory"
    """A container was killed for its memory."""
    IMAGE_NOT_FOUND = "image_not_found"
    IMAGE_DENIED = "image_denied"
    IMAGE_UNREACHABLE = "image_unreachable"
    IMAGE_ARCHITECTURE = "image_architecture"
    """The image is for another processor."""
    IMAGE_NOT_PULLED = "image_not_pulled"
    """For another reason than those above."""
    SECRET_DENIED = "secret_denied"  # noqa: S105 - no password
    """The execution role may not read a secret or parameter."""
    SECRET_NOT_FOUND = "secret_not_found"  # noqa: S105 - no password
    PARAMETER_NOT_FOUND = "parameter_not_found"
    SECRET_UNREACHABLE = "secret_unreachable"  # noqa: S105 - no password
    """Secrets Manager, SSM or the registry's login did not answer the task: its network."""
    NOT_INITIALISED = "not_initialised"
    """Its resources could not be made for another reason than those above."""
    NOT_STARTED = "not_started"
    """A container could not be created or started."""
    OTHER = "other"

    @property
    def is_failure(self) -> bool:
        """Whether the service is at fault; what was meant, or AWS's own host, is not."""
        return self not in (StopKind.SCALING, StopKind.USER, StopKind.INFRASTRUCTURE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentFacts:
    """One deployment that ECS still works with. ``rollout`` is None where ECS does not tell it.

    ``revision`` is ``family:number``. ``age_seconds`` is how long it existed when the probe read it. ``gave_up``: what
    made ECS give it up, None where ECS does not say so; ``back_to``: the id of the deployment that leads back, if any.
    """

    id: str
    status: str
    rollout: Literal["COMPLETED", "IN_PROGRESS", "FAILED"] | None
    revision: str
    desired: int
    running: int
    pending: int
    failed_tasks: int
    age_seconds: float
    gave_up: Literal["circuit_breaker", "alarm"] | None = None
    back_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryReference:
    """The Cloud Map service that ECS registers the tasks in; compare ``arn`` with what discovery read."""

    arn: str
    port: int | None
    container: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroupReference:
    """The target group that ECS registers the tasks in, and by which container and port."""

    arn: str
    container: str
    port: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """What ECS says of the service itself.

    ``status`` is ACTIVE, DRAINING or INACTIVE (deleted). ``revision`` is the wanted one (``family:number``);
    ``minimum_healthy_percent`` is the share of ``desired`` that a deployment keeps running; ``age_seconds`` is how long
    the service existed, None where ECS does not tell. ``deployments``: the PRIMARY one first. ``controller``: ``ECS``
    rolls out by itself; with another one ``deployments`` may be empty. ``grace_seconds``: for so long after its start a
    task's health does not count. ``rolled_back``: an event of the last hour, no older than the newest deployment, says
    that ECS went back to an earlier one.
    """

    status: str
    desired: int
    running: int
    pending: int
    revision: str
    minimum_healthy_percent: int
    age_seconds: float | None
    controller: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    registries: tuple[RegistryReference, ...]
    target_groups: tuple[TargetGroupReference, ...]
    deployments: tuple[DeploymentFacts, ...]
    grace_seconds: int = 0
    rolled_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """One container of a running task: the image as the task definition names it, and the digest that really runs."""

    name: str
    image: str
    digest: str
    health: Literal["HEALTHY", "UNHEALTHY", "UNKNOWN"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """One task that should run. ``id`` is the last part of its ARN.

    ``address``, ``subnet`` and ``interface`` are of its network interface, empty before it has one. ``started_at`` is
    when its containers ran (they hold the secrets of that moment), None before; ``age_seconds`` is how long ago that
    was by AWS's clock and ours.
    """

    id: str
    revision: str
    status: str
    health: Literal["HEALTHY", "UNHEALTHY", "UNKNOWN"]
    address: str
    subnet: str
    interface: str
    started_at: datetime | None
    containers: tuple[ContainerFacts, ...]
    age_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopGroup:
    """Tasks that stopped within the last hour for one reason, with one exit code, of one revision.

    ``exit_code`` and ``container`` are of the container that ended badly, None and empty where none ran.
    ``text`` is AWS's own text, bounded and without anything that looks like a credential; empty where a person wrote
    it. ``named``: ARNs, images and parameters that the text names. ``shortest_life_seconds``: how soon after its start
    the quickest of them stopped, None where none started.
    """

    kind: StopKind
    exit_code: int | None
    container: str
    revision: str
    count: int
    last_stopped_at: datetime | None
    shortest_life_seconds: float | None
    text: str
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionFacts:
    """The wanted revision's task definition. ``images``: container to image. ``architecture`` is X86_64 or ARM64.

    ``health_checks``: the containers that have a health check of their own.
    """

    revision: str
    images: Mapping[str, str]
    architecture: str
    execution_role: str
    task_role: str
    health_checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MinuteFacts:
    """How much of what is reserved the tasks used in the minute that began then, in percent."""

    at: datetime
    percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UtilizationFacts:
    """The service's minutes in CloudWatch, oldest first; a minute that was not measured is not there.

    ``memory`` is of the task that used most, ``cpu`` the average of all tasks.
    """

    memory: tuple[MinuteFacts, ...]
    cpu: tuple[MinuteFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeFacts:
    """One ECS service. None means "not read", and then ``unread`` says why under the field's name.

    ``tasks``: those that ECS wants running, at most 50. ``stopped``: the last hour's, in groups, the largest first, at
    most 20. ``utilization`` is read only where the target has limits for it.
    """

    cluster: str
    name: str
    service: ServiceFacts | None = None
    tasks: tuple[TaskFacts, ...] | None = None
    stopped: tuple[StopGroup, ...] | None = None
    definition: DefinitionFacts | None = None
    utilization: UtilizationFacts | None = None
    unread: Mapping[str, Failure] = field(default_factory=dict)
    """Per field (``service``, ``tasks``, ``stopped``, ``definition``, ``utilization``) why it is not read."""


def _cause(id: str, meaning: str) -> Cause:
    # AWS itself says each of these, so none of them can be laid to the auditor's place in the network.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("compute.service_inactive", "the service was deleted or is being deleted"),
    _cause("compute.desired_too_low", "fewer tasks are wanted in ECS than declared"),
    _cause("compute.tasks_missing", "fewer tasks run than are wanted, and no deployment explains it"),
    _cause("compute.none_running", "tasks are wanted and none runs"),
    _cause("compute.deployment_failed", "ECS gave the deployment up"),
    _cause("compute.deployment_failing", "tasks of the deployment fail again and again"),
    _cause("compute.deployment_stuck", "the deployment goes on for longer than a healthy one"),
    _cause("compute.tasks_exited", "essential containers ended by themselves"),
    _cause("compute.out_of_memory", "containers were killed for their memory"),
    _cause("compute.health_check_killed", "ECS killed tasks because a health check failed"),
    _cause("compute.image_not_pulled", "tasks could not start because their image could not be had or run"),
    _cause("compute.secret_not_read", "tasks could not start because a secret or parameter could not be read"),
    _cause("compute.not_started", "tasks could not start for another reason"),
    _cause("compute.tasks_stopped", "tasks stopped for another reason"),
    _cause("compute.image_differs", "another image runs than declared"),
    _cause("compute.rolled_back", "ECS gave a deployment up and went back to an earlier revision"),
    _cause("compute.revision_not_applied", "the deployment is done, and tasks of another revision run"),
    _cause("compute.digests_differ", "tasks of one revision run different images of one tag"),
    _cause("compute.containers_unhealthy", "the containers' own health check fails"),
    _cause("compute.memory_high", "memory was near its limit for minutes"),
    _cause("compute.cpu_high", "the processors were near their limit for minutes"),
    _cause("compute.not_measured", "CloudWatch has too few datapoints to tell"),
)

FACTS = ComputeFacts
"""What an observation of this family holds; a replay reads it back by this name."""
