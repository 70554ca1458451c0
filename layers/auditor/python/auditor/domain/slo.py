"""Availability against its objective, error budget and burn rates of each service, from events that are valid.

Formulas and their sources: docs/history.md. What was not seen is said and never extrapolated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from auditor.domain.bundle import Bundle
from auditor.domain.history import (
    BURN_WINDOWS,
    MINUTE,
    SHOWN_WINDOWS,
    Percentiles,
    ServiceHistory,
    objective_window,
    window_begin,
    window_name,
)
from auditor.domain.rollup import Counts, Span, added
from auditor.domain.tally import RunTally
from auditor.domain.topology import Service

LEAST_BAD_EVENTS = 3
"""Fewer bad events in the long window burn nothing: one lost minute of a rarely probed service is no trend."""
LEAST_COVERED = 0.5
"""Share of the long window that must be covered before a burn rate is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """One window: ``percent`` is good of valid events, None without valid ones; ``minutes`` its length as counted."""

    window: str
    percent: float | None
    counts: Counts
    covered_minutes: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBudget:
    """Minutes over the objective's window: how many may be bad, how many were. Unseen minutes used none that we know.

    ``left_percent`` is negative when the budget is overspent.
    """

    window: str
    allowed_minutes: float
    used_minutes: float
    left_percent: float
    covered_minutes: int
    minutes: int


class Burning(StrEnum):
    """What a pair of burn rates says."""

    YES = "burning"
    NO = "not burning"
    TOO_FEW_BAD = "too few bad events to say"
    TOO_LITTLE_SEEN = "too little history to say"


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRate:
    """How many times faster than allowed the budget is used, over a long and a short window; None without events."""

    long_window: str
    short_window: str
    factor: float
    long_rate: float | None
    short_rate: float | None
    bad_events: int
    """In the long window."""
    burning: Burning


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevel:
    """One service against its objective."""

    service: str
    objective_percent: float
    windows: tuple[Availability, ...]
    budget: ErrorBudget
    burn_rates: tuple[BurnRate, ...]
    latency: Percentiles | None


def service_levels(bundle: Bundle, runs: Sequence[RunTally]) -> tuple[ServiceLevel, ...]:
    """Every service that has critical targets, with what this moment's runs add to the bundle's history.

    None where no history is kept at all, such as after a single run from a workstation.
    """
    if not bundle.rollups:
        return ()
    histories = {history.service: history for history in bundle.rollups}
    with_events = {target.service for target in bundle.platform.targets if target.critical and target.deployed}
    return tuple(
        _level(service, histories.get(service.id), runs, bundle.as_of)
        for service in bundle.platform.services
        if service.id in with_events
    )


def _level(service: Service, history: ServiceHistory | None, runs: Sequence[RunTally], as_of: datetime) -> ServiceLevel:
    own = [run for run in runs if service.id in run.services]
    spans = _Spans(service.id, history, own, as_of)
    allowed = 1 - service.objective.availability_percent / 100
    return ServiceLevel(
        service=service.id,
        objective_percent=service.objective.availability_percent,
        windows=tuple(_availability(spans.of(window), window, as_of) for window in SHOWN_WINDOWS),
        budget=_budget(spans.of(objective_window(service)), objective_window(service), allowed, as_of),
        burn_rates=tuple(_burn_rate(spans, windows, allowed) for windows in BURN_WINDOWS),
        latency=history.latency if history else None,
    )


@dataclass(frozen=True, slots=True)
class _Spans:
    """A service's windows with this moment in them."""

    service: str
    history: ServiceHistory | None
    runs: Sequence[RunTally]
    as_of: datetime

    def of(self, window: timedelta) -> Span:
        before = self.history.spans.get(window_name(window), Span()) if self.history else Span()
        begin, end = window_begin(self.as_of, window), self.as_of + MINUTE
        runs = [run for run in self.runs if run.slot >= begin]
        covered_until = max(begin, self.history.covered_until) if self.history else begin
        first = min((run.slot for run in runs), default=end)
        last = max((min(run.slot + run.minutes * MINUTE, end) for run in runs), default=end)
        return Span(
            added([before.counts, *(run.services[self.service] for run in runs)]),
            before.minutes + max(0, (last - max(first, covered_until)) // MINUTE),
        )


def _availability(span: Span, window: timedelta, as_of: datetime) -> Availability:
    counts = span.counts
    return Availability(
        window=window_name(window),
        percent=100 * counts.good / counts.valid if counts.valid else None,
        counts=counts,
        covered_minutes=span.minutes,
        minutes=_minutes(window, as_of),
    )


def _minutes(window: timedelta, as_of: datetime) -> int:
    return (as_of + MINUTE - window_begin(as_of, window)) // MINUTE


def _budget(span: Span, window: timedelta, allowed: float, as_of: datetime) -> ErrorBudget:
    asked = span.counts.asked
    allowed_minutes = allowed * (window // MINUTE)
    # Every event stands for an equal part of the time that is covered.
    used = span.counts.failed * span.minutes / asked if asked else 0.0
    return ErrorBudget(
        window=window_name(window),
        allowed_minutes=allowed_minutes,
        used_minutes=used,
        left_percent=100 * (allowed_minutes - used) / allowed_minutes,
        covered_minutes=span.minutes,
        minutes=_minutes(window, as_of),
    )


def _burn_rate(spans: _Spans, windows: tuple[timedelta, timedelta, float], allowed: float) -> BurnRate:
    long, short, factor = windows
    over_long, over_short = spans.of(long), spans.of(short)
    long_rate, short_rate = _rate(over_long.counts, allowed), _rate(over_short.counts, allowed)
    fast = long_rate is not None and short_rate is not None and min(long_rate, short_rate) >= factor
    bad = over_long.counts.failed
    if over_long.minutes < LEAST_COVERED * _minutes(long, spans.as_of):
        burning = Burning.TOO_LITTLE_SEEN
    elif fast and bad < LEAST_BAD_EVENTS:
        burning = Burning.TOO_FEW_BAD
    else:
        burning = Burning.YES if fast else Burning.NO
    return BurnRate(
        long_window=window_name(long),
        short_window=window_name(short),
        factor=factor,
        long_rate=long_rate,
        short_rate=short_rate,
        bad_events=bad,
        burning=burning,
    )


def _rate(counts: Counts, allowed: float) -> float | None:
    return counts.failed / counts.valid / allowed if counts.valid else None
