"""EventBridge invokes functions asynchronously: retries, throttles and the failure destination apply.

AWS ("How Lambda handles errors and retries with asynchronous invocation"): a failed event is retried up to
MaximumRetryAttempts and then sent to the failure destination; a throttled event returns to the queue and is tried
again until it is too old, which does not use up an attempt. Stock MiniStack runs a rule's target once, without retry
or destination, and counts a throttle (reserved concurrency) as a failure.
"""

import contextvars
import json
import threading
import time
from typing import Any

from ministack.services import eventbridge, lambda_svc

from sandbox.emulator.patching import PatchContext, replace

THROTTLE_RETRY_SECONDS = 0.5
DEFAULT_RETRIES = 2
DEFAULT_AGE_SECONDS = 21600


def apply(_context: PatchContext) -> None:
    """Replace the queue of asynchronous invocations and send EventBridge through it."""
    replace(lambda_svc, "invoke_async_with_retry", ("func", "event"), invoke)
    replace(eventbridge, "_dispatch_to_lambda", ("arn", "payload"), _from_rule)


def invoke(func: dict[str, Any], event: Any) -> None:
    """Queue one event for a function and return at once."""
    scope = contextvars.copy_context()
    threading.Thread(target=scope.run, args=(_run, func, event), daemon=True, name="sandbox-async-invoke").start()


def _from_rule(arn: str, payload: str) -> None:
    try:
        event = json.loads(payload)
    except ValueError:
        event = {"body": payload}
    func, config, name = lambda_svc._get_func_record_for_ref(arn)
    if not func or not config:
        eventbridge.logger.warning("EventBridge: function %s not found", name)
        return
    invoke(lambda_svc._execution_record_for_config(func, config), event)


def _run(func: dict[str, Any], event: Any) -> None:
    config = func.get("config") or func
    settings = func.get("event_invoke_config") or (func.get("event_invoke_configs") or {}).get("$LATEST") or {}
    retries = settings.get("MaximumRetryAttempts")
    attempts_left = 1 + (DEFAULT_RETRIES if retries is None else int(retries))
    deadline = time.monotonic() + int(settings.get("MaximumEventAgeInSeconds") or DEFAULT_AGE_SECONDS)
    backoff = lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS
    while True:
        result = lambda_svc._execute_function_with_config_scope(func, event)
        if not result.get("error"):
            return
        throttled = bool(result.get("throttle"))
        attempts_left -= not throttled
        pause = THROTTLE_RETRY_SECONDS if throttled else backoff
        if attempts_left <= 0 or time.monotonic() + pause > deadline:
            break
        time.sleep(pause)
        backoff *= 1 if throttled else 2
    destination = ((settings.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    destination = destination or (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if destination:
        name = config.get("FunctionName", "")
        lambda_svc._run_with_function_config_scope(
            func, lambda_svc._route_async_failure, destination, name, event, result
        )
