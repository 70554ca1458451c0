"""What a moment's runs add to the courses that are remembered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.domain.bundle import Run
from auditor.domain.codec import to_json
from auditor.domain.observation import Observation, Vantage
from auditor.domain.tracked import Series
from functions.aggregator.tracked import tracked_since
from functions.cache.facts import CacheFacts, QueueFacts

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
VANTAGE = Vantage(kind="function", name="auditor")


def run(minute: int, facts: Any, family: str = "cache") -> Run:
    slot = NOON + minute * MINUTE
    observation: Observation[Any] = Observation(
        family=family, target="main", slot=slot, vantage=VANTAGE, facts=facts, phases=()
    )
    return Run(
        family=family,
        shard=0,
        slot=slot,
        request_id="r",
        vantage=VANTAGE,
        observations=(observation,),
        results=(),
    )


def depth(number: int) -> Any:
    return to_json(CacheFacts(queues=(QueueFacts(name="jobs", depth=number),)))


def test_each_slot_adds_what_it_saw() -> None:
    series: dict[str, Series] = {}
    for minute, number in enumerate((4, 9, 12)):
        series = tracked_since(series, [run(minute, depth(number))], NOON + minute * MINUTE)
    assert series == {
        "main/jobs depth": Series(slots=tuple(NOON + n * MINUTE for n in range(3)), values=(4.0, 9.0, 12.0))
    }


def test_the_same_run_judged_again_adds_nothing() -> None:
    once = tracked_since({}, [run(0, depth(4))], NOON)
    assert tracked_since(once, [run(0, depth(4))], NOON + MINUTE) == once


def test_runs_out_of_turn_and_families_that_track_nothing_add_nothing() -> None:
    extra = replace(run(0, depth(4)), extra=True)
    assert tracked_since({}, [extra, run(0, {}, "http"), run(0, {}, "gone")], NOON) == {}


def test_facts_that_could_not_be_had_or_are_of_another_version_add_nothing() -> None:
    assert tracked_since({}, [run(0, None), run(0, {"queues": 5})], NOON) == {}
