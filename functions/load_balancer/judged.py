"""What all questions about a load balancer share: the facts, and the words for what was not read. Pure."""

from dataclasses import replace

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Status, failed, unknown
from auditor.domain.target import Target
from functions.load_balancer import remedies
from functions.load_balancer.facts import LoadBalancerFacts
from functions.load_balancer.family import LoadBalancerSpec

LoadBalancerTarget = Target[LoadBalancerSpec]
LoadBalancerObservation = Observation[LoadBalancerFacts]


def facts_of(observation: LoadBalancerObservation) -> LoadBalancerFacts:
    """The facts, which are there whenever a check is asked."""
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


def not_read(part: str, facts: LoadBalancerFacts) -> Answer:
    """The auditor could not tell, because a part of the facts was not read."""
    failure = facts.unread.get(part)
    if failure is None:
        detail = f"the probe recorded neither {part} of {facts.name} nor why not"
        return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))
    return unknown(failure, remedy=remedies.for_cause(failure.cause))


def bad(cause: str, summary: str, **evidence: Scalar) -> Answer:
    """A FAIL with its remedy."""
    failure = Failure(phase=Phase.ANSWER, cause=cause, detail=summary)
    return replace(failed(failure, None, **evidence), remedy=remedies.for_cause(cause))


def doubtful(cause: str, summary: str, **evidence: Scalar) -> Answer:
    """A WARN with its remedy."""
    return replace(bad(cause, summary, **evidence), status=Status.WARN)


def undecided(cause: str, summary: str, **evidence: Scalar) -> Answer:
    """An UNKNOWN: the facts were read and do not decide."""
    failure = Failure(phase=Phase.ANSWER, cause=cause, detail=summary)
    return unknown(failure, None, remedy=remedies.for_cause(cause), **evidence)
