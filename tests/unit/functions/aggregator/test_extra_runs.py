"""A real platform's incident that only AWS can decide: its root is known a minute after the first failure."""

from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

from auditor.domain.bundle import Bundle, Run
from auditor.domain.instants import floor_to
from auditor.domain.report import Report
from cli.deviations import deviated
from cli.incidents import load_incident
from cli.replay import read_bundle, reassess
from functions.aggregator.aggregate import Ports, aggregate
from functions.aggregator.claims import claims_of
from functions.aggregator.registry import knowledge
from tests.fakes import MINUTE, HistoryOf, RequestsOf, RunsOf, StatesOf, World

INCIDENTS = Path(__file__).resolve().parents[3] / "incidents"
ROOT = ("taskdef.api", "DB_WRONG_USER", "high")
"""Of H14: pages and logins say that the service's user is refused; only its configuration says that it is wrong."""


@cache
def moments() -> tuple[Bundle, Bundle]:
    """The platform when all is well, and with H14."""
    healthy = read_bundle(INCIDENTS / "bundles" / "hokusai-development.json")
    return reassess(healthy)[0], reassess(deviated(healthy, load_incident(INCIDENTS / "H14.yaml")))[0]


HEALTHY, BROKEN = moments()
START = floor_to(HEALTHY.as_of, 5 * MINUTE) + MINUTE


def at(run: Run, slot: datetime, *, extra: bool = False) -> Run:
    """What the run saw, seen in another slot."""
    return replace(
        run,
        slot=slot,
        extra=extra,
        observations=tuple(replace(each, slot=slot) for each in run.observations),
        results=tuple(replace(each, slot=slot) for each in run.results),
    )


def commit(world: World, bundle: Bundle, slot: datetime) -> None:
    """What the schedules start in a slot."""
    for run in bundle.runs:
        if floor_to(slot, knowledge().periods[run.family]) == slot:
            world.stored[run.family, run.shard] = at(run, slot)


def carry_out(world: World, bundle: Bundle) -> None:
    """What the extra runs that were asked for see."""
    for run in bundle.runs:
        for family, shard, slot in world.asked:
            if (run.family, run.shard) == (family, shard):
                world.extra[family, shard] = at(run, slot, extra=True)


def judge(world: World, slot: datetime) -> Report:
    report = aggregate(
        stage="test",
        slot=slot,
        platform=HEALTHY.platform,
        knowledge=knowledge(),
        ports=Ports(
            runs=RunsOf(world),
            states=StatesOf(world),
            requests=RequestsOf(world),
            extras=world,
            reports=world,
            history=HistoryOf(world),
            stories=world,
            emit=world.emit,
            monotonic=world.monotonic,
            sleep=world.sleep,
            note=world.notes.append,
        ),
        commit_wait_seconds=0.0,
        seconds_per_minute=None,
    )
    assert report is not None
    return report


def roots(report: Report) -> list[tuple[str, str, str]]:
    return [(root.component, root.fault, root.confidence) for root in report.roots]


def outage() -> World:
    """A world in which the first failure was judged, four minutes before AWS is asked by schedule."""
    world = World()
    for minute in range(-1, 1):
        commit(world, HEALTHY, START + minute * MINUTE)
        judge(world, START + minute * MINUTE)
    assert world.asked == []
    commit(world, BROKEN, START + MINUTE)
    first = judge(world, START + MINUTE)
    assert (roots(first), bool(first.unexplained)) == ([], True), "the contact alone does not decide"
    assert world.told == [], "one bad slot opens nothing"
    return world


def test_a_first_failure_asks_the_families_that_ask_aws_and_no_other() -> None:
    families = {family for family, _, _ in outage().asked}
    assert families
    assert families <= knowledge().periods.keys() - knowledge().contacting
    assert {slot for _, _, slot in outage().asked} == {START + MINUTE}


def test_the_root_is_known_a_minute_after_the_first_failure_and_told_with_the_opening() -> None:
    world = outage()
    carry_out(world, BROKEN)
    commit(world, BROKEN, START + 2 * MINUTE)
    second = judge(world, START + 2 * MINUTE)
    assert roots(second) == [ROOT]
    assert second.unexplained == ()
    (story,) = world.told
    assert story.kind == "opened"
    assert "DB_WRONG_USER" in story.text


def test_without_the_extra_run_the_opening_could_tell_no_root() -> None:
    world = outage()
    commit(world, BROKEN, START + 2 * MINUTE)
    assert roots(judge(world, START + 2 * MINUTE)) == []
    assert [story.kind for story in world.told] == ["opened"]
    assert "DB_WRONG_USER" not in world.told[0].text


def test_a_failure_that_passed_in_a_minute_has_no_root_and_is_told_to_nobody() -> None:
    world = outage()
    carry_out(world, BROKEN)
    commit(world, HEALTHY, START + 2 * MINUTE)
    assert roots(judge(world, START + 2 * MINUTE)) == [], "nothing fails, so nothing is at fault"
    assert world.told == []


def test_of_a_target_only_the_newest_facts_speak() -> None:
    def configured(bundle: Bundle) -> set[str]:
        return {str(claim) for claim in claims_of(bundle)}

    extra = [at(run, HEALTHY.as_of, extra=True) for run in BROKEN.runs if run.family not in knowledge().contacting]
    later = replace(HEALTHY, runs=(*HEALTHY.runs, *extra))
    newest = {(run.family, run.shard): run for run in later.runs}
    assert configured(later) == configured(replace(HEALTHY, runs=tuple(newest.values())))
    assert configured(later) != configured(HEALTHY)
    older = [at(run, HEALTHY.as_of - 20 * MINUTE, extra=True) for run in extra]
    assert configured(replace(HEALTHY, runs=(*HEALTHY.runs, *older))) == configured(HEALTHY)


def test_an_extra_run_that_could_not_tell_takes_nothing_away() -> None:
    blind = [
        replace(run, observations=tuple(replace(each, facts=None) for each in run.observations))
        for run in (at(run, HEALTHY.as_of, extra=True) for run in HEALTHY.runs)
    ]
    assert claims_of(replace(HEALTHY, runs=(*HEALTHY.runs, *blind))) == claims_of(HEALTHY)
