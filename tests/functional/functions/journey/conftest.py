"""One journey with the real engine, against whatever listens, and what came of it."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.domain.check import judge
from auditor.domain.codec import from_json, to_json
from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.domain.result import Result
from auditor.domain.target import Target
from auditor.net.network import Network
from auditor.net.run import ProbeJob, run_probes
from functions.journey.checks import CHECKS
from functions.journey.exchange import Answer, Exchange
from functions.journey.facts import JourneyFacts, StageFacts
from functions.journey.family import JourneySpec
from functions.journey.probe import observe

SLOT = datetime(2026, 11, 23, 16, 45, tzinfo=UTC)
VANTAGE = Vantage(kind="function", name="health-auditor-test-journey")
NOWHERE = Network(resolver=("127.0.0.1", 9))
QUICK = {
    "timeout": timedelta(seconds=4),
    "cleanup_timeout": timedelta(seconds=1.5),
    "request_timeout": timedelta(seconds=1),
    "slow_after": timedelta(seconds=3),
}


@dataclass
class HeldSecrets:
    """Secrets by name; ``cached`` is what is handed out until it is forgotten, as after a rotation."""

    current: Mapping[str, str] = field(default_factory=dict)
    cached: dict[str, str] = field(default_factory=dict)

    def read(self, name: str) -> str | Failure:
        missing = Failure(phase=Phase.PREPARE, cause="aws.not_found", detail=f"secret {name} does not exist")
        return self.cached.get(name) or self.current.get(name) or missing

    def forget(self, name: str) -> None:
        self.cached.pop(name, None)


@dataclass(frozen=True)
class Told:
    """An observation with its results by check."""

    observation: Observation[JourneyFacts]
    results: Mapping[str, Result]

    @property
    def facts(self) -> JourneyFacts:
        assert self.observation.facts is not None
        return self.observation.facts

    @property
    def text(self) -> str:
        """Everything that is kept."""
        return json.dumps([to_json(self.observation), to_json(list(self.results.values()))])

    def stage(self, name: str) -> StageFacts:
        return next(stage for stage in self.facts.stages if stage.name == name)

    def brief(self) -> dict[str, tuple[str, str | None]]:
        """Status and cause of each check."""
        return {name.removeprefix("journey."): (r.status, r.cause) for name, r in self.results.items()}


ALL_WELL = {
    "experiment_created": ("PASS", None),
    "run_recorded": ("PASS", None),
    "artifact_kept": ("PASS", None),
    "model_version_registered": ("PASS", None),
    "leaves_nothing": ("PASS", None),
    "completes_in_time": ("PASS", None),
}


def journey(
    url: str,
    *,
    id: str = "registration",
    slot: datetime = SLOT,
    network: Network = NOWHERE,
    secrets: HeldSecrets | None = None,
    **spec: Any,
) -> Told:
    """One journey; what it observed can be read back."""
    declared = JourneySpec(url=url, **{"enabled": True, **QUICK, **spec})
    target = Target(id=id, family="journey", service="models", component="app.models", spec=declared)
    (observation,) = run_probes(
        [ProbeJob(target=id, timeout=declared.timeout, observe=lambda probe: observe(target, probe))],
        family="journey",
        slot=slot,
        vantage=VANTAGE,
        network=network,
        secrets=secrets or HeldSecrets(),
        within=timedelta(seconds=30),
    )
    assert from_json(Observation[JourneyFacts], json.loads(json.dumps(to_json(observation)))) == observation
    return Told(observation, {result.check: result for result in judge(CHECKS, target, observation)})


class KilledError(BaseException):
    """As if the process had ended here: nobody catches it, nothing is cleaned up."""


def killed_journey(url: str, monkeypatch: pytest.MonkeyPatch, at: int, **more: Any) -> bool:
    """A journey whose process ends when the answer to its request number ``at`` is there and not yet read.

    False when it came to its end before.
    """
    answers = 0
    whole = Exchange.finish

    def finish(exchange: Exchange) -> Answer:
        nonlocal answers
        answers += 1
        if answers == at:
            raise KilledError
        return whole(exchange)

    with monkeypatch.context() as patched:
        patched.setattr(Exchange, "finish", finish)
        with suppress(KilledError):
            journey(url, **more)
            return False
    return True
