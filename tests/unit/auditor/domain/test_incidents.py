"""The life of an incident, slot by slot: opened, escalated, back again, flapping, muted, reminded, ended."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from auditor.domain.bundle import State
from auditor.domain.incident import TIMELINE_LENGTH, Acknowledgement, noted
from auditor.domain.incidents import REMINDS_EVERY
from auditor.domain.muting import Silence, in_maintenance, muted_because
from auditor.domain.observation import Phase
from auditor.domain.result import Status
from auditor.domain.story import Story, tell
from auditor.domain.topology import MaintenanceWindow, Platform
from auditor.domain.verdict import Judging
from tests.fakes import MINUTE, REFUSED, SHOP, T0, WRONG, Moment, Says, bundle, judge_moment, play, runs

Slot = Mapping[str, Sequence[Says]]
OK: Slot = {}
DOWN: Slot = {"home": WRONG}
SLOW: Slot = {"home": (Says("reachable"), Says("answers", Status.WARN, "page.status", Phase.ANSWER))}
LINK = "https://report"


def changes(moments: Sequence[Moment]) -> list[str]:
    return [" ".join(kind for kind, _ in m.changes) for m in moments]


def told(moments: Sequence[Moment]) -> list[Story]:
    return [tell(transition, m.report, LINK) for m in moments for transition in m.assessment.transitions]


def after(moments: Sequence[Moment], slots: Sequence[Slot], where: Platform = SHOP, **state: object) -> list[Moment]:
    """More slots after these, in which the state was changed by people's requests."""
    last = moments[-1]
    remembered: State = replace(last.assessment.next_state(last.bundle), **state)  # type: ignore[arg-type] # by test
    more: list[Moment] = []
    for said in slots:
        as_of = (more[-1].bundle.as_of if more else last.bundle.as_of) + MINUTE
        more.append(judge_moment(bundle(where, as_of, runs(where, as_of, said), remembered)))
        remembered = more[-1].assessment.next_state(more[-1].bundle)
    return more


def test_degraded_first_and_down_later_is_one_incident_that_escalates_and_pages() -> None:
    moments = play(SHOP, [OK, SLOW, DOWN, DOWN, OK, OK])
    assert changes(moments) == ["", "opened", "escalated", "", "", "resolved"]
    assert [bool(m.paging) for m in moments] == [False, False, True, True, True, False]
    opened, escalated, resolved = told(moments)
    assert opened.incident == escalated.incident == resolved.incident
    assert "It was degraded and is down now." in escalated.text
    assert "4 minutes after it was opened" in resolved.text


def test_what_comes_back_soon_is_the_same_incident_and_takes_longer_to_end() -> None:
    moments = play(SHOP, [OK, DOWN, OK, OK, DOWN, *[OK] * 7])
    assert changes(moments) == ["", "opened", "", "resolved", "again", "", "", "", "", "", "resolved", ""]
    assert len({story.incident for story in told(moments)}) == 1
    assert "is back" in told(moments)[2].text


def test_what_comes_back_late_or_elsewhere_is_another_incident() -> None:
    late = play(SHOP, [OK, DOWN, OK, OK, *[OK] * 31, DOWN])
    assert changes(late)[-1] == "opened"
    other = play(SHOP, [OK, DOWN, OK, OK, {"orders": REFUSED}, {"orders": REFUSED}, {"orders": REFUSED}])
    assert [kind for kind in changes(other) if kind] == ["opened", "resolved", "opened"]


@pytest.mark.parametrize("judging", [SHOP.judging, Judging()], ids=["at once", "2 of 3"])
def test_flapping_is_one_incident_that_says_it_flaps(judging: Judging) -> None:
    where = replace(SHOP, judging=judging)
    moments = play(where, [OK, DOWN, DOWN, *[OK, DOWN] * 20, *[OK] * 18])
    kinds = [kind for kind in changes(moments) if kind]
    assert kinds == ["opened", "flapping", "resolved"]
    assert [bool(m.paging) for m in moments][2:40] == [True] * 38
    flapping = next(story for story in told(moments) if story.kind == "flapping")
    assert "It flaps: it turned bad 3 times." in flapping.text
    assert "ends when all of it was well for 15 minutes" in flapping.text


def test_an_open_incident_is_reminded_of_until_somebody_acknowledges_it() -> None:
    opened = play(SHOP, [OK, DOWN])
    at = opened[-1].bundle.as_of
    remembered = opened[-1].assessment.next_state(opened[-1].bundle)

    def later(state: State, hours: float) -> Moment:
        as_of = at + timedelta(hours=hours)
        return judge_moment(bundle(SHOP, as_of, runs(SHOP, as_of, DOWN), replace(state, as_of=as_of - MINUTE)))

    assert later(remembered, REMINDS_EVERY / timedelta(hours=1) - 0.1).changes == []
    reminded = later(remembered, REMINDS_EVERY / timedelta(hours=1))
    assert reminded.changes == [("reminder", "web")]
    assert "nobody has acknowledged it" in told([reminded])[0].text
    (incident,) = remembered.incidents.open.values()
    seen = replace(incident, acknowledged=Acknowledgement(by="ada", at=at))
    acknowledged = replace(remembered, incidents=replace(remembered.incidents, open={"web": seen}))
    assert later(acknowledged, 9).changes == []


def silence(until: int, since: int = 0) -> Silence:
    return Silence(
        id="s", service="web", by="ada", reason="upgrade", since=T0 + since * MINUTE, until=T0 + until * MINUTE
    )


