"""Every situation of the registration of a model is told as its label says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.domain.observation import Failure, Phase, Vantage
from auditor.runtime.run_family import FamilyRunner
from functions.journey.checks import CHECKS
from functions.journey.family import FAMILY
from functions.journey.probe import observe
from tests.fault_lab.journey_lab import SITUATIONS

LABELS: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("labels").joinpath("journey.yaml").read_text(encoding="utf-8")
)


class Held:
    def __init__(self, secrets: Any) -> None:
        self._secrets = secrets

    def read(self, name: str) -> str | Failure:
        missing = Failure(phase=Phase.PREPARE, cause="aws.not_found", detail="no such secret")
        value: str = self._secrets.get(name, "")
        return value or missing

    def forget(self, name: str) -> None:
        """It is never rotated."""


def test_there_is_a_situation_for_each_label_and_the_other_way_round() -> None:
    assert [label["id"] for label in LABELS] == list(SITUATIONS)


@pytest.mark.parametrize("label", LABELS, ids=[label["id"] for label in LABELS])
def test_a_situation(label: dict[str, Any]) -> None:
    with SITUATIONS[label["id"]]() as found:
        run = FamilyRunner(FAMILY, observe, CHECKS).run(
            [found.target],
            shard=0,
            slot=datetime(2026, 11, 23, 16, 45, tzinfo=UTC),
            request_id="lab",
            vantage=Vantage(kind="workstation", name="lab"),
            network=found.network,
            secrets=Held(found.secrets),
            within=timedelta(seconds=20),
        )
    (result,) = [result for result in run.results if result.check == label["check"]]
    said = {"status": result.status, "phase": result.phase, "cause": result.cause}
    assert said == {key: label[key] for key in said}, result.summary
