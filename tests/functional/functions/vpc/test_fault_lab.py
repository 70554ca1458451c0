"""Every situation of the family's part of the fault lab is judged as its label, which is older than the probe, says."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.aws_account import ask
from tests.fault_lab.vpc_lab import SITUATIONS

_FILE = Path(__file__).parents[3] / "fault_lab" / "labels" / "vpc.yaml"
LABELS: list[dict[str, Any]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))


def test_every_label_has_its_situation() -> None:
    assert [label["id"] for label in LABELS] == list(SITUATIONS)


@pytest.mark.parametrize("label", LABELS, ids=[label["id"] for label in LABELS])
def test_a_situation_is_judged_as_its_label_says(label: dict[str, Any]) -> None:
    with SITUATIONS[label["id"]]() as situation:
        asked = ask("vpc", situation.target.spec)
    result = asked.results[label["check"].removeprefix("vpc.")]
    said = {"status": str(result.status), "phase": result.phase and str(result.phase), "cause": result.cause}
    assert said == {name: label[name] for name in ("status", "phase", "cause")}, result.summary
