"""Queues: poison messages are told from a consumer that is gone."""

from typing import Any

import pytest

from auditor.domain.diagnosis.claims import Claim
from auditor.domain.diagnosis.queue_claims import DeadLettersGrow, QueueWaits
from auditor.domain.diagnosis.task_claims import RunningCounts


def grow(shop: Any, *, drains: bool | None, consumer: str = "code.front") -> Claim:
    return DeadLettersGrow(
        component="sqs.jobs", consumer=consumer, count=9, grown_by=7, drains=drains, proof=shop.seen("front-tasks")
    )


@pytest.mark.parametrize(("drains", "confidence"), [(True, "high"), (None, "medium")])
def test_the_consumer_is_at_fault_for_messages_that_alone_fail(shop: Any, drains: bool | None, confidence: str) -> None:
    diagnosis = shop.diagnose([grow(shop, drains=drains)], [shop.failing("front-tasks")])
    assert shop.roots(diagnosis) == [("code.front", "POISON_MESSAGES")]
    assert diagnosis.roots[0].confidence == confidence


def test_a_consumer_that_handles_nothing_is_not_said_to_fail_on_some(shop: Any) -> None:
    assert shop.diagnose([grow(shop, drains=False)], [shop.failing("front-tasks")]).undecided


def test_without_a_declared_consumer_nobody_is_blamed(shop: Any) -> None:
    assert shop.diagnose([grow(shop, drains=True, consumer="")], [shop.failing("front-tasks")]).undecided


def test_messages_wait_because_the_consumer_does_not_run(shop: Any) -> None:
    waits = QueueWaits(
        component="sqs.jobs", consumer="code.front", waiting=9, oldest_seconds=9000, received=0, proof=("queue",)
    )
    counts = RunningCounts(component="ecs.front", desired=1, running=0, proof=shop.seen("front-tasks"))
    diagnosis = shop.diagnose([waits, counts], [shop.failing("front-tasks"), shop.failing("front-page")])
    assert shop.roots(diagnosis) == [("ecs.front", "NO_RUNNING_TASKS")]
