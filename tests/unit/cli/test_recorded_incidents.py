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
NINE = {"H04", "H13", "H14", "H19", "P02", "M06", "B02", "B06", "A04"}
SHOP = sorted((FOLDER / "shop").glob("*.yaml"))
COMPLETE = [path for path in (*sorted(FOLDER.glob("*.yaml")), *SHOP) if not load_incident(path).needs]


def test_both_platforms_are_recorded() -> None:
    assert [path.stem for path in BUNDLES] == ["hokusai-development", "shop-production"]


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_a_recorded_bundle_is_healthy(path: Path) -> None:
    bundle = read_bundle(path)
    assert {state.verdict for state in bundle.state.targets.values()} == {Verdict.HEALTHY}
    report, _ = replay(bundle)
    assert report.problems == ()
    assert report.coverage_gaps == ()
    assert report.roots == ()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_a_recorded_bundle_holds_what_every_registered_family_observed(path: Path, family: str) -> None:
    bundle = read_bundle(path)
    observed = {observation.target for run in bundle.runs if run.family == family for observation in run.observations}
    declared = {target.id for target in bundle.platform.targets if target.family == family}
    assert declared, f"{path.stem} has no target of {family}: give its catalogue one"
    assert observed == declared, "record it again: make record-bundles"


def test_at_least_the_nine_of_the_first_form_are_complete_on_both_platforms() -> None:
    assert {path.stem for path in COMPLETE if path.parent == FOLDER} >= NINE
    assert {path.stem for path in SHOP} >= NINE
    assert all(load_incident(path).platform.value == "shop-production" for path in SHOP)


@pytest.mark.parametrize("path", COMPLETE, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_complete_incident_is_diagnosed_rightly(path: Path) -> None:
    outcome = replay_incident(path)
    assert outcome.why == ()
    assert outcome.right
    assert outcome.blamed_wrongly == ()
