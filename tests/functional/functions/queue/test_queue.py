"""The family against SQS and CloudWatch in memory; the situations of the fault lab are run there."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.queue.family import FAMILY, QueueSpec
from tests.aws_account import CANARY, SLOT
from tests.fault_lab.queue_lab import LETTERS, QUEUE, create, measured

Ask = Callable[[QueueSpec], Any]
SPEC = QueueSpec(queue=QUEUE, dead_letters=LETTERS)


def test_counts_and_policy_are_read_with_the_declared_number_of_calls_and_no_message_is(aws: Any, ask: Ask) -> None:
    create(aws)
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=f"{CANARY} {number}", DelaySeconds=60 if number == 2 else 0)
    sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)
    measured(aws, QUEUE, oldest=(12, 20), received=(1, 1), deleted=(0, 0))
    aws.calls.clear()
    asked = ask(SPEC)
    assert len(aws.calls) == FAMILY.calls_per_target
    assert "ReceiveMessage" not in aws.calls
    stored = asked.facts.stored
    assert (stored.waiting, stored.in_flight, stored.delayed) == (1, 1, 1)
    assert (asked.facts.redrive.dead_letters, asked.facts.redrive.max_receives) == (LETTERS, 3)
    assert asked.facts.trend.oldest_seconds[-2:] == (12.0, 20.0)
    assert asked.facts.trend.oldest_seconds[:-2] == (None,) * 10
    assert {status for status, _ in asked.brief().values()} == {"PASS"}


def test_the_running_period_is_not_read_since_its_sums_are_not_complete(aws: Any, ask: Ask) -> None:
    create(aws)
    measured(aws, QUEUE, received=(5,))
    now = {"MetricName": "NumberOfMessagesReceived", "Dimensions": [{"Name": "QueueName", "Value": QUEUE}]}
    data = [{**now, "Timestamp": SLOT + timedelta(seconds=5), "Value": 99.0}]
    aws.client("cloudwatch").put_metric_data(Namespace="AWS/SQS", MetricData=data)
    assert ask(SPEC).facts.trend.received[-1] == 5.0


def test_a_policy_may_hold_its_count_as_a_text(aws: Any, ask: Ask) -> None:
    create(aws)
    policy = {"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:123456789012:{LETTERS}", "maxReceiveCount": "7"}
    url = aws.client("sqs").get_queue_url(QueueName=QUEUE)["QueueUrl"]
    aws.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
    assert ask(SPEC).facts.redrive.max_receives == 7


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("sqs", "GetQueueUrl", "sqs:GetQueueUrl"),
        ("sqs", "GetQueueAttributes", "sqs:GetQueueAttributes"),
        ("cloudwatch", "GetMetricData", "cloudwatch:GetMetricData"),
    ],
)
def test_what_the_role_may_not_do_is_named(aws: Any, ask: Ask, service: str, operation: str, action: str) -> None:
    create(aws)
    aws.refuses(service, operation, "AccessDenied")
    asked = ask(SPEC)
    (failure,) = {failure.cause: failure for failure in asked.facts.unread.values()}.values()
    assert (failure.cause, action in failure.detail) == ("aws.denied", True)
    assert "FAIL" not in {status for status, _ in asked.brief().values()}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("queue", "https://sqs.us-east-1.amazonaws.com/123456789012/orders"),
        ("dead_letters", QUEUE),
        ("consumer", "Code Worker"),
        ("max_depth", -1),
        ("max_age", timedelta(0)),
        ("timeout", timedelta(minutes=2)),
    ],
)
def test_a_target_that_means_nothing_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        QueueSpec(**({"queue": QUEUE, "dead_letters": LETTERS} | {field: value}))
