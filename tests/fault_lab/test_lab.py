"""Every situation of every family is said as labelled, and nothing that is written of it holds a secret.

One class a family, made at the end: its situations are run once, and families are tested side by side.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.check import judge
from auditor.domain.codec import from_json
from auditor.domain.result import Result, Status
from tests.bundle_schema import wrong
from tests.fault_lab.absence import EMPTY_IS_WELL, NONE_IS_WELL
from tests.fault_lab.altered import Path, absent, without
from tests.fault_lab.canary import PLANTED, canaries, leaks
from tests.fault_lab.lab import FamilyOutcome, Outcome, data_families, families_with_situations, outcome_of
from tests.fault_lab.labels import labels_of
from tests.fault_lab.written import written


def facts_of(outcome: Outcome) -> Any:
    facts = import_module(f"functions.{outcome.label.family}.facts").FACTS
    document = outcome.observation.facts
    return None if document is None else from_json(facts, json.loads(json.dumps(document)), outcome.label.id)


def judged(outcome: Outcome, facts: Any) -> dict[str, Result]:
    checks = import_module(f"functions.{outcome.label.family}.checks").CHECKS
    observation = replace(outcome.observation, facts=facts)
    return {result.check: result for result in judge(checks, outcome.situation.target, observation)}


@cache
def _files_of(family: str) -> Mapping[str, str]:
    return written(outcome_of(family))


class OfAFamily:
    """What must be true of each family's situations."""

    family = ""

    @pytest.fixture
    def seen(self) -> FamilyOutcome:
        return outcome_of(self.family)

    @pytest.fixture
    def files(self) -> Mapping[str, str]:
        return _files_of(self.family)

    def test_each_situation_is_said_as_labelled(self, seen: FamilyOutcome) -> None:
        assert {outcome.label.id: outcome.problems for outcome in seen.outcomes if outcome.problems} == {}
        assert len(seen.outcomes) == len(labels_of(self.family))

    def test_no_fault_is_shown_as_health(self, seen: FamilyOutcome) -> None:
        assert [outcome.label.id for outcome in seen.outcomes if outcome.shown_as_pass] == []

    def test_every_failure_names_a_phase_and_a_cause_of_the_closed_list(self, seen: FamilyOutcome) -> None:
        causes = cause_index(KERNEL_CAUSES, import_module(f"functions.{self.family}.facts").CAUSES)
        nameless = [
            (outcome.label.id, result.check)
            for outcome in seen.outcomes
            for result in outcome.run.results
            if result.status in (Status.WARN, Status.FAIL, Status.UNKNOWN)
            and (result.cause not in causes or result.phase is None)
        ]
        assert nameless == []

    def test_a_fault_is_not_shown_as_health_where_facts_are_missing(self, seen: FamilyOutcome) -> None:
        """Whatever is left out of what was seen of a fault, or of its lists: one thing, or many at once."""
        faults = [(o, facts_of(o)) for o in seen.outcomes if o.label.status in (Status.WARN, Status.FAIL)]
        shown_as_health: set[tuple[str, str]] = set()

        def leave_out(outcome: Outcome, facts: Any, *paths: Path) -> None:
            for path in paths:
                facts = without(facts, path)
            check = outcome.label.check
            known = any((check, ".".join(path)) in NONE_IS_WELL | EMPTY_IS_WELL for path in paths)
            if judged(outcome, facts)[check].status is Status.PASS and not known:
                shown_as_health.add((outcome.label.id, " and ".join(".".join(path) for path in paths)))

        for outcome, facts in faults:
            for path in absent(facts, empty=True) if facts is not None else ():
                leave_out(outcome, facts, path)
        assert sorted(shown_as_health) == []

        @settings(max_examples=200, deadline=None, database=None)
        @given(st.data())
        def many_at_once(data: st.DataObject) -> None:
            outcome, facts = data.draw(st.sampled_from(faults))
            paths = sorted(absent(facts, empty=True)) if facts is not None else []
            if paths:
                leave_out(
                    outcome, facts, *sorted(data.draw(st.sets(st.sampled_from(paths), min_size=min(2, len(paths)))))
                )

        if faults:
            many_at_once()
        assert sorted(shown_as_health) == []

    def test_a_secret_is_found_nowhere(self, seen: FamilyOutcome, files: Mapping[str, str]) -> None:
        secrets = [outcome.situation.secrets for outcome in seen.outcomes]
        if self.family in data_families() and not any(secrets):
            assert any(place.startswith(f"{self.family}: ") for place in PLANTED), "its peers could send the canary"
        assert leaks(files, canaries(secrets)) == []

    def test_a_bundle_of_what_was_seen_is_valid_and_its_facts_can_be_read_back(
        self, seen: FamilyOutcome, files: Mapping[str, str]
    ) -> None:
        assert wrong(json.loads(files["bundle.json"])) == []
        for outcome in seen.outcomes:
            facts_of(outcome)


for _family in families_with_situations():
    _name = f"Test{_family.title().replace('_', '')}"
    globals()[_name] = type(_name, (OfAFamily,), {"family": _family, "__module__": __name__})
