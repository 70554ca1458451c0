"""What the bench's rows must not lose, with slack for a busy machine: ratios within one process or one round only."""

from statistics import median

import pytest

from tests.bench.row_diagnosis import Moment, growth_exponent
from tests.bench.row_init import measured


@pytest.mark.slow
@pytest.mark.parametrize("broken_every", [20, 1], ids=["some pages fail", "all pages fail"])
def test_judging_ten_times_the_targets_takes_hardly_more_than_ten_times_the_time(broken_every: int) -> None:
    moments = [Moment.of(targets, broken_every=broken_every) for targets in (100, 1000)]
    seconds = {moment.targets: min(moment.judged() for _ in range(3)) for moment in moments}
    assert growth_exponent(seconds, 100, 1000) < 1.3
    assert all(len(moment.files["report.html"]) < 3_000_000 for moment in moments)


@pytest.mark.slow
def test_a_function_starts_in_less_than_twice_the_time_of_its_sdk() -> None:
    done = measured(3)
    starts = {family: median(values) for family, values in done.above.items()}
    assert max(starts.values()) < 2 * median(done.sdk), starts
