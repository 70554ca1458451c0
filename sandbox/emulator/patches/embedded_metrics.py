"""Log lines in Embedded Metric Format become metrics, and Lambda's log events carry simulated time.

AWS ("Embedding metrics within logs"): every event of every log group is looked at, whoever wrote it. Stock MiniStack
stores the line and makes no metric. Lambda's own platform lines and the function's output are stamped when they are
written; stock MiniStack stamps them with the wall clock.
"""

import logging
from contextvars import ContextVar
from typing import Any

from ministack.services import cloudwatch_logs, lambda_svc

from sandbox.emulator import emf
from sandbox.emulator.patches.alarms import store_points
from sandbox.emulator.patching import PatchContext, replace

logger = logging.getLogger("sandbox.emf")

_from_lambda: ContextVar[bool] = ContextVar("sandbox_from_lambda", default=False)


def apply(context: PatchContext) -> None:
    """Read metrics out of every batch of log events."""

    def append(stream: Any, events: list[dict[str, Any]]) -> None:
        if _from_lambda.get():
            now = int(context.clock.now() * 1000)
            events = [{**event, "timestamp": now, "ingestionTime": now} for event in events]
        stock_append(stream, events)
        for event in events:
            _store(emf.extract(event["message"]))

    stock_append = replace(cloudwatch_logs, "_append_log_events", ("stream", "events"), append)

    def emit(*given: Any, **named: Any) -> None:
        token = _from_lambda.set(True)
        try:
            stock_emit(*given, **named)
        finally:
            _from_lambda.reset(token)

    parameters = ("func", "request_id", "log_text", "error", "duration_ms", "log_source")
    stock_emit = replace(lambda_svc, "_emit_lambda_logs", parameters, emit)


def _store(extracted: emf.Extracted) -> None:
    for problem in extracted.problems:
        logger.warning("CloudWatch would silently drop a part of an EMF line: %s", problem)
    for sample in extracted.samples:
        points = ({"Timestamp": sample.timestamp, "Value": value, "Unit": sample.unit} for value in sample.values)
        store_points(sample.namespace, sample.name, sample.dimensions, points)
