"""Durations in both directions."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.texts import format_duration, parse_duration

PAIRS = [
    ("500ms", timedelta(milliseconds=500)),
    ("5s", timedelta(seconds=5)),
    ("90s", timedelta(seconds=90)),
    ("2m", timedelta(minutes=2)),
    ("1h", timedelta(hours=1)),
    ("30d", timedelta(days=30)),
]


@pytest.mark.parametrize(("text", "duration"), PAIRS)
def test_a_duration_and_its_text(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration
    assert format_duration(duration) == text


def test_a_fraction_is_allowed() -> None:
    assert parse_duration("1.5h") == timedelta(minutes=90)


@given(st.integers(min_value=1, max_value=366 * 24 * 3600 * 1000))
def test_every_duration_in_milliseconds_survives(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(duration)) == duration
