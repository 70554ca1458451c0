"""Log groups in an account in memory."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.logs.family import LogsSpec
from tests.aws_account import CANARY, SLOT, Aws, account_in_memory
from tests.fault_lab.situation import Situation

GROUP = "/shop/web"
_SECOND = timedelta(seconds=1)


def written(aws: Aws, lines: Sequence[str], *, newest: timedelta = timedelta(seconds=60)) -> None:
    """Lines a second apart, the last one so long before the slot. CloudWatch Logs in memory refuses future ones."""
    events = [
        {
            "timestamp": int((SLOT - newest - _SECOND * back).timestamp() * 1000),
            "message": line,
            "logStreamName": "s",
            "eventId": str(back),
        }
        for back, line in enumerate(reversed(lines))
    ]
    events.sort(key=lambda event: event["timestamp"])

    def answer(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        first, last = asked["startTime"], asked["endTime"]
        return {"events": [event for event in events if first <= event["timestamp"] < last]}

    aws.answers("logs", "FilterLogEvents", answer)


def _refused(aws: Aws, code: str) -> None:
    aws.client("logs").create_log_group(logGroupName=GROUP)
    aws.refuses("logs", "FilterLogEvents", code)


ACCESS = f'10.0.1.7 - "GET /basket?key={CANARY} HTTP/1.1" 200'
ERROR = f"2026-11-23 16:44:01 ERROR checkout failed for {CANARY}"


def _after(*last: str) -> Callable[[Aws], None]:
    return partial(written, lines=[*[ACCESS] * 80, *last])


_LOUD = {"max_silence": timedelta(minutes=5)}
_JSON = [json.dumps({"level": "info"})] * 160 + [json.dumps({"level": "error", "m": CANARY})] * 40
_TRACE = "Traceback (most recent call last):"
_ARRANGED: Mapping[str, tuple[Callable[[Aws], None], dict[str, Any]]] = {
    "logs-quiet-words": (_after(), {}),
    "logs-few-errors": (partial(written, lines=[*[ACCESS] * 200, ERROR]), {}),
    "logs-error-of-three": (partial(written, lines=[ACCESS, ERROR, ACCESS]), {}),
    "logs-words-in-paths": (
        partial(written, lines=['GET /static/error.css HTTP/1.1" 200', "GET /api/errors?x=1 200"] * 50),
        {},
    ),
    "logs-silence-not-asked": (partial(written, lines=[ACCESS], newest=timedelta(hours=1)), {}),
    "logs-silent": (
        partial(written, lines=[ACCESS], newest=timedelta(minutes=8)),
        {"max_silence": timedelta(minutes=5)},
    ),
    "logs-fresh": (_after(), _LOUD),
    "logs-absent": (lambda _: None, {}),
    "logs-denied": (partial(_refused, code="AccessDeniedException"), {}),
    "logs-throttled": (partial(_refused, code="ThrottlingException"), {}),
    "logs-many-errors": (partial(written, lines=[*[ACCESS] * 160, *[ERROR] * 40]), {}),
    "logs-json-errors": (partial(written, lines=_JSON), {}),
    "logs-architecture": (_after(f"exec /usr/bin/{CANARY}: exec format error"), {}),
    "logs-syntax": (_after(_TRACE, f'  File "/app/{CANARY}.py", line 9', "SyntaxError: '(' was never closed"), {}),
    "logs-module": (_after(_TRACE, f"ModuleNotFoundError: No module named '{CANARY}'"), {}),
    "logs-setting": (_after(_TRACE, "KeyError: 'ORDERS_DB_PASSWORD'"), {}),
    "logs-login": (_after(_TRACE, f'FATAL:  password authentication failed for user "{CANARY}"'), {}),
    "logs-schema": (_after(_TRACE, f'psycopg.errors.UndefinedTable: relation "{CANARY}" does not exist'), {}),
    "logs-memory": (_after("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"), {}),
    "logs-bucket": (_after(_TRACE, "An error occurred (AccessDenied) when calling the PutObject operation"), {}),
    "logs-unhandled": (_after(f"panic: runtime error: index out of range {CANARY}"), {}),
    "logs-old-fatal": (partial(written, lines=["SyntaxError: invalid"], newest=timedelta(hours=20)), {}),
}


@contextmanager
def _situation(arrange: Callable[[Aws], None], changes: dict[str, Any]) -> Iterator[Situation]:
    with pytest.MonkeyPatch.context() as patch, account_in_memory(patch, "logs") as aws:
        arrange(aws)
        target = Target(
            id="t", family="logs", service="shop", component="ecs.web", spec=LogsSpec(**({"group": GROUP} | changes))
        )
        yield Situation(target=target, network=Network(resolver=("127.0.0.1", 9)), slot=SLOT)


SITUATIONS: dict[str, Callable[[], AbstractContextManager[Situation]]] = {
    id: partial(_situation, *arranged) for id, arranged in _ARRANGED.items()
}
