"""Every number of a report is traced to results, and adds up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.domain.observation import Phase
from auditor.domain.result import Severity, Status
from auditor.domain.verdict import Verdict
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
    judge_moment,
    play,
    run,
    runs,
)

ANSWERS: list[Sequence[Says]] = [FINE, TIMEOUT, REFUSED, WRONG, BAD_LOGIN, BLIND]
A_SLOT = st.fixed_dictionaries({t.id: st.sampled_from(ANSWERS) for t in SHOP.targets})
LATE = st.fixed_dictionaries({}, optional={"page": st.sets(st.integers(0, 5)), "store": st.sets(st.integers(0, 5))})


@settings(max_examples=60, deadline=None)
@given(st.lists(A_SLOT, min_size=1, max_size=6), LATE)
def test_whatever_happens_the_report_adds_up_and_is_traced(
    slots: list[Mapping[str, Sequence[Says]]], late: Mapping[str, set[int]]
) -> None:
    for moment in play(SHOP, slots, late):
        report, results = moment.report, [r for made in moment.bundle.runs for r in made.results]
        ids = {r.id: r for r in results}
        assert len(ids) == len(results), "ids of results are unique in a bundle"
        assert sum(c.total for c in report.categories) == len(results)
        for category in report.categories:
            assert category.total == Counter(r.family for r in results)[category.family]
        for problem in report.problems:
            assert ids[problem.result_id].status is Status.FAIL
        for gap in report.coverage_gaps:
            assert set(gap.result_ids) <= set(ids)
            assert gap.remedy
            assert gap.reason
        in_problems = {problem.result_id for problem in report.problems}
        in_gaps = {id for gap in report.coverage_gaps for id in gap.result_ids}
        assert not in_problems & in_gaps
        not_passed = {id for id, r in ids.items() if r.status in (Status.FAIL, Status.UNKNOWN)}
        assert not_passed <= in_problems | in_gaps, "everything that is not fine is a problem or a gap"
        judged = sum(c.passed + c.warned + c.failed for c in report.categories)
        assert judged + sum(c.unknown + c.skipped for c in report.categories) == len(results)
        assert 0 <= report.coverage_percent <= 100
        assert (report.coverage_percent == 100) == (not report.coverage_gaps)
        assert report.critical_targets_judged <= report.critical_targets == 3
        for line in report.services:
            for seen in line.targets:
                assert set(seen.result_ids) == {id for id, r in ids.items() if r.target == seen.id}


@settings(max_examples=80, deadline=None)
@given(st.lists(A_SLOT, min_size=2, max_size=6), st.data())
def test_a_pass_that_turns_into_anything_else_never_makes_a_service_healthy(
    slots: list[dict[str, Sequence[Says]]], data: st.DataObject
) -> None:
    chosen = data.draw(st.sampled_from([t.id for t in SHOP.targets]))
    before = play(SHOP, [*slots[:-1], slots[-1] | {chosen: FINE}])[-1].verdicts
    worse = slots[-1] | {chosen: data.draw(st.sampled_from(ANSWERS[1:]))}
    after = play(SHOP, [*slots[:-1], worse])[-1].verdicts
    assert {s for s, v in after.items() if v == "HEALTHY"} <= {s for s, v in before.items() if v == "HEALTHY"}


@settings(max_examples=80, deadline=None)
@given(st.lists(A_SLOT, min_size=1, max_size=8))
def test_incidents_open_and_end_in_turn_and_only_while_it_is_so(slots: list[dict[str, Sequence[Says]]]) -> None:
    begins, ends = ("opened", "again"), ("resolved", "merged")
    told: dict[str, list[str]] = {"web": [], "database": []}
    ids = []
    for moment in play(SHOP, slots):
        for transition in moment.assessment.transitions:
            if transition.kind in (*begins, *ends):
                told[transition.service].append(str(transition.kind))
            ids.append(transition.id)
        for service, state in moment.assessment.services.items():
            incident = moment.assessment.incidents.open.get(service)
            assert (incident is not None) == (told[service][-1:] in ([kind] for kind in begins))
            if incident is None:
                assert not state.at_fault
    assert len(set(ids)) == len(ids)
    for kinds in told.values():
        assert all(kind in (begins, ends)[number % 2] for number, kind in enumerate(kinds))


def moment(said: Mapping[str, Sequence[Says]]) -> Moment:
    return play(SHOP, [{}, said])[-1]


def test_categories_count_what_was_laid_to_the_vantage_as_unknown() -> None:
    report = moment({"db": TIMEOUT, "home": WRONG}).report
    page, store = report.categories
    assert (page.passed, page.failed, page.unknown, page.skipped) == (3, 1, 0, 0)
    assert (store.passed, store.failed, store.unknown, store.skipped) == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("said", "percent", "why"),
    [
        ({}, 100.0, "6 of 6"),
        ({"home": REFUSED}, 100.0, "a failure is judged, a skipped step is not asked: 5 of 5"),
        ({"db": BLIND}, 66.7, "4 of 6"),
        ({"db": BAD_LOGIN}, 83.3, "5 of 6"),
        ({"db": TIMEOUT}, 80.0, "4 of 5: laid to the vantage, one step skipped"),
        ({"db": BLIND, "home": BLIND, "orders": BLIND}, 0.0, "nothing"),
    ],
)
def test_coverage(said: Mapping[str, Sequence[Says]], percent: float, why: str) -> None:
    assert moment(said).report.coverage_percent == percent, why


def test_a_target_without_a_run_lowers_the_coverage() -> None:
    report = play(SHOP, [{}], silent={"store": range(3)})[0].report
    assert report.coverage_percent == 80.0, "four checks of four, and one target that nobody reported about"
    assert report.runs[1].slot is None
    assert report.runs[1].stale


def test_coverage_is_never_rounded_up_to_all() -> None:
    many = [Says(f"c{n}") for n in range(2500)]
    unseen = Says("one_more", Status.UNKNOWN, "self.bug")
    report = judge_moment(bundle(SHOP, T0, runs(SHOP, T0, {"db": [*many, unseen]}))).report
    assert report.coverage_percent < 100


def test_problems_stand_root_first_then_worst() -> None:
    report = moment({"db": REFUSED, "orders": WRONG, "home": REFUSED}).report
    assert [(p.target, p.victim_of) for p in report.problems] == [("home", ()), ("db", ()), ("orders", ("db",))]
    assert [p.cause_meaning for p in report.problems][1] == "the host answered that nothing listens on the port"
    assert report.problems[1].remediation == "Mend reachable."
    assert report.problems[1].since == T0 + MINUTE
    severe = (Says("reachable", Status.FAIL, "tcp.refused", Phase.TCP, Severity.CRITICAL),)
    first = moment({"db": REFUSED, "home": severe}).report.problems[0]
    assert first.target == "home"


def test_the_headline_names_the_root_and_its_victims() -> None:
    line = moment({"db": REFUSED, "orders": WRONG}).report.headline
    assert line == "Database is DOWN. db reachable FAIL. Failing because of it: Web."


def test_the_headline_of_health_of_blindness_and_of_nothing() -> None:
    assert moment({}).report.headline == "All 2 deployed services are healthy."
    blind = play(SHOP, [{"db": BLIND}])[-1].report.headline
    assert blind == "No outage was seen, but the auditor cannot tell whether Database works."
    none = replace(SHOP, targets=tuple(replace(t, deployed=False) for t in SHOP.targets))
    assert play(none, [{}])[0].report.headline == "Nothing is deployed that could be judged."


def test_the_worst_service_is_the_platforms_verdict() -> None:
    assert moment({"db": REFUSED}).report.verdict is Verdict.DOWN
    assert moment({}).report.verdict is Verdict.HEALTHY
    assert play(SHOP, [{"db": BLIND}])[0].report.verdict is Verdict.UNKNOWN


def test_a_gap_says_each_reason_once_with_all_results_behind_it() -> None:
    page, store = runs(SHOP, T0, {"db": BLIND})
    store = replace(store, results=tuple(replace(r, summary="The probe failed.") for r in store.results))
    (gap,) = judge_moment(bundle(SHOP, T0, [page, store])).report.coverage_gaps
    assert gap.result_ids == (
        "store/db/store.reachable@2026-11-23T16:00:00Z",
        "store/db/store.answers@2026-11-23T16:00:00Z",
    )


def test_response_times_are_per_address_and_only_of_fresh_runs() -> None:
    fresh = moment({}).report.response_times
    assert [(t.target, t.address, t.total_ms, t.ok) for t in fresh] == [
        ("db", "10.0.0.7", 12.5, True),
        ("home", "10.0.0.7", 12.5, True),
        ("orders", "10.0.0.7", 12.5, True),
    ]
    assert [p.phase for p in fresh[0].phases] == ["name", "tcp"]
    old = judge_moment(bundle(SHOP, T0 + 3 * MINUTE, runs(SHOP, T0, {}))).report
    assert old.response_times == ()


def test_how_to_reproduce_names_own_problems_only() -> None:
    commands = moment({"db": REFUSED, "orders": WRONG}).report.reproduce
    assert commands == (
        "audit report out/report/bundle.json --out out/replay",
        "audit run catalog/shop.yaml --target db",
    )


def test_the_vantage_is_told() -> None:
    assert moment({}).report.vantages == ("function probe, inside the audited VPC",)
    away = replace(run(SHOP, "page", T0, {}), vantage=replace(runs(SHOP, T0, {})[0].vantage, in_vpc=False))
    assert "outside the audited VPC" in judge_moment(bundle(SHOP, T0, [away])).report.vantages[0]
    another = replace(away, vantage=replace(away.vantage, name="another"))
    third = replace(away, vantage=replace(away.vantage, in_vpc=True))
    assert judge_moment(bundle(SHOP, T0, [away, another, third])).report.vantages == (
        "2 functions, outside the audited VPC",
        "function probe, inside the audited VPC",
    )
