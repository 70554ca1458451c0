"""When a scheduled rule fires in simulated time. Pure; the cron and rate grammars are MiniStack's own.

AWS promises a rule "within the minute" of its instant and puts that instant into the event's `time`. Here the instant
is exact and no rule ever gets the same one twice: it is what our slots are cut from.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from ministack.services import eventbridge

from sandbox.emulator.clock import floor_to_minute

NextInstant = Callable[[float], float | None]


def next_instant(expression: str) -> NextInstant | None:
    """The function from one instant to the following one of a `cron(...)` or `rate(...)` expression, or None."""
    interval: int | None = eventbridge._parse_rate_seconds(expression)
    if interval is not None:
        seconds = interval
        return lambda after: after + seconds
    fields = eventbridge._parse_cron_fields(expression)
    if fields is None:
        return None

    def following(after: float) -> float | None:
        fire: datetime | None = eventbridge._cron_next_fire(fields, datetime.fromtimestamp(after, tz=UTC))
        return fire.timestamp() if fire else None

    return following


def due_instant(following: NextInstant, last: float | None, now: float) -> float | None:
    """The instant to deliver at `now`, or None. A new rule (`last` None) gets the minute that runs; afterwards the
    latest instant that has come since `last`: what was missed before it is skipped, not replayed in a burst."""
    if last is None:
        return floor_to_minute(now)
    latest = None
    instant = following(last)
    while instant is not None and instant <= now:
        latest = instant
        instant = following(instant)
    return latest
