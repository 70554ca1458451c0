"""No failure and nothing that was not seen is ever shown as health: of every check, cause and phase, by types alone.

The facts come from healthy runs: the recorded bundles, and the lab's healthy variants.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.bundle import Bundle
from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.check import judge
from auditor.domain.codec import from_json
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Result, Status
from auditor.domain.target import Target
from auditor.runtime.catalogue import decoded
from functions.families import FAMILIES
from tests.fault_lab.absence import NONE_IS_WELL
from tests.fault_lab.altered import absent, failed, least, otherwise, without
from tests.fault_lab.lab import family_of, run_family
from tests.fault_lab.labels import labels_of

BUNDLES = sorted((Path(__file__).parents[1] / "incidents" / "bundles").glob("*.json"))
WRONG = (Status.WARN, Status.FAIL)
GREEN = (Status.PASS, Status.SKIPPED)


@dataclass(frozen=True)
class Sample:
    """A target and a healthy observation of it."""

    target: Target[Any]
    observation: Observation[Any]

    def judged(self, **changes: Any) -> dict[str, Result]:
        """The results by check, of the observation with these changes."""
        checks = import_module(f"functions.{self.target.family}.checks").CHECKS
        return {r.check: r for r in judge(checks, self.target, replace(self.observation, **changes))}


@cache
def samples(family: str) -> tuple[Sample, ...]:
    """Those in which something passes; of the lab where the bundles' targets leave a question unasked."""
    found = [sample for path in BUNDLES for sample in _recorded(path, family)]
    asked = {check for sample in found for check in sample.judged()}
    if asked < {check.id for check in import_module(f"functions.{family}.checks").CHECKS}:
        well = [label.id for label in labels_of(family) if label.healthy]
        found += [
            Sample(replace(o.situation.target, id=o.label.id), _with_facts(o.observation, family))
            for o in (run_family(family, only=well).outcomes if well else ())
        ]
    return tuple(sample for sample in found if any(r.status is Status.PASS for r in sample.judged().values()))


def kinds(family: str) -> tuple[Sample, ...]:
    """One sample of each kind: of each set of questions that targets ask."""
    found: dict[frozenset[str], Sample] = {}
    for sample in samples(family):
        found.setdefault(frozenset(sample.judged()), sample)
    return tuple(found.values())


@cache
def _bundle(path: Path) -> Bundle:
    return from_json(Bundle, json.loads(path.read_text(encoding="utf-8")))


def _recorded(path: Path, family: str) -> Iterator[Sample]:
    bundle = _bundle(path)
    targets = {target.id: target for target in bundle.platform.targets if target.family == family}
    for run in bundle.runs:
        for observation in run.observations if run.family == family else ():
            if observation.facts is not None:
                target = decoded(targets[observation.target], family_of(family))
                yield Sample(target, _with_facts(observation, family))


def _with_facts(observation: Observation[Any], family: str) -> Observation[Any]:
    facts = from_json(import_module(f"functions.{family}.facts").FACTS, json.loads(json.dumps(observation.facts)))
    return replace(observation, facts=facts)


def phases_of(family: str) -> list[Phase]:
    """The phases that a family's probes have, in their order."""
    seen = {timing.phase for sample in samples(family) for timing in sample.observation.phases}
    return [phase for phase in Phase if phase in seen]


def causes_of(family: str) -> list[str]:
    return sorted(cause_index(KERNEL_CAUSES, import_module(f"functions.{family}.facts").CAUSES))


def _place(phase: Phase) -> int:
    return list(Phase).index(phase)


pytestmark = pytest.mark.parametrize("family", FAMILIES)


def test_there_are_healthy_samples(family: str) -> None:
    assert samples(family), "record the bundles anew, or give the family a healthy variant in the lab"


def test_what_the_auditor_could_not_tell_is_unknown_whatever_it_had_seen(family: str) -> None:
    failure = Failure(phase=Phase.PREPARE, cause="self.deadline", detail="out of time")
    for sample in samples(family):
        for changes in ({"could_not_tell": failure}, {"facts": None}, {"facts": None, "could_not_tell": failure}):
            assert {result.status for result in sample.judged(**changes).values()} == {Status.UNKNOWN}


def test_nothing_recorded_passes_no_check(family: str) -> None:
    for sample in samples(family):
        results = sample.judged(facts=least(sample.observation.facts), phases=(), failures=())
        assert [check for check, result in results.items() if result.status is Status.PASS] == [], sample.target.id


def stopped(sample: Sample, failure: Failure, facts: Any) -> dict[str, Result]:
    """What is said where a probe failed so."""
    phases = tuple(
        replace(timing, ok=timing.phase is not failure.phase)
        for timing in sample.observation.phases
        if _place(timing.phase) <= _place(failure.phase)
    )
    return sample.judged(facts=failed(facts, failure), failures=(failure,), phases=phases)


def test_a_failure_for_whatever_cause_in_whatever_phase_is_never_all_green(family: str) -> None:
    """Neither where the probe kept nothing but the failure, nor beside everything that a healthy one keeps.

    A failure without an address speaks of all of them. Without a name's addresses no probe has seen anything.
    """
    for sample, cause, phase in product(kinds(family), causes_of(family), phases_of(family)):
        failure = Failure(phase=phase, cause=cause, detail="it went wrong")
        seen = sample.observation.facts
        for facts in (least(seen),) if phase is Phase.NAME else (least(seen), seen):
            green = all(result.status in GREEN for result in stopped(sample, failure, facts).values())
            assert not green, f"{sample.target.id} is green in spite of {cause} in phase {phase}"


def test_a_question_about_a_later_phase_is_not_passed_where_an_earlier_one_failed(family: str) -> None:
    """A check is about the earliest phase that it lays a failure to. Preparation is the auditor's, in no such order."""
    order = [phase for phase in phases_of(family) if phase is not Phase.PREPARE]
    for sample, cause in product(samples(family), ("tcp.reset", "self.bug", causes_of(family)[0])):
        said = {
            phase: stopped(sample, Failure(phase=phase, cause=cause, detail="-"), least(sample.observation.facts))
            for phase in order
        }
        for check in sample.judged():
            own = [
                place
                for place, phase in enumerate(order)
                if said[phase][check].status in WRONG and said[phase][check].phase is phase
            ]
            for phase in order[: min(own, default=0)]:
                assert said[phase][check].status is not Status.PASS, f"{sample.target.id}: {check} after {phase}"


def test_a_fact_that_decides_passes_no_check_when_it_is_missing(family: str) -> None:
    """Decides: with another value of it the check says that something is wrong."""
    passing = set()
    for sample in samples(family):
        well = {check for check, result in sample.judged().items() if result.status is Status.PASS}
        for path in absent(sample.observation.facts):
            results = sample.judged(facts=without(sample.observation.facts, path))
            green = {check for check in well if results[check].status is Status.PASS}
            for other in otherwise(sample.observation.facts, path) if green else ():
                wrong = {check for check, result in sample.judged(facts=other).items() if result.status in WRONG}
                passing |= {(check, ".".join(path)) for check in green & wrong}
                green -= wrong
    unexplained = sorted(passing - NONE_IS_WELL.keys())
    assert not unexplained, unexplained
