"""A diagnosis as a report tells it."""

from auditor.domain.diagnosis.faults import MEANINGS
from auditor.domain.diagnosis.model import Root
from auditor.domain.report import RootCause
from auditor.domain.topology import Platform


def root_cause(platform: Platform, root: Root) -> RootCause:
    """The root with the words of its fault, and whose component it is."""
    services = {component.id: component.service for component in platform.components}
    return RootCause(
        component=root.component,
        service=services.get(root.component, ""),
        fault=str(root.fault),
        fault_meaning=MEANINGS[root.fault],
        statement=root.statement,
        confidence=str(root.confidence),
        first_action=root.first_action,
        proof=root.proof,
        ruled_out=tuple(f"{each.subject}: {each.why}" for each in root.ruled_out),
        explains=root.explains,
    )
