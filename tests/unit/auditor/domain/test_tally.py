"""Tallies: each run counts once, with what attribution said of it in its own moment."""

from dataclasses import replace
from datetime import timedelta

from auditor.domain.bundle import Bundle
from auditor.domain.histogram import buckets_of
from auditor.domain.rollup import Counts, Span
from auditor.domain.tally import RunTally, Tally, distinct, run_key, spans, tally_late, tally_runs
from auditor.domain.topology import MaintenanceWindow
from tests.fakes import (
    FINE,
    KNOWLEDGE,
    MINUTE,
    REFUSED,
    SHOP,
    T0,
    TIMEOUT,
    WRONG,
    bundle,
    judge_moment,
    platform,
    run,
    runs,
    target,
)


def tallied(moment: Bundle) -> dict[str, RunTally]:
    readings = judge_moment(moment).assessment.readings
    return {run.family: run for run in tally_runs(moment, readings, KNOWLEDGE.periods)}


def test_a_run_is_counted_by_target_and_by_service() -> None:
    found = tallied(bundle(SHOP, T0, runs(SHOP, T0, {"orders": WRONG})))
    page = found["page"]
    assert page.key == run_key("page", 0, T0) == "page#0#2026-11-23T16:00:00Z"
    assert (page.targets, page.outcomes, page.minutes) == (("home", "orders"), "PF", 1)
    assert list(page.buckets) == buckets_of([12.5, None]), "how long a failure took is no response time"
    assert page.services == {"web": Counts(passed=1, failed=1)}
    assert found["store"].services == {"database": Counts(passed=1)}


def test_a_failure_laid_to_the_vantage_is_no_valid_event() -> None:
    found = tallied(bundle(SHOP, T0, runs(SHOP, T0, {"db": TIMEOUT})))
    assert found["store"].outcomes == "V"
    assert found["store"].services["database"].valid == 0


def test_what_was_counted_what_is_stale_and_what_is_extra_is_left_out() -> None:
    moment = bundle(SHOP, T0, runs(SHOP, T0, {}))
    assert tallied(replace(moment, counted=(run_key("page", 0, T0),))).keys() == {"store"}
    assert tallied(replace(moment, as_of=T0 + 3 * MINUTE)) == {}
    extra = replace(run(SHOP, "page", T0, {}), extra=True)
    assert tallied(bundle(SHOP, T0, [extra])) == {}


def test_targets_that_are_not_critical_or_not_deployed_count_for_no_service() -> None:
    where = platform(
        [
            target("home", "page", "web", critical=False),
            target("soon", "page", "web", deployed=False),
            target("orders", "page", "web"),
        ]
    )
    found = tallied(bundle(where, T0, runs(where, T0, {"home": WRONG})))["page"]
    assert (found.targets, found.outcomes) == (("home", "orders"), "FP")
    assert found.services == {"web": Counts(passed=1)}


def test_planned_maintenance_is_counted_apart() -> None:
    window = MaintenanceWindow(id="m", services=("database",), reason="r", starts=T0, ends=T0 + MINUTE)
    where = replace(SHOP, maintenance=(window,))
    found = tallied(bundle(where, T0, runs(where, T0, {"db": REFUSED})))
    assert (found["store"].outcomes, found["page"].outcomes) == ("M", "PP")
    after = tallied(bundle(where, T0 + MINUTE, runs(where, T0 + MINUTE, {"db": REFUSED})))
    assert after["store"].outcomes == "F"


def test_a_run_that_two_tallies_hold_counts_once() -> None:
    page = tallied(bundle(SHOP, T0, runs(SHOP, T0, {})))["page"]
    worse = replace(page, outcomes="FF", services={"web": Counts(failed=2)})
    tallies = [Tally(as_of=T0 + n * MINUTE, score=None, runs=(each,)) for n, each in enumerate((page, worse, page))]
    assert distinct(tallies) == [page]


def test_a_late_run_is_attributed_by_what_the_others_say() -> None:
    late = run(SHOP, "store", T0 - 4 * MINUTE, {"db": TIMEOUT})
    moment = bundle(SHOP, T0, runs(SHOP, T0, {}))
    found = tally_late(moment, KNOWLEDGE, family="store", shard=0, slot=late.slot, results=late.results)
    assert (found.slot, found.outcomes) == (late.slot, "V"), "orders passed and cannot without db"
    down = bundle(SHOP, T0, runs(SHOP, T0, {"orders": WRONG}))
    found = tally_late(down, KNOWLEDGE, family="store", shard=0, slot=late.slot, results=late.results)
    assert found.outcomes == "F"
    assert found.services == {"database": Counts(failed=1)}


def test_a_late_run_of_a_target_that_is_gone_says_nothing() -> None:
    late = run(SHOP, "page", T0, {"home": FINE})
    where = platform([target("orders", "page", "web")])
    found = tally_late(bundle(where, T0, ()), KNOWLEDGE, family="page", shard=0, slot=T0, results=late.results)
    assert found.targets == ("orders",)


def test_spans_hold_the_slots_of_a_time_and_its_covered_minutes() -> None:
    def of(minute: int, family: str = "page", minutes: int = 1) -> RunTally:
        return RunTally(
            family=family,
            shard=0,
            slot=T0 + minute * MINUTE,
            minutes=minutes,
            targets=(),
            outcomes="",
            buckets=(),
            services={"web": Counts(passed=1)},
        )

    seen = [of(0), of(1), of(3), of(0, "slowly", 5), of(5, "slowly", 5)]
    end = T0 + 8 * MINUTE
    assert spans(seen, T0, end) == {"web": Span(Counts(passed=5), 8)}, "overlapping minutes are covered once"
    assert spans(seen, T0 + MINUTE, end) == {"web": Span(Counts(passed=3), 5)}
    assert spans(seen, T0, T0 + MINUTE) == {"web": Span(Counts(passed=2), 1)}
    assert spans(seen, end, end + timedelta(hours=1)) == {}
