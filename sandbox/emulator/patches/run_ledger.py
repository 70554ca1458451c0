"""Every run of a function is written down, and its REPORT line says the memory that it really held.

AWS ("Viewing CloudWatch logs for Python Lambda functions"): the REPORT line has Duration and Max Memory Used of the
invocation. Stock MiniStack puts the largest process that it has ever waited for there, mostly 0.
"""

import time
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from sandbox.emulator import runs
from sandbox.emulator.clock import iso
from sandbox.emulator.patches import function_process
from sandbox.emulator.patching import PatchContext, replace

_INVOKE = ("self", "event", "request_id", "trace_id", "depth", "durable", "invoked_function_arn")


def apply(context: PatchContext) -> None:
    """Write down at the one place where a process gets an event."""
    clock = context.clock

    def invoke(worker: Any, *given: Any, **named: Any) -> Any:
        before, began = worker._proc, time.monotonic()
        answer = stock_invoke(worker, *given, **named)
        process = worker._proc
        peak = runs.peak_mib(process.pid) if process is not None else None
        runs.keep(
            runs.FunctionRun(
                function=worker.func_name,
                ended=iso(clock.now()),
                cold=process is not before,
                milliseconds=round((time.monotonic() - began) * 1000),
                peak_mib=peak,
                calls=runs.calls_taken(function_process.caller(process)) if peak is not None else None,
            )
        )
        return answer

    stock_invoke = replace(lambda_runtime.Worker, "invoke", _INVOKE, invoke)

    def peak_mib(func: dict[str, Any]) -> int:
        return runs.newest_peak_mib((func.get("config") or func).get("FunctionName", ""))

    replace(lambda_svc, "_probe_peak_memory_mb", ("func",), peak_mib)
