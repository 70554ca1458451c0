"""Claims about clocks."""

from dataclasses import dataclass

from auditor.domain.diagnosis.proof import Proof
from auditor.domain.diagnosis.words import Emitter


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRead:
    """An answer told the time of who wrote it; ``ahead`` are seconds before the auditor's own, negative behind it."""

    component: str
    ahead: int
    emitter: Emitter
    proof: Proof = ()
