"""When scheduled rules fire: exact instants of simulated time, none twice, none replayed."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.emulator.schedule import due_instant, next_instant


def at(text: str) -> float:
    return datetime.fromisoformat(f"2026-11-23T{text}+00:00").timestamp()


def text(instant: float | None) -> str | None:
    return None if instant is None else datetime.fromtimestamp(instant, tz=UTC).strftime("%H:%M:%S")


def run(expression: str, *, start: str, seconds: int, step: float) -> list[str]:
    """What a rule created at `start` gets when the scheduler looks every `step` simulated seconds."""
    following = next_instant(expression)
    assert following is not None
    delivered: list[float] = []
    now, end = at(start), at(start) + seconds
    while now <= end:
        instant = due_instant(following, delivered[-1] if delivered else None, now)
        if instant is not None:
            delivered.append(instant)
        now += step
    return [str(text(instant)) for instant in delivered]


def test_a_new_rule_fires_at_once_with_the_minute_that_runs_and_then_aligned() -> None:
    found = run("cron(* * * * ? *)", start="16:47:30", seconds=180, step=1.2)
    assert found == ["16:47:00", "16:48:00", "16:49:00", "16:50:00"]


def test_every_five_minutes_keeps_to_the_five_minutes_of_the_hour() -> None:
    found = run("cron(*/5 * * * ? *)", start="16:48:10", seconds=900, step=7)
    assert found == ["16:48:00", "16:50:00", "16:55:00", "17:00:00"]


def test_a_rate_counts_from_the_minute_of_its_creation() -> None:
    assert run("rate(5 minutes)", start="16:48:10", seconds=900, step=7) == [
        "16:48:00",
        "16:53:00",
        "16:58:00",
        "17:03:00",
    ]


def test_a_new_rule_on_its_own_instant_fires_once() -> None:
    assert run("cron(* * * * ? *)", start="16:48:00", seconds=59, step=0.5) == ["16:48:00"]


def test_after_a_pause_only_the_latest_instant_is_delivered() -> None:
    assert run("cron(* * * * ? *)", start="16:47:00", seconds=1200, step=600) == ["16:47:00", "16:57:00", "17:07:00"]


def test_slots_go_on_over_midnight_and_the_end_of_the_month() -> None:
    following = next_instant("cron(*/15 * * * ? *)")
    assert following is not None
    last = datetime(2026, 2, 28, 23, 45, tzinfo=UTC)
    assert following(last.timestamp()) == (last + timedelta(minutes=15)).timestamp()


@pytest.mark.parametrize("expression", ["", "at(2026-11-23T16:47:00)", "cron(* * * * * *)"])
def test_what_is_no_schedule_has_no_instants(expression: str) -> None:
    assert next_instant(expression) is None
