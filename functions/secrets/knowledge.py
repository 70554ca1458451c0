"""What an observation of a secret says in the diagnosis's vocabulary: facts to claims, pure."""

from auditor.domain.diagnosis.claims import Claim, SecretChanged
from auditor.domain.diagnosis.proof import observation_id
from auditor.domain.observation import Observation
from auditor.domain.target import Target
from functions.secrets.facts import SecretFacts
from functions.secrets.family import SecretSpec


def claims(target: Target[SecretSpec], observation: Observation[SecretFacts]) -> tuple[Claim, ...]:
    """Since when the current value stands; of what was not read, nothing."""
    facts = observation.facts
    if facts is None or facts.versions is None or facts.versions.current_since is None:
        return ()
    proof = (observation_id(observation),)
    return (SecretChanged(component=target.component, at=facts.versions.current_since, proof=proof),)
