"""From what was read of the past to what a bundle carries of it: sums by window, never the pieces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from auditor.domain.change import ReportDigest
from auditor.domain.closing import REACH
from auditor.domain.histogram import merged
from auditor.domain.history import (
    BURN_WINDOWS,
    DAY,
    HOUR,
    LONGEST_BY_HOURS,
    LONGEST_BY_MINUTES,
    MINUTE,
    SHOWN_WINDOWS,
    Percentiles,
    ServiceHistory,
    TrendPoint,
    objective_window,
    window_begin,
    window_name,
)
from auditor.domain.instants import floor_to
from auditor.domain.rollup import Rollup, Span, added, added_spans
from auditor.domain.tally import RunTally, spans
from auditor.domain.topology import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Every run that was counted in the last hours, the closed hours and days, and the last report's digest.

    ``hours`` and ``days`` are in the order of time.
    """

    runs: Sequence[RunTally] = ()
    hours: Sequence[Rollup] = ()
    days: Sequence[Rollup] = ()
    last_report: ReportDigest | None = None


def service_histories(past: Past, as_of: datetime, platform: Platform) -> tuple[ServiceHistory, ...]:
    """Per service of the catalogue what its windows hold, without what this moment adds."""
    closed = {hour.begin for hour in past.hours}
    open_runs = [run for run in past.runs if floor_to(run.slot, HOUR) not in closed]
    still_open = spans(open_runs, floor_to(as_of, HOUR) - REACH, as_of + MINUTE)
    pieces = {window_name(window): _pieces(past, as_of, window, still_open) for window in windows_of(platform)}
    latest = [hour for hour in past.hours if hour.begin >= window_begin(as_of, DAY)]
    until = _covered_until(past.runs, as_of)
    return tuple(
        ServiceHistory(
            service=service.id,
            spans={
                name: added_spans([piece[service.id] for piece in of_window if service.id in piece])
                for name, of_window in pieces.items()
            },
            covered_until=until.get(service.id, floor_to(as_of, HOUR) - REACH),
            latency=_latency(service.id, latest),
        )
        for service in platform.services
    )


def windows_of(platform: Platform) -> tuple[timedelta, ...]:
    """Every window that a report of this platform needs, shortest first."""
    burning = (window for long, short, _ in BURN_WINDOWS for window in (long, short))
    return tuple(sorted({*SHOWN_WINDOWS, *burning, *map(objective_window, platform.services)}))


def _pieces(past: Past, as_of: datetime, window: timedelta, still_open: Mapping[str, Span]) -> list[Mapping[str, Span]]:
    """What the window is added up from; the pieces do not overlap."""
    begin = window_begin(as_of, window)
    if window <= LONGEST_BY_MINUTES:
        return [spans(past.runs, begin, as_of + MINUTE)]
    hours = [hour for hour in past.hours if hour.begin >= begin]
    if window <= LONGEST_BY_HOURS:
        return [*(hour.services for hour in hours), still_open]
    days = {day.begin: day.services for day in past.days if day.begin >= begin}
    return [*days.values(), *(hour.services for hour in hours if floor_to(hour.begin, DAY) not in days), still_open]


def _covered_until(runs: Sequence[RunTally], as_of: datetime) -> dict[str, datetime]:
    until: dict[str, datetime] = {}
    for run in runs:
        end = min(run.slot + run.minutes * MINUTE, as_of + MINUTE)
        for service in run.services:
            until[service] = max(end, until.get(service, end))
    return until


def _latency(service: str, hours: Sequence[Rollup]) -> Percentiles | None:
    latency = merged(hour.latencies[service] for hour in hours if service in hour.latencies)
    found = latency.percentiles(50, 95, 99)
    if not found:
        return None
    p50, p95, p99 = (round(milliseconds, 3) for milliseconds in found)
    return Percentiles(p50=p50, p95=p95, p99=p99, total=latency.total)


def trend(past: Past) -> tuple[TrendPoint, ...]:
    """The closed days, then the closed hours of the days that are not closed."""
    days = {day.begin for day in past.days}
    hours = [hour for hour in past.hours if floor_to(hour.begin, DAY) not in days]
    return (*(_point(day, 24) for day in past.days), *(_point(hour, 1) for hour in hours))


def _point(rollup: Rollup, hours: int) -> TrendPoint:
    counts = added(span.counts for span in rollup.services.values())
    return TrendPoint(
        begin=rollup.begin,
        hours=hours,
        score=round(rollup.score_sum / rollup.scored, 1) if rollup.scored else None,
        availability_percent=round(100 * counts.good / counts.valid, 3) if counts.valid else None,
    )
