"""Reads one ECS service: itself, its tasks, those that stopped, and the wanted revision's task definition."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

from auditor.adapters import calls
from auditor.adapters.aws import client
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from auditor.net.probe import Probe
from functions.compute.facts import (
    MAX_TASKS,
    ComputeFacts,
    ContainerFacts,
    DefinitionFacts,
    DeploymentFacts,
    RegistryReference,
    ServiceFacts,
    TargetGroupReference,
    TaskFacts,
    UtilizationFacts,
)
from functions.compute.family import ComputeSpec
from functions.compute.measurements import measured_minutes, window
from functions.compute.rollbacks import given_up, went_back
from functions.compute.stops import grouped, revision_of

_A_CALL = 100
"""Tasks that one DescribeTasks takes."""
_MAX_DESCRIBED = 300
"""Of a crash loop that stops hundreds an hour these many tell enough."""
_RECENT = timedelta(hours=1)

Health = Literal["HEALTHY", "UNHEALTHY", "UNKNOWN"]


async def observe(target: Target[ComputeSpec], probe: Probe) -> Observation[ComputeFacts]:
    """What ECS tells of the service, as far as it could be read; what could not is named in ``unread``."""
    spec = target.spec
    read: dict[str, Any] = {}
    unread: dict[str, Failure] = {}
    # Ages are by AWS's clock and ours, never by the slot: a slot may be minutes old.
    now = datetime.now(UTC)
    service = await _read_service(spec, probe)
    if isinstance(service, Failure):
        unread |= dict.fromkeys(("service", "tasks", "stopped", "definition"), service)
        if spec.utilization is not None:
            unread["utilization"] = service
    else:
        read["service"] = _service(service, now)
        for field, status in (("tasks", "RUNNING"), ("stopped", "STOPPED")):
            tasks = await _read_tasks(spec, status, probe)
            if isinstance(tasks, Failure):
                unread[field] = tasks
            elif field == "tasks":
                tasks.sort(key=lambda task: str(task["taskArn"]))
                read[field] = tuple(_task(task, now) for task in tasks[:MAX_TASKS])
            else:
                recent = [t for t in tasks if t.get("stoppedAt") is None or now - t["stoppedAt"] <= _RECENT]
                read[field] = grouped(recent)
        if spec.utilization is not None:
            measured = await _read_utilization(spec, probe)
            if isinstance(measured, Failure):
                unread["utilization"] = measured
            else:
                read["utilization"] = measured
        definition = await _read_definition(service["taskDefinition"], probe)
        if isinstance(definition, Failure):
            unread["definition"] = definition
        else:
            read["definition"] = definition
    facts = ComputeFacts(cluster=spec.cluster, name=spec.service, **read, unread=unread)
    return probe.observation(facts, tuple(dict.fromkeys(unread.values())))


async def _read_service(spec: ComputeSpec, probe: Probe) -> Any:
    resource = f"service {spec.service} of cluster {spec.cluster}"
    answer = await calls.ask(
        probe,
        "ecs:DescribeServices",
        resource,
        lambda: client("ecs").describe_services(cluster=spec.cluster, services=[spec.service]),
    )
    if isinstance(answer, Failure):
        return answer
    if not answer.get("services"):
        detail = f"ecs:DescribeServices: {resource} does not exist"
        return Failure(phase=Phase.QUERY, cause="aws.not_found", detail=detail)
    return answer["services"][0]


async def _read_tasks(spec: ComputeSpec, status: str, probe: Probe) -> Any:
    resource = f"service {spec.service} of cluster {spec.cluster}"
    arns = await calls.pages(
        probe,
        "ecs:ListTasks",
        resource,
        lambda **more: client("ecs").list_tasks(
            cluster=spec.cluster, serviceName=spec.service, desiredStatus=status, **more
        ),
        items="taskArns",
        marker=("nextToken", "nextToken"),
    )
    if isinstance(arns, Failure):
        return arns
    tasks: list[Any] = []
    for start in range(0, min(len(arns), _MAX_DESCRIBED), _A_CALL):
        answer = await calls.ask(
            probe,
            "ecs:DescribeTasks",
            resource,
            partial(client("ecs").describe_tasks, cluster=spec.cluster, tasks=arns[start : start + _A_CALL]),
        )
        if isinstance(answer, Failure):
            return answer
        tasks += answer.get("tasks") or []
    return tasks


async def _read_utilization(spec: ComputeSpec, probe: Probe) -> UtilizationFacts | Failure:
    answer = await calls.ask(
        probe,
        "cloudwatch:GetMetricData",
        f"service {spec.service} of cluster {spec.cluster}",
        lambda: client("cloudwatch").get_metric_data(**window(probe.slot, spec.cluster, spec.service)),
    )
    return answer if isinstance(answer, Failure) else measured_minutes(answer)


async def _read_definition(arn: str, probe: Probe) -> DefinitionFacts | Failure:
    answer = await calls.ask(
        probe,
        "ecs:DescribeTaskDefinition",
        f"task definition {revision_of(arn)}",
        lambda: client("ecs").describe_task_definition(taskDefinition=arn),
    )
    if isinstance(answer, Failure):
        return answer
    definition = answer["taskDefinition"]
    return DefinitionFacts(
        revision=revision_of(arn),
        images={c["name"]: c.get("image", "") for c in definition.get("containerDefinitions") or []},
        architecture=definition.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64"),
        execution_role=definition.get("executionRoleArn", ""),
        task_role=definition.get("taskRoleArn", ""),
        health_checks=tuple(c["name"] for c in definition.get("containerDefinitions") or [] if c.get("healthCheck")),
    )


def _service(service: Any, now: datetime) -> ServiceFacts:
    network = service.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    created = service.get("createdAt")
    percent = service.get("deploymentConfiguration", {}).get("minimumHealthyPercent")
    deployments = sorted(service.get("deployments") or [], key=lambda d: d.get("status") != "PRIMARY")
    return ServiceFacts(
        status=service.get("status", ""),
        desired=service["desiredCount"],
        running=service["runningCount"],
        pending=service.get("pendingCount", 0),
        revision=revision_of(service.get("taskDefinition", "")),
        minimum_healthy_percent=100 if percent is None else percent,
        age_seconds=_age(created, now) if created else None,
        controller=service.get("deploymentController", {}).get("type", "ECS"),
        subnets=tuple(network.get("subnets") or ()),
        security_groups=tuple(network.get("securityGroups") or ()),
        registries=tuple(
            RegistryReference(
                arn=registry.get("registryArn", ""),
                port=registry.get("containerPort") or registry.get("port"),
                container=registry.get("containerName", ""),
            )
            for registry in service.get("serviceRegistries") or []
        ),
        target_groups=tuple(
            TargetGroupReference(
                arn=group["targetGroupArn"], container=group.get("containerName", ""), port=group.get("containerPort")
            )
            for group in service.get("loadBalancers") or []
            if group.get("targetGroupArn")
        ),
        deployments=tuple(_deployment(deployment, now) for deployment in deployments),
        grace_seconds=service.get("healthCheckGracePeriodSeconds") or 0,
        rolled_back=went_back(service.get("events") or [], _newest(deployments), now),
    )


def _newest(deployments: list[Any]) -> datetime | None:
    return deployments[0].get("createdAt") if deployments else None


def _deployment(deployment: Any, now: datetime) -> DeploymentFacts:
    gave_up, back_to = given_up(deployment.get("rolloutStateReason") or "")
    rollout = deployment.get("rolloutState")
    return DeploymentFacts(
        id=deployment.get("id", ""),
        status=deployment.get("status", ""),
        rollout=rollout if rollout in ("COMPLETED", "IN_PROGRESS", "FAILED") else None,
        revision=revision_of(deployment.get("taskDefinition", "")),
        desired=deployment.get("desiredCount", 0),
        running=deployment.get("runningCount", 0),
        pending=deployment.get("pendingCount", 0),
        failed_tasks=deployment.get("failedTasks", 0),
        age_seconds=_age(deployment["createdAt"], now) if deployment.get("createdAt") else 0.0,
        gave_up=gave_up,
        back_to=back_to,
    )


def _task(task: Any, now: datetime) -> TaskFacts:
    attached = {
        detail.get("name"): detail.get("value", "")
        for attachment in task.get("attachments") or []
        if attachment.get("type") in ("ElasticNetworkInterface", "eni")
        for detail in attachment.get("details") or []
    }
    interfaces = [i for c in task.get("containers") or [] for i in c.get("networkInterfaces") or []]
    address = attached.get("privateIPv4Address") or (interfaces[0].get("privateIpv4Address") if interfaces else "")
    return TaskFacts(
        id=task["taskArn"].rpartition("/")[2],
        revision=revision_of(task.get("taskDefinitionArn", "")),
        status=task.get("lastStatus", ""),
        health=_health(task.get("healthStatus")),
        address=address or "",
        subnet=attached.get("subnetId", ""),
        interface=attached.get("networkInterfaceId", ""),
        started_at=task.get("startedAt"),
        age_seconds=_age(task["startedAt"], now) if task.get("startedAt") else None,
        containers=tuple(
            ContainerFacts(
                name=container.get("name", ""),
                image=container.get("image", ""),
                digest=container.get("imageDigest", ""),
                health=_health(container.get("healthStatus")),
            )
            for container in task.get("containers") or []
        ),
    )


def _health(said: str | None) -> Health:
    if said == "HEALTHY":
        return "HEALTHY"
    return "UNHEALTHY" if said == "UNHEALTHY" else "UNKNOWN"


def _age(created: datetime, now: datetime) -> float:
    return round(max(0.0, (now - created).total_seconds()), 1)
