"""Wording: numbers are never flattered, times are exact, deceiving characters are seen."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.observation import Phase
from auditor.domain.verdict import Verdict
from auditor.render.wording import (
    age_text,
    counted,
    milliseconds_text,
    percent_text,
    phase_word,
    shown,
    verdict_mark,
    verdict_word,
)

AS_OF = datetime(2026, 11, 23, 16, 47, tzinfo=UTC)


@pytest.mark.parametrize(
    ("percent", "text"),
    [(100.0, "100 %"), (99.999, "99.9 %"), (0.0, "0 %"), (92.35, "92.3 %"), (57.3, "57.3 %"), (50.0, "50 %")],
)
def test_percent_is_rounded_down(percent: float, text: str) -> None:
    assert percent_text(percent) == text


@given(st.floats(min_value=0, max_value=99.9999))
def test_only_all_of_it_is_a_hundred_percent(percent: float) -> None:
    assert percent_text(percent) != "100 %"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (0.04, "0.0 ms"),
        (99.94, "99.9 ms"),
        (99.96, "100 ms"),
        (999.4, "999 ms"),
        (999.6, "1.00 s"),
        (5004.2, "5.00 s"),
    ],
)
def test_durations_have_a_unit_and_three_digits(milliseconds: float | None, text: str) -> None:
    assert milliseconds_text(milliseconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, ""), (0, ""), (59, "59 s"), (60, "1 min"), (245, "4 min 5 s"), (7_200, "2 h"), (266_400, "3 d 2 h")],
)
def test_ages_have_two_units_at_most(seconds: int, text: str) -> None:
    assert age_text(AS_OF - timedelta(seconds=seconds), AS_OF) == text


def test_deceiving_characters_are_shown_by_their_code() -> None:
    assert shown("a\u202eb\x00c\x1bd\U000e0041e\ud800") == r"a\u202eb\u0000c\u001bd\U000e0041e\ud800"
    assert shown("Zürich ⚠️ 東京 שלום\n\tend\r\n") == "Zürich ⚠️ 東京 שלום\n\tend\n"


def test_long_texts_are_cut_and_say_so() -> None:
    assert shown("x" * 600) == "x" * 600
    assert shown("x" * 10_240) == "x" * 600 + " … (cut: 600 of 10,240 characters; report.json has them all)"


def test_verdicts_differ_without_colour_and_every_word_exists() -> None:
    assert len({verdict_mark(verdict) for verdict in Verdict}) == len(Verdict)
    assert len({verdict_word(verdict) for verdict in Verdict}) == len(Verdict)
    assert len({phase_word(phase) for phase in Phase}) == len(Phase)


def test_counts_agree_with_their_noun() -> None:
    assert [counted(number, "target") for number in (0, 1, 1000)] == ["0 targets", "1 target", "1,000 targets"]
