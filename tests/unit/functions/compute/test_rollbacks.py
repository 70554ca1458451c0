"""ECS's own texts about deployments that it gave up."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.compute.rollbacks import given_up, went_back

NOW = datetime(2026, 11, 23, 16, 45, tzinfo=UTC)
WAY_BACK = "(service web) (deployment ecs-svc/2) rolling back to deployment ecs-svc/1."


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/123.",
            ("circuit_breaker", "ecs-svc/123"),
        ),
        ("ECS deployment circuit breaker: tasks failed to start.", ("circuit_breaker", "")),
        ("Service deployment rolled back because the alarm web-5xx went off.", ("alarm", "")),
        ("ECS deployment ecs-svc/123 completed.", (None, "")),
        ("", (None, "")),
    ],
)
def test_why_a_deployment_was_given_up_and_what_leads_back(reason: str, said: tuple[str | None, str]) -> None:
    assert given_up(reason) == said


@pytest.mark.parametrize(
    ("minutes", "newest", "message", "back"),
    [
        (10, 10, WAY_BACK, True),
        (10, None, WAY_BACK, True),
        (61, None, WAY_BACK, False),
        (10, 5, WAY_BACK, False),
        (10, 10, "(service web) has reached a steady state.", False),
    ],
)
def test_an_event_counts_while_it_is_recent_and_nothing_newer_was_deployed(
    minutes: int, newest: int | None, message: str, back: bool
) -> None:
    event = {"createdAt": NOW - timedelta(minutes=minutes), "message": message}
    since = None if newest is None else NOW - timedelta(minutes=newest)
    assert went_back([event, {"message": WAY_BACK}], since, NOW) is back
