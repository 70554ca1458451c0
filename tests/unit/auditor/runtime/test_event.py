"""A schedule's event: the stage, the shard and the scheduled instant, and nothing is guessed."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.domain.instants import format_instant
from auditor.runtime.event import EventError, RunEvent, parse_event

GOOD: dict[str, Any] = {"stage": "prod", "shard": 0, "time": "2026-11-23T16:47:31Z"}
FIVE = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("time", "slot"),
    [
        ("2026-11-23T16:47:31Z", "2026-11-23T16:45:00Z"),
        ("2026-11-23T16:50:00Z", "2026-11-23T16:50:00Z"),
        ("2026-11-23T16:49:59.999999Z", "2026-11-23T16:45:00Z"),
    ],
)
def test_the_slot_is_the_events_time_floored_to_the_period(time: str, slot: str) -> None:
    event = parse_event(GOOD | {"time": time, "shard": 3}, "prod", FIVE)
    assert isinstance(event, RunEvent)
    assert (event.shard, format_instant(event.slot), event.extra) == (3, slot, False)


def test_an_extra_run_belongs_to_the_minute_that_asked_for_it() -> None:
    event = parse_event(GOOD | {"extra": True}, "prod", FIVE)
    assert (format_instant(event.slot), event.extra) == ("2026-11-23T16:47:00Z", True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stage": "test"}, "event names stage 'test'; this function belongs to stage 'prod'"),
        ({"stage": None}, "event names stage None"),
        ({"shard": True}, "event's shard is True; allowed is a whole number from 0"),
        ({"shard": "0"}, "event's shard is '0'"),
        ({"shard": -1}, "event's shard is -1"),
        ({"shard": 1.0}, "event's shard is 1.0"),
        ({"shard": None}, "event's shard is None"),
        ({"extra": 1}, "event's extra is 1; allowed is true or false"),
        ({"extra": None}, "event's extra is None"),
        ({"time": None}, "event's time is None; allowed is the instant that EventBridge scheduled"),
        ({"time": 1764000000}, "event's time is 1764000000"),
        ({"time": "2026-11-23T16:47:31"}, "event's time is '2026-11-23T16:47:31'"),
        ({"time": "<time>"}, "event's time is '<time>'"),
        ({"time": "0001-01-01T00:00:00+23:00"}, "event's time is '0001"),
    ],
)
def test_what_is_no_schedule_of_this_stage_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(EventError, match=words):
        parse_event(GOOD | change, "prod", FIVE)


@pytest.mark.parametrize("key", sorted(GOOD))
def test_a_missing_key_is_refused(key: str) -> None:
    with pytest.raises(EventError):
        parse_event({k: v for k, v in GOOD.items() if k != key}, "prod", FIVE)


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(EventError) as caught:
        parse_event(GOOD | {"time": "x" * 10_000}, "prod", FIVE)
    assert len(str(caught.value)) < 250
