"""Queues in an account in memory, with the numbers that CloudWatch would have of them."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.queue.family import QueueSpec
from tests.aws_account import SLOT, Aws, account_in_memory
from tests.fault_lab.situation import Situation

QUEUE, LETTERS = "orders", "orders-dead"
_PERIOD = timedelta(minutes=5)
_METRICS = {
    "waiting": "ApproximateNumberOfMessagesVisible",
    "oldest": "ApproximateAgeOfOldestMessage",
    "received": "NumberOfMessagesReceived",
    "deleted": "NumberOfMessagesDeleted",
}

Arrange = Callable[[Aws], None]


def fill(aws: Aws, **counts: int) -> None:
    """So many messages wait in each queue. They are said, not sent: SQS in memory takes a second for fifty."""
    attributes = aws.client("sqs").get_queue_attributes

    def answer(**asked: Any) -> Any:
        answered = attributes(**asked)
        name = asked["QueueUrl"].rpartition("/")[2]
        answered["Attributes"]["ApproximateNumberOfMessages"] = str(counts.get(name, 0))
        return answered

    aws.client("sqs").get_queue_attributes = answer


def measured(aws: Aws, queue: str, **series: Sequence[float]) -> None:
    """The last values of metrics, of whole periods before the slot, the newest last."""
    for name, values in series.items():
        data = [
            {
                "MetricName": _METRICS[name],
                "Dimensions": [{"Name": "QueueName", "Value": queue}],
                "Timestamp": SLOT - _PERIOD * back + timedelta(seconds=60),
                "Value": value,
            }
            for back, value in enumerate(reversed(values), start=1)
        ]
        aws.client("cloudwatch").put_metric_data(Namespace="AWS/SQS", MetricData=data)


def create(aws: Aws, queue: str = QUEUE, letters: str | None = LETTERS, *, made: bool = True) -> None:
    """A queue with its redrive policy; ``made``: the queue of dead letters exists."""
    sqs, attributes = aws.client("sqs"), {}
    if letters is not None:
        arn = f"arn:aws:sqs:us-east-1:123456789012:{letters}"
        url = sqs.create_queue(QueueName=letters)["QueueUrl"]
        attributes["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
    if queue.endswith(".fifo"):
        attributes = {"FifoQueue": "true"}
    sqs.create_queue(QueueName=queue, Attributes=attributes)
    if letters is not None and not made:
        sqs.delete_queue(QueueUrl=url)


def _state(
    aws: Aws, *, waiting: int = 0, letters: int = 0, grew: Sequence[float] = (), queue: str = QUEUE, **series: Any
) -> None:
    create(aws, queue)
    fill(aws, **{queue: waiting, LETTERS: letters})
    measured(aws, queue, **series)
    measured(aws, LETTERS, waiting=grew)


def _refused(aws: Aws, service: str, operation: str, code: str) -> None:
    _state(aws, waiting=5)
    aws.refuses(service, operation, code)


def _letters_refused(aws: Aws) -> None:
    """Only the second queue: what the first one says stays."""
    create(aws)
    attributes = aws.client("sqs").get_queue_attributes
    url = aws.client("sqs").get_queue_url(QueueName=LETTERS)["QueueUrl"]

    def answer(**asked: Any) -> Any:
        return attributes(**asked) if asked["QueueUrl"] != url else _denied(aws)

    aws.client("sqs").get_queue_attributes = answer


def _denied(aws: Aws) -> Any:
    aws.refuses("sqs", "ListQueues", "AccessDenied")
    return aws.client("sqs").list_queues()


def _fifo(aws: Aws) -> None:
    create(aws, "orders.fifo", None)
    fill(aws, **{"orders.fifo": 300})
    measured(aws, "orders.fifo", oldest=(40,))


_HOUR_OLD = {"oldest": (3300, 3600)}
_ARRANGED: dict[str, tuple[Arrange, dict[str, Any]]] = {
    "queue-empty": (_state, {}),
    "queue-empty-dead-letters": (_state, {}),
    "queue-busy": (partial(_state, waiting=40, oldest=(8, 9), received=(900, 950), deleted=(890, 960)), {}),
    "queue-burst-young": (partial(_state, waiting=300, oldest=(0, 40), received=(0, 0), deleted=(0, 0)), {}),
    "queue-burst-fifo": (
        _fifo,
        {"queue": "orders.fifo", "dead_letters": None},
    ),
    "queue-absent": (lambda _: None, {}),
    "queue-absent-dead-letters": (lambda _: None, {}),
    "queue-denied": (partial(_refused, service="sqs", operation="GetQueueAttributes", code="AccessDenied"), {}),
    "queue-throttled": (partial(_refused, service="sqs", operation="GetQueueUrl", code="ThrottlingException"), {}),
    "queue-consumer-gone": (partial(_state, waiting=30, **_HOUR_OLD, received=(0,) * 6, deleted=(0,) * 6), {}),
    "queue-consumer-fails": (partial(_state, waiting=30, **_HOUR_OLD, received=(60,) * 6, deleted=(0,) * 6), {}),
    "queue-consumer-slow": (partial(_state, waiting=30, **_HOUR_OLD, received=(60,) * 6, deleted=(58,) * 6), {}),
    "queue-age-not-measured": (partial(_state, waiting=30), {}),
    "queue-numbers-denied": (
        partial(_refused, service="cloudwatch", operation="GetMetricData", code="AccessDenied"),
        {},
    ),
    "queue-deep": (partial(_state, waiting=2000, oldest=(60, 60)), {}),
    "queue-deep-allowed": (partial(_state, waiting=900, oldest=(60, 60)), {}),
    "queue-dead-letters-grow": (partial(_state, letters=57, grew=(12, 12, 20, 31, 40, 52)), {}),
    "queue-dead-letters-first": (partial(_state, letters=2, grew=(0, 0, 0, 0, 0, 1)), {}),
    "queue-dead-letters-old": (partial(_state, letters=3, grew=(3,) * 12), {}),
    "queue-dead-letters-old-many": (partial(_state, letters=500, grew=(500,) * 12), {}),
    "queue-dead-letters-redriven": (partial(_state, letters=4, grew=(60, 40, 20, 15, 9, 6)), {}),
    "queue-dead-letters-not-measured": (partial(_state, letters=50), {}),
    "queue-dead-letters-denied": (_letters_refused, {}),
    "queue-no-redrive": (lambda aws: create(aws, letters=None), {}),
    "queue-redrive-not-wanted": (lambda aws: create(aws, letters=None), {"dead_letters": None}),
    "queue-redrive-to-nowhere": (lambda aws: create(aws, made=False), {}),
    "queue-redrive-elsewhere": (lambda aws: create(aws, letters="refunds-dead"), {}),
}


@contextmanager
def _situation(arrange: Arrange, changes: dict[str, Any]) -> Iterator[Situation]:
    with pytest.MonkeyPatch.context() as patch, account_in_memory(patch, "queue") as aws:
        arrange(aws)
        spec = QueueSpec(**({"queue": QUEUE, "dead_letters": LETTERS} | changes))
        target = Target(id="t", family="queue", service="shop", component="sqs.orders", spec=spec)
        yield Situation(target=target, network=Network(resolver=("127.0.0.1", 9)), slot=SLOT)


SITUATIONS: dict[str, Callable[[], AbstractContextManager[Situation]]] = {
    id: partial(_situation, *arranged) for id, arranged in _ARRANGED.items()
}
