"""Metrics leave as EMF on standard output: no endpoint, no permission, and the slot as their time."""

from collections.abc import Mapping
from datetime import datetime

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricResolution, MetricUnit

from auditor.names import DIMENSION_STAGE, METRIC_NAMESPACE, METRIC_OPEN_INCIDENTS

_BY_THE_SECOND = {METRIC_OPEN_INCIDENTS}
"""CloudWatch evaluates an alarm on such a metric every ten seconds; on others once a minute."""


def emit(stage: str, slot: datetime, values: Mapping[str, float], **dimensions: str) -> None:
    """Prints one EMF document with the values, under the dimensions stage and ``dimensions``."""
    metrics = EphemeralMetrics(namespace=METRIC_NAMESPACE)
    metrics.set_timestamp(slot)
    metrics.add_dimension(name=DIMENSION_STAGE, value=stage)
    for dimension, where in dimensions.items():
        metrics.add_dimension(name=dimension, value=where)
    for metric, value in values.items():
        resolution = MetricResolution.High if metric in _BY_THE_SECOND else MetricResolution.Standard
        metrics.add_metric(name=metric, unit=MetricUnit.Count, value=value, resolution=resolution)
    metrics.flush_metrics()
