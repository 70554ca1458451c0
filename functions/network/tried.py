"""What became of every address, in one reading for checks and claims: pure."""

from dataclasses import dataclass
from typing import TypeAlias

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from functions.network.facts import AddressFacts, NetworkFacts, Outcome
from functions.network.family import NetworkSpec, place

NetworkTarget: TypeAlias = Target[NetworkSpec]
NetworkObservation: TypeAlias = Observation[NetworkFacts]

CAUSES: dict[Outcome, str] = {
    "refused": "tcp.refused",
    "timeout": "tcp.timeout",
    "unreachable": "tcp.unreachable",
    "reset": "tcp.reset",
    "closed": "tcp.closed",
}
_OUTCOMES = {cause: outcome for outcome, cause in CAUSES.items()}
_WORDS: dict[Outcome, str] = {
    "refused": "refused the connection",
    "timeout": "did not answer the connection attempt",
    "unreachable": "could not be reached",
    "reset": "took the connection and reset it at once",
    "closed": "took the connection and closed it at once",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One address; ``failure`` is None where the connection was taken and stayed, as far as that was listened to."""

    address: str
    outcome: Outcome
    listened: bool
    failure: Failure | None

    @property
    def accepted(self) -> bool:
        """Whether the connection was taken, whatever became of it then."""
        return self.outcome in ("open", "reset", "closed")


def facts_of(observation: NetworkObservation) -> NetworkFacts:
    """The facts, which the kernel guarantees."""
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


def tried(observation: NetworkObservation) -> tuple[Tried, ...]:
    """Every address that was asked, in its order. A failure that is recorded for one outweighs its outcome."""
    facts = facts_of(observation)
    failures = {f.address: f for f in observation.failures if f.phase is Phase.TCP}
    return tuple(_one(facts, seen, failures.get(seen.address) or failures.get("")) for seen in facts.probed)


def _one(facts: NetworkFacts, seen: AddressFacts, failure: Failure | None) -> Tried:
    outcome = seen.outcome if failure is None else _OUTCOMES.get(failure.cause, "unreachable")
    if failure is None and outcome != "open":
        detail = f"{place(seen.address, facts.port)} {_WORDS[outcome]}"
        failure = Failure(phase=Phase.TCP, cause=CAUSES[outcome], detail=detail, address=seen.address)
    return Tried(address=seen.address, outcome=outcome, listened=seen.listened, failure=failure)
