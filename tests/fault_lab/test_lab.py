"""Every situation of every family is said as labelled, and nothing that is written of it holds a secret.

One class a family, made at the end: its situations are run once, and families are tested side by side.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib import import_module

import pytest

from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.codec import from_json
from auditor.domain.result import Status
from tests.bundle_schema import wrong
from tests.fault_lab.canary import CANARY, PLANTED, leaks, secret_values
from tests.fault_lab.lab import FamilyOutcome, data_families, families_with_situations, outcome_of
from tests.fault_lab.labels import labels_of
from tests.fault_lab.written import written


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

    def test_a_secret_is_found_nowhere(self, seen: FamilyOutcome, files: Mapping[str, str]) -> None:
        if self.family in data_families():
            assert any(place.startswith(f"{self.family}: ") for place in PLANTED), "plant the canary in its situations"
        secrets = {value for outcome in seen.outcomes for value in secret_values(outcome.situation.secrets)}
        assert leaks(files, {CANARY, *secrets}) == []

    def test_a_bundle_of_what_was_seen_is_valid_and_its_facts_can_be_read_back(
        self, seen: FamilyOutcome, files: Mapping[str, str]
    ) -> None:
        assert wrong(json.loads(files["bundle.json"])) == []
        facts = import_module(f"functions.{self.family}.facts").FACTS
        for outcome in seen.outcomes:
            document = outcome.observation.facts
            if document is not None:
                from_json(facts, json.loads(json.dumps(document)), outcome.label.id)


for _family in families_with_situations():
    _name = f"Test{_family.title().replace('_', '')}"
    globals()[_name] = type(_name, (OfAFamily,), {"family": _family, "__module__": __name__})
