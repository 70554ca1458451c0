"""The situations of `labels/compute.yaml`: an ECS service in an account in memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.compute.family import ComputeSpec, UtilizationLimits
from tests.aws_account import CANARY, SLOT, Aws, account_in_memory
from tests.ecs_account import ACCOUNT, DIGEST, IMAGE, ago, deployed, deployment, stopped, task, tasks
from tests.fault_lab.situation import Situation

Arrange = Callable[[Aws], None]

_EXITED = "Essential container in task exited"
_BREAKER = "ECS deployment circuit breaker: "


def _service(**service: Any) -> Arrange:
    return partial(deployed, **service)


def _stops(reason: str, code: int | None = None, *, running: int = 1, count: int = 3, **changes: Any) -> Arrange:
    def arrange(aws: Aws) -> None:
        deployed(aws, runningCount=running)
        ended = [stopped(number, reason, code, **changes) for number in range(2, 2 + count)]
        tasks(aws, [task()] * running, ended)

    return arrange


def _runs(*running: dict[str, Any], **service: Any) -> Arrange:
    def arrange(aws: Aws) -> None:
        deployed(aws, **({"runningCount": len(running), "desiredCount": len(running)} | service))
        tasks(aws, list(running))

    return arrange


def _rolling_back(aws: Aws) -> None:
    given_up = deployment(
        f"{ACCOUNT}:task-definition/orders:3",
        id="ecs-svc/2",
        status="ACTIVE",
        rolloutState="FAILED",
        rolloutStateReason=f"{_BREAKER}rolling back to deploymentId ecs-svc/1.",
        failedTasks=10,
        createdAt=ago(minutes=9),
    )
    back = deployment(rolloutState="IN_PROGRESS", createdAt=ago(minutes=1))
    deployed(aws, deployments=[given_up, back])


def _event(**how: float) -> dict[str, Any]:
    message = "(service orders) rolling back to deployment ecs-svc/1."
    return {"id": "e", "createdAt": ago(**how), "message": message}


def _rolled_back(aws: Aws) -> None:
    deployed(aws, deployments=[deployment(createdAt=ago(minutes=20))], events=[_event(minutes=20)])


def _rolling(aws: Aws) -> None:
    new = deployment(rolloutState="IN_PROGRESS", createdAt=ago(seconds=90))
    old = deployment(f"{ACCOUNT}:task-definition/orders:1", status="ACTIVE")
    keeps = {"minimumHealthyPercent": 50}
    deployed(aws, runningCount=2, desiredCount=3, deployments=[old, new], deploymentConfiguration=keeps)
    tasks(aws, [task(1), _of_revision(1, 2)])


def _of_revision(revision: int, number: int = 1) -> dict[str, Any]:
    return task(number, taskDefinitionArn=f"{ACCOUNT}:task-definition/orders:{revision}")


def _health(health: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    container = {"name": "app", "image": IMAGE, "imageDigest": DIGEST, "healthStatus": health}
    return task(number, healthStatus=health, containers=[container], **changes)


def _digest(letter: str, number: int) -> dict[str, Any]:
    container = {"name": "app", "image": IMAGE, "imageDigest": "sha256:" + letter * 64, "healthStatus": "HEALTHY"}
    return task(number, containers=[container])


def _measured(memory: Sequence[float] = (), cpu: Sequence[float] = ()) -> Arrange:
    """The last minutes' percentages, the newest last."""

    def result(id: str, values: Sequence[float]) -> Mapping[str, Any]:
        newest = SLOT - timedelta(minutes=3)
        times = [newest - timedelta(minutes=back) for back in reversed(range(len(values)))]
        return {"Id": id, "Timestamps": times, "Values": list(values), "StatusCode": "Complete"}

    def arrange(aws: Aws) -> None:
        deployed(aws)
        answer = {"MetricDataResults": [result("memory", memory), result("cpu", cpu)]}
        aws.answers("cloudwatch", "GetMetricData", lambda _: answer)

    return arrange


def _refused(service: str, operation: str) -> Arrange:
    def arrange(aws: Aws) -> None:
        deployed(aws)
        aws.refuses(service, operation, "AccessDeniedException")

    return arrange


