"""Availability, error budget and burn rates: the numbers, and what is said where too little was seen."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.history import DAY, HOUR, ServiceHistory, window_name
from auditor.domain.past import windows_of
from auditor.domain.rollup import Counts, Span
from auditor.domain.slo import Burning, BurnRate, ServiceLevel, service_levels
from auditor.domain.tally import RunTally
from auditor.domain.topology import Objective
from tests.fakes import MINUTE, T0, bundle, platform, target

WHERE = platform([target("home", "page", "web"), target("side", "page", "aside", critical=False)])
NOW = T0.replace(hour=23, minute=59)
"""The end of a day, so that every window is as long as its name says."""


def level(
    spans: dict[str, Span], runs: tuple[RunTally, ...] = (), objective: Objective | None = None, until: int = 0
) -> ServiceLevel:
    where = replace(WHERE, services=(replace(WHERE.services[0], objective=objective or Objective()), WHERE.services[1]))
    history = ServiceHistory(
        service="web",
        spans={window_name(window): Span() for window in windows_of(where)} | spans,
        covered_until=NOW - until * MINUTE,
    )
    (found,) = service_levels(replace(bundle(where, NOW, ()), rollups=(history,)), runs)
    return found


def run(ago: int, counts: Counts, minutes: int = 1) -> RunTally:
    return RunTally(
        family="page",
        shard=0,
        slot=NOW - ago * MINUTE,
        minutes=minutes,
        targets=(),
        outcomes="",
        buckets=(),
        services={"web": counts},
    )


def rate(spans: dict[str, Span], long: str = "1h") -> BurnRate:
    return next(r for r in level(spans).burn_rates if r.long_window == long)


def bad(failed: int, of: int, minutes: int) -> Span:
    return Span(Counts(passed=of - failed, failed=failed), minutes)


def test_availability_is_good_of_valid_and_shows_the_rest() -> None:
    counts = Counts(passed=90, warned=5, failed=5, unknown=7, skipped=1, maintenance=30, vantage=4)
    window = level({"24h": Span(counts, 1380)}).windows[1]
    assert (window.window, window.percent, window.counts) == ("24h", 95.0, counts)
    assert (window.covered_minutes, window.minutes) == (1380, 1440)


def test_without_valid_events_there_is_no_percentage() -> None:
    window = level({"24h": Span(Counts(unknown=1440), 1440)}).windows[1]
    assert window.percent is None


def test_this_moment_counts_in_every_window_that_holds_it() -> None:
    found = level({"1h": bad(1, 59, 59), "30d": bad(1, 59, 59)}, (run(0, Counts(failed=1)),))
    by_name = {w.window: w for w in found.windows}
    assert by_name["1h"].counts == by_name["30d"].counts == Counts(passed=58, failed=2)
    assert by_name["1h"].covered_minutes == 60
    assert by_name["24h"].counts == Counts(failed=1)


def test_a_minute_is_covered_once() -> None:
    five = level({"1h": Span(Counts(passed=55), 60)}, (run(0, Counts(passed=1)),), until=-1)
    assert five.windows[0].covered_minutes == 60, "a run of five minutes had covered this one"
    gap = level({"1h": Span(Counts(passed=50), 50)}, (run(3, Counts(passed=1), minutes=5),), until=8)
    assert gap.windows[0].covered_minutes == 54


def test_the_error_budget_of_thirty_days() -> None:
    # 99.9 % of 43,200 minutes leaves 43.2; 20 bad ones of two targets' events are worth 10 minutes.
    budget = level({"30d": Span(Counts(passed=2 * 43_200 - 20, failed=20), 43_200)}).budget
    assert budget.window == "30d"
    assert budget.allowed_minutes == pytest.approx(43.2)
    assert budget.used_minutes == pytest.approx(10.0)
    assert budget.left_percent == pytest.approx(100 * (43.2 - 10) / 43.2)


def test_what_was_not_seen_uses_no_budget_and_is_not_extrapolated() -> None:
    half_seen = Counts(passed=50, failed=10, unknown=20, maintenance=20)
    budget = level({"30d": Span(half_seen, 100)}).budget
    assert budget.used_minutes == pytest.approx(10.0)
    assert (budget.covered_minutes, budget.minutes) == (100, 43_200)
    assert level({}).budget.left_percent == 100.0


def test_an_overspent_budget_is_negative() -> None:
    assert level({"30d": bad(100, 43_200, 43_200)}).budget.left_percent < -100


def test_the_budget_goes_by_the_objectives_own_window() -> None:
    week = Objective(availability_percent=99.0, window=timedelta(days=7))
    budget = level({"7d": bad(50, 10_080, 10_080)}, objective=week).budget
    assert (budget.window, budget.allowed_minutes) == ("7d", pytest.approx(100.8))
    assert budget.used_minutes == pytest.approx(50)


@pytest.mark.parametrize(
    ("long", "short", "windows", "factor", "share"),
    [
        ("1h", "5m", (60, 5), 14.4, 0.0144),
        ("6h", "30m", (360, 30), 6.0, 0.006),
        ("3d", "6h", (4320, 360), 1.0, 0.001),
    ],
)
def test_a_pair_burns_when_both_windows_do(
    long: str, short: str, windows: tuple[int, int], factor: float, share: float
) -> None:
    over, under = round(share * 100_000) + 1, round(share * 100_000) - 1
    fast = {long: bad(over, 100_000, windows[0]), short: bad(over, 100_000, windows[1])}
    found = rate(fast, long)
    assert (found.short_window, found.factor, found.burning) == (short, factor, Burning.YES)
    assert found.long_rate == pytest.approx(factor, rel=0.02)
    assert rate(fast | {short: bad(under, 100_000, windows[1])}, long).burning is Burning.NO, "it is over"
    assert rate(fast | {long: bad(under, 100_000, windows[0])}, long).burning is Burning.NO, "it was short"


def test_one_bad_minute_of_an_hour_burns_nothing() -> None:
    once = {"1h": bad(1, 60, 60), "5m": bad(1, 5, 5)}
    assert rate(once).long_rate == pytest.approx(16.7, rel=0.01)
    assert rate(once).burning is Burning.TOO_FEW_BAD
    assert rate({"1h": bad(3, 60, 60), "5m": bad(3, 5, 5)}).burning is Burning.YES


def test_a_burn_rate_is_not_judged_from_less_than_half_the_window() -> None:
    assert rate({"1h": bad(29, 29, 29), "5m": bad(5, 5, 5)}).burning is Burning.TOO_LITTLE_SEEN
    assert rate({"1h": bad(30, 30, 30), "5m": bad(5, 5, 5)}).burning is Burning.YES


def test_a_service_that_is_new_has_this_moment_only() -> None:
    other = ServiceHistory(service="aside", spans={}, covered_until=NOW)
    (found,) = service_levels(replace(bundle(WHERE, NOW, ()), rollups=(other,)), [run(0, Counts(passed=1))])
    assert [w.percent for w in found.windows] == [100.0] * 5
    assert {w.covered_minutes for w in found.windows} == {1}
    assert {r.burning for r in found.burn_rates} == {Burning.TOO_LITTLE_SEEN}
    assert found.service == "web", "a service without critical targets has no level"


def test_where_no_history_is_kept_there_are_no_levels() -> None:
    assert service_levels(bundle(WHERE, NOW, ()), [run(0, Counts(passed=1))]) == ()


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_availability_is_bounded_and_falls_with_each_bad_event(good: int, failed: int, unknown: int) -> None:
    def percent(bad_events: int) -> float | None:
        counts = Counts(passed=good, failed=bad_events, unknown=unknown)
        return level({"24h": Span(counts, 1440)}).windows[1].percent

    first, second = percent(failed), percent(failed + 1)
    assert second is not None
    assert 0 <= second <= 100
    assert first is None or second <= first
    assert level({"24h": Span(Counts(passed=good, failed=failed), 1440)}).windows[1].percent == first, "unknown is out"


def test_hours_and_days_are_named_apart() -> None:
    assert window_name(DAY) == "24h"
    assert window_name(HOUR) == "1h"
