"""The schema of bundles: committed and fresh, true of every bundle that there is, and false of each way to be none."""

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.codec import to_json
from cli.deviations import deviated
from cli.incidents import load_incident
from cli.main import main
from cli.replay import read_bundle
from tests.bundle_schema import wrong

ROOT = Path(__file__).resolve().parents[3]
INCIDENTS = ROOT / "tests" / "incidents"
BUNDLES = sorted((INCIDENTS / "bundles").glob("*.json"))


def plain(value: object) -> Any:
    return json.loads(json.dumps(to_json(value)))


def test_the_committed_schema_is_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--bundle"]) == 0
    committed = (ROOT / "docs" / "bundle.schema.json").read_text(encoding="utf-8")
    assert capsys.readouterr().out == committed, "write it again: audit schema --bundle > docs/bundle.schema.json"


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_a_recorded_bundle_is_one(path: Path) -> None:
    assert wrong(json.loads(path.read_text(encoding="utf-8"))) == []


@cache
def healthy(platform: str) -> Any:
    return read_bundle(INCIDENTS / "bundles" / f"{platform}.json")


@pytest.mark.parametrize("path", sorted(INCIDENTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_bundle_of_an_incident_is_one(path: Path) -> None:
    incident = load_incident(path)
    assert wrong(plain(deviated(healthy(incident.platform.value), incident))) == []


Change = Callable[[dict[str, Any]], object]


def run_of(document: dict[str, Any], family: str) -> dict[str, Any]:
    return next(run for run in document["runs"] if run["family"] == family)


def facts_of(document: dict[str, Any], family: str) -> dict[str, Any]:
    facts = run_of(document, family)["observations"][0]["facts"]
    assert isinstance(facts, dict)
    return facts


def failure(cause: str) -> dict[str, Any]:
    return {"phase": "tcp", "cause": cause, "detail": "-"}


VIOLATIONS: dict[str, Change] = {
    "another version": lambda d: d.update(schema_version=3),
    "a key that is none": lambda d: d.update(verdicts={}),
    "a key that is missing": lambda d: d.pop("platform"),
    "an instant without offset": lambda d: d.update(as_of="2026-11-23T16:47:00"),
    "an instant that is a number": lambda d: d.update(as_of=1763916420),
    "an enum's unknown value": lambda d: d["runs"][0]["results"][0].update(status="GOOD"),
    "a phase that is none": lambda d: d["runs"][0]["observations"][0]["phases"][0].update(phase="lunch"),
    "a vantage that is none": lambda d: d["runs"][0]["vantage"].update(kind="moon"),
    "a family that is not registered": lambda d: d["runs"][0].update(family="weather"),
    "a target's family that is not registered": lambda d: d["platform"]["targets"][0].update(family="weather"),
    "an object for a list": lambda d: d.update(runs={}),
    "a text for a number": lambda d: d["state"].update(version="1"),
    "a cause out of the list": lambda d: d["runs"][0]["observations"][0].update(failures=[failure("tcp.tired")]),
    "a result's cause out of the list": lambda d: d["runs"][0]["results"][0].update(cause="tcp.tired"),
    "a cause out of the list within facts": lambda d: facts_of(d, "http")["probed"][0].update(
        failure=failure("tcp.tired")
    ),
    "a fact that is none": lambda d: facts_of(d, "configuration").update(weather="fair"),
    "a fact that is missing": lambda d: facts_of(d, "dns").pop("resolver"),
    "a fact of another type": lambda d: facts_of(d, "configuration")["container"].update(variables="A,B"),
    "a fact's unknown value": lambda d: facts_of(d, "configuration")["lookups"][0].update(outcome="gone"),
    "facts of another family": lambda d: run_of(d, "dns")["observations"][0].update(facts=facts_of(d, "http")),
}


@pytest.mark.parametrize("kind", VIOLATIONS)
def test_what_is_no_bundle_is_refused(kind: str) -> None:
    document = copy.deepcopy(json.loads(BUNDLES[0].read_text(encoding="utf-8")))
    VIOLATIONS[kind](document)
    assert len(wrong(document)) == 1


def test_a_known_cause_and_an_observation_without_facts_are_not_refused() -> None:
    document = json.loads(BUNDLES[0].read_text(encoding="utf-8"))
    observation = document["runs"][0]["observations"][0]
    observation.update(facts=None, could_not_tell=failure("self.deadline"))
    assert wrong(document) == []
