"""Metric math on one period."""

import pytest

from sandbox.emulator.metric_math import MetricMathError, evaluate, names

VALUES = {"e": 3.0, "i": 60.0, "none": None, "zero": 0.0}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("e / i * 100", 5),
        ("(e + i) - 2.5", 60.5),
        ("-e", -3),
        ("e / zero", None),
        ("e + none", None),
        ("FILL(none, 7)", 7),
        ("FILL(e, 7)", 3),
        ("FILL(none,0)/i*100", 0),
        ("IF(e > 2, 1, 0)", 1),
        ("IF(e > 2 AND i < 10, 1, 0)", 0),
        ("IF(e > 2 || i < 10, 1)", 1),
        ("IF(none > 2, 1, 0)", None),
        ("IF(NOT zero, e, i)", 3),
        ("MAX([e, i])", 60),
        ("MIN(e, i, 2)", 2),
        ("SUM([e, none])", 3),
        ("AVG([e, 5])", 4),
        ("MAX([none, none])", None),
    ],
)
def test_values(expression: str, expected: float | None) -> None:
    assert evaluate(expression, VALUES) == expected


def test_names_are_the_ids_an_expression_needs() -> None:
    assert names("IF(MAX([e, i]) > 3, FILL(e, 0), 1)") == {"e", "i"}


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "e.__class__",
        "ANOMALY_DETECTION_BAND(e, 2)",
        "SEARCH('{A,b}', 'Sum', 60)",
        "MAX(e)",
        "e ** 2",
        "[x for x in e]",
        "e /",
    ],
)
def test_what_is_not_supported_is_refused_with_what_is(expression: str) -> None:
    with pytest.raises(MetricMathError, match="allowed: numbers, metric ids"):
        names(expression)
