"""Roll-ups: what a slot says about a target, and sums that no order, grouping or storage changes."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.attribution import Reading
from auditor.domain.histogram import Histogram
from auditor.domain.result import Severity, Status
from auditor.domain.rollup import (
    Counts,
    Outcome,
    Rollup,
    Span,
    TargetRollup,
    added,
    counts_of,
    day_of,
    merged_target,
    outcome_of,
    pack,
    unpack,
)
from tests.fakes import SHOP, T0, Says, result

HOME = SHOP.targets[0]
PASS, WARN, FAIL, UNKNOWN, SKIPPED = Status
numbers = st.integers(0, 100_000)
counts = st.builds(Counts, *[numbers] * 7)
histograms = st.dictionaries(st.integers(-300, 900), st.integers(1, 5000), max_size=30).map(Histogram)
rollups = st.builds(TargetRollup, counts, histograms)


def read(status: Status, severity: Severity = Severity.HIGH, why_not: str = "") -> Reading:
    return Reading(result=result(HOME, Says("reachable", status, severity=severity), T0), why_not=why_not)


LAID = "the rules do not admit the auditor"


@pytest.mark.parametrize(
    ("readings", "outcome"),
    [
        ([read(PASS), read(PASS, Severity.LOW)], Outcome.PASSED),
        ([read(PASS), read(WARN)], Outcome.WARNED),
        ([read(PASS), read(FAIL, Severity.MEDIUM)], Outcome.WARNED),
        ([read(PASS), read(FAIL, Severity.ADVISORY)], Outcome.PASSED),
        ([read(FAIL), read(SKIPPED)], Outcome.FAILED),
        ([read(FAIL), read(UNKNOWN)], Outcome.FAILED),
        ([read(FAIL, Severity.CRITICAL), read(FAIL, why_not=LAID)], Outcome.FAILED),
        ([read(FAIL, why_not=LAID), read(SKIPPED)], Outcome.VANTAGE),
        ([read(FAIL, why_not=LAID), read(PASS)], Outcome.VANTAGE),
        ([read(UNKNOWN), read(PASS)], Outcome.UNKNOWN),
        ([read(PASS, why_not="stale"), read(PASS)], Outcome.UNKNOWN),
        ([read(UNKNOWN, Severity.LOW), read(PASS)], Outcome.PASSED),
        ([read(UNKNOWN, Severity.LOW)], Outcome.UNKNOWN),
        ([read(PASS, Severity.LOW)], Outcome.PASSED),
        ([read(SKIPPED), read(SKIPPED)], Outcome.SKIPPED),
        ([read(PASS, Severity.ADVISORY)], Outcome.UNKNOWN),
    ],
)
def test_what_a_slot_says(readings: list[Reading], outcome: Outcome) -> None:
    assert outcome_of(readings, maintenance=False) is outcome
    assert outcome_of(readings, maintenance=True) is Outcome.MAINTENANCE


def test_only_good_and_bad_events_are_valid() -> None:
    seen = counts_of("PPWFUSMV")
    assert seen == Counts(passed=2, warned=1, failed=1, unknown=1, skipped=1, maintenance=1, vantage=1)
    assert (seen.good, seen.valid, seen.asked) == (3, 4, 7)


def test_letters_and_fields_are_in_one_order() -> None:
    for outcome, name in zip(Outcome, Counts.__slots__, strict=True):
        assert getattr(counts_of(outcome), name) == 1
        assert outcome.name == name.upper()


@given(st.lists(rollups, min_size=1, max_size=6), st.randoms())
def test_merging_is_commutative_and_associative(parts: list[TargetRollup], random: object) -> None:
    whole = merged_target(parts)
    random.shuffle(parts)  # type: ignore[attr-defined]
    assert merged_target(parts) == whole
    assert merged_target([merged_target(parts[:3]), *parts[3:]]) == whole
    assert whole.latency.total == sum(part.latency.total for part in parts)


def test_nothing_adds_up_to_nothing() -> None:
    assert added([]) == Counts()


@given(st.dictionaries(st.text(min_size=1, max_size=20), rollups, max_size=5))
def test_packing_changes_nothing(targets: dict[str, TargetRollup]) -> None:
    assert unpack(pack(targets)) == targets


def test_parts_of_a_pack_lie_one_behind_the_other() -> None:
    a, b = TargetRollup(counts_of("P"), Histogram({230: 1})), TargetRollup(counts_of("F"), Histogram())
    assert unpack(pack({"a": a}) + pack({"b": b})) == {"a": a, "b": b}


def test_a_day_is_the_sum_of_its_hours() -> None:
    hours = [
        Rollup(
            begin=T0 + n * timedelta(hours=1),
            services={"web": Span(counts_of("PPF"), 60), **({"new": Span(counts_of("P"), 10)} if n else {})},
            score_sum=90.0,
            scored=2,
        )
        for n in range(3)
    ]
    day = day_of(T0, hours)
    assert day.services == {"web": Span(counts_of("PPF" * 3), 180), "new": Span(counts_of("PP"), 20)}
    assert (day.begin, day.score_sum, day.scored) == (T0, 270.0, 6)
