"""Aligned schedules."""

from datetime import timedelta

import pytest

from infra.constructs.schedule import PeriodError, aligned_cron


@pytest.mark.parametrize(
    ("minutes", "cron"),
    [
        (1, "cron(* * * * ? *)"),
        (5, "cron(0/5 * * * ? *)"),
        (15, "cron(0/15 * * * ? *)"),
        (60, "cron(0 * * * ? *)"),
    ],
)
def test_a_period_fires_at_its_multiples(minutes: int, cron: str) -> None:
    assert aligned_cron(timedelta(minutes=minutes)) == cron


@pytest.mark.parametrize("seconds", [0, 30, 90, 7 * 60, 120 * 60])
def test_a_period_that_does_not_divide_the_hour_is_refused(seconds: int) -> None:
    with pytest.raises(PeriodError, match="allowed are the minutes that divide an hour"):
        aligned_cron(timedelta(seconds=seconds))
