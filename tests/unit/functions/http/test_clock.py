"""The clock of who answers, by the Date of the answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.http.clock import ahead_seconds

NOW = 1_772_366_400.4
"""2026-03-01 12:00:00 GMT and a bit."""


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        ("Sun, 01 Mar 2026 12:00:00 GMT", 0),
        ("Sun, 01 Mar 2026 11:59:59 GMT", 0),
        ("Sun, 01 Mar 2026 11:59:58 GMT", 0),
        ("Sun, 01 Mar 2026 12:00:01 GMT", 0),
        ("Sun, 01 Mar 2026 11:53:00 GMT", -420),
        ("Sun, 01 Mar 2026 12:10:00 GMT", 600),
        ("Sunday, 01-Mar-26 12:10:00 GMT", 600),
        ("Sun Mar  1 12:10:00 2026", 600),
    ],
)
def test_a_date_says_how_far_ahead_its_clock_is(date: str, ahead: int) -> None:
    assert ahead_seconds({"date": date}, NOW) == ahead


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"date": ""},
        {"date": "yesterday"},
        {"date": "Sun, 01 Mar 99999 12:00:00 GMT"},
        {"date": "Sun, 01 Mar 2026 12:10:00 GMT" + " " * 5000},
        {"date": "Sun, 01 Mar 2026 12:00:00 GMT, Sun, 01 Mar 2026 12:10:00 GMT"},
        {"date": "Sun, 01 Mar 2026 11:00:00 GMT", "age": "3600"},
    ],
)
def test_without_a_readable_date_of_its_own_nothing_is_said(headers: dict[str, str]) -> None:
    assert ahead_seconds(headers, NOW) is None


@given(st.text(max_size=60))
def test_no_text_makes_it_fail(date: str) -> None:
    ahead_seconds({"date": date}, NOW)
