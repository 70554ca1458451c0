"""What a connection attempt says in the diagnosis's vocabulary: facts to claims, pure."""

from collections.abc import Iterator

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import words
from auditor.domain.diagnosis.addresses import is_literal
from auditor.domain.diagnosis.proof import Proof, observation_id
from auditor.domain.observation import Phase
from functions.network.facts import Outcome
from functions.network.tried import NetworkObservation, NetworkTarget, facts_of, tried

_NAMES = {
    "dns.nxdomain": words.NameOutcome.NXDOMAIN,
    "dns.nodata": words.NameOutcome.NODATA,
    "dns.servfail": words.NameOutcome.SERVFAIL,
    "dns.refused": words.NameOutcome.REFUSED,
    "dns.timeout": words.NameOutcome.TIMEOUT,
    "dns.unreachable": words.NameOutcome.TIMEOUT,
}
_PORTS: dict[Outcome, words.PortOutcome] = {
    "open": words.PortOutcome.OPEN,
    "refused": words.PortOutcome.REFUSED,
    "timeout": words.PortOutcome.TIMEOUT,
    "unreachable": words.PortOutcome.UNREACHABLE,
    "reset": words.PortOutcome.RESET,
    "closed": words.PortOutcome.RESET,
}


def claims(_: NetworkTarget, observation: NetworkObservation) -> tuple[says.Claim, ...]:
    """How the name resolved and what every address did; nothing where the auditor could not tell."""
    if observation.facts is None:
        return ()
    proof = (observation_id(observation),)
    found: list[says.Claim] = list(_name(observation, proof))
    facts = facts_of(observation)
    found += [
        says.PortAnswers(
            host=facts.host, address=each.address, port=facts.port, outcome=_PORTS[each.outcome], proof=proof
        )
        for each in tried(observation)
    ]
    return tuple(dict.fromkeys(found))


def _name(observation: NetworkObservation, proof: Proof) -> Iterator[says.Claim]:
    facts = facts_of(observation)
    if is_literal(facts.host):
        return
    if facts.resolved:
        resolved = words.NameOutcome.RESOLVED
        yield says.NameResolves(name=facts.host, outcome=resolved, addresses=facts.resolved, proof=proof)
        return
    for failure in observation.failures:
        if failure.phase is Phase.NAME and failure.cause in _NAMES:
            yield says.NameResolves(name=facts.host, outcome=_NAMES[failure.cause], proof=proof)
