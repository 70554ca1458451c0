"""Every situation of the fault lab leads to what its label says, which was written before the probe."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.domain.result import Status
from tests.fault_lab.tls_lab import SITUATIONS

from .conftest import observed

LABELS = yaml.safe_load((Path(__file__).parents[3] / "fault_lab" / "labels" / "tls.yaml").read_text(encoding="utf-8"))


def test_every_label_has_its_situation() -> None:
    assert [label["id"] for label in LABELS] == list(SITUATIONS)


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label["id"])
def test_a_situation(label: dict[str, Any]) -> None:
    with SITUATIONS[label["id"]]() as situation:
        observation, results = observed(situation)
    result = results[label["check"].removeprefix("tls.")]
    assert (result.status, result.phase, result.cause) == (label["status"], label["phase"], label["cause"]), (
        result.summary,
        observation,
    )
    if label["status"] == "PASS":
        assert not [r for r in results.values() if r.status is Status.FAIL], [r.summary for r in results.values()]
