"""The incident files that are complete, against the healthy bundle that was recorded from the sandbox."""

from pathlib import Path

import pytest

from auditor.domain.verdict import Verdict
from cli.incidents import load_incident
from cli.replay import read_bundle, replay
from cli.replay_incidents import replay_incident
from functions.families import FAMILIES

FOLDER = Path(__file__).resolve().parents[2] / "incidents"
BUNDLES = sorted((FOLDER / "bundles").glob("*.json"))
COMPLETE = [path for path in sorted(FOLDER.glob("*.yaml")) if not load_incident(path).needs]


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_a_recorded_bundle_is_healthy_and_holds_every_registered_family(path: Path) -> None:
    bundle = read_bundle(path)
    assert {run.family for run in bundle.runs} == set(FAMILIES), "record it again: make record-bundles"
    assert {state.verdict for state in bundle.state.targets.values()} == {Verdict.HEALTHY}
    report, _ = replay(bundle)
    assert report.problems == ()
    assert report.coverage_gaps == ()
    assert report.roots == ()


def test_at_least_the_nine_of_the_first_form_are_complete() -> None:
    assert {"H04", "H13", "H14", "H19", "P02", "M06", "B02", "B06", "A04"} <= {path.stem for path in COMPLETE}


@pytest.mark.parametrize("path", COMPLETE, ids=lambda path: path.stem)
def test_a_complete_incident_is_diagnosed_rightly(path: Path) -> None:
    outcome = replay_incident(path)
    assert outcome.why == ()
    assert outcome.right
    assert outcome.blamed_wrongly == ()
