"""What the evidence says of a target group."""

from auditor.domain.diagnosis.evidence import Evidence
from auditor.domain.diagnosis.routing_claims import TargetsStand


def group_component(evidence: Evidence, group: str, told: str) -> str:
    """The component that stands for a target group; ``told`` where the catalogue binds none to its name."""
    return evidence.bound_to("tg", group) or told


def targets_of(evidence: Evidence, group: str) -> list[TargetsStand]:
    """How its targets stand, as often as it was told."""
    return [claim for claim in evidence.of(TargetsStand) if claim.group == group]
