"""Closing: when an hour is due, what it adds up to, and what never came."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from auditor.domain.closing import close_hour, due_days, due_hours, open_since
from auditor.domain.history import DAY, HOUR
from auditor.domain.rollup import Counts, Span
from auditor.domain.tally import RunTally, Tally
from tests.fakes import KNOWLEDGE, MINUTE, T0, platform, target

WHERE = platform(
    [
        target("home", "page", "web"),
        target("side", "page", "web", critical=False),
        target("edge", "slowly", "edge"),
        target("soon", "page", "web", deployed=False),
    ]
)


def page(slot: datetime, outcomes: str = "PP") -> RunTally:
    return RunTally(
        family="page",
        shard=0,
        slot=slot,
        minutes=1,
        targets=("home", "side"),
        outcomes=outcomes,
        buckets=tuple(230 if letter == "P" else None for letter in outcomes),
        services={"web": Counts(passed=int(outcomes[0] == "P"), failed=int(outcomes[0] == "F"))},
    )


def edge(slot: datetime) -> RunTally:
    return RunTally(
        family="slowly",
        shard=0,
        slot=slot,
        minutes=5,
        targets=("edge",),
        outcomes="P",
        buckets=(None,),
        services={"edge": Counts(passed=1)},
    )


def full_hour(begin: datetime = T0) -> list[Tally]:
    return [
        Tally(
            as_of=begin + n * MINUTE,
            score=50.0 + n % 2,
            runs=(page(begin + n * MINUTE), *((edge(begin + n * MINUTE),) if n % 5 == 0 else ())),
        )
        for n in range(60)
    ]


def close(tallies: list[Tally], **more: bool) -> tuple[dict[str, Span], dict[str, Counts]]:
    rollup, targets = close_hour(T0, tallies, WHERE, KNOWLEDGE.periods, first_of_all=more.get("first_of_all", False))
    return dict(rollup.services), {id: found.counts for id, found in targets.items()}


def test_a_full_hour() -> None:
    rollup, targets = close_hour(T0, full_hour(), WHERE, KNOWLEDGE.periods, first_of_all=False)
    assert rollup.services == {"web": Span(Counts(passed=60), 60), "edge": Span(Counts(passed=12), 60)}
    assert (rollup.begin, rollup.score_sum, rollup.scored) == (T0, 50.5 * 60, 60)
    assert {id: found.counts for id, found in targets.items()} == {
        "home": Counts(passed=60),
        "side": Counts(passed=60),
        "edge": Counts(passed=12),
    }
    assert targets["home"].latency.counts == {230: 60}
    assert rollup.latencies["web"].counts == {230: 60}, "of critical targets only"
    assert "edge" not in rollup.latencies


def test_the_same_slot_twice_changes_nothing() -> None:
    again = [*full_hour(), Tally(as_of=T0 + HOUR, score=None, runs=(page(T0 + 7 * MINUTE, "FF"),))]
    assert close(again) == close(full_hour())


def test_a_late_run_counts_in_its_own_hour() -> None:
    tallies = full_hour()
    missed = tallies.pop(30)
    late = Tally(as_of=T0 + HOUR + 10 * MINUTE, score=None, runs=missed.runs)
    assert close([*tallies, late]) == close(full_hour())


def test_a_slot_that_never_came_is_unknown() -> None:
    tallies = full_hour()
    del tallies[31:34]
    services, targets = close(tallies)
    assert services["web"] == Span(Counts(passed=57, unknown=3), 57)
    assert services["edge"] == Span(Counts(passed=12), 60)
    assert targets["home"] == targets["side"] == Counts(passed=57, unknown=3)
    assert "soon" not in targets


def test_a_family_that_never_came_is_unknown_all_hour() -> None:
    tallies = [replace(tally, runs=tally.runs[:1]) for tally in full_hour()]
    services, targets = close(tallies)
    assert services["edge"] == Span(Counts(unknown=12), 0)
    assert targets["edge"] == Counts(unknown=12)


def test_what_lies_before_the_first_run_of_all_was_not_audited() -> None:
    services, _ = close(full_hour()[42:], first_of_all=True)
    assert services["web"] == Span(Counts(passed=18), 18)
    assert services["edge"] == Span(Counts(passed=3), 15)
    assert close(full_hour()[42:])[0]["web"] == Span(Counts(passed=18, unknown=42), 18)


@pytest.mark.parametrize(("after", "due"), [(0, False), (9, False), (10, True), (60, True), (120, True), (121, False)])
def test_an_hour_is_due_ten_minutes_after_its_end_and_two_hours_long(after: int, due: bool) -> None:
    seen = [page(T0 + 5 * MINUTE)]
    as_of = T0 + HOUR + after * MINUTE
    assert due_hours(as_of, [], seen) == ([T0] if due else [])
    assert due_hours(as_of, [T0], seen) == []
    assert due_hours(as_of, [], []) == []


def test_a_day_is_due_ten_minutes_after_its_end() -> None:
    midnight = T0.replace(hour=0)
    hours = [midnight - HOUR, midnight - 2 * HOUR, midnight]
    assert due_days(midnight + 9 * MINUTE, hours, []) == []
    assert due_days(midnight + 10 * MINUTE, hours, []) == [midnight - DAY]
    assert due_days(midnight + 10 * MINUTE, hours, [midnight - DAY]) == []


def test_late_runs_are_looked_for_in_hours_that_are_open() -> None:
    as_of = T0 + timedelta(minutes=20)
    assert open_since(as_of, []) == T0 - 2 * HOUR
    assert open_since(as_of, [T0 - 2 * HOUR]) == T0 - HOUR
    assert open_since(as_of, [T0 - 2 * HOUR, T0 - HOUR]) == T0
    assert open_since(as_of, [T0 - 5 * HOUR]) == T0 - 2 * HOUR
