"""One run of a family: probe its targets, judge what was seen. The same for a function and for the command line."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from auditor.domain.bundle import Run
from auditor.domain.check import Check, judge
from auditor.domain.codec import to_json
from auditor.domain.observation import Observation, Vantage
from auditor.domain.target import Target
from auditor.family import Family, TimedSpec
from auditor.net.network import Network
from auditor.net.probe import Probe, SecretReader
from auditor.net.run import ProbeJob, run_probes

Spec = TypeVar("Spec", bound=TimedSpec)
Facts = TypeVar("Facts")

Observe = Callable[[Target[Spec], Probe], Coroutine[Any, Any, Observation[Facts]]]


class FamilyRunner(Generic[Spec, Facts]):
    """A family's three parts put together: what it declares, how it observes, what it asks of an observation."""

    def __init__(
        self, family: Family[Spec], observe: Observe[Spec, Facts], checks: Sequence[Check[Spec, Facts]]
    ) -> None:
        self.family = family
        self._observe = observe
        self.checks = checks

    def run(
        self,
        targets: Sequence[Target[Spec]],
        *,
        shard: int,
        slot: datetime,
        request_id: str,
        vantage: Vantage,
        network: Network,
        secrets: SecretReader,
        within: timedelta,
        extra: bool = False,
        cpu_share: float = 1.0,
    ) -> Run:
        """Probes the deployed targets together and judges each; ends ``within`` the given time.

        ``cpu_share`` is the part of one core that this process has.
        """
        deployed = [target for target in targets if target.deployed]
        observations = run_probes(
            [self._job(target) for target in deployed],
            family=self.family.name,
            slot=slot,
            vantage=vantage,
            network=network,
            secrets=secrets,
            within=within,
            max_in_flight=self.family.cost.in_flight,
            cpu_share=cpu_share,
        )
        results = [
            result
            for target, observation in zip(deployed, observations, strict=True)
            for result in judge(self.checks, target, observation)
        ]
        return Run(
            family=self.family.name,
            shard=shard,
            slot=slot,
            request_id=request_id,
            vantage=vantage,
            observations=tuple(_plain(observation) for observation in observations),
            results=tuple(results),
            extra=extra,
        )

    def _job(self, target: Target[Spec]) -> ProbeJob:
        return ProbeJob(
            target=target.id,
            timeout=target.spec.timeout,
            observe=lambda probe: self._observe(target, probe),
        )


def _plain(observation: Observation[Any]) -> Observation[Any]:
    """The observation with its facts as JSON, as a run carries them: whoever reads a run may not know the family."""
    return Observation(
        family=observation.family,
        target=observation.target,
        slot=observation.slot,
        vantage=observation.vantage,
        facts=to_json(observation.facts),
        phases=observation.phases,
        failures=observation.failures,
        could_not_tell=observation.could_not_tell,
    )
