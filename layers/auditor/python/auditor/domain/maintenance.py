"""Whether a service is in a planned maintenance: measuring goes on, and its events are no valid ones of the SLI."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from auditor.domain.topology import MaintenanceWindow


def in_maintenance(windows: Iterable[MaintenanceWindow], service: str, at: datetime) -> MaintenanceWindow | None:
    """The window that a service is in, if any; its end does not belong to it."""
    return next((window for window in windows if service in window.services and _holds(window, at)), None)


def _holds(window: MaintenanceWindow, instant: datetime) -> bool:
    if window.starts is not None and window.ends is not None:
        return window.starts <= instant < window.ends
    if window.weekday is None or window.duration is None:
        return False
    local = instant.astimezone(_zone(window.timezone))
    days_since = (local.weekday() - window.weekday) % 7
    # A window that is shorter than a week can have begun on this weekday or on the one before it, a week ago.
    return any(
        timedelta() <= instant - _begin(local, days, window) < window.duration for days in (days_since, days_since + 7)
    )


def _begin(local: datetime, days_ago: int, window: MaintenanceWindow) -> datetime:
    """The window's begin on the day that is so many days before ``local``, by the wall clock of the place."""
    return datetime.combine(local.date() - timedelta(days=days_ago), time.fromisoformat(window.at), local.tzinfo)


def _zone(name: str) -> tzinfo:
    # Without a time zone database there is still UTC.
    return UTC if name == "UTC" else ZoneInfo(name)
