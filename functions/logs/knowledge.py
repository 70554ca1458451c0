"""What a log lets one say: facts to claims, pure."""

from auditor.domain.diagnosis.claims import Claim
from auditor.domain.diagnosis.log_claims import LogSaying, LogSays
from auditor.domain.diagnosis.proof import observation_id
from auditor.domain.observation import Observation
from auditor.domain.target import Target
from functions.logs.facts import LogsFacts
from functions.logs.family import LogsSpec


def claims(target: Target[LogsSpec], observation: Observation[LogsFacts]) -> tuple[Claim, ...]:
    """What the fatal lines say; of what was not read, nothing."""
    facts = observation.facts
    if facts is None:
        return ()
    proof = (observation_id(observation),)
    return tuple(
        LogSays(
            component=target.component,
            saying=LogSaying(fatal.kind),
            count=fatal.count,
            last_at=fatal.last_at,
            proof=proof,
        )
        for fatal in facts.fatal
    )
