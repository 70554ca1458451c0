"""Planned maintenance: once, or every week by the wall clock of a place."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.domain.maintenance import in_maintenance
from auditor.domain.topology import MaintenanceWindow


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


ONCE = MaintenanceWindow(
    id="m", services=("web",), reason="r", starts=at("2026-11-23T16:00"), ends=at("2026-11-23T17:00")
)
# Sunday 23:00 to Monday 01:30 in Berlin, an hour earlier in UTC in winter and two in summer.
WEEKLY = MaintenanceWindow(
    id="w",
    services=("web", "db"),
    reason="r",
    weekday=6,
    at="23:00",
    duration=timedelta(hours=2, minutes=30),
    timezone="Europe/Berlin",
)


@pytest.mark.parametrize(
    ("instant", "inside"),
    [
        ("2026-11-23T15:59:59", False),
        ("2026-11-23T16:00", True),
        ("2026-11-23T16:59:59", True),
        ("2026-11-23T17:00", False),
    ],
)
def test_once(instant: str, inside: bool) -> None:
    assert in_maintenance([ONCE], "web", at(instant)) == (ONCE if inside else None)
    assert in_maintenance([ONCE], "db", at(instant)) is None


@pytest.mark.parametrize(
    ("instant", "inside"),
    [
        ("2026-11-22T21:59", False),
        ("2026-11-22T22:00", True),
        ("2026-11-23T00:29", True),
        ("2026-11-23T00:30", False),
        ("2026-11-24T22:30", False),
        ("2026-07-05T20:59", False),
        ("2026-07-05T21:00", True),
        ("2026-07-05T23:29", True),
        ("2026-07-05T23:30", False),
    ],
)
def test_every_week(instant: str, inside: bool) -> None:
    assert in_maintenance([ONCE, WEEKLY], "db", at(instant)) == (WEEKLY if inside else None)


def test_a_window_of_nearly_a_week_reaches_into_its_own_weekday() -> None:
    long = MaintenanceWindow(
        id="l", services=("web",), reason="r", weekday=0, at="12:00", duration=timedelta(days=6, hours=20)
    )
    assert in_maintenance([long], "web", at("2026-11-23T07:59")) is long
    assert in_maintenance([long], "web", at("2026-11-23T08:00")) is None
    assert in_maintenance([long], "web", at("2026-11-23T12:00")) is long