def test_a_silence_mutes_messages_and_pages_and_what_is_still_broken_at_its_end_is_told_then() -> None:
    quiet = after(play(SHOP, [OK]), [DOWN] * 5, silences=(silence(4),))
    assert changes(quiet) == ["", "", "", "opened", ""]
    assert [bool(m.paging) for m in quiet] == [False] * 3 + [True] * 2
    assert quiet[0].verdicts["web"] == "DOWN", "measuring goes on"
    assert quiet[0].assessment.muted == {"web": "silenced by ada: upgrade"}
    assert "not told: silenced by ada: upgrade" in [e.text for e in quiet[-1].assessment.incidents.open["web"].timeline]
    assert told(quiet)[0].text.count("Since 2026-11-23T16:01:00Z") == 1, "since it broke, not since it was told"
    assert quiet[-1].assessment.next_state(quiet[-1].bundle).silences == ()


def test_what_broke_and_mended_under_a_silence_is_never_told() -> None:
    quiet = after(play(SHOP, [OK]), [DOWN, DOWN, OK, OK, OK], silences=(silence(60),))
    assert changes(quiet) == [""] * 5
    assert quiet[-1].assessment.incidents.open == {}


def test_a_silence_never_mutes_the_end_of_what_was_told_and_does_not_end_its_page() -> None:
    moments = play(SHOP, [OK, DOWN])
    quiet = after(moments, [DOWN, DOWN, OK, OK], silences=(silence(60),))
    assert changes(quiet) == ["", "", "", "resolved"]
    assert [bool(m.paging) for m in quiet] == [True, True, True, False]


def test_a_silence_of_one_service_mutes_no_other() -> None:
    quiet = after(play(SHOP, [OK]), [{"db": REFUSED}], silences=(silence(60),))
    assert changes(quiet) == ["opened"]


def test_maintenance_mutes_by_the_wall_clock_of_its_place() -> None:
    window = MaintenanceWindow(id="w", services=("web",), reason="patches", starts=T0, ends=T0 + 3 * MINUTE)
    where = replace(SHOP, maintenance=(window,))
    moments = play(where, [OK, DOWN, DOWN, DOWN])
    assert changes(moments) == ["", "", "", "opened"]
    assert moments[1].assessment.muted == {"web": "maintenance w: patches"}


BERLIN = MaintenanceWindow(
    id="sunday",
    services=("web",),
    reason="r",
    weekday=6,
    at="02:30",
    duration=timedelta(hours=2),
    timezone="Europe/Berlin",
)


@pytest.mark.parametrize(
    ("at", "holds", "why"),
    [
        (datetime(2026, 7, 5, 0, 29, tzinfo=UTC), False, "02:29 in summer"),
        (datetime(2026, 7, 5, 0, 30, tzinfo=UTC), True, "02:30 in summer"),
        (datetime(2026, 7, 5, 2, 29, tzinfo=UTC), True, "04:29"),
        (datetime(2026, 7, 5, 2, 30, tzinfo=UTC), False, "its end does not belong to it"),
        (datetime(2026, 1, 4, 0, 30, tzinfo=UTC), False, "01:30 in winter"),
        (datetime(2026, 1, 4, 1, 30, tzinfo=UTC), True, "02:30 in winter"),
        (datetime(2026, 7, 6, 0, 30, tzinfo=UTC), False, "monday"),
        (datetime(2026, 10, 25, 2, 0, tzinfo=UTC), True, "the clocks go back in the night: true hours count"),
        (datetime(2026, 10, 25, 2, 31, tzinfo=UTC), False, "two true hours after 02:30 summer time"),
    ],
)
def test_a_weekly_window(at: datetime, holds: bool, why: str) -> None:
    assert (in_maintenance((BERLIN,), "web", at) is BERLIN) is holds, why
    assert in_maintenance((BERLIN,), "database", at) is None


def test_a_window_over_midnight_and_the_end_of_the_week() -> None:
    night = replace(BERLIN, weekday=6, at="23:00", duration=timedelta(hours=3), timezone="UTC")
    assert in_maintenance((night,), "web", datetime(2026, 7, 6, 1, 59, tzinfo=UTC)) is night
    assert in_maintenance((night,), "web", datetime(2026, 7, 6, 2, 0, tzinfo=UTC)) is None
    long = replace(night, duration=timedelta(days=6, hours=23))
    assert in_maintenance((long,), "web", datetime(2026, 7, 12, 21, 59, tzinfo=UTC)) is long


def test_nobody_muted_gives_no_reason() -> None:
    assert muted_because((BERLIN,), (silence(1),), "database", T0) == ""


def test_a_day_switched_off_and_on_again_invents_nothing() -> None:
    before = play(SHOP, [OK, DOWN])
    day = timedelta(days=1)
    remembered = before[-1].assessment.next_state(before[-1].bundle)
    stale = judge_moment(bundle(SHOP, T0 + day, before[-1].bundle.runs, remembered))
    assert set(stale.verdicts.values()) == {"UNKNOWN"}
    assert stale.changes == []
    assert stale.paging == {"web"}, "going blind is no recovery"
    remembered = stale.assessment.next_state(stale.bundle)
    for minute, expected in ((1, []), (2, [("resolved", "web")])):
        as_of = T0 + day + minute * MINUTE
        back = judge_moment(bundle(SHOP, as_of, runs(SHOP, as_of, OK), remembered))
        assert back.changes == expected
        remembered = back.assessment.next_state(back.bundle)


def test_an_incident_keeps_the_beginning_and_the_present_of_its_timeline() -> None:
    timeline = noted((), T0, "first")
    for number in range(3 * TIMELINE_LENGTH):
        timeline = noted(timeline, T0, str(number))
    assert len(timeline) <= TIMELINE_LENGTH
    assert timeline[0].text == "first"
    assert timeline[-1].text == str(3 * TIMELINE_LENGTH - 1)
