"""What the aggregator concludes over slots: stories, pages, victims, gaps, silence. Each list is one slot per entry."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from auditor.domain.bundle import State
from auditor.domain.observation import Phase
from auditor.domain.result import Status
from auditor.domain.verdict import Judging, Verdict
from tests.fakes import (
    BAD_LOGIN,
    BLIND,
    FINE,
    MINUTE,
    REFUSED,
    SHOP,
    T0,
    TIMEOUT,
    WRONG,
    Moment,
    Says,
    bundle,
    fails,
    judge_moment,
    platform,
    play,
    run,
    runs,
    target,
)

DATABASE_DOWN = {"db": REFUSED, "orders": WRONG}
OK: Mapping[str, Sequence[Says]] = {}


def changes(moments: Sequence[Moment]) -> list[list[tuple[str, str]]]:
    return [m.changes for m in moments]


def paging(moments: Sequence[Moment]) -> list[set[str]]:
    return [m.paging for m in moments]


def test_database_down_is_one_story_and_one_page_and_the_web_is_its_victim() -> None:
    moments = play(SHOP, [OK, DATABASE_DOWN, DATABASE_DOWN, DATABASE_DOWN, OK, OK])
    assert changes(moments) == [[], [("opened", "database")], [], [], [], [("resolved", "database")]]
    assert paging(moments) == [set(), *[{"database"}] * 4, set()]
    broken = moments[1]
    assert broken.verdicts == {"web": "DOWN", "database": "DOWN"}
    assert broken.assessment.explained == {"orders": ("db",)}
    assert not broken.assessment.services["web"].at_fault
    assert moments[4].verdicts == {"web": "HEALTHY", "database": "HEALTHY"}
    opened, closed = moments[1].assessment.transitions[0], moments[5].assessment.transitions[0]
    assert (opened.incident.opened, opened.incident.since, opened.incident.closed) == (T0 + MINUTE, T0 + MINUTE, None)
    assert (closed.incident.id, closed.incident.closed) == (opened.incident.id, T0 + 5 * MINUTE)
    assert opened.id != closed.id


def test_the_page_failing_one_slot_before_the_database_is_seen_down_never_pages_the_web() -> None:
    moments = play(SHOP, [OK, {"orders": WRONG}, DATABASE_DOWN, DATABASE_DOWN, OK, OK])
    assert changes(moments) == [[], [], [("opened", "database")], [], [], [("resolved", "database")]]
    assert paging(moments) == [set(), set(), *[{"database"}] * 3, set()]


def test_the_web_failing_alone_pages_the_web_within_two_slots() -> None:
    moments = play(SHOP, [OK, {"orders": WRONG}, {"orders": WRONG}, OK, OK])
    assert changes(moments) == [[], [], [("opened", "web")], [], [("resolved", "web")]]
    assert paging(moments) == [set(), set(), {"web"}, {"web"}, set()]


def test_a_failure_that_waits_for_nobody_pages_at_once() -> None:
    assert changes(play(SHOP, [OK, {"home": WRONG}])) == [[], [("opened", "web")]]


def test_a_blip_while_blame_waits_tells_nothing() -> None:
    assert changes(play(SHOP, [OK, {"orders": WRONG}, OK])) == [[], [], []]


@pytest.mark.parametrize("blind", [BLIND, BAD_LOGIN], ids=["own bug", "own credentials"])
def test_going_unknown_is_no_recovery_and_keeps_the_page(blind: Sequence[Says]) -> None:
    moments = play(SHOP, [OK, DATABASE_DOWN, *[{"db": blind}] * 5, OK, OK])
    assert changes(moments)[2:] == [[], [], [], [], [], [], [("resolved", "database")]]
    assert paging(moments)[1:8] == [{"database"}] * 7
    assert moments[6].verdicts["database"] == "UNKNOWN"
    assert paging(moments)[-1] == set()


def test_the_auditor_blocked_is_a_gap_and_no_outage() -> None:
    moments = play(SHOP, [OK, *[{"db": TIMEOUT}] * 6, OK])
    assert changes(moments) == [[]] * 8
    assert paging(moments) == [set()] * 8
    assert [m.verdicts["database"] for m in moments] == ["HEALTHY"] * 3 + ["UNKNOWN"] * 4 + ["HEALTHY"]
    assert {m.verdicts["web"] for m in moments} == {"HEALTHY"}
    for moment in moments[1:7]:
        (gap,) = moment.report.coverage_gaps
        assert (gap.target, gap.cause, gap.phase) == ("db", "tcp.timeout", Phase.TCP)
        assert "orders passed" in gap.reason
        assert moment.report.problems == ()
        stored = [r for r in moment.bundle.runs[1].results if r.check == "store.reachable"]
        assert stored[0].status is Status.FAIL, "the stored result stays as it was"


def test_the_auditors_own_credentials_are_a_gap_and_no_outage() -> None:
    moments = play(SHOP, [OK, *[{"db": BAD_LOGIN}] * 4])
    assert changes(moments) == [[]] * 5
    assert moments[-1].verdicts == {"web": "HEALTHY", "database": "UNKNOWN"}
    assert {gap.cause for gap in moments[-1].report.coverage_gaps} == {"self.credentials"}


def test_a_stopped_schedule_is_unknown_after_two_periods_and_nothing_stays_green() -> None:
    moments = play(SHOP, [OK] * 6, silent={"store": range(1, 5)})
    assert [m.verdicts["database"] for m in moments] == ["HEALTHY"] * 3 + ["UNKNOWN"] * 2 + ["HEALTHY"]
    assert changes(moments) == [[]] * 6
    stopped = moments[4]
    line = next(run for run in stopped.report.runs if run.family == "store")
    assert (line.stale, line.slot) == (True, T0)
    assert [gap.target for gap in stopped.report.coverage_gaps] == ["db"]
    (category,) = [c for c in stopped.report.categories if c.family == "store"]
    assert (category.passed, category.unknown) == (0, 2)
    assert stopped.report.verdict is Verdict.UNKNOWN


def test_a_family_that_never_reported_is_unknown_from_the_start() -> None:
    moment = play(SHOP, [OK], silent={"store": range(5)})[0]
    assert moment.verdicts == {"web": "HEALTHY", "database": "UNKNOWN"}
    assert [(gap.target, gap.cause) for gap in moment.report.coverage_gaps] == [("db", "self.late")]


def test_the_auditor_is_blind_when_no_critical_target_could_be_judged() -> None:
    silent = {"page": range(1, 9), "store": range(1, 9)}
    moments = play(SHOP, [OK] * 4, silent=silent)
    assert [m.assessment.blind for m in moments] == [False, False, False, True]
    assert not play(SHOP, [{"db": BLIND, "home": BLIND}])[0].assessment.blind
    assert play(SHOP, [dict.fromkeys(("db", "home", "orders"), BLIND)])[0].assessment.blind


def test_where_nothing_critical_is_deployed_nobody_is_blind() -> None:
    none = replace(SHOP, targets=tuple(replace(t, deployed=False) for t in SHOP.targets))
    moment = play(none, [OK])[0]
    assert set(moment.verdicts.values()) == {"NOT_DEPLOYED"}
    assert not moment.assessment.blind
    assert moment.report.coverage_gaps == ()


def test_not_deployed_is_a_state_and_ends_an_incident() -> None:
    moments = play(SHOP, [OK, {"db": REFUSED}])
    gone = replace(SHOP, targets=tuple(replace(t, deployed=t.id != "db") for t in SHOP.targets))
    state = moments[-1].assessment.next_state(moments[-1].bundle)
    as_of = T0 + 2 * MINUTE
    after = judge_moment(bundle(gone, as_of, runs(gone, as_of, OK), state))
    assert after.verdicts["database"] == "NOT_DEPLOYED"
    assert after.changes == []
    state, as_of = after.assessment.next_state(after.bundle), as_of + MINUTE
    ended = judge_moment(bundle(gone, as_of, runs(gone, as_of, OK), state))
    assert ended.changes == [("resolved", "database")]
    assert ended.paging == set()


def test_a_victims_own_small_trouble_does_not_page_it() -> None:
    partly = (Says("reachable"), Says("answers"), Says("every_address", Status.WARN, "tcp.timeout", Phase.TCP))
    moments = play(SHOP, [OK, DATABASE_DOWN | {"home": partly}, DATABASE_DOWN | {"home": partly}])
    assert paging(moments) == [set(), {"database"}, {"database"}], "what is DOWN of the web is only a victim"


def test_a_non_critical_target_down_degrades_and_pages_nobody() -> None:
    side = replace(SHOP, targets=tuple(replace(t, critical=t.id != "home") for t in SHOP.targets))
    moments = play(side, [OK, {"home": REFUSED}, {"home": REFUSED} | DATABASE_DOWN])
    assert [m.verdicts["web"] for m in moments] == ["HEALTHY", "DEGRADED", "DOWN"]
    assert paging(moments) == [set(), set(), {"database"}]
    assert changes(moments) == [[], [("opened", "web")], [("opened", "database")]]


def test_better_but_not_healthy_ends_neither_the_page_nor_the_incident() -> None:
    slow = (Says("reachable"), Says("answers", Status.WARN, "store.login", Phase.ANSWER))
    moments = play(SHOP, [OK, {"db": REFUSED}, {"db": slow}, OK, OK])
    assert paging(moments) == [set(), *[{"database"}] * 3, set()]
    assert changes(moments) == [[], [("opened", "database")], [], [], [("resolved", "database")]]


def test_a_target_that_failed_on_its_own_path_stays_at_fault_while_it_cannot_be_seen() -> None:
    # web needs database; home fails at its own port, then the auditor cannot tell for a slot: it is no victim by that.
    both = {"home": REFUSED, "db": REFUSED, "orders": WRONG}
    moments = play(SHOP, [OK, both, both | {"home": BLIND}])
    assert paging(moments) == [set(), {"web", "database"}, {"web", "database"}]
    assert "home" not in moments[-1].assessment.explained


def test_a_service_that_becomes_a_victim_stays_paged_until_it_is_sure_and_then_its_incident_is_the_other_one() -> None:
    web_first = [OK, {"home": WRONG}, *[{"home": WRONG} | DATABASE_DOWN] * 3, OK, OK]
    moments = play(SHOP, web_first)
    assert changes(moments) == [
        [],
        [("opened", "web")],
        [("opened", "database")],
        [],
        [("merged", "web")],
        [],
        [("resolved", "database")],
    ]
    assert paging(moments) == [set(), {"web"}, *[{"web", "database"}] * 2, *[{"database"}] * 2, set()]
    merged = moments[4].assessment
    assert merged.incidents.open["database"].merged == (merged.incidents.closed["web"].id,)


def test_a_passing_failure_of_what_it_needs_does_not_take_over_its_incident() -> None:
    moments = play(SHOP, [OK, {"home": WRONG}, {"home": WRONG} | DATABASE_DOWN, *[{"home": WRONG}] * 3])
    assert [m.assessment.incidents.open["web"].id for m in moments[1:]] == ["test/web/2026-11-23T16:01:00Z"] * 5
    assert all("web" in pages for pages in paging(moments)[1:])


def test_an_unreached_page_and_a_database_down_are_two_stories() -> None:
    moments = play(SHOP, [OK, {"home": REFUSED, "db": REFUSED}])
    assert set(moments[1].changes) == {("opened", "web"), ("opened", "database")}
    assert moments[1].assessment.explained == {}


def test_a_slot_in_which_a_grave_step_was_not_seen_says_nothing() -> None:
    half = {"db": (Says("reachable"), *BLIND[1:])}
    moments = play(SHOP, [OK, {"db": REFUSED}, half, half, half, OK])
    verdicts = [m.verdicts["database"] for m in moments]
    assert verdicts == ["HEALTHY", "DOWN", "DOWN", "DOWN", "UNKNOWN", "HEALTHY"], "what was seen stands for two periods"


def test_an_extra_run_moves_nothing() -> None:
    extra = replace(run(SHOP, "store", T0, {"db": REFUSED}), extra=True)
    moment = judge_moment(bundle(SHOP, T0, [*runs(SHOP, T0, OK), extra]))
    assert moment.verdicts["database"] == "HEALTHY"
    assert moment.changes == []


def test_a_run_that_speaks_of_a_target_which_the_catalogue_no_longer_has_does_no_harm() -> None:
    fewer = replace(SHOP, targets=tuple(t for t in SHOP.targets if t.id != "home"))
    old = runs(SHOP, T0, {"home": REFUSED})
    moment = judge_moment(bundle(fewer, T0, old))
    assert moment.verdicts == {"web": "HEALTHY", "database": "HEALTHY"}
    assert moment.report.problems == ()


def test_the_same_bundle_twice_is_the_same_assessment_report_and_state() -> None:
    for moment in play(SHOP, [OK, DATABASE_DOWN, {"db": BLIND}, OK]):
        again = judge_moment(moment.bundle)
        assert again.assessment == moment.assessment
        assert again.report == moment.report
        assert again.assessment.next_state(again.bundle) == moment.assessment.next_state(moment.bundle)


def test_the_order_of_runs_moves_nothing() -> None:
    made = runs(SHOP, T0, DATABASE_DOWN)
    one, other = (judge_moment(bundle(SHOP, T0, order)) for order in (made, made[::-1]))
    assert one.assessment.targets == other.assessment.targets
    assert one.assessment.services == other.assessment.services
    assert one.assessment.transitions == other.assessment.transitions


def test_the_state_counts_its_writes_and_remembers_the_moment() -> None:
    given = bundle(SHOP, T0, runs(SHOP, T0, OK), State(version=41, as_of=T0 - MINUTE))
    after = judge_moment(given).assessment.next_state(given)
    assert (after.version, after.as_of) == (42, T0)


def test_since_is_when_the_verdict_changed() -> None:
    moments = play(SHOP, [OK, OK, {"db": REFUSED}, {"db": REFUSED}, OK])
    since = [m.assessment.targets["db"].since for m in moments]
    assert since == [T0 + n * MINUTE for n in (0, 0, 2, 2, 4)]
    bad = [m.assessment.targets["db"].bad_since for m in moments]
    assert bad == [None, None, T0 + 2 * MINUTE, T0 + 2 * MINUTE, None]


def test_by_default_one_bad_slot_opens_nothing_and_a_lasting_fault_opens_once() -> None:
    where = replace(SHOP, judging=Judging())
    moments = play(where, [OK, {"home": WRONG}, OK, OK, DATABASE_DOWN, DATABASE_DOWN, OK, OK, OK])
    assert changes(moments) == [[], [], [], [], [], [("opened", "database")], [], [], [("resolved", "database")]]


def test_a_page_that_breaks_a_slot_before_what_it_needs_waits_for_its_majority_too() -> None:
    moments = play(replace(SHOP, judging=Judging()), [OK, {"orders": WRONG}, *[DATABASE_DOWN] * 3])
    assert changes(moments) == [[], [], [], [("opened", "database")], []]


def test_a_family_of_five_minutes_stands_for_ten() -> None:
    where = platform([target("edge", "slowly", "edge")])
    state, verdicts = State(), []
    only = run(where, "slowly", T0, {"edge": FINE})
    for minute in range(13):
        moment = judge_moment(bundle(where, T0 + minute * MINUTE, [only], state))
        state = moment.assessment.next_state(moment.bundle)
        verdicts.append(moment.verdicts["edge"])
    assert verdicts == ["HEALTHY"] * 11 + ["UNKNOWN"] * 2


def test_a_first_slot_that_is_already_bad_is_told() -> None:
    moment = play(SHOP, [DATABASE_DOWN])[0]
    assert moment.changes == [("opened", "database")]
    assert moment.assessment.transitions[0].incident.since == T0


def test_a_login_that_the_target_refuses_is_its_own_fault() -> None:
    moments = play(SHOP, [OK, {"db": fails("store.login", Phase.LOGIN, "answers")}])
    assert moments[1].changes == [("opened", "database")]
    (problem,) = moments[1].report.problems
    assert (problem.phase, problem.cause) == (Phase.LOGIN, "store.login")
