"""The last values of a number: each slot once, twelve at the most, and nothing that is long gone."""

from datetime import UTC, datetime, timedelta

from auditor.domain.tracked import LENGTH, Series, Sighting, by_target, continued, tracked_name

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NAME = tracked_name("cache-main", "a/b depth")


def seen(minute: int, value: float, name: str = NAME) -> tuple[Sighting, ...]:
    return (Sighting(name=name, slot=NOON + minute * MINUTE, value=value),)


def test_values_stand_in_the_order_of_their_slots_and_the_newest_are_kept() -> None:
    series: dict[str, Series] = {}
    for minute in range(LENGTH + 3):
        series = continued(series, seen(minute, float(minute)), NOON + minute * MINUTE)
    assert series[NAME].values == tuple(float(n) for n in range(3, LENGTH + 3))
    assert series[NAME].slots == tuple(NOON + n * MINUTE for n in range(3, LENGTH + 3))


def test_a_slot_counts_once_whatever_comes_later() -> None:
    series = continued({}, seen(1, 5.0), NOON + MINUTE)
    assert continued(series, seen(1, 9.0) + seen(0, 7.0), NOON + MINUTE) == series


def test_what_was_not_seen_this_time_keeps_its_course() -> None:
    series = continued({}, seen(0, 5.0), NOON)
    later = continued(series, seen(2, 6.0, "other/x"), NOON + 2 * MINUTE)
    assert later[NAME] == series[NAME]


def test_what_was_not_seen_for_long_is_forgotten() -> None:
    series = continued({}, seen(0, 5.0), NOON)
    assert NAME in continued(series, (), NOON + timedelta(hours=3))
    assert continued(series, (), NOON + timedelta(hours=3) + MINUTE) == {}


def test_a_targets_numbers_are_found_by_the_familys_word() -> None:
    series = continued({}, seen(0, 5.0) + seen(0, 1.0, "other/x"), NOON)
    assert by_target(series) == {"cache-main": {"a/b depth": (5.0,)}, "other": {"x": (1.0,)}}
