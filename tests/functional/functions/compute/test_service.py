"""The family against ECS in memory, with the answers that an account in memory never gives."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from functions.compute.facts import StopKind
from functions.compute.family import FAMILY, ComputeSpec, UtilizationLimits
from tests.ecs_account import ACCOUNT, DIGEST, IMAGE, ago, deployed, deployment, stopped, task, tasks

Ask = Callable[[ComputeSpec], Any]

OF_TASKS = {"containers_healthy", "runs_as_wanted"}
ALL = {"tasks_running", "deployment_completed", "no_restarts", *OF_TASKS}


def spec(**changes: Any) -> ComputeSpec:
    return ComputeSpec(**({"cluster": "shop", "service": "orders"} | changes))


def test_a_healthy_service_passes_and_says_where_it_runs_and_what(aws: Any, ask: Ask) -> None:
    deployed(aws)
    asked = ask(spec(image="orders:fix-7", desired=1))
    assert asked.brief() == dict.fromkeys([*ALL, "image_as_declared"], ("PASS", None))
    (running,) = asked.facts.tasks
    assert (running.address, running.subnet, running.interface) == ("10.0.1.7", "subnet-1", "eni-1")
    assert (running.revision, running.containers[0].digest) == ("orders:2", DIGEST)
    service = asked.facts.service
    assert (service.security_groups, service.subnets) == (("sg-1",), ("subnet-1",))
    assert service.registries[0].arn.endswith("service/srv-1")
    assert asked.facts.definition.images == {"app": IMAGE}
    assert asked.facts.stopped == ()


def test_a_healthy_service_takes_as_many_calls_as_the_family_declares(aws: Any, ask: Ask) -> None:
    deployed(aws)
    aws.answers("cloudwatch", "GetMetricData", lambda _: {"MetricDataResults": []})
    aws.calls.clear()
    ask(spec(utilization=UtilizationLimits()))
    assert len(aws.calls) == FAMILY.calls_per_target
    aws.calls.clear()
    ask(spec())
    assert "GetMetricData" not in aws.calls


@pytest.mark.parametrize(("cluster", "service"), [("shop", "order"), ("shops", "orders")])
def test_a_wrong_name_is_the_auditors_mistake_and_no_outage(aws: Any, ask: Ask, cluster: str, service: str) -> None:
    aws.client("ecs").create_cluster(clusterName="shop")
    asked = ask(spec(cluster=cluster, service=service))
    assert asked.brief() == dict.fromkeys(ALL, ("UNKNOWN", "aws.not_found"))
    assert "catalogue" in asked.results["tasks_running"].remediation


def test_a_deleted_service_is_no_service_that_is_scaled_to_zero(aws: Any, ask: Ask) -> None:
    deployed(aws, status="INACTIVE", desiredCount=0, runningCount=0, deployments=[])
    assert ask(spec()).brief()["tasks_running"] == ("FAIL", "compute.service_inactive")


def test_scaled_to_zero_is_meant_unless_more_was_declared(aws: Any, ask: Ask) -> None:
    deployed(aws, desiredCount=0, runningCount=0)
    assert ask(spec()).brief()["tasks_running"] == ("SKIPPED", None)
    assert ask(spec(desired=1)).brief()["tasks_running"] == ("FAIL", "compute.desired_too_low")


def test_a_rolling_deployment_is_no_failure(aws: Any, ask: Ask) -> None:
    new = deployment(rolloutState="IN_PROGRESS", createdAt=ago(seconds=90))
    old = deployment(f"{ACCOUNT}:task-definition/orders:1", status="ACTIVE")
    deployed(
        aws,
        runningCount=2,
        desiredCount=3,
        deployments=[old, new],
        deploymentConfiguration={"minimumHealthyPercent": 50},
    )
    tasks(aws, [task(1), task(2)], [stopped(3, "Scaling activity initiated by (deployment ecs-svc/1)", 143)])
    asked = ask(spec())
    assert asked.brief() == dict.fromkeys(ALL, ("PASS", None))
    assert [d.status for d in asked.facts.service.deployments] == ["PRIMARY", "ACTIVE"]
    assert asked.facts.stopped[0].kind is StopKind.SCALING


@pytest.mark.parametrize(
    ("changes", "running", "said"),
    [
        ({"failedTasks": 2}, 1, ("FAIL", "compute.deployment_failing")),
        ({"createdAt": ago(minutes=16)}, 1, ("FAIL", "compute.deployment_stuck")),
        ({"rolloutState": "FAILED"}, 1, ("FAIL", "compute.deployment_failed")),
        ({"failedTasks": 1}, 1, ("PASS", None)),
    ],
)
def test_a_deployment_that_does_not_end_well_fails_while_old_tasks_serve(
    aws: Any, ask: Ask, changes: dict[str, Any], running: int, said: Any
) -> None:
    rolling: dict[str, Any] = {"rolloutState": "IN_PROGRESS", "createdAt": ago(minutes=2)} | changes
    deployed(aws, runningCount=running, deployments=[deployment(**rolling)])
    brief = ask(spec()).brief()
    assert brief["deployment_completed"] == said
    assert brief["tasks_running"] == ("PASS", None)


def test_a_deployment_excuses_no_service_without_tasks_unless_that_is_new(aws: Any, ask: Ask) -> None:
    rolling = [deployment(rolloutState="IN_PROGRESS", createdAt=ago(minutes=2))]
    deployed(aws, runningCount=0, deployments=rolling)
    assert ask(spec()).brief()["tasks_running"] == ("FAIL", "compute.none_running")
    deployed_new = {"runningCount": 0, "deployments": rolling, "createdAt": ago(minutes=2)}
    aws.client("ecs").delete_service(cluster="shop", service="orders", force=True)
    deployed(aws, **deployed_new)
    assert ask(spec()).brief()["tasks_running"] == ("PASS", None)


def test_a_crash_loop_is_told_with_its_reason_and_revision(aws: Any, ask: Ask) -> None:
    deployed(aws, runningCount=0)
    crashes = [stopped(n, "Essential container in task exited", 1) for n in range(1, 6)]
    old = stopped(9, "Essential container in task exited", 1, stoppedAt=ago(hours=2))
    tasks(aws, [], [*crashes, stopped(7, "Task stopped by canary-4711", stopCode="UserInitiated"), old])
    asked = ask(spec())
    assert asked.brief()["tasks_running"] == ("FAIL", "compute.none_running")
    assert asked.brief()["no_restarts"] == ("WARN", "compute.tasks_exited")
    assert asked.results["tasks_running"].evidence["exit_code"] == 1
    first, second = asked.facts.stopped
    assert (first.kind, first.exit_code, first.count, first.revision) == (StopKind.EXITED, 1, 5, "orders:2")
    assert first.shortest_life_seconds == pytest.approx(60, abs=1)
    assert (second.kind, second.text) == (StopKind.USER, "")
    assert ask(spec(restarts_allowed=5)).brief()["no_restarts"] == ("PASS", None)


def test_another_image_than_declared_is_found_by_what_runs(aws: Any, ask: Ask) -> None:
    deployed(aws)
    assert ask(spec(image=DIGEST)).brief()["image_as_declared"] == ("PASS", None)
    for other in ("orders:fix-8", "rders:fix-7", "sha256:" + "b" * 64):
        assert ask(spec(image=other)).brief()["image_as_declared"] == ("FAIL", "compute.image_differs")
    stale = task(containers=[{"name": "app", "image": IMAGE.replace("fix-7", "fix-6")}])
    tasks(aws, [task(2), stale])
    assert ask(spec(image="orders:fix-7")).brief()["image_as_declared"] == ("FAIL", "compute.image_differs")


@pytest.mark.parametrize(
    ("operation", "blind"),
    [
        ("DescribeServices", {*ALL, "image_as_declared"}),
        ("ListTasks", {"no_restarts", "image_as_declared", *OF_TASKS}),
        ("DescribeTasks", {"image_as_declared", *OF_TASKS}),
        ("DescribeTaskDefinition", {"image_as_declared"}),
    ],
)
@pytest.mark.parametrize(
    ("code", "cause"), [("AccessDeniedException", "aws.denied"), ("ThrottlingException", "aws.throttled")]
)
def test_a_call_that_is_refused_leaves_unknown_what_needs_it_and_nothing_else(
    aws: Any, ask: Ask, operation: str, blind: set[str], code: str, cause: str
) -> None:
    deployed(aws)
    aws.refuses("ecs", operation, code)
    asked = ask(spec(image="orders:fix-7"))
    names = {*ALL, "image_as_declared"}
    assert asked.brief() == {name: ("UNKNOWN", cause) if name in blind else ("PASS", None) for name in names}
    assert all(operation in asked.results[name].summary for name in blind)


def test_a_loop_of_many_kinds_stays_bounded(aws: Any, ask: Ask) -> None:
    deployed(aws)
    tasks(aws, [task(n) for n in range(80)], [stopped(n, "Essential container in task exited", n) for n in range(350)])
    asked = ask(spec())
    assert len(asked.facts.tasks) == 50
    assert len(asked.facts.stopped) == 20
    assert aws.calls.count("DescribeTasks") == 1 + 3


def test_a_call_that_hangs_ends_at_the_deadline_and_keeps_what_was_read_before(aws: Any, ask: Ask) -> None:
    deployed(aws)
    over = threading.Event()

    def hang(_: Any) -> Mapping[str, Any]:
        over.wait(5)
        return {"taskArns": []}

    aws.answers("ecs", "ListTasks", hang)
    began = time.monotonic()
    asked = ask(spec(timeout=timedelta(seconds=1)))
    over.set()
    assert time.monotonic() - began < 3
    assert asked.brief() == {
        "tasks_running": ("PASS", None),
        "deployment_completed": ("PASS", None),
        "no_restarts": ("UNKNOWN", "self.deadline"),
        **dict.fromkeys(OF_TASKS, ("UNKNOWN", "aws.unreachable")),
    }
    assert asked.facts.unread["tasks"].cause == "aws.unreachable"
    assert "ecs:ListTasks" in asked.facts.unread["tasks"].detail
    assert "ecs:ListTasks" in asked.facts.unread["stopped"].detail
