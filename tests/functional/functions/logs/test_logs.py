"""The family against CloudWatch Logs in memory; the situations of the fault lab are run there."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from functions.logs.family import FAMILY, LogsSpec
from functions.logs.probe import MAX_PAGES
from tests.aws_account import CANARY, SLOT
from tests.fault_lab.logs_lab import ACCESS, GROUP, written

Ask = Callable[[LogsSpec], Any]
SPEC = LogsSpec(group=GROUP)


def test_lines_are_counted_by_class_in_the_declared_number_of_calls_and_none_is_kept(aws: Any, ask: Ask) -> None:
    written(aws, [ACCESS, f"SyntaxError: {CANARY}", f"panic: {CANARY}", ACCESS])
    aws.calls.clear()
    asked = ask(SPEC)
    assert len(aws.calls) == FAMILY.calls_per_target
    assert (asked.facts.lines, asked.facts.errors, asked.facts.more) == (4, 2, False)
    assert [(fatal.kind, fatal.count) for fatal in asked.facts.fatal] == [("crashed", 2)]


def test_pages_are_bounded_and_that_there_are_more_is_said(aws: Any, ask: Ask) -> None:
    event = {"timestamp": int(SLOT.timestamp() * 1000), "message": ACCESS}

    def answer(_: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"events": [event] * 3, "nextToken": "more"}

    aws.answers("logs", "FilterLogEvents", answer)
    asked = ask(SPEC)
    assert (asked.facts.lines, asked.facts.more) == (3 * MAX_PAGES, True)
    assert aws.calls.count("FilterLogEvents") == MAX_PAGES


def test_a_real_group_is_read_as_it_was_written(aws: Any, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=[{"timestamp": now, "message": "FATAL: no"}])
    monkeypatch.setattr("tests.aws_account.SLOT", SLOT + (timedelta(milliseconds=now - SLOT.timestamp() * 1000)))
    asked = ask(SPEC)
    assert (asked.facts.lines, asked.facts.errors) == (1, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("group", "arn:aws:logs:us-east-1:123456789012:log-group:x"),
        ("window", timedelta(seconds=5)),
        ("max_silence", timedelta(hours=2)),
        ("max_error_percent", 0),
        ("min_lines", 0),
        ("timeout", timedelta(0)),
    ],
)
def test_a_target_that_means_nothing_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        LogsSpec(**({"group": GROUP} | {field: value}))
