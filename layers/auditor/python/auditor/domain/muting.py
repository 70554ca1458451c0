"""When notifications about a service are mute: a person's silence, or a maintenance window of the catalogue. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from auditor.domain.topology import MaintenanceWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A person's muting of a service: from ``since`` up to, not including, ``until``."""

    id: str
    service: str
    by: str
    reason: str
    since: datetime
    until: datetime


def in_maintenance(windows: Iterable[MaintenanceWindow], service: str, at: datetime) -> MaintenanceWindow | None:
    """The window that a service is in, if any; its end does not belong to it."""
    return next((window for window in windows if service in window.services and _holds(window, at)), None)


def silenced(silences: Iterable[Silence], service: str, at: datetime) -> Silence | None:
    """The silence that a service is under, if any."""
    return next((each for each in silences if each.service == service and each.since <= at < each.until), None)


def muted_because(windows: Iterable[MaintenanceWindow], silences: Iterable[Silence], service: str, at: datetime) -> str:
    """Why nothing is told of a service now; empty when it is told."""
    window = in_maintenance(windows, service, at)
    if window is not None:
        return f"maintenance {window.id}: {window.reason}"
    silence = silenced(silences, service, at)
    return f"silenced by {silence.by}: {silence.reason}" if silence is not None else ""


def _holds(window: MaintenanceWindow, at: datetime) -> bool:
    if window.starts is not None and window.ends is not None:
        return window.starts <= at < window.ends
    if window.weekday is None or window.duration is None:
        return False
    zone = ZoneInfo(window.timezone)
    hour, minute = (int(part) for part in window.at.split(":"))
    local = at.astimezone(zone)
    # A window begins by the wall clock of its place and lasts its duration of true time, also over a change of clocks.
    for days_ago in range(8):
        day = local.date() - timedelta(days=days_ago)
        if day.weekday() == window.weekday:
            begins = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)
            if begins <= at < begins + window.duration:
                return True
    return False
