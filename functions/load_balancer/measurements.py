"""Which metrics are asked for, of which minutes: one call for all of them. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from functions.load_balancer.facts import MetricName

NAMESPACE = "AWS/ApplicationELB"
_MINUTES = 5
_SETTLES = timedelta(minutes=2)
"""A minute of a load balancer is complete in CloudWatch about two minutes after its end."""

_Metric = tuple[str, str]
_BOTH: Mapping[MetricName, _Metric] = {
    "requests": ("RequestCount", "Sum"),
    "target_4xx": ("HTTPCode_Target_4XX_Count", "Sum"),
    "target_5xx": ("HTTPCode_Target_5XX_Count", "Sum"),
    "connection_errors": ("TargetConnectionErrorCount", "Sum"),
    "p50": ("TargetResponseTime", "p50"),
    "p95": ("TargetResponseTime", "p95"),
    "p99": ("TargetResponseTime", "p99"),
}
_OF_BALANCER: Mapping[MetricName, _Metric] = {
    **_BOTH,
    "own_4xx": ("HTTPCode_ELB_4XX_Count", "Sum"),
    "own_5xx": ("HTTPCode_ELB_5XX_Count", "Sum"),
    "own_502": ("HTTPCode_ELB_502_Count", "Sum"),
    "own_503": ("HTTPCode_ELB_503_Count", "Sum"),
    "own_504": ("HTTPCode_ELB_504_Count", "Sum"),
}
_OF_GROUP: Mapping[MetricName, _Metric] = {**_BOTH, "healthy": ("HealthyHostCount", "Minimum")}


def window(slot: datetime, balancer_arn: str, group_arn: str | None = None) -> dict[str, Any]:
    """The arguments of GetMetricData for a balancer, or for one group behind it: whole minutes before the slot.

    The slot and not the clock says which minutes, so that a late run judges the same ones.
    """
    dimensions = [{"Name": "LoadBalancer", "Value": balancer_arn.partition("loadbalancer/")[2]}]
    if group_arn is not None:
        dimensions.append({"Name": "TargetGroup", "Value": group_arn.rpartition(":")[2]})
    end = slot.replace(second=0, microsecond=0) - _SETTLES
    return {
        "StartTime": end - timedelta(minutes=_MINUTES),
        "EndTime": end,
        "ScanBy": "TimestampAscending",
        "MetricDataQueries": [
            {
                "Id": name,
                "MetricStat": {
                    "Metric": {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions},
                    "Period": 60,
                    "Stat": statistic,
                },
            }
            for name, (metric, statistic) in (_OF_BALANCER if group_arn is None else _OF_GROUP).items()
        ],
    }
