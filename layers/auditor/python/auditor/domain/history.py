"""What a moment knows of the past: per service what each window holds, and the trend. Part of the bundle.

A window ends with the minute of ``as_of``. It begins at the first whole minute (up to an hour), whole hour (up to three
days) or whole UTC day (from there on) that lies inside it, so that it is added up from pieces that are known exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from auditor.domain.instants import ceil_to
from auditor.domain.rollup import Span
from auditor.domain.topology import Service

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SHOWN_WINDOWS = (HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY)
BURN_WINDOWS = ((HOUR, 5 * MINUTE, 14.4), (6 * HOUR, 30 * MINUTE, 6.0), (3 * DAY, 6 * HOUR, 1.0))
"""Long window, short window, factor (Google, The Site Reliability Workbook, chapter 5, table 5-8)."""
LONGEST_BY_MINUTES = HOUR
LONGEST_BY_HOURS = 3 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """Response times in milliseconds, each within 1 %, of ``total`` good events."""

    p50: float
    p95: float
    p99: float
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHistory:
    """One service before this moment. ``spans``: by the name of the window, such as ``1h`` or ``30d``."""

    service: str
    spans: Mapping[str, Span]
    covered_until: datetime
    """Up to here the counted runs speak of the service, so that no minute is covered twice."""
    latency: Percentiles | None = None
    """Of the closed hours of the last 24."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """A closed hour or day: the platform's mean score, and the availability of all critical targets together."""

    begin: datetime
    hours: int
    score: float | None
    availability_percent: float | None


def objective_window(service: Service) -> timedelta:
    """The window of the service's error budget, in whole minutes."""
    return max(MINUTE, service.objective.window // MINUTE * MINUTE)


def window_name(window: timedelta) -> str:
    """``5m``, ``24h``, ``30d``: days where there are more than one of them, and none is broken."""
    for unit, size, least in (("d", DAY, 2), ("h", HOUR, 1)):
        if window % size == timedelta() and window >= least * size:
            return f"{window // size}{unit}"
    return f"{window // MINUTE}m"


def window_begin(as_of: datetime, window: timedelta) -> datetime:
    """The first instant of a window that ends with the minute of ``as_of``."""
    earliest = as_of + MINUTE - window
    if window <= LONGEST_BY_MINUTES:
        return ceil_to(earliest, MINUTE)
    return ceil_to(earliest, HOUR if window <= LONGEST_BY_HOURS else DAY)
