"""The log histogram: within 1 % of the nearest rank, mergeable in any order, and the same after storage."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.histogram import (
    Histogram,
    buckets_of,
    histogram_from,
    histogram_of,
    merged,
    read_varints,
    varint,
    varints,
)

latencies = st.lists(st.floats(min_value=0.001, max_value=1e7), min_size=1, max_size=200)
histograms = st.dictionaries(st.integers(-400, 2000), st.integers(1, 10**6), max_size=40).map(Histogram)


def of(values: list[float]) -> Histogram:
    return histogram_of(buckets_of(values))


@given(latencies, st.floats(min_value=0, max_value=100))
def test_every_percentile_is_within_one_percent_of_the_nearest_rank(values: list[float], percent: float) -> None:
    exact = sorted(values)[max(1, math.ceil(percent / 100 * len(values))) - 1]
    (found,) = of(values).percentiles(percent)
    assert abs(found - exact) <= 0.01 * exact * (1 + 1e-9)


def test_percentiles_grow() -> None:
    found = of([0.5, 3.0, 40.0, 500.0, 6000.0]).percentiles(0, 20, 21, 50, 95, 100)
    assert all(a <= b for a, b in pairwise(found))
    assert found[0] == found[1] < found[2]


def test_an_empty_one_has_no_percentile() -> None:
    assert Histogram().percentiles(50) == ()
    assert Histogram().total == 0


@given(st.lists(latencies, min_size=1, max_size=5), st.randoms())
def test_parts_merge_to_the_whole_in_any_order_and_grouping(parts: list[list[float]], random: object) -> None:
    whole = of([value for part in parts for value in part])
    each = [of(part) for part in parts]
    random.shuffle(each)  # type: ignore[attr-defined]
    assert merged(each) == whole
    assert merged([merged(each[:2]), merged(each[2:])]) == whole


@given(histograms)
def test_storing_changes_nothing(histogram: Histogram) -> None:
    assert histogram_from(histogram.to_bytes()) == histogram


def test_many_in_one_bucket_and_wide_gaps_take_more_than_a_byte() -> None:
    histogram = Histogram({-345: 1, 0: 127, 300: 128, 900: 1_000_000})
    assert histogram_from(histogram.to_bytes()) == histogram


def test_what_took_no_measurable_time_took_a_microsecond() -> None:
    assert buckets_of([0.0]) == buckets_of([0.001])


def test_what_was_not_measured_is_in_no_bucket() -> None:
    assert buckets_of([None, 1.0]) == [None, 0]
    assert histogram_of([None, 0, 0, None]) == Histogram({0: 2})


@given(st.lists(st.integers(0, 2**40)))
def test_varints_come_back(numbers: list[int]) -> None:
    assert list(read_varints(varints(numbers))) == numbers


@pytest.mark.parametrize(("number", "size"), [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3)])
def test_a_varint_has_seven_bits_a_byte(number: int, size: int) -> None:
    assert len(varint(number)) == size
