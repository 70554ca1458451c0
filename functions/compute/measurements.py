"""Which minutes of CloudWatch are asked for, and what they say: one call for memory and CPU together. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.compute.facts import MinuteFacts, UtilizationFacts
from functions.compute.family import MINUTES

_SETTLES = timedelta(minutes=2)
"""A minute of ECS is complete in CloudWatch about two minutes after its end."""
_METRICS = {"memory": ("MemoryUtilization", "Maximum"), "cpu": ("CPUUtilization", "Average")}


def window(slot: datetime, cluster: str, service: str) -> dict[str, Any]:
    """The arguments of GetMetricData: whole minutes before the slot, so that a late run judges the same ones."""
    end = slot.replace(second=0, microsecond=0) - _SETTLES
    dimensions = [{"Name": "ClusterName", "Value": cluster}, {"Name": "ServiceName", "Value": service}]
    return {
        "StartTime": end - timedelta(minutes=MINUTES),
        "EndTime": end,
        "ScanBy": "TimestampAscending",
        "MetricDataQueries": [
            {
                "Id": id,
                "MetricStat": {
                    "Metric": {"Namespace": "AWS/ECS", "MetricName": metric, "Dimensions": dimensions},
                    "Period": 60,
                    "Stat": statistic,
                },
            }
            for id, (metric, statistic) in _METRICS.items()
        ],
    }


def measured_minutes(answer: Any) -> UtilizationFacts:
    """What GetMetricData answered, by the ids of ``window``."""
    found = {result.get("Id"): result for result in answer.get("MetricDataResults") or []}
    return UtilizationFacts(memory=_minutes(found.get("memory")), cpu=_minutes(found.get("cpu")))


def longest_run(minutes: Sequence[MinuteFacts], percent: float) -> int:
    """How many minutes without a gap it was at least so much."""
    longest = length = 0
    before: datetime | None = None
    for minute in minutes:
        follows = before is not None and minute.at - before == timedelta(minutes=1)
        length = (length + 1 if follows else 1) if minute.percent >= percent else 0
        longest, before = max(longest, length), minute.at
    return longest


def _minutes(result: Any) -> tuple[MinuteFacts, ...]:
    if result is None:
        return ()
    pairs = sorted(zip(result.get("Timestamps") or [], result.get("Values") or [], strict=False))
    return tuple(MinuteFacts(at=at.astimezone(UTC), percent=round(value, 2)) for at, value in pairs[-MINUTES:])
