"""The aggregator over ports in memory: waiting, judging once, and what survives when it is killed or AWS fails."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from auditor.domain.bundle import Bundle
from auditor.domain.codec import from_json
from auditor.domain.incident import Acknowledgement
from auditor.domain.report import Report
from auditor.domain.request import Request, RequestKind
from auditor.names import METRIC_BLIND, METRIC_OPEN_INCIDENTS, METRIC_REPORTS
from auditor.render.report_json import parse_json
from functions.aggregator.aggregate import Ports, aggregate
from tests.fakes import (
    BLIND,
    KNOWLEDGE,
    MINUTE,
    REFUSED,
    SHOP,
    T0,
    WRONG,
    HistoryOf,
    KilledError,
    RequestsOf,
    RunsOf,
    Says,
    StatesOf,
    World,
    aws_error,
    platform,
    play,
    run,
    runs,
    target,
)

Slot = Mapping[str, Sequence[Says]]
OK: Slot = {}
DATABASE_DOWN: Slot = {"db": REFUSED, "orders": WRONG}


def commit(world: World, slot: datetime, said: Slot = OK, only: str = "") -> None:
    for made in runs(SHOP, slot, said):
        if only in ("", made.family):
            world.stored[made.family, made.shard] = made


def judge(world: World, slot: datetime, wait: float = 20.0, where: Any = SHOP) -> Report | None:
    return aggregate(
        stage="test",
        slot=slot,
        platform=where,
        knowledge=KNOWLEDGE,
        ports=Ports(
            runs=RunsOf(world),
            states=StatesOf(world),
            requests=RequestsOf(world),
            extras=world,
            reports=world,
            stories=world,
            history=HistoryOf(world),
            emit=world.emit,
            monotonic=world.monotonic,
            sleep=world.sleep,
            note=world.notes.append,
        ),
        commit_wait_seconds=wait,
        seconds_per_minute=None,
    )


def through(world: World, *slots: Slot) -> list[Report | None]:
    reports = []
    for number, said in enumerate(slots):
        commit(world, T0 + number * MINUTE, said)
        reports.append(judge(world, T0 + number * MINUTE))
    return reports


def values(world: World, metric: str, **dimensions: str) -> list[float]:
    wanted = {"Stage": "test", **dimensions}
    return [v[metric] for _, v, seen in world.metrics if metric in v and seen == wanted]


def test_a_slot_is_judged_published_counted_and_told() -> None:
    world = World()
    reports = through(world, OK, DATABASE_DOWN, OK, OK)
    assert [str(r.verdict) for r in reports if r] == ["HEALTHY", "DOWN", "HEALTHY", "HEALTHY"]
    assert [(s.kind, s.service) for s in world.told] == [("opened", "database"), ("resolved", "database")]
    assert all(item["told_at"] for item in world.outbox.values())
    assert values(world, METRIC_OPEN_INCIDENTS, Service="database") == [0, 1, 1, 0]
    assert values(world, METRIC_OPEN_INCIDENTS, Service="web") == [0, 0, 0, 0]
    assert values(world, METRIC_BLIND) == [0, 0, 0, 0]
    assert values(world, METRIC_REPORTS) == [1, 1, 1, 1]
    assert {slot for slot, _, _ in world.metrics} == {T0 + n * MINUTE for n in range(4)}
    assert world.slept == 0
    assert world.notes == []


def test_the_published_bundle_is_the_moment() -> None:
    world = World()
    through(world, OK, DATABASE_DOWN)
    published = from_json(Bundle, json.loads(world.files["bundle.json", None]))
    assert published.as_of == T0 + MINUTE
    assert published.runs[1].object_key == "store/0"
    assert published.state.as_of == T0
    assert {name for name, _ in world.files} == {"report.html", "report.json", "report.md", "bundle.json"}
    assert next(iter(world.files))[0] == "bundle.json", "a report is never newer than its evidence"


def test_the_story_links_to_the_dated_report_of_its_slot() -> None:
    world = World()
    through(world, OK, DATABASE_DOWN)
    link = world.link("report.html", T0 + MINUTE)
    assert link in world.told[0].text
    assert ("report.html", T0 + MINUTE) in world.files


def test_dated_reports_are_kept_hourly_and_at_each_change() -> None:
    world = World()
    start = T0 + 57 * MINUTE
    for number, said in enumerate([OK, OK, OK, OK, {"home": WRONG}, {"home": WRONG}, OK]):
        commit(world, start + number * MINUTE, said)
        judge(world, start + number * MINUTE)
    dated = sorted(instant for name, instant in world.files if name == "report.json" and instant is not None)
    assert dated == [start + n * MINUTE for n in (0, 3, 4, 6)], "the first, the new hour, the outage, the recovery"


def test_it_waits_for_the_slots_commits() -> None:
    world = World()
    commit(world, T0)
    judge(world, T0)
    commit(world, T0 + MINUTE, only="page")
    world.slept = 0.0
    world.on_sleep = lambda slept: commit(world, T0 + MINUTE, DATABASE_DOWN, only="store") if slept > 3 else None
    report = judge(world, T0 + MINUTE)
    assert report is not None
    assert report.services[1].verdict == "DOWN"
    assert 3 < world.slept < 4
    assert world.notes == []


@pytest.mark.parametrize("wait", [0.0, 1.0, 20.0])
def test_it_gives_up_in_time_and_says_who_is_late(wait: float) -> None:
    world = World()
    commit(world, T0)
    judge(world, T0)
    commit(world, T0 + MINUTE, only="page")
    world.slept = 0.0
    report = judge(world, T0 + MINUTE, wait)
    assert report is not None
    assert wait - 0.3 <= world.slept <= wait
    assert world.notes == [f"store/0 did not commit slot 2026-11-23T16:01:00Z within {wait:g} s: it is late"]
    assert [line.slot for line in report.runs] == [T0 + MINUTE, T0]
    assert report.verdict == "HEALTHY", "the slot before still stands"


def test_a_family_of_five_minutes_is_awaited_for_its_own_slot_only() -> None:
    where = platform([target("edge", "slowly", "edge")])
    world = World()
    world.stored["slowly", 0] = run(where, "slowly", T0 + 5 * MINUTE, {})
    for minute in (5, 6, 9):
        assert judge(world, T0 + minute * MINUTE, where=where) is not None
    assert world.slept == 0
    judge(world, T0 + 10 * MINUTE, where=where)
    assert world.slept > 19


def test_a_family_that_never_reported_is_unknown_and_not_healthy() -> None:
    world = World()
    commit(world, T0, only="page")
    report = judge(world, T0, 1.0)
    assert report is not None
    assert report.verdict == "UNKNOWN"
    assert [gap.target for gap in report.coverage_gaps] == ["db"]


def test_the_same_slot_twice_changes_nothing() -> None:
    world = World()
    through(world, OK, DATABASE_DOWN)
    before = (world.saves, list(world.metrics), dict(world.files), list(world.told), world.state)
    commit(world, T0 + MINUTE, OK)
    assert judge(world, T0 + MINUTE) is None
    assert judge(world, T0) is None, "an older slot comes too late"
    assert (world.saves, world.metrics, world.files, world.told, world.state) == before


def test_a_slot_that_another_aggregator_judged_first_is_dropped() -> None:
    world = World()
    through(world, OK)
    commit(world, T0 + MINUTE, DATABASE_DOWN)
    counted = len(world.metrics)

    def another_is_faster(call: str) -> None:
        if call == "states.save":
            world.before_call = lambda _call: None
            world.state = world.state | {"version": 2}

    world.before_call = another_is_faster
    assert judge(world, T0 + MINUTE) is None
    assert len(world.metrics) == counted
    assert world.told == []
    assert "dropped" in world.notes[0]


def test_an_unreadable_run_makes_its_targets_unknown_and_not_the_others() -> None:
    world = World()
    commit(world, T0)
    world.unreadable = {("store", 0)}
    report = judge(world, T0)
    assert report is not None
    assert {line.id: str(line.verdict) for line in report.services} == {"web": "HEALTHY", "database": "UNKNOWN"}
    assert world.notes == ["object store/0: altered; its targets are unknown in this moment"]


def test_what_people_ask_is_carried_out_once_with_the_next_slot() -> None:
    world = World()
    through(world, OK, DATABASE_DOWN)
    world.requests = [
        Request(id="2", kind=RequestKind.SILENCE, service="web", by="ada", reason="r", duration=2 * MINUTE),
        Request(id="1", kind=RequestKind.ACK, service="database", by="ada"),
        Request(id="3", kind=RequestKind.ACK, service="nobody", by="ada"),
    ]
    for minute in (2, 3, 4):
        commit(world, T0 + minute * MINUTE, DATABASE_DOWN)
        judge(world, T0 + minute * MINUTE)
    state = StatesOf(world).load()
    assert state.merged_requests == ("1", "2", "3")
    assert state.silences == (), "it began with the slot that merged it, and ended"
    incident = state.incidents.open["database"]
    assert incident.acknowledged == Acknowledgement(by="ada", at=T0 + 2 * MINUTE)
    assert [entry.text for entry in incident.timeline].count("acknowledged by ada") == 1


def test_requests_that_cannot_be_read_cost_nothing_but_themselves() -> None:
    world = World()

    def denied(name: str) -> None:
        if name == "requests.pending":
            raise aws_error("AccessDenied")

    world.before_call = denied
    reports = through(world, OK, DATABASE_DOWN)
    assert [str(r.verdict) for r in reports if r] == ["HEALTHY", "DOWN"]
    assert "the next slot merges them" in world.notes[0]


EDGE = platform([target("home", "page", "web"), target("tasks", "slowly", "web")])


def edge_fails(world: World) -> Report | None:
    """A page that fails between two runs of the family that asks AWS."""
    world.stored = {(made.family, 0): made for made in runs(EDGE, T0, OK)}
    judge(world, T0, where=EDGE)
    world.stored["page", 0] = run(EDGE, "page", T0 + MINUTE, {"home": WRONG})
    return judge(world, T0 + MINUTE, where=EDGE)


def test_a_first_failure_asks_once_for_extra_runs_and_after_all_was_told() -> None:
    world, calls = World(), []
    world.before_call = calls.append
    edge_fails(world)
    assert world.asked == [("slowly", 0, T0 + MINUTE)]
    assert calls[-1] == "extras.ask", "whoever is to be told does not wait for it"
    assert judge(world, T0 + MINUTE, where=EDGE) is None
    world.stored["page", 0] = run(EDGE, "page", T0 + 2 * MINUTE, {"home": WRONG})
    judge(world, T0 + 2 * MINUTE, where=EDGE)
    assert len(world.asked) == 1


def test_extra_runs_that_cannot_be_asked_for_cost_a_note() -> None:
    world = World()

    def denied(name: str) -> None:
        if name == "extras.ask":
            raise aws_error("AccessDenied", "Invoke")

    world.before_call = denied
    assert edge_fails(world) is not None
    (note,) = world.notes
    assert "no extra run of slowly/0 or further ones could be asked for (ClientError)" in note
    assert values(world, METRIC_REPORTS) == [1, 1]
    assert [s.kind for s in world.told] == ["opened"]


def test_extra_runs_are_asked_for_also_when_the_report_cannot_be_published() -> None:
    world = World()

    def denied(name: str) -> None:
        if name == "reports.publish" and world.saves == 2:
            raise aws_error("AccessDenied", "PutObject")

    world.before_call = denied
    with pytest.raises(Exception, match="AccessDenied"):
        edge_fails(world)
    assert world.asked == [("slowly", 0, T0 + MINUTE)]


def test_an_extra_run_is_in_the_bundle_and_moves_no_verdict_and_no_number() -> None:
    world, without = World(), World()
    for each in (world, without):
        edge_fails(each)
        each.stored["page", 0] = run(EDGE, "page", T0 + 2 * MINUTE, OK)
    world.extra["slowly", 0] = run(EDGE, "slowly", T0 + MINUTE, {"tasks": WRONG}, extra=True)
    report, other = (judge(each, T0 + 2 * MINUTE, where=EDGE) for each in (world, without))
    published = from_json(Bundle, json.loads(world.files["bundle.json", None]))
    assert [(r.family, r.slot, r.extra) for r in published.runs] == [
        ("page", T0 + 2 * MINUTE, False),
        ("slowly", T0, False),
        ("slowly", T0 + MINUTE, True),
    ]
    assert report is not None
    assert report == other


def test_an_extra_run_that_the_schedule_overtook_is_left_out() -> None:
    world = World()
    edge_fails(world)
    world.extra["slowly", 0] = run(EDGE, "slowly", T0 + MINUTE, {}, extra=True)
    for made in runs(EDGE, T0 + 5 * MINUTE, OK):
        world.stored[made.family, 0] = made
    judge(world, T0 + 5 * MINUTE, where=EDGE)
    published = from_json(Bundle, json.loads(world.files["bundle.json", None]))
    assert [run.extra for run in published.runs] == [False, False]


def test_waiting_asks_twice_a_second_and_for_what_is_older_only_once() -> None:
    world, asked = World(), []
    commit(world, T0)
    judge(world, T0)
    world.before_call = lambda name: asked.append(name) if name == "runs.latest" else None
    commit(world, T0 + MINUTE, only="page")
    world.slept = 0.0
    judge(world, T0 + MINUTE, 10.0)
    assert len(asked) == 1 + 21 + 1, "the page once, the store each half second, and what it has instead"


def test_blindness_is_counted() -> None:
    world = World()
    through(world, {"home": BLIND, "orders": BLIND, "db": BLIND})
    assert values(world, METRIC_BLIND) == [1]


@pytest.mark.parametrize("call", ["stories.tell", "states.mark_told"])
def test_what_cannot_be_told_stays_in_the_outbox_and_is_told_in_the_next_slot(call: str) -> None:
    world = World()

    def denied(name: str) -> None:
        if name == call:
            raise aws_error("AuthorizationError")

    world.before_call = denied
    through(world, OK, DATABASE_DOWN)
    assert len(world.pending()) == 1
    assert values(world, METRIC_REPORTS) == [1, 1]
    assert any("stays in the outbox" in note for note in world.notes)
    assert "hunter2" not in " ".join(world.notes)
    world.before_call = lambda _name: None
    commit(world, T0 + 2 * MINUTE, DATABASE_DOWN)
    judge(world, T0 + 2 * MINUTE)
    assert [s.kind for s in world.told][-1] == "opened"
    assert world.pending() == ()


def test_a_duplicate_event_tells_what_was_left_in_the_outbox() -> None:
    world = World()
    world.before_call = lambda name: (_ for _ in ()).throw(aws_error("Throttling")) if name == "stories.tell" else None
    through(world, OK, DATABASE_DOWN)
    world.before_call = lambda _name: None
    assert judge(world, T0 + MINUTE) is None
    assert [s.service for s in world.told] == ["database"]


def test_a_report_that_cannot_be_published_is_not_counted_and_the_story_is_told_all_the_same() -> None:
    world = World()
    through(world, OK)

    def denied(name: str) -> None:
        if name == "reports.publish":
            raise aws_error("AccessDenied", "PutObject")

    world.before_call = denied
    commit(world, T0 + MINUTE, DATABASE_DOWN)
    with pytest.raises(Exception, match="AccessDenied"):
        judge(world, T0 + MINUTE)
    assert values(world, METRIC_REPORTS) == [1], "only that of the first slot"
    assert values(world, METRIC_OPEN_INCIDENTS, Service="database") == [0, 1], "the page does not hang on S3"
    assert [s.service for s in world.told] == ["database"]


def test_a_run_ahead_of_the_slot_is_judged_and_noted() -> None:
    world = World()
    commit(world, T0 + MINUTE)
    assert judge(world, T0) is not None
    assert len([note for note in world.notes if "is ahead of slot" in note]) == 2


STEPS: list[Slot] = [OK, DATABASE_DOWN, OK, {"home": WRONG}]


def reference() -> World:
    world = World()
    through(world, *STEPS)
    return world


def calls_of_a_whole_sequence() -> int:
    world, calls = World(), []
    world.before_call = calls.append
    through(world, *STEPS)
    return len(calls)


def killed_at(number: int) -> Callable[[str], None]:
    seen = [0]

    def before_call(_name: str) -> None:
        seen[0] += 1
        if seen[0] == number:
            raise KilledError

    return before_call


@pytest.mark.parametrize("number", range(1, calls_of_a_whole_sequence() + 1))
def test_killed_before_any_port_call_and_run_again_the_state_and_the_stories_are_the_same(number: int) -> None:
    expected, world = reference(), World()
    world.before_call = killed_at(number)
    died = 0
    for step, said in enumerate(STEPS):
        slot = T0 + step * MINUTE
        commit(world, slot, said)
        try:
            judge(world, slot)
        except KilledError:
            died += 1
            judge(world, slot)
    assert died == 1
    assert world.state == expected.state
    assert world.outbox.keys() == expected.outbox.keys(), "one entry per transition"
    assert all(item["told_at"] for item in world.outbox.values())
    told = [story.id for story in world.told]
    assert set(told) == set(expected.outbox)
    assert len(told) - len(set(told)) <= 1, "told twice only when it died between publishing and marking"
    assert len(values(world, METRIC_REPORTS)) <= len(STEPS)
    latest = json.loads(world.files["bundle.json", None])
    assert latest["as_of"] in ("2026-11-23T16:03:00Z", "2026-11-23T16:02:00Z")


def test_the_aggregator_and_the_pure_sequence_agree() -> None:
    world = World()
    reports = through(world, *STEPS)
    pure = [m.report for m in play(SHOP, STEPS)]
    for one, other in zip(reports, pure, strict=True):
        assert one is not None
        with_keys = tuple(replace(line, object_key="") for line in one.runs)
        # The pure sequence has no past; what that adds is tested with the history.
        assert replace(one, runs=with_keys, levels=other.levels, change=None) == other


def test_an_hour_and_more_of_silence_is_survived() -> None:
    world = World()
    through(world, OK)
    later = T0 + timedelta(days=2)
    report = judge(world, later, 0.5)
    assert report is not None
    assert report.verdict == "UNKNOWN"
    assert values(world, METRIC_BLIND) == [0, 1]


def test_a_diagnosis_that_breaks_costs_neither_page_nor_story_and_is_told_as_undecided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("functions.aggregator.aggregate.diagnosis_of", breaks)
    world = World()
    _, report = through(world, OK, DATABASE_DOWN)
    assert report is not None
    failing = {p.result_id for p in report.problems if p.status == "FAIL"}
    assert failing
    assert set(report.unexplained) == failing
    assert "ZeroDivisionError" in report.next_observation
    assert values(world, METRIC_OPEN_INCIDENTS, Service="database") == [0, 1], "the page does not hang on the diagnosis"


def test_a_past_that_cannot_be_read_costs_neither_report_nor_story() -> None:
    world = World()
    through(world, OK)

    def refuse(call: str) -> None:
        if call == "history.past":
            raise aws_error("ThrottlingException")

    world.before_call = refuse
    commit(world, T0 + MINUTE, DATABASE_DOWN)
    report = judge(world, T0 + MINUTE)
    assert report is not None
    assert [story.kind for story in world.told] == ["opened"]
    assert {window.covered_minutes for level in report.levels for window in level.windows} == {1}
    assert any(note.startswith("the past could not be read (ClientError)") for note in world.notes)


def test_what_cannot_be_kept_costs_neither_report_nor_story() -> None:
    world = World()
    through(world, OK)

    def refuse(call: str) -> None:
        if call.startswith("history.append"):
            raise aws_error("ThrottlingException")

    world.before_call = refuse
    commit(world, T0 + MINUTE, DATABASE_DOWN)
    assert judge(world, T0 + MINUTE) is not None
    assert [story.kind for story in world.told] == ["opened"]
    assert world.notes == ["what was counted could not be kept (ClientError): it will be counted as late"]


def test_every_judged_slot_is_counted_and_dated_reports_are_remembered() -> None:
    world = World()
    through(world, OK, DATABASE_DOWN, DATABASE_DOWN)
    assert sorted(world.kept["tally"]) == [T0, T0 + MINUTE, T0 + 2 * MINUTE]
    assert sorted(world.kept["report"]) == [T0, T0 + MINUTE], "the first, and the outage"
    published = parse_json(world.files["report.json", None])
    assert published.change is not None
    assert published.change.since == T0 + MINUTE
