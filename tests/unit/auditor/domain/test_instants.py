"""Instants, slots and their texts."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.instants import EPOCH, InstantError, ceil_to, floor_to, format_instant, parse_instant

ANY_INSTANT = st.builds(
    lambda us, minutes: (EPOCH + timedelta(microseconds=us)).astimezone(timezone(timedelta(minutes=minutes))),
    st.integers(-(2 * 10**15), 7 * 10**15),
    st.integers(-14 * 60, 14 * 60),
)


@given(ANY_INSTANT, ANY_INSTANT)
def test_equal_instants_are_equal_texts_and_texts_come_back(one: datetime, other: datetime) -> None:
    assert parse_instant(format_instant(one)) == one
    assert (format_instant(one) == format_instant(other)) == (one == other)


@given(ANY_INSTANT, st.integers(1, 10_000).map(lambda s: timedelta(seconds=s)))
def test_a_slot_is_the_latest_multiple_of_the_period_that_is_not_after_the_instant(
    instant: datetime, period: timedelta
) -> None:
    slot = floor_to(instant, period)
    assert slot <= instant < slot + period
    assert (slot - EPOCH) % period == timedelta(0)
    assert floor_to(slot, period) == slot


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("2026-11-23T16:47:59.999Z", "2026-11-23T16:45:00Z"),
        ("2026-11-23T16:45:00Z", "2026-11-23T16:45:00Z"),
        ("2026-11-23T18:47:00+02:00", "2026-11-23T16:45:00Z"),
    ],
)
def test_slots_of_five_minutes(text: str, slot: str) -> None:
    assert format_instant(floor_to(parse_instant(text), timedelta(minutes=5))) == slot


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "allowed is ISO 8601"),
        (17, "allowed is ISO 8601"),
        ("", "allowed is ISO 8601"),
        ("<aws.scheduler.scheduled-time>", "allowed is ISO 8601"),
        ("2026-02-30T00:00:00Z", "allowed is ISO 8601"),
        ("2026-11-23T16:47:00", "has no offset"),
        ("0001-01-01T00:00:00+10:00", "allowed is ISO 8601"),
        ("9999-12-31T23:59:59-10:00", "allowed is ISO 8601"),
    ],
)
def test_what_is_no_instant_is_refused_by_name(text: Any, words: str) -> None:
    with pytest.raises(InstantError, match=words):
        parse_instant(text)


def test_whole_seconds_have_no_fraction() -> None:
    assert format_instant(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"


@given(ANY_INSTANT)
def test_rounding_up_is_the_next_slot_or_the_instant_itself(instant: datetime) -> None:
    period = timedelta(minutes=5)
    up = ceil_to(instant, period)
    assert floor_to(up, period) == up
    assert timedelta() <= up - instant < period
