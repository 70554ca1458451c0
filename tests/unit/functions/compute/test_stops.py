"""AWS's texts about stopped tasks to kinds, and what of a text is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.compute.facts import StopKind
from functions.compute.stops import grouped, kept, kind_of, named

INIT = "ResourceInitializationError: unable to pull secrets or registry auth: "
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/auth-token-RANDOM"


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        ("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/12)", StopKind.SCALING),
        ("UserInitiated", "Task failed ELB health checks, says a person", StopKind.USER),
        ("", "Task failed ELB health checks in (target-group arn:aws:x)", StopKind.LOAD_BALANCER_HEALTH),
        ("ServiceSchedulerInitiated", "Task failed container health checks", StopKind.CONTAINER_HEALTH),
        ("EssentialContainerExited", "Essential container in task exited", StopKind.EXITED),
        ("", "Essential container in task exited", StopKind.EXITED),
        (
            "EssentialContainerExited",
            "Essential container in task exited; OutOfMemoryError: Container killed due to memory usage",
            StopKind.OUT_OF_MEMORY,
        ),
        (
            "TaskFailedToStart",
            (
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
                "123456789012.dkr.ecr.us-east-1.amazonaws.com/api:x: "
                "123456789012.dkr.ecr.us-east-1.amazonaws.com/api:x: not found"
            ),
            StopKind.IMAGE_NOT_FOUND,
        ),
        (
            "TaskFailedToStart",
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): unexpected status code 403",
            StopKind.IMAGE_DENIED,
        ),
        (
            "TaskFailedToStart",
            "CannotPullContainerError: ref pull has been retried 5 time(s): dial tcp 10.0.0.2:443: i/o timeout",
            StopKind.IMAGE_UNREACHABLE,
        ),
        (
            "TaskFailedToStart",
            "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'",
            StopKind.IMAGE_ARCHITECTURE,
        ),
        ("TaskFailedToStart", "CannotPullContainerError: toomanyrequests", StopKind.IMAGE_NOT_PULLED),
        (
            "TaskFailedToStart",
            (
                f"{INIT}execution resource retrieval failed: unable to retrieve secret from asm: service call has been "
                f"retried 1 time(s): failed to fetch secret {ARN} from secrets manager: AccessDeniedException: User: x "
                "is not authorized to perform: secretsmanager:GetSecretValue"
            ),
            StopKind.SECRET_DENIED,
        ),
        (
            "TaskFailedToStart",
            (
                f"{INIT}failed to fetch secret {ARN}: ResourceNotFoundException: Secrets Manager can't find the "
                "specified secret"
            ),
            StopKind.SECRET_NOT_FOUND,
        ),
        (
            "TaskFailedToStart",
            (
                f"{INIT}execution resource retrieval failed: unable to retrieve secrets from ssm: service call has "
                "been retried 1 time(s): invalid ssm parameters: /shop/redis/port"
            ),
            StopKind.PARAMETER_NOT_FOUND,
        ),
        (
            "TaskFailedToStart",
            f"{INIT}unable to retrieve ecr registry auth: dial tcp 52.1.2.3:443: i/o timeout",
            StopKind.SECRET_UNREACHABLE,
        ),
        ("TaskFailedToStart", "ResourceInitializationError: failed to validate logger args", StopKind.NOT_INITIALISED),
        ("TaskFailedToStart", "CannotStartContainerError: no such file", StopKind.NOT_STARTED),
        ("SpotInterruption", "Your Spot Task was interrupted.", StopKind.INFRASTRUCTURE),
        ("", "ECS is performing maintenance on the underlying infrastructure", StopKind.INFRASTRUCTURE),
        ("", "something that AWS says next year", StopKind.OTHER),
    ],
)
def test_texts_have_their_kinds(code: str, text: str, kind: StopKind) -> None:
    assert kind_of(code, text) is kind


def test_only_what_was_meant_and_what_aws_did_to_its_hosts_is_no_failure() -> None:
    no_failures = {kind for kind in StopKind if not kind.is_failure}
    assert no_failures == {StopKind.SCALING, StopKind.USER, StopKind.INFRASTRUCTURE}


@pytest.mark.parametrize(
    "text",
    [
        "exec: postgresql://app:canary/#@db:5432/x: no such file",
        "exec: https://db/?password=canary",
        'exec: "--password=canary": not found',
        "DB_PASSWORD: canary",
        "api_token = 'canary'",
        "Authorization: Bearer canary",
        "BEARER PASSWORD: canary",
        "Password: 'secret' = 'canary'",
        f"{ARN} password=canary",
    ],
)
def test_what_looks_like_a_credential_is_not_kept(text: str) -> None:
    assert "canary" not in kept(text)
    assert not any("canary" in name for name in named(text))


def test_a_text_is_kept_as_one_bounded_line_and_the_names_in_it_survive() -> None:
    text = f"failed to fetch secret {ARN} from secrets manager: \x1b[31m" + "x" * 1_000
    assert ARN in kept(text)
    assert len(kept(text)) == 240
    assert kept(text).isprintable()
    assert named(text) == (ARN,)
    pull = "ref 1234.dkr.ecr.us-east-1.amazonaws.com/shop/api:v2: not found"
    assert named(pull) == ("1234.dkr.ecr.us-east-1.amazonaws.com/shop/api:v2",)
    assert named("invalid ssm parameters: /shop/redis/port, /shop/redis/endpoint") == (
        "/shop/redis/port",
        "/shop/redis/endpoint",
    )


def test_the_container_that_ended_badly_speaks_for_its_task() -> None:
    now = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    containers = [{"name": "proxy", "exitCode": 0}, {"name": "app", "exitCode": 137, "reason": "OutOfMemoryError: x"}]
    task: dict[str, Any] = {
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/shop:7",
        "startedAt": now,
        "stoppedAt": now + timedelta(seconds=30),
        "containers": containers,
    }
    later = task | {"stoppedAt": now + timedelta(seconds=90)}
    (group,) = grouped([task, later])
    assert (group.kind, group.exit_code, group.container) == (StopKind.OUT_OF_MEMORY, 137, "app")
    assert (group.count, group.revision, group.shortest_life_seconds) == (2, "shop:7", 30)
    assert group.last_stopped_at == now + timedelta(seconds=90)
