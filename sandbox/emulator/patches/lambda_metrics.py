"""Every run of a function counts in AWS/Lambda, whatever started it.

AWS ("Types of metrics for Lambda functions"): Invocations, Errors and Duration for each run, Throttles for each
refused one (which is no invocation), stamped with the time of the invocation. Stock MiniStack counts only runs asked
for by the Invoke API, asynchronous ones with no duration or error, and a throttled one twice.
"""

from typing import Any

from ministack.services import lambda_svc

from sandbox.emulator.patches.alarms import store_points
from sandbox.emulator.patching import PatchContext, replace

_DISPATCH = ("func", "config", "event", "request_id", "started")


def apply(context: PatchContext) -> None:
    """Count at the one place every run passes, and nowhere else."""
    clock = context.clock

    def dispatch(func: Any, config: Any, event: Any, request_id: Any, started: float) -> Any:
        at, wall = clock.now(), lambda_svc.time.monotonic()
        result = stock_dispatch(func, config, event, request_id, started)
        milliseconds = (lambda_svc.time.monotonic() - wall) * 1000
        failed = bool(isinstance(result, dict) and result.get("error"))
        _count(config, at, "Invocations", 1)
        _count(config, at, "Errors", int(failed))
        _count(config, at, "Duration", milliseconds, unit="Milliseconds")
        _count(config, at, "Throttles", 0)
        return result

    stock_dispatch = replace(lambda_svc, "_execute_function_dispatch", _DISPATCH, dispatch)

    def acquire(func: Any, config: Any) -> Any:
        slot, limit = stock_acquire(func, config)
        if slot is None:
            _count(config, clock.now(), "Throttles", 1)
        return slot, limit

    stock_acquire = replace(lambda_svc, "_acquire_execution_slot", ("func", "config"), acquire)
    replace(lambda_svc, "_emit_lambda_metrics", ("function_name", "duration_ms", "error", "throttle"), _nothing)


def _count(config: dict[str, Any], at: float, name: str, value: float, *, unit: str = "Count") -> None:
    dimensions = {"FunctionName": config.get("FunctionName", "unknown")}
    store_points("AWS/Lambda", name, dimensions, [{"Timestamp": at, "Value": float(value), "Unit": unit}])


def _nothing(*_given: Any, **_named: Any) -> None:
    """Stock's own counting, silenced: it would count a second time."""
