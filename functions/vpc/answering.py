"""How this family's questions answer: a failure with its remedy, and what was not read as UNKNOWN. Pure."""

from dataclasses import replace

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Status, failed, unknown
from functions.vpc import remedies
from functions.vpc.facts import VpcFacts


def fails(cause: str, summary: str, **evidence: Scalar) -> Answer:
    """A FAIL in AWS's own answer, with the remedy of its cause."""
    failure = Failure(phase=Phase.ANSWER, cause=cause, detail=summary)
    return replace(failed(failure, None, **evidence), remedy=remedies.for_cause(cause))


def warns(cause: str, summary: str, **evidence: Scalar) -> Answer:
    """The same as a WARN."""
    return replace(fails(cause, summary, **evidence), status=Status.WARN)


def cannot_tell(cause: str, detail: str, **evidence: Scalar) -> Answer:
    """An UNKNOWN in AWS's own answer, with the remedy of its cause."""
    failure = Failure(phase=Phase.ANSWER, cause=cause, detail=detail)
    return replace(unknown(failure, remedy=remedies.for_cause(cause)), evidence=evidence)


def not_read(part: str, facts: VpcFacts) -> Answer:
    """What is said of a part that the probe did not read."""
    failure = facts.unread.get(part)
    if failure is None:
        detail = f"the probe recorded neither {part} nor why not"
        return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))
    return unknown(failure, remedy=remedies.for_cause(failure.cause))


def facts_of(observation: Observation[VpcFacts]) -> VpcFacts:
    """The facts, which are there: judge() asks no check without them."""
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts
