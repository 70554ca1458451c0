"""Instants, periods and slots. A slot is the scheduled instant that a run belongs to, never the clock."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class InstantError(ValueError):
    """When a text is not an instant in UTC."""


def parse_instant(text: str) -> datetime:
    """The aware UTC datetime of an ISO 8601 text such as ``2026-11-23T16:47:00Z``."""
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise InstantError(
            f"instant {text!r:.80}: allowed is ISO 8601 with an offset, e.g. 2026-11-23T16:47:00Z"
        ) from error
    raise InstantError(f"instant {text!r} has no offset: write it with Z, e.g. 2026-11-23T16:47:00Z")


@lru_cache(maxsize=4096)  # a bundle of ten thousand targets has the same few instants a hundred thousand times
def format_instant(instant: datetime) -> str:
    """ISO 8601 in UTC with a Z; whole seconds have no fraction, so that equal instants are equal texts."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def floor_to(instant: datetime, period: timedelta) -> datetime:
    """The slot of an instant: the latest multiple of the period since 1970 that is not after it."""
    return EPOCH + (instant - EPOCH) // period * period


def ceil_to(instant: datetime, period: timedelta) -> datetime:
    """The first multiple of the period since 1970 that is not before the instant."""
    return EPOCH - (EPOCH - instant) // period * period
