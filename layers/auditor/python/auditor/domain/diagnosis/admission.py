"""Which silences are the auditor's own: the rules that were read keep it out, and let the platform in."""

from collections.abc import Iterable

from auditor.domain.diagnosis.claims import Claim, PortAnswers
from auditor.domain.diagnosis.network_claims import EdgeAdmits
from auditor.domain.diagnosis.words import PortOutcome

_SILENT = (PortOutcome.TIMEOUT, PortOutcome.UNREACHABLE)


def not_admitted(claims: Iterable[Claim]) -> dict[str, str]:
    """Ids of the observations whose silence the rules explain by the auditor's place alone, with the line.

    Where the same rules stop a connection that the platform itself needs there, the silence is not the auditor's own:
    then it stays with the target, and the line is what the diagnosis looks at.
    """
    said = list(claims)
    edges = [claim for claim in said if isinstance(claim, EdgeAdmits)]
    shut_out = [edge for edge in edges if edge.of_auditor and edge.stopped_by is not None and not edge.partly]
    found: dict[str, str] = {}
    for answer in said:
        if isinstance(answer, PortAnswers) and answer.outcome in _SILENT:
            own = [edge for edge in shut_out if _leads_to(edge, answer)]
            if own and not any(not e.of_auditor and e.stopped_by and _leads_to(e, answer) for e in edges):
                found |= dict.fromkeys(answer.proof, own[0].line)
    return found


def _leads_to(edge: EdgeAdmits, answer: PortAnswers) -> bool:
    return answer.port == edge.port and answer.address in edge.addresses
