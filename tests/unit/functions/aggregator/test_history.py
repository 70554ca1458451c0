"""What the aggregator keeps, over hours: late runs, closed hours and days, and a report that its bundle gives again."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import pytest

from auditor.domain.assessment import assess
from auditor.domain.bundle import Bundle
from auditor.domain.codec import from_json, to_json
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.history import DAY, HOUR
from auditor.domain.past import Past, windows_of
from auditor.domain.report import Report
from auditor.domain.reporting import build_report
from auditor.domain.rollup import Counts, Span
from auditor.domain.slo import ServiceLevel
from functions.aggregator.history import Moment, keep, remembered
from tests.fakes import (
    KNOWLEDGE,
    MINUTE,
    REFUSED,
    SHOP,
    T0,
    HistoryOf,
    RunsOf,
    Says,
    World,
    aws_error,
    bundle,
    judge_moment,
    runs,
)

Said = Mapping[str, Sequence[Says]]
DOWN: Said = {"db": REFUSED}


class Auditor:
    """Slots played one after the other against a world; the state is kept here."""

    def __init__(self, begin: datetime) -> None:
        self.world = World()
        self.at = begin
        self.state = bundle(SHOP, begin, ()).state
        self.bundle: Bundle | None = None

    def commit(self, said: Said | None = None, *, families: Sequence[str] = ("page", "store")) -> None:
        """The probes of this slot."""
        for made in runs(SHOP, self.at, said or {}):
            if made.family in families:
                self.world.stored[made.family, made.shard] = made
                self.world.committed[made.family, made.shard, made.slot] = made

    def judge(self, *, dated: bool = False) -> Report:
        """The aggregator of this slot."""
        history = HistoryOf(self.world)
        past = history.past(self.at, windows_of(SHOP)[-1])
        seen = [run for run in self.world.stored.values() if run.slot <= self.at]
        self.bundle = remembered(bundle(SHOP, self.at, seen, self.state), past)
        moment = judge_moment(self.bundle, lambda _readings: Diagnosis())
        kept = Moment(bundle=self.bundle, assessment=moment.assessment, report=moment.report, dated=dated)
        keep(history, RunsOf(self.world), past, kept, KNOWLEDGE)
        self.state = moment.assessment.next_state(self.bundle)
        return moment.report

    def play(self, minutes: int, said: Said | None = None) -> Report:
        """So many slots in which all went on as said; afterwards the next one begins."""
        for _ in range(minutes):
            self.commit(said)
            report = self.judge()
            self.at += MINUTE
        return report


def level(report: Report, service: str = "database") -> ServiceLevel:
    return next(found for found in report.levels if found.service == service)


def window(report: Report, name: str, service: str = "database") -> Counts:
    return next(w.counts for w in level(report, service).windows if w.window == name)


def hour(world: World, begin: datetime) -> Span:
    found: Span = world.kept["hour"][begin][0].services["database"]
    return found


def test_each_slot_counts_once_in_every_window() -> None:
    auditor = Auditor(T0)
    auditor.play(3)
    report = auditor.play(2, DOWN)
    for name in ("1h", "24h", "7d", "30d", "90d"):
        assert window(report, name) == Counts(passed=3, failed=2)
    assert level(report).windows[0].covered_minutes == 5
    assert level(report, "web").windows[0].counts == Counts(passed=10)


def test_the_same_slot_judged_again_changes_nothing() -> None:
    auditor = Auditor(T0)
    auditor.play(2)
    kept = json.dumps(sorted(auditor.world.kept["tally"], key=str), default=str)
    auditor.at -= MINUTE
    again = auditor.judge()
    assert json.dumps(sorted(auditor.world.kept["tally"], key=str), default=str) == kept
    assert window(again, "1h") == Counts(passed=2)


def test_an_hour_is_closed_once_ten_minutes_after_its_end() -> None:
    auditor = Auditor(T0)
    auditor.play(70, DOWN)
    assert "hour" not in auditor.world.kept
    auditor.play(1)
    assert hour(auditor.world, T0) == Span(Counts(failed=60), 60)
    targets = auditor.world.kept["hour"][T0][1]
    assert targets["home"].counts == Counts(passed=60)
    assert targets["home"].latency.total == 60
    first = auditor.world.kept["hour"][T0]
    auditor.play(30)
    assert auditor.world.kept["hour"][T0] is first
    assert len(auditor.world.kept["hour"]) == 1


def test_windows_do_not_jump_where_an_hour_is_closed() -> None:
    auditor = Auditor(T0)
    bad = 0
    for minute in range(140):
        bad += minute % 7 == 0
        report = auditor.play(1, DOWN if minute % 7 == 0 else None)
        assert window(report, "24h") == Counts(passed=minute + 1 - bad, failed=bad)
        assert level(report).windows[1].covered_minutes == minute + 1
        assert window(report, "1h").valid == min(minute + 1, 60)


@pytest.mark.parametrize("missed", [31, 59])
def test_a_late_run_counts_in_its_hour_and_changes_no_verdict(missed: int) -> None:
    auditor = Auditor(T0)
    for minute in range(71):
        if minute == missed:
            auditor.commit(families=("page",))
            stood = auditor.judge()
            late = next(run for run in runs(SHOP, auditor.at, DOWN) if run.family == "store")
            auditor.world.committed["store", 0, late.slot] = late
            auditor.at += MINUTE
        else:
            report = auditor.play(1)
    assert str(stood.verdict) == str(report.verdict) == "HEALTHY"
    assert not report.problems
    assert hour(auditor.world, T0) == Span(Counts(passed=59, failed=1), 60)


def test_a_run_that_comes_after_its_hour_was_closed_counts_nowhere() -> None:
    auditor = Auditor(T0)
    auditor.play(30)
    auditor.commit(families=("page",))
    auditor.judge()
    never = auditor.at
    auditor.at += MINUTE
    auditor.play(50)
    assert hour(auditor.world, T0) == Span(Counts(passed=59, unknown=1), 59)
    late = next(run for run in runs(SHOP, never, DOWN) if run.family == "store")
    auditor.world.committed["store", 0, never] = late
    report = auditor.play(30)
    assert window(report, "24h") == Counts(passed=110, unknown=1)


def test_what_a_dead_aggregator_did_not_count_is_found() -> None:
    auditor = Auditor(T0)
    auditor.play(20)
    for _ in range(25):
        auditor.commit(DOWN)
        auditor.at += MINUTE
    report = auditor.play(30)
    assert window(report, "24h") == Counts(passed=50, failed=25)
    assert hour(auditor.world, T0) == Span(Counts(passed=35, failed=25), 60)


def test_what_could_not_be_kept_is_found() -> None:
    auditor = Auditor(T0)
    auditor.play(5)

    def refuse(call: str) -> None:
        if call == "history.append_tally":
            raise aws_error("ThrottlingException")

    auditor.world.before_call = refuse
    auditor.commit()
    with pytest.raises(Exception, match="Throttling"):
        auditor.judge()
    auditor.world.before_call = lambda _call: None
    auditor.at += MINUTE
    report = auditor.play(15)
    assert window(report, "1h") == Counts(passed=21)


def test_two_hours_of_silence_are_no_hours_and_not_covered() -> None:
    auditor = Auditor(T0)
    auditor.play(75)
    auditor.at += 5 * HOUR
    report = auditor.play(15)
    counted, covered = window(report, "24h"), level(report).windows[1].covered_minutes
    assert (counted.valid, covered) == (75, 75), "of the hour that nobody closed only what is open is known"


def test_a_day_is_closed_from_its_hours() -> None:
    midnight = T0.replace(hour=0)
    auditor = Auditor(midnight - 3 * HOUR)
    auditor.play(10, DOWN)
    auditor.play(179)
    assert "day" not in auditor.world.kept
    auditor.play(2)
    day, targets = auditor.world.kept["day"][midnight - DAY]
    assert day.services["database"] == Span(Counts(passed=170, failed=10), 180)
    assert targets["db"].counts == Counts(passed=170, failed=10)
    assert targets["db"].latency.total == 170
    assert day.scored == 180
    report = auditor.play(1)
    assert window(report, "7d") == Counts(passed=182, failed=10)
    assert [(p.hours, p.begin) for p in report.trend] == [(24, midnight - DAY)]


def test_the_report_says_what_changed_since_the_last_dated_one() -> None:
    auditor = Auditor(T0)
    auditor.commit()
    assert auditor.judge(dated=True).change is None
    auditor.at += MINUTE
    report = auditor.play(1, DOWN)
    assert report.change is not None
    assert report.change.since == T0
    assert [(c.service, str(c.before), str(c.after)) for c in report.change.services] == [
        ("database", "HEALTHY", "DOWN"),
    ]
    assert report.change.new_problems == ("db store.reachable",)
    assert report.change.score_points is not None
    assert report.change.score_points < 0
    assert report.change.availability_points == {"database": -50.0}


def test_the_bundle_gives_the_same_report_again() -> None:
    auditor = Auditor(T0)
    auditor.play(80, DOWN)
    auditor.commit()
    auditor.judge(dated=True)
    auditor.at += MINUTE
    report = auditor.play(1)
    assert auditor.bundle is not None
    again = from_json(Bundle, json.loads(json.dumps(to_json(auditor.bundle))))
    assessment = assess(again, KNOWLEDGE, lambda _readings: Diagnosis())
    assert build_report(again, assessment, KNOWLEDGE) == report
    assert report.change is not None
    assert len(again.rollups) == 2


def test_a_run_of_a_longer_period_is_counted_once_and_not_every_minute() -> None:
    auditor = Auditor(T0)
    auditor.commit()
    auditor.judge()
    auditor.at += MINUTE
    auditor.commit(families=("page",))
    report = auditor.judge()
    assert window(report, "1h") == Counts(passed=1), "the store's run of the slot before was counted then"
    assert auditor.bundle is not None
    assert auditor.bundle.counted == ("store#0#2026-11-23T16:00:00Z",)


def test_the_first_slot_of_all_has_levels_of_itself_only() -> None:
    report = judge_moment(remembered(bundle(SHOP, T0, runs(SHOP, T0, DOWN)), Past())).report
    assert window(report, "90d") == Counts(failed=1)
