"""Metrics are one EMF document a line, with the slot as their time."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from auditor.adapters.metrics import emit
from auditor.domain.instants import floor_to
from auditor.names import METRIC_FAILURES, METRIC_NAMESPACE, METRIC_RUNS


def now() -> datetime:
    # CloudWatch takes two weeks of the past, and powertools warns beyond them.
    return floor_to(datetime.now(UTC), timedelta(minutes=1)) - timedelta(hours=1)


def test_one_document_with_time_namespace_dimensions_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    slot = now()
    emit("prod", slot, {METRIC_RUNS: 1, METRIC_FAILURES: 0}, Family="page")
    (line,) = capsys.readouterr().out.splitlines()
    document = json.loads(line)
    assert document["_aws"]["Timestamp"] == int(slot.timestamp() * 1000)
    (directive,) = document["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == METRIC_NAMESPACE
    assert [set(dimensions) for dimensions in directive["Dimensions"]] == [{"Stage", "Family"}]
    assert {(m["Name"], m["Unit"]) for m in directive["Metrics"]} == {("Runs", "Count"), ("FailedChecks", "Count")}
    assert (document["Stage"], document["Family"]) == ("prod", "page")
    assert (document["Runs"], document["FailedChecks"]) == ([1.0], [0.0])


def test_nothing_of_one_document_is_left_in_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    emit("prod", now(), {METRIC_RUNS: 1}, Family="page")
    emit("prod", now(), {"AuditorBlind": 0})
    second = json.loads(capsys.readouterr().out.splitlines()[1])
    (directive,) = second["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["Stage"]]
    assert [m["Name"] for m in directive["Metrics"]] == ["AuditorBlind"]
    assert "Family" not in second
