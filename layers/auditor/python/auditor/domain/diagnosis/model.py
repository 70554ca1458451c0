"""What a diagnosis is: roots with proof, findings, victims, what was ruled out, and what stays undecided."""

from dataclasses import dataclass

from auditor.domain.diagnosis.candidate import Confidence, RuledOut
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.proof import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A fault of a component. ``explains`` holds ids of failing results; it is empty for a finding."""

    component: str
    fault: Fault
    statement: str
    proof: Proof
    ruled_out: tuple[RuledOut, ...]
    confidence: Confidence
    first_action: str
    explains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """A component that fails only because of roots; ``of`` names their components."""

    component: str
    of: tuple[str, ...]
    results: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """``findings`` are defects that explain no failing result. ``unexplained`` holds ids of failing results."""

    roots: tuple[Root, ...] = ()
    findings: tuple[Root, ...] = ()
    victims: tuple[Victim, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    unexplained: tuple[str, ...] = ()
    next_observation: str = ""
    """The cheapest observation that could decide what is unexplained; empty when nothing is."""

    @property
    def undecided(self) -> bool:
        """Whether something fails that the evidence does not explain."""
        return bool(self.unexplained)
