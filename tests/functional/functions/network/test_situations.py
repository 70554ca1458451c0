"""Every labelled situation of ports and of names is produced by real servers and judged as labelled."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.domain.result import Status
from tests.functional.hostile.outcome import probed

LABELS = Path(__file__).parents[3] / "fault_lab" / "labels"
FAMILIES = ("network", "dns")
HEALTHY = (Status.PASS, Status.SKIPPED)


def labels(family: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((LABELS / f"{family}.yaml").read_text(encoding="utf-8"))
    return found


def situations(family: str) -> dict[str, Any]:
    produced: dict[str, Any] = import_module(f"tests.fault_lab.{family}_lab").SITUATIONS
    return produced


ALL = [pytest.param(family, label, id=label["id"]) for family in FAMILIES for label in labels(family)]


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_labelled_is_produced_and_what_is_produced_is_labelled(family: str) -> None:
    assert [label["id"] for label in labels(family)] == list(situations(family))


@pytest.mark.parametrize(("family", "label"), ALL)
def test_it_is_judged_as_labelled(family: str, label: dict[str, Any]) -> None:
    observe = import_module(f"functions.{family}.probe").observe
    checks = import_module(f"functions.{family}.checks").CHECKS
    facts = import_module(f"functions.{family}.facts").FACTS
    with situations(family)[label["id"]]() as situation:
        outcome = probed(situation.target.spec, observe, checks, facts, network=situation.network)
    assert "canary-4711" not in outcome.text
    said = outcome.results[label["check"].partition(".")[2]]
    assert (said.status, said.phase, said.cause) == (label["status"], label["phase"], label["cause"]), said.summary
    if label["status"] == "PASS":
        assert {result.status for result in outcome.results.values()} <= set(HEALTHY), outcome.results
