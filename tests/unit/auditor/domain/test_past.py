"""Windows of the past: each is the sum of pieces that do not overlap, whatever is closed already."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from auditor.domain.closing import close_hour
from auditor.domain.history import DAY, HOUR, SHOWN_WINDOWS, Percentiles, window_begin, window_name
from auditor.domain.past import Past, service_histories, trend, windows_of
from auditor.domain.rollup import Counts, Rollup, Span, day_of
from auditor.domain.tally import RunTally, Tally
from auditor.domain.topology import Objective
from tests.fakes import KNOWLEDGE, MINUTE, T0, platform, target

WHERE = platform([target("home", "page", "web")])


def page(slot: datetime, letter: str) -> RunTally:
    counts = Counts(passed=int(letter == "P"), failed=int(letter == "F"))
    return RunTally(
        family="page",
        shard=0,
        slot=slot,
        minutes=1,
        targets=("home",),
        outcomes=letter,
        buckets=(230 if letter == "P" else None,),
        services={"web": counts},
    )


def past_of(events: dict[datetime, str], as_of: datetime) -> Past:
    """What the aggregator would have kept of a minutely family at an instant, hours and days closed in time."""
    tallies = [Tally(as_of=slot, score=90.0, runs=(page(slot, letter),)) for slot, letter in sorted(events.items())]
    by_hour: dict[datetime, list[Tally]] = {}
    for tally in tallies:
        by_hour.setdefault(tally.as_of.replace(minute=0), []).append(tally)
    hours = [
        close_hour(begin, found, WHERE, KNOWLEDGE.periods, first_of_all=False)[0]
        for begin, found in by_hour.items()
        if begin + HOUR + 10 * MINUTE <= as_of
    ]
    by_day: dict[datetime, list[Rollup]] = {}
    for hour in hours:
        by_day.setdefault(hour.begin.replace(hour=0), []).append(hour)
    days = [day_of(begin, found) for begin, found in by_day.items() if begin + DAY + 10 * MINUTE <= as_of]
    return Past(
        runs=[run for tally in tallies if tally.as_of >= as_of - 2 * HOUR for run in tally.runs],
        hours=[hour for hour in hours if hour.begin >= as_of.replace(hour=0) - 4 * DAY],
        days=days,
    )


@pytest.mark.parametrize("clock", ["16:00", "16:09", "16:10", "16:59", "00:00", "00:05", "00:10", "23:59"])
def test_every_window_is_what_its_minutes_add_up_to(clock: str) -> None:
    as_of = datetime.fromisoformat(f"2026-11-23T{clock}:00+00:00")
    chance = random.Random(clock)
    begin = (as_of - 8 * DAY).replace(minute=0)
    events = {begin + n * MINUTE: chance.choice("PPPPPPPF") for n in range(8 * 24 * 60 + 60)}
    events = {slot: letter for slot, letter in events.items() if slot < as_of}
    (web,) = service_histories(past_of(events, as_of), as_of, WHERE)
    for window in windows_of(WHERE):
        first = window_begin(as_of, window)
        letters = [letter for slot, letter in events.items() if slot >= first]
        assert web.spans[window_name(window)] == Span(
            Counts(passed=letters.count("P"), failed=letters.count("F")), len(letters)
        ), window
    assert web.covered_until == as_of


def test_windows_begin_on_whole_pieces_inside_them() -> None:
    as_of = T0 + 17 * MINUTE
    assert window_begin(as_of, 5 * MINUTE) == T0 + 13 * MINUTE
    assert window_begin(as_of, HOUR) == as_of - HOUR + MINUTE
    assert window_begin(as_of, DAY) == T0 - 23 * HOUR
    assert window_begin(as_of, 7 * DAY) == T0.replace(hour=0) - 6 * DAY
    assert window_begin(T0 - MINUTE, 6 * HOUR) == T0 - 6 * HOUR


def test_names_of_windows() -> None:
    assert [window_name(w) for w in SHOWN_WINDOWS] == ["1h", "24h", "7d", "30d", "90d"]
    assert [window_name(m * MINUTE) for m in (5, 90, 120, 2880)] == ["5m", "90m", "2h", "2d"]


def test_the_window_of_an_objective_is_added_up_too() -> None:
    service = replace(WHERE.services[0], objective=Objective(availability_percent=99.0, window=timedelta(days=14)))
    where = replace(WHERE, services=(service,))
    assert timedelta(days=14) in windows_of(where)
    (web,) = service_histories(past_of({T0: "F"}, T0 + MINUTE), T0 + MINUTE, where)
    assert web.spans["14d"] == Span(Counts(failed=1), 1)


def test_nothing_known_is_nothing_seen() -> None:
    (web,) = service_histories(Past(), T0, WHERE)
    assert set(web.spans.values()) == {Span()}
    assert web.latency is None
    assert trend(Past()) == ()


def test_percentiles_are_those_of_the_closed_hours() -> None:
    events = {T0 - 3 * HOUR + n * MINUTE: "P" for n in range(120)}
    (web,) = service_histories(past_of(events, T0), T0, WHERE)
    assert web.latency == Percentiles(p50=98.46, p95=98.46, p99=98.46, total=120)


def test_the_trend_is_days_and_then_the_hours_of_the_day_that_is_open() -> None:
    as_of = datetime.fromisoformat("2026-11-23T02:30:00+00:00")
    events = {as_of - 28 * HOUR + n * MINUTE: "P" if n % 5 else "F" for n in range(28 * 60)}
    points = trend(past_of(events, as_of))
    assert [(point.begin.isoformat()[:13], point.hours) for point in points] == [
        ("2026-11-21T00", 24),
        ("2026-11-22T00", 24),
        ("2026-11-23T00", 1),
        ("2026-11-23T01", 1),
    ]
    assert {point.score for point in points} == {90.0}
    assert {point.availability_percent for point in points} == {80.0}
