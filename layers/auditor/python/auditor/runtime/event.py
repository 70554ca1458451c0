"""The event of a schedule: which stage and shard, and the scheduled instant. Nothing else travels in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from auditor.domain.instants import InstantError, floor_to, parse_instant


class EventError(ValueError):
    """When an event is not one of this stage's schedules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledEvent:
    """One scheduled run: its shard and its slot."""

    shard: int
    slot: datetime


def parse_event(event: Mapping[str, Any], stage: str, period: timedelta) -> ScheduledEvent:
    """The run that an event asks for; the slot is the event's time floored to the period, never the clock."""
    if event.get("stage") != stage:
        raise EventError(f"event names stage {event.get('stage')!r:.80}; this function belongs to stage {stage!r}")
    shard = event.get("shard")
    if isinstance(shard, bool) or not isinstance(shard, int) or shard < 0:
        raise EventError(f"event's shard is {shard!r:.80}; allowed is a whole number from 0")
    return ScheduledEvent(shard=shard, slot=floor_to(_instant(event.get("time")), period))


def _instant(time: Any) -> datetime:
    try:
        return parse_instant(time)
    except InstantError as error:
        raise EventError(f"event's time is {time!r:.80}; allowed is the instant that EventBridge scheduled") from error
