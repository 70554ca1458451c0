"""Embedded Metric Format, from a line to samples."""

import json
from typing import Any

import pytest

from sandbox.emulator.emf import extract


def line(*directives: dict[str, Any], timestamp: Any = 1795453620000, **members: Any) -> str:
    return json.dumps({"_aws": {"Timestamp": timestamp, "CloudWatchMetrics": list(directives)}, **members})


def directive(namespace: str, dimensions: list[list[str]], *metrics: dict[str, str]) -> dict[str, Any]:
    return {"Namespace": namespace, "Dimensions": dimensions, "Metrics": list(metrics)}


def test_every_dimension_set_of_every_namespace_gets_every_metric() -> None:
    text = line(
        directive("A", [["stage"], ["stage", "family"]], {"Name": "Checks", "Unit": "Count"}, {"Name": "Failures"}),
        directive("B", [[]], {"Name": "Latency", "Unit": "Milliseconds"}),
        stage="dev",
        family="http",
        Checks=12,
        Failures=0,
        Latency=[1.5, 2],
    )
    extracted = extract(text)
    found = [(each.namespace, each.name, dict(each.dimensions), each.unit, each.values) for each in extracted.samples]
    both = {"stage": "dev", "family": "http"}
    assert found == [
        ("A", "Checks", {"stage": "dev"}, "Count", (12.0,)),
        ("A", "Failures", {"stage": "dev"}, "None", (0.0,)),
        ("A", "Checks", both, "Count", (12.0,)),
        ("A", "Failures", both, "None", (0.0,)),
        ("B", "Latency", {}, "Milliseconds", (1.5, 2.0)),
    ]
    assert {each.timestamp for each in extracted.samples} == {1795453620.0}
    assert extracted.problems == ()


@pytest.mark.parametrize("text", ["", "START RequestId: 1", '{"level": "INFO"}', '{"_aws": {', '["_aws"]'])
def test_an_ordinary_line_yields_nothing(text: str) -> None:
    assert extract(text).samples == ()
    assert extract(text).problems == ()


def test_a_dimension_without_a_member_drops_its_set_and_says_so() -> None:
    extracted = extract(line(directive("A", [["gone"], ["stage"]], {"Name": "n"}), stage="dev", n=1))
    assert [dict(each.dimensions) for each in extracted.samples] == [{"stage": "dev"}]
    assert "gone" in extracted.problems[0]


@pytest.mark.parametrize("value", ["3", None, True, [], [1, "2"], list(range(101))])
def test_what_is_no_number_is_no_metric(value: Any) -> None:
    extracted = extract(line(directive("A", [[]], {"Name": "n"}), n=value))
    assert extracted.samples == ()
    assert "'n'" in extracted.problems[0]


def test_a_timestamp_must_be_milliseconds() -> None:
    extracted = extract(line(directive("A", [[]], {"Name": "n"}), timestamp="2026-11-23T16:47:00Z", n=1))
    assert extracted.samples == ()
    assert "Timestamp" in extracted.problems[0]
