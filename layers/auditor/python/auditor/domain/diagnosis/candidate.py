"""Candidates: what a rule holds for the root of a failure, before the engine weighs one against the other."""

from dataclasses import dataclass
from enum import StrEnum

from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.proof import Proof


class Confidence(StrEnum):
    """HIGH: nothing else would look like this. MEDIUM: an observation that would settle it is missing. LOW: a hint."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 is the strongest."""
        return _STRONGEST_FIRST.index(self)


_STRONGEST_FIRST = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledOut:
    """Something that could have been blamed and is not at fault."""

    subject: str
    """A component, or a suspicion in a few words."""
    why: str
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """``shows``: the part of the proof that shows the fault itself; what fails in these observations it explains.

    ``harms``: services that can be reached and cannot do their work. ``cuts``: those that nobody reaches.

    ``for_want_of``: the service of which nothing better is known; if what it needs is surely broken, that may be why.

    ``named``: a failing answer itself names what is wrong, so no other root can take its place.
    """

    component: str
    fault: Fault
    statement: str
    first_action: str
    confidence: Confidence
    proof: Proof
    shows: Proof
    harms: frozenset[str] = frozenset()
    cuts: frozenset[str] = frozenset()
    named: bool = False
    for_want_of: str = ""
    ruled_out: tuple[RuledOut, ...] = ()
