"""Every situation of the fault lab leads to what its label says, which was written before the probe."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.domain.codec import from_json, to_json
from auditor.domain.observation import Observation, Vantage
from auditor.domain.result import Status
from auditor.runtime.run_family import FamilyRunner
from functions.tls.checks import CHECKS
from functions.tls.facts import TlsFacts
from functions.tls.family import FAMILY
from functions.tls.probe import observe
from tests.fault_lab.tls_lab import SITUATIONS

LABELS = yaml.safe_load((Path(__file__).parents[3] / "fault_lab" / "labels" / "tls.yaml").read_text(encoding="utf-8"))


class NoSecrets:
    """This family reads none."""

    def read(self, name: str) -> Any:
        raise AssertionError(f"the tls family read the secret {name}")

    def forget(self, name: str) -> None:
        raise AssertionError(f"the tls family forgot the secret {name}")


def test_every_label_has_its_situation() -> None:
    assert [label["id"] for label in LABELS] == list(SITUATIONS)


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label["id"])
def test_a_situation(label: dict[str, Any]) -> None:
    with SITUATIONS[label["id"]]() as situation:
        run = FamilyRunner(FAMILY, observe, CHECKS).run(
            [situation.target],
            shard=0,
            slot=datetime.now(UTC).replace(second=0, microsecond=0),
            request_id="lab",
            vantage=Vantage(kind="workstation", name="lab"),
            network=situation.network,
            secrets=NoSecrets(),
            within=timedelta(seconds=10),
        )
    (observation,) = run.observations
    assert from_json(Observation[TlsFacts], to_json(observation)).target == "it"
    (result,) = [result for result in run.results if result.check == label["check"]]
    assert (result.status, result.phase, result.cause) == (label["status"], label["phase"], label["cause"]), (
        result.summary,
        observation,
    )
    if label["status"] == "PASS":
        assert not [r for r in run.results if r.status is Status.FAIL], [r.summary for r in run.results]
