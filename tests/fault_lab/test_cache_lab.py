"""Every situation of the cache's lab is told as its label says."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.domain.codec import to_json
from auditor.domain.observation import Vantage
from auditor.domain.result import Status
from auditor.runtime.run_family import FamilyRunner
from functions.cache.checks import CHECKS
from functions.cache.family import FAMILY
from functions.cache.probe import observe
from tests.fault_lab.cache_lab import NOW, SITUATIONS

LABELS = yaml.safe_load(Path(__file__).with_name("labels").joinpath("cache.yaml").read_text(encoding="utf-8"))


class Given:
    def __init__(self, secrets: Any) -> None:
        self._secrets = secrets

    def read(self, name: str) -> Any:
        return self._secrets[name]

    def forget(self, name: str) -> None:
        """It is read anew anyhow."""


@pytest.mark.parametrize("label", LABELS, ids=[label["id"] for label in LABELS])
def test_a_situation_is_told_as_labelled(label: dict[str, Any]) -> None:
    with SITUATIONS[label["id"]]() as given:
        run = FamilyRunner(FAMILY, observe, CHECKS).run(
            [given.target],
            shard=0,
            slot=given.slot or NOW,
            request_id="lab",
            vantage=Vantage(kind="workstation", name="lab"),
            network=given.network,
            secrets=Given(given.secrets),
            within=timedelta(seconds=15),
        )
    told = {result.check: result for result in run.results}
    said = told[label["check"]]
    assert (said.status, said.phase, said.cause) == (label["status"], label["phase"], label["cause"]), said.summary
    assert "cAnary" not in json.dumps(to_json(run))
    if label["status"] == "PASS":
        assert {r.status for r in run.results} <= {Status.PASS, Status.SKIPPED}, list(run.results)
    else:
        assert {r.status for r in run.results} & {Status.FAIL, Status.WARN, Status.UNKNOWN}