_LIMITS = {"utilization": UtilizationLimits()}
_QUIET = (30.0, 35.0, 40.0, 38.0, 36.0) * 3
_SECRET = f"arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/{CANARY[:6]}"
_ARRANGED: Mapping[str, tuple[Arrange, dict[str, Any]]] = {
    "compute-well": (_service(), {}),
    "compute-scaled-to-zero": (_service(desiredCount=0, runningCount=0), {"desired": 0}),
    "compute-scaled-below": (_service(desiredCount=0, runningCount=0), {"desired": 1}),
    "compute-deleted": (_service(status="INACTIVE", desiredCount=0, runningCount=0, deployments=[]), {}),
    "compute-rolling": (_rolling, {}),
    "compute-crash-loop": (_stops(_EXITED, 1, running=0), {}),
    "compute-killed-for-memory": (
        _stops("OutOfMemoryError: Container killed due to memory usage", 137, stopCode="EssentialContainerExited"),
        {},
    ),
    "compute-terminated": (_stops("Scaling activity initiated by (deployment ecs-svc/1)", 143), {}),
    "compute-exit-255": (_stops(_EXITED, 255), {}),
    "compute-secret-denied": (
        _stops(
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "
            "failed: unable to retrieve secret from asm: AccessDeniedException: not authorized to perform: "
            f"secretsmanager:GetSecretValue on resource: {_SECRET}",
            stopCode="TaskFailedToStart",
        ),
        {},
    ),
    "compute-image-absent": (
        _stops(f"CannotPullContainerError: {IMAGE}: not found", stopCode="TaskFailedToStart"),
        {},
    ),
    "compute-killed-by-balancer": (
        _stops("Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:x)", 143),
        {},
    ),
    "compute-retired": (_stops("ECS is performing maintenance on the underlying infrastructure: retirement", 143), {}),
    "compute-breaker-open": (
        _service(
            deployments=[
                deployment(
                    rolloutState="FAILED", rolloutStateReason=f"{_BREAKER}tasks failed to start.", failedTasks=10
                )
            ]
        ),
        {},
    ),
    "compute-rolling-back": (_rolling_back, {}),
    "compute-rolled-back": (_rolled_back, {}),
    "compute-rolled-back-long-ago": (_service(events=[_event(days=1)]), {}),
    "compute-container-unhealthy": (_runs(_health("UNHEALTHY")), {}),
    "compute-one-unhealthy": (_runs(_health("HEALTHY"), _health("UNHEALTHY", 2)), {}),
    "compute-warming-up": (
        _runs(_health("UNHEALTHY", startedAt=ago(seconds=40)), healthCheckGracePeriodSeconds=300),
        {},
    ),
    "compute-no-health-check": (_runs(_health("UNKNOWN")), {}),
    "compute-wanted-runs": (_runs(task(1), task(2)), {}),
    "compute-not-applied": (_runs(_of_revision(1)), {}),
    "compute-tag-moved": (_runs(_digest("a", 1), _digest("b", 2)), {}),
    "compute-rolling-mixes": (_rolling, {}),
    "compute-other-image": (_service(), {"image": "orders:fix-8"}),
    "compute-memory-low": (_measured(memory=_QUIET, cpu=_QUIET), _LIMITS),
    "compute-memory-high": (_measured(memory=(*_QUIET[:11], 82.0, 81.0, 82.5, 82.0), cpu=_QUIET), _LIMITS),
    "compute-memory-critical": (_measured(memory=(*_QUIET[:13], 93.0, 93.5), cpu=_QUIET), _LIMITS),
    "compute-cpu-peak": (_measured(memory=_QUIET, cpu=(*_QUIET[:10], 99.0, *_QUIET[:4])), _LIMITS),
    "compute-cpu-critical": (_measured(memory=_QUIET, cpu=(*_QUIET[:10], *[97.0] * 5)), _LIMITS),
    "compute-not-measured": (_measured(), _LIMITS),
    "compute-metrics-denied": (_refused("cloudwatch", "GetMetricData"), _LIMITS),
    "compute-denied": (_refused("ecs", "DescribeServices"), {}),
    "compute-wrong-cluster": (lambda aws: aws.client("ecs").create_cluster(clusterName="shop"), {"cluster": "shops"}),
}


@contextmanager
def _situation(arrange: Arrange, changes: dict[str, Any]) -> Iterator[Situation]:
    with pytest.MonkeyPatch.context() as patch, account_in_memory(patch, "compute") as aws:
        arrange(aws)
        spec = ComputeSpec(**({"cluster": "shop", "service": "orders"} | changes))
        target = Target(id="t", family="compute", service="shop", component="ecs.orders", spec=spec)
        yield Situation(target=target, network=Network(resolver=("127.0.0.1", 9)), slot=SLOT)


SITUATIONS: dict[str, Callable[[], AbstractContextManager[Situation]]] = {
    id: partial(_situation, *arranged) for id, arranged in _ARRANGED.items()
}
