"""What an observation of a secret says in the diagnosis's vocabulary: facts to claims, pure."""

from auditor.domain.diagnosis.claims import Claim, SecretChanged, SecretGone
from auditor.domain.diagnosis.proof import observation_id
from auditor.domain.observation import Observation
from auditor.domain.target import Target
from functions.secrets.facts import SecretFacts
from functions.secrets.family import SecretSpec


def claims(target: Target[SecretSpec], observation: Observation[SecretFacts]) -> tuple[Claim, ...]:
    """Since when the current value stands, and whether the secret is about to go; of what was not read, nothing."""
    facts, found = observation.facts, list[Claim]()
    if facts is None:
        return ()
    proof = (observation_id(observation),)
    if facts.deleted:
        found.append(SecretGone(component=target.component, proof=proof))
    if facts.versions is not None and facts.versions.current_since is not None:
        found.append(SecretChanged(component=target.component, at=facts.versions.current_since, proof=proof))
    return tuple(found)
