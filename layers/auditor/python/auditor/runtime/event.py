"""The event that starts a run: which stage and shard, and for which instant. Nothing else travels in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from auditor.domain.instants import InstantError, floor_to, parse_instant

EXTRA_PERIOD = timedelta(minutes=1)
"""An extra run belongs to the aggregator's slot, which its family's schedule may not have."""


class EventError(ValueError):
    """When an event is not one of this stage's schedules or of its aggregator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """One run that is asked for: its shard, its slot, and whether the aggregator asks for it out of turn."""

    shard: int
    slot: datetime
    extra: bool = False


def parse_event(event: Mapping[str, Any], stage: str, period: timedelta) -> RunEvent:
    """The run that an event asks for; the slot is the event's time floored to the period, never the clock."""
    if event.get("stage") != stage:
        raise EventError(f"event names stage {event.get('stage')!r:.80}; this function belongs to stage {stage!r}")
    shard = event.get("shard")
    if isinstance(shard, bool) or not isinstance(shard, int) or shard < 0:
        raise EventError(f"event's shard is {shard!r:.80}; allowed is a whole number from 0")
    extra = event.get("extra", False)
    if not isinstance(extra, bool):
        raise EventError(f"event's extra is {extra!r:.80}; allowed is true or false")
    slot = floor_to(_instant(event.get("time")), EXTRA_PERIOD if extra else period)
    return RunEvent(shard=shard, slot=slot, extra=extra)


def _instant(time: Any) -> datetime:
    try:
        return parse_instant(time)
    except InstantError as error:
        raise EventError(f"event's time is {time!r:.80}; allowed is the instant that EventBridge scheduled") from error
