"""The tables of "Configuring how CloudWatch alarms treat missing data" (CloudWatch user guide), row by row."""

import pytest

from sandbox.emulator.alarm_evaluation import breaches, evaluation_range, next_state

RETAIN = "Retain current state"
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
INSUFFICIENT = "INSUFFICIENT_DATA"
SYMBOLS = {"0": False, "X": True, "-": None}

THREE_OF_THREE = [
    ("0 - X - X", ("OK", "OK", "OK", "OK")),
    ("0 - - - -", ("OK", "OK", "OK", "OK")),
    ("- - - - -", (INSUFFICIENT, RETAIN, "ALARM", "OK")),
    ("0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("- - X - -", ("ALARM", RETAIN, "ALARM", "OK")),
]
TWO_OF_THREE = [
    ("0 - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0 0 X 0 X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0 - X - -", ("OK", "OK", "ALARM", "OK")),
    ("- - - - 0", ("OK", "OK", "ALARM", "OK")),
    ("- - - X -", ("ALARM", RETAIN, "ALARM", "OK")),
]


def state(points: str, treatment: str, *, m: int, n: int = 3, current: str = "current") -> str:
    return next_state(
        [SYMBOLS[symbol] for symbol in points.split()],
        evaluation_periods=n,
        datapoints_to_alarm=m,
        treat_missing_data=treatment,
        current=current,
    )


def test_the_evaluation_range_is_that_of_the_documentations_examples() -> None:
    assert evaluation_range(3) == 5


@pytest.mark.parametrize(("m", "points", "expected"), [(3, *row) for row in THREE_OF_THREE])
def test_documented_table_for_three_out_of_three(m: int, points: str, expected: tuple[str, ...]) -> None:
    assert tuple(state(points, each, m=m, current=RETAIN) for each in TREATMENTS) == expected


@pytest.mark.parametrize(("m", "points", "expected"), [(2, *row) for row in TWO_OF_THREE])
def test_documented_table_for_two_out_of_three(m: int, points: str, expected: tuple[str, ...]) -> None:
    assert tuple(state(points, each, m=m, current=RETAIN) for each in TREATMENTS) == expected


@pytest.mark.parametrize("points", ["- - - - X", "- - - X -"])
def test_no_premature_alarm_from_a_young_breaching_point(points: str) -> None:
    assert state(points, "missing", m=3, current="OK") == "OK"


def test_one_period_alarm_follows_its_latest_point() -> None:
    assert state("0 0 X", "notBreaching", m=1, n=1) == "ALARM"
    assert state("X X 0", "notBreaching", m=1, n=1) == "OK"


def test_a_dead_heartbeat_alarms_only_when_the_whole_range_is_missing() -> None:
    assert state("0 - -", "breaching", m=1, n=1) == "OK"
    assert state("- - -", "breaching", m=1, n=1) == "ALARM"


@pytest.mark.parametrize(
    ("comparison", "below", "equal", "above"),
    [
        ("GreaterThanThreshold", False, False, True),
        ("GreaterThanOrEqualToThreshold", False, True, True),
        ("LessThanThreshold", True, False, False),
        ("LessThanOrEqualToThreshold", True, True, False),
    ],
)
def test_comparisons(comparison: str, below: bool, equal: bool, above: bool) -> None:
    assert [breaches(value, comparison, 5) for value in (4, 5, 6)] == [below, equal, above]


def test_anomaly_detection_is_refused() -> None:
    with pytest.raises(ValueError, match="LessThanLowerThreshold"):
        breaches(1, "LessThanLowerThreshold", 1)
