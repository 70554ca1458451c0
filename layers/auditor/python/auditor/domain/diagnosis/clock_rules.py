"""A rule about clocks that are wrong, for which signatures, tokens and certificates are refused."""

from collections.abc import Iterator

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.clock_claims import ClockRead
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.words import Emitter

_WRONG_SECONDS = 120
"""AWS refuses a signature that is five minutes off, most libraries a token that is one or two."""
_RIGHT_SECONDS = 30
_WITNESSES = 3


def clock_wrong(evidence: Evidence) -> Iterator[Candidate]:
    """What a service answers bears a time that is minutes off, while others agree with the auditor's clock.

    Where nobody agrees, it is the auditor's own that is wrong.
    """
    read = evidence.of(ClockRead)
    right = [claim for claim in read if abs(claim.ahead) <= _RIGHT_SECONDS]
    off = {evidence.service_of(claim.component) for claim in read if abs(claim.ahead) >= _WRONG_SECONDS}
    for service in sorted(off - {""}):
        # A balancer writes the Date of its own pages only.
        own = [
            c for c in read if evidence.service_of(c.component) == service and c.emitter is not Emitter.LOAD_BALANCER
        ]
        wrong = [claim for claim in own if abs(claim.ahead) >= _WRONG_SECONDS]
        others = [claim for claim in right if evidence.service_of(claim.component) != service][:_WITNESSES]
        component = evidence.only("clock") or (wrong[0].component if wrong else "")
        if not wrong or not others:
            continue
        worst = max(wrong, key=lambda claim: (abs(claim.ahead), claim.component))
        way = "ahead" if worst.ahead > 0 else "behind"
        yield Candidate(
            component=component,
            fault=Fault.CLOCK_SKEW,
            statement=f"The clock of {service} is {abs(worst.ahead)} s {way}: what it signs, and whose tokens and "
            "certificates it checks, is refused for that.",
            first_action=f"Set the clock of the hosts of {service} by the time service, or replace its tasks.",
            confidence=Confidence.HIGH if len(wrong) == len(own) else Confidence.MEDIUM,
            proof=proof_of(*wrong, *others),
            shows=proof_of(*wrong),
            harms=frozenset({service}),
            ruled_out=(
                RuledOut(subject="the auditor's own clock", why="others agree with it", proof=proof_of(*others)),
            ),
        )


RULES = (clock_wrong,)
