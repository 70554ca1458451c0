"""Reads what SQS and CloudWatch say of one queue and of the queue that takes its dead letters."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from auditor.adapters import calls
from auditor.adapters.aws import client
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from auditor.net.probe import Probe
from functions.queue.facts import (
    TREND_PERIOD_SECONDS,
    TREND_VALUES,
    QueueFacts,
    RedriveFacts,
    Series,
    StoredFacts,
    TrendFacts,
)
from functions.queue.family import QueueSpec

_ATTRIBUTES = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "MessageRetentionPeriod",
    "RedrivePolicy",
    "VisibilityTimeout",
]
_METRICS = {
    "waiting": ("ApproximateNumberOfMessagesVisible", "Maximum"),
    "oldest_seconds": ("ApproximateAgeOfOldestMessage", "Maximum"),
    "sent": ("NumberOfMessagesSent", "Sum"),
    "received": ("NumberOfMessagesReceived", "Sum"),
    "deleted": ("NumberOfMessagesDeleted", "Sum"),
}
_DEAD_LETTERS = "dead_letters"


async def observe(target: Target[QueueSpec], probe: Probe) -> Observation[QueueFacts]:
    """What is there, as far as it could be read; what could not is named in ``unread``."""
    spec, read, unread = target.spec, dict[str, Any](), dict[str, Failure]()
    attributes = await _attributes(spec.queue, probe)
    if isinstance(attributes, Failure):
        if attributes.cause == "aws.not_found":
            return probe.observation(QueueFacts(exists=False))
        return probe.observation(QueueFacts(unread={"stored": attributes}), (attributes,))
    read["exists"], read["stored"] = True, _stored(spec.queue, attributes)
    read["redrive"] = redrive = _redrive(attributes.get("RedrivePolicy", ""))
    if redrive is not None:
        found = await _attributes(redrive.dead_letters, probe)
        if not isinstance(found, Failure):
            read["dead_letters"], read["dead_letters_exist"] = _stored(redrive.dead_letters, found), True
        elif found.cause == "aws.not_found":
            read["dead_letters_exist"] = False
        else:
            unread["dead_letters"] = found
    trend = await _trend(spec.queue, redrive.dead_letters if redrive else "", probe)
    if isinstance(trend, Failure):
        unread["trend"] = trend
    else:
        read["trend"] = trend
    return probe.observation(QueueFacts(**read, unread=unread), tuple(unread.values()))


async def _attributes(queue: str, probe: Probe) -> Mapping[str, str] | Failure:
    resource = f"queue {queue}"
    url = await calls.ask(
        probe, "sqs:GetQueueUrl", resource, lambda: client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    )
    if isinstance(url, Failure):
        return url
    read = partial(client("sqs").get_queue_attributes, QueueUrl=url, AttributeNames=_ATTRIBUTES)
    answer = await calls.ask(probe, "sqs:GetQueueAttributes", resource, read)
    if isinstance(answer, Failure):
        return answer
    attributes: Mapping[str, str] = answer.get("Attributes") or {}
    if "ApproximateNumberOfMessages" not in attributes:
        detail = f"sqs:GetQueueAttributes on {resource} gave no number of messages"
        return Failure(phase=Phase.QUERY, cause="aws.failed", detail=detail)
    return attributes


def _stored(name: str, attributes: Mapping[str, str]) -> StoredFacts:
    def number(attribute: str) -> int:
        return int(attributes.get(attribute, "0"))

    return StoredFacts(
        name=name,
        waiting=number("ApproximateNumberOfMessages"),
        in_flight=number("ApproximateNumberOfMessagesNotVisible"),
        delayed=number("ApproximateNumberOfMessagesDelayed"),
        retention_seconds=number("MessageRetentionPeriod"),
        visibility_timeout_seconds=number("VisibilityTimeout"),
    )


def _redrive(policy: str) -> RedriveFacts | None:
    """The policy, which is JSON in a text; SQS admits the count as a number and as a text."""
    if not policy:
        return None
    document = json.loads(policy)
    return RedriveFacts(
        dead_letters=str(document["deadLetterTargetArn"]).rpartition(":")[2],
        max_receives=int(document["maxReceiveCount"]),
    )


async def _trend(queue: str, dead_letters: str, probe: Probe) -> TrendFacts | Failure:
    begins, ends = _window(probe.slot)
    asked = {name: (queue, metric, statistic) for name, (metric, statistic) in _METRICS.items()}
    if dead_letters:
        asked[_DEAD_LETTERS] = (dead_letters, *_METRICS["waiting"])
    queries = [_query(name, *of) for name, of in asked.items()]
    answer = await calls.ask(
        probe,
        "cloudwatch:GetMetricData",
        f"the metrics of queue {queue}",
        lambda: client("cloudwatch").get_metric_data(MetricDataQueries=queries, StartTime=begins, EndTime=ends),
    )
    if isinstance(answer, Failure):
        return answer
    series = {result["Id"]: _series(result, begins) for result in answer["MetricDataResults"]}
    nothing: Series = (None,) * TREND_VALUES
    return TrendFacts(**{name: series.get(name, nothing) for name in (*_METRICS, _DEAD_LETTERS)})


def _window(slot: datetime) -> tuple[datetime, datetime]:
    """The last twelve whole periods and the running one belongs to neither: its sums are not complete."""
    period = timedelta(seconds=TREND_PERIOD_SECONDS)
    ends = slot - timedelta(seconds=slot.timestamp() % TREND_PERIOD_SECONDS)
    return ends - period * TREND_VALUES, ends


def _query(name: str, queue: str, metric: str, statistic: str) -> dict[str, Any]:
    of = {
        "Namespace": "AWS/SQS",
        "MetricName": metric,
        "Dimensions": [{"Name": "QueueName", "Value": queue}],
    }
    return {"Id": name, "MetricStat": {"Metric": of, "Period": TREND_PERIOD_SECONDS, "Stat": statistic}}


def _series(result: Mapping[str, Any], begins: datetime) -> Series:
    values: list[float | None] = [None] * TREND_VALUES
    for at, value in zip(result["Timestamps"], result["Values"], strict=True):
        index = int((at - begins).total_seconds() // TREND_PERIOD_SECONDS)
        if 0 <= index < TREND_VALUES:
            values[index] = float(value)
    return tuple(values)
