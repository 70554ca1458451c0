"""What the functional tests do not show: gaps, other deployment controllers, every kind of stop."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.domain.check import judge
from auditor.domain.observation import Observation, Vantage
from auditor.domain.result import Result, Status
from auditor.domain.target import Target
from functions.compute import remedies
from functions.compute.checks import CHECKS
from functions.compute.facts import (
    CAUSES,
    ComputeFacts,
    ContainerFacts,
    DefinitionFacts,
    DeploymentFacts,
    MinuteFacts,
    ServiceFacts,
    StopGroup,
    StopKind,
    TaskFacts,
    UtilizationFacts,
)
from functions.compute.family import ComputeSpec, UtilizationLimits

DEPLOYMENT = DeploymentFacts(
    id="ecs-svc/1",
    status="PRIMARY",
    rollout="COMPLETED",
    revision="web:2",
    desired=2,
    running=2,
    pending=0,
    failed_tasks=0,
    age_seconds=90_000.0,
)
SERVICE = ServiceFacts(
    status="ACTIVE",
    desired=2,
    running=2,
    pending=0,
    revision="web:2",
    minimum_healthy_percent=100,
    age_seconds=90_000.0,
    controller="ECS",
    subnets=("subnet-1",),
    security_groups=("sg-1",),
    registries=(),
    target_groups=(),
    deployments=(DEPLOYMENT,),
)
DEFINITION = DefinitionFacts(
    revision="web:2", images={"app": "x/web:v2"}, architecture="X86_64", execution_role="", task_role=""
)
TASK = TaskFacts(
    id="1",
    revision="web:2",
    status="RUNNING",
    health="HEALTHY",
    address="10.0.1.7",
    subnet="subnet-1",
    interface="eni-1",
    started_at=None,
    containers=(ContainerFacts(name="app", image="x/web:v2", digest="", health="HEALTHY"),),
)
FACTS = ComputeFacts(cluster="shop", name="web", service=SERVICE, tasks=(TASK,), stopped=(), definition=DEFINITION)


def stops(kind: StopKind, count: int = 1) -> StopGroup:
    return StopGroup(
        kind=kind,
        exit_code=1,
        container="app",
        revision="web:2",
        count=count,
        last_stopped_at=None,
        shortest_life_seconds=None,
        text="",
    )


def results(facts: ComputeFacts, **changes: Any) -> dict[str, Result]:
    spec = ComputeSpec(**({"cluster": "shop", "service": "web"} | changes))
    observation = Observation(
        family="compute",
        target="t",
        slot=datetime(2026, 11, 23, 16, 45, tzinfo=UTC),
        vantage=Vantage(kind="function", name="compute"),
        facts=facts,
    )
    target = Target(id="t", family="compute", service="s", component="ecs.web", spec=spec)
    return {result.check.removeprefix("compute."): result for result in judge(CHECKS, target, observation)}


OF_TASKS = ("containers_healthy", "runs_as_wanted")


@pytest.mark.parametrize(
    ("missing", "blind"),
    [
        ("service", {"tasks_running", "deployment_completed", "image_as_declared", *OF_TASKS}),
        ("stopped", {"no_restarts"}),
        ("tasks", {"image_as_declared", *OF_TASKS}),
        ("definition", {"image_as_declared"}),
    ],
)
def test_what_was_not_recorded_is_no_pass_and_no_failure(missing: str, blind: set[str]) -> None:
    gap: dict[str, Any] = {missing: None}
    asked = results(replace(FACTS, **gap), image="web:v2")
    assert {asked[name].status for name in blind} == {Status.UNKNOWN}
    assert {asked[name].status for name in asked.keys() - blind} == {Status.PASS}


def test_a_deployment_may_keep_fewer_tasks_and_no_fewer_than_its_share() -> None:
    rolling = replace(DEPLOYMENT, rollout="IN_PROGRESS", age_seconds=60.0)
    service = replace(SERVICE, running=1, minimum_healthy_percent=50, deployments=(rolling,))
    assert results(replace(FACTS, service=service))["tasks_running"].status is Status.PASS
    for changed in (
        replace(service, minimum_healthy_percent=51),
        replace(service, deployments=(replace(rolling, failed_tasks=2),)),
        replace(service, deployments=(replace(rolling, age_seconds=901.0),)),
        replace(service, deployments=(DEPLOYMENT,)),
        replace(service, deployments=()),
    ):
        assert results(replace(FACTS, service=changed))["tasks_running"].cause == "compute.tasks_missing"


def test_where_ecs_tells_no_rollout_a_second_deployment_says_that_one_goes_on() -> None:
    quiet = replace(DEPLOYMENT, rollout=None, age_seconds=60.0)
    one = replace(SERVICE, deployments=(quiet,))
    assert "complete" in results(replace(FACTS, service=one))["deployment_completed"].summary
    two = replace(SERVICE, deployments=(quiet, replace(quiet, status="ACTIVE")))
    assert "in progress" in results(replace(FACTS, service=two))["deployment_completed"].summary


def test_without_deployments_nothing_is_told_unless_somebody_else_deploys() -> None:
    none = replace(SERVICE, deployments=())
    assert results(replace(FACTS, service=none))["deployment_completed"].status is Status.UNKNOWN
    other = replace(none, controller="CODE_DEPLOY")
    assert results(replace(FACTS, service=other))["deployment_completed"].status is Status.SKIPPED


@pytest.mark.parametrize("kind", StopKind)
def test_every_kind_of_stop_warns_with_a_cause_and_a_remedy_or_is_none_of_the_services(kind: StopKind) -> None:
    result = results(replace(FACTS, stopped=(stops(kind),)))["no_restarts"]
    if kind.is_failure:
        assert result.status is Status.WARN
        assert result.cause in {cause.id for cause in CAUSES}
        assert result.evidence["stopped_because"] == kind
        assert result.remediation not in {check.remediation for check in CHECKS}
    else:
        assert result.status is Status.PASS


def test_the_largest_group_gives_its_cause() -> None:
    stopped = (stops(StopKind.SCALING, 9), stops(StopKind.EXITED, 1), stops(StopKind.OUT_OF_MEMORY, 3))
    result = results(replace(FACTS, stopped=stopped))["no_restarts"]
    assert (result.cause, result.evidence["failed_tasks"]) == ("compute.out_of_memory", 4)


def test_before_any_task_runs_the_definitions_image_is_judged_and_no_digest() -> None:
    idle = replace(FACTS, tasks=())
    assert results(idle, image="web:v2")["image_as_declared"].status is Status.PASS
    assert results(idle, image="web:v1")["image_as_declared"].status is Status.FAIL
    assert results(idle, image="sha256:abc")["image_as_declared"].status is Status.SKIPPED


def test_every_cause_has_a_remedy() -> None:
    assert [cause.id for cause in CAUSES if remedies.for_cause(cause.id) is None] == []


def test_a_new_deployment_after_a_failed_one_is_no_way_back() -> None:
    failed = replace(DEPLOYMENT, id="ecs-svc/2", revision="web:3", rollout="FAILED", status="ACTIVE")
    next_try = replace(DEPLOYMENT, id="ecs-svc/3", revision="web:4")
    way_back = replace(DEPLOYMENT, id="ecs-svc/3", revision="web:2")
    for primary, cause in ((next_try, None), (way_back, "compute.rolled_back")):
        service = replace(SERVICE, revision=primary.revision, deployments=(primary, failed))
        assert results(replace(FACTS, service=service))["deployment_completed"].cause == cause


def test_a_task_that_has_just_started_may_belong_to_a_deployment_that_was_not_read_yet() -> None:
    for age, status in ((30.0, Status.PASS), (130.0, Status.FAIL), (None, Status.FAIL)):
        task = replace(TASK, revision="web:3", age_seconds=age)
        assert results(replace(FACTS, tasks=(TASK, task)))["runs_as_wanted"].status is status


def test_minutes_that_are_missing_break_what_was_sustained() -> None:
    at = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    minutes = [MinuteFacts(at=at + timedelta(minutes=n), percent=90.0 if n in (3, 5) else 20.0) for n in range(15)]
    limits = UtilizationLimits(critical_minutes=2)

    def said(*left: MinuteFacts) -> Status:
        used = UtilizationFacts(memory=left, cpu=left)
        return results(replace(FACTS, utilization=used), utilization=limits)["memory_below_limit"].status

    assert said(*minutes) is Status.PASS
    assert said(*(m for m in minutes if m.at.minute != 34)) is Status.PASS
    assert said(*minutes[:9]) is Status.UNKNOWN
    assert said(*(replace(m, percent=90.0) for m in minutes[:2])) is Status.FAIL
