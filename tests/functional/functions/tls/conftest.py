"""One probe of a situation with the real engine, judged."""

from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.domain.check import judge
from auditor.domain.codec import from_json, to_json
from auditor.domain.observation import Failure, Observation, Vantage
from auditor.domain.result import Result
from auditor.net.run import ProbeJob, run_probes
from functions.tls.checks import CHECKS
from functions.tls.facts import TlsFacts
from functions.tls.probe import observe
from tests.fault_lab.situation import Situation


class NoSecrets:
    """This family reads none."""

    def read(self, name: str) -> str | Failure:
        raise AssertionError(f"the tls family read the secret {name}")

    def forget(self, name: str) -> None:
        raise AssertionError(f"the tls family forgot the secret {name}")


def observed(situation: Situation, *, slot: datetime | None = None) -> tuple[Observation[TlsFacts], dict[str, Result]]:
    """The observation, which survives storage, and its results by the check's name without the family."""
    target: Any = situation.target
    (observation,) = run_probes(
        [ProbeJob(target=target.id, timeout=target.spec.timeout, observe=lambda probe: observe(target, probe))],
        family="tls",
        slot=slot or datetime.now(UTC).replace(second=0, microsecond=0),
        vantage=Vantage(kind="workstation", name="test"),
        network=situation.network,
        secrets=NoSecrets(),
        within=timedelta(seconds=10),
    )
    assert from_json(Observation[TlsFacts], to_json(observation)) == observation
    return observation, {r.check.removeprefix("tls."): r for r in judge(CHECKS, target, observation)}
