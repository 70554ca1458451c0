"""What ECS lets one say of a service."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from auditor.domain.diagnosis.claims import RunsAt
from auditor.domain.diagnosis.deployment_claims import DeploymentStands, ServesGroups
from auditor.domain.diagnosis.role_claims import RunsWithRoles
from auditor.domain.diagnosis.task_claims import RunningCounts, TasksStarted, TaskStopped
from auditor.domain.diagnosis.words import StopReason
from functions.compute.facts import (
    MAX_TASKS,
    ComputeFacts,
    DefinitionFacts,
    DeploymentFacts,
    ServiceFacts,
    StopGroup,
    StopKind,
    TargetGroupReference,
    TaskFacts,
)
from functions.compute.family import ComputeSpec
from tests.knowing import SLOT, claims

DEPLOYMENT = DeploymentFacts(
    id="d",
    status="PRIMARY",
    rollout="COMPLETED",
    revision="web:2",
    desired=2,
    running=2,
    pending=0,
    failed_tasks=0,
    age_seconds=90,
)
SERVICE = ServiceFacts(
    status="ACTIVE",
    desired=2,
    running=2,
    pending=0,
    revision="web:2",
    minimum_healthy_percent=100,
    age_seconds=900,
    controller="ECS",
    subnets=(),
    security_groups=(),
    registries=(),
    target_groups=(),
    deployments=(DEPLOYMENT,),
)
TASK = TaskFacts(
    id="t1",
    revision="web:2",
    status="RUNNING",
    health="UNKNOWN",
    address="10.0.1.6",
    subnet="subnet-1",
    interface="eni-1",
    started_at=SLOT - timedelta(hours=2),
    containers=(),
)
OTHER = replace(TASK, id="t2", address="10.0.1.5", started_at=SLOT - timedelta(hours=3))
STOP = StopGroup(
    kind=StopKind.EXITED,
    exit_code=1,
    container="app",
    revision="web:2",
    count=3,
    last_stopped_at=SLOT,
    shortest_life_seconds=4,
    text="-",
)


def said(kind: type[Any], **facts: Any) -> list[Any]:
    found = claims(
        "compute", ComputeSpec(cluster="shop", service="web"), ComputeFacts(cluster="shop", name="web", **facts)
    )
    assert all(claim.component == "app.web" for claim in found)
    return [claim for claim in found if isinstance(claim, kind)]


def test_counts_are_those_of_the_service() -> None:
    (counts,) = said(RunningCounts, service=replace(SERVICE, running=1))
    assert (counts.desired, counts.running, counts.rolling_out) == (2, 1, False)
    assert said(RunningCounts) == []


@pytest.mark.parametrize(
    ("rollout", "failed", "rolling"),
    [("IN_PROGRESS", 0, True), ("IN_PROGRESS", 1, False), ("FAILED", 0, False), (None, 0, False)],
)
def test_a_deployment_whose_tasks_fail_explains_no_lack(rollout: Any, failed: int, rolling: bool) -> None:
    deployment = replace(DEPLOYMENT, rollout=rollout, failed_tasks=failed)
    (counts,) = said(RunningCounts, service=replace(SERVICE, deployments=(deployment,)))
    assert counts.rolling_out is rolling


def test_running_tasks_have_addresses_and_the_oldest_an_age() -> None:
    pending = replace(TASK, id="t3", status="PENDING", address="10.0.1.9", started_at=None)
    (runs,) = said(RunsAt, tasks=(TASK, OTHER, pending))
    assert runs.addresses == ("10.0.1.5", "10.0.1.6")
    (started,) = said(TasksStarted, tasks=(TASK, OTHER, pending))
    assert started.at == OTHER.started_at


def test_without_a_running_task_there_is_no_address_and_no_age() -> None:
    (runs,) = said(RunsAt, tasks=())
    assert runs.addresses == ()
    assert said(TasksStarted, tasks=()) == []


def test_tasks_that_were_not_read_run_nowhere_that_is_known() -> None:
    assert said(RunsAt, service=SERVICE) == []
    assert said(TasksStarted, service=SERVICE) == []


def test_a_running_task_without_an_address_leaves_open_where_tasks_run() -> None:
    hidden = replace(TASK, id="t3", address="")
    assert said(RunsAt, tasks=(OTHER, hidden)) == []
    (started,) = said(TasksStarted, tasks=(OTHER, hidden))
    assert started.at == OTHER.started_at


def test_a_list_that_may_go_on_says_neither_where_nor_since_when() -> None:
    many = tuple(replace(TASK, id=f"t{number}") for number in range(MAX_TASKS))
    assert said(RunsAt, tasks=many) == []
    assert said(TasksStarted, tasks=many) == []
    assert said(RunsAt, tasks=many, service=replace(SERVICE, running=MAX_TASKS + 1)) == []
    assert len(said(RunsAt, tasks=many, service=replace(SERVICE, running=MAX_TASKS))) == 1


@pytest.mark.parametrize(
    ("names", "groups"),
    [(("web-new",), ("web-new",)), (("web-new", "api/1"), ("api", "web-new")), ((), ())],
    ids=["one", "several", "none"],
)
def test_the_groups_that_tasks_are_entered_in_are_told_by_name(names: tuple[str, ...], groups: tuple[str, ...]) -> None:
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/{}/0123456789abcdef"
    entered = tuple(TargetGroupReference(arn=arn.format(name), container="app", port=8080) for name in names)
    (serves,) = said(ServesGroups, service=replace(SERVICE, target_groups=entered))
    assert serves.groups == groups


def test_of_a_service_that_was_not_read_nobody_knows_the_groups() -> None:
    assert said(ServesGroups, tasks=(TASK,)) == []


def test_stops_have_reason_exit_code_and_count() -> None:
    groups = (STOP, replace(STOP, kind=StopKind.OUT_OF_MEMORY, exit_code=137, count=1))
    assert [(c.reason, c.exit_code, c.count) for c in said(TaskStopped, stopped=groups)] == [
        (StopReason.EXITED, 1, 3),
        (StopReason.OUT_OF_MEMORY, 137, 1),
    ]


@pytest.mark.parametrize("kind", StopKind)
def test_what_was_meant_or_done_by_aws_to_its_hosts_is_no_stop_and_all_else_is(kind: StopKind) -> None:
    found = said(TaskStopped, stopped=(replace(STOP, kind=kind),))
    assert len(found) == (0 if kind in (StopKind.SCALING, StopKind.USER, StopKind.INFRASTRUCTURE) else 1)


def test_nothing_read_is_nothing_said() -> None:
    assert said(object) == []
    assert claims("compute", ComputeSpec(cluster="shop", service="web"), None) == []


def test_the_roles_of_the_wanted_revision_are_told() -> None:
    definition = DefinitionFacts(
        revision="web:2", images={}, architecture="X86_64", execution_role="web-exec", task_role="web-task"
    )
    facts = ComputeFacts(cluster="c", name="web", service=SERVICE, tasks=(TASK, OTHER), definition=definition)
    spec = ComputeSpec(cluster="c", service="web", desired=2)
    (roles,) = [c for c in claims("compute", spec, facts, component="ecs.web") if isinstance(c, RunsWithRoles)]
    assert (roles.component, roles.execution_role, roles.task_role) == ("ecs.web", "web-exec", "web-task")


def test_what_was_deployed_is_said_beside_what_settled_tasks_run() -> None:
    old, young = replace(TASK, revision="web:1", age_seconds=9_000.0), replace(TASK, id="t3", age_seconds=0.0)
    (stands,) = said(DeploymentStands, service=SERVICE, tasks=(old, young))
    assert (stands.wanted, stands.done, stands.running) == ("web:2", True, ("web:1",))
    rolling = replace(SERVICE, deployments=(replace(DEPLOYMENT, rollout="IN_PROGRESS"),))
    assert [claim.done for claim in said(DeploymentStands, service=rolling, tasks=(TASK,))] == [False]
    untold = replace(SERVICE, deployments=(replace(DEPLOYMENT, rollout=None),))
    assert said(DeploymentStands, service=untold, tasks=(TASK,)) == []
    assert said(DeploymentStands, service=SERVICE) == []
