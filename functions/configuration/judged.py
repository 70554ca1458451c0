"""What every question about a configuration says in the same words: of whom, why it failed, why nobody can tell."""

from dataclasses import replace

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, failed, unknown
from auditor.domain.target import Target
from functions.configuration import remedies
from functions.configuration.facts import ConfigurationFacts, ContainerFacts
from functions.configuration.family import ConfigurationSpec

ConfigurationTarget = Target[ConfigurationSpec]
ConfigurationObservation = Observation[ConfigurationFacts]


def facts_of(observation: ConfigurationObservation) -> ConfigurationFacts:
    """The facts, which the kernel guarantees."""
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


def who(container: ContainerFacts) -> str:
    """A container in a sentence."""
    return f"{container.name} of {container.revision}"


def failing(cause: str, summary: str, **evidence: Scalar) -> Answer:
    """The configuration is wrong."""
    failure = Failure(phase=Phase.ANSWER, cause=cause, detail=summary)
    return replace(failed(failure, None, **evidence), remedy=remedies.for_cause(cause))


def untold(cause: str, detail: str, **evidence: Scalar) -> Answer:
    """The auditor does not see it."""
    failure = Failure(phase=Phase.ANSWER, cause=cause, detail=f"{detail}.")
    return unknown(failure, None, remedy=remedies.for_cause(cause), **evidence)


def not_read(part: str, facts: ConfigurationFacts) -> Answer:
    """The probe did not read a part of the facts, for a reason that it noted."""
    failure = facts.unread.get(part)
    if failure is None:
        detail = f"the probe recorded neither {part} nor why not"
        return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))
    return unknown(failure, remedy=remedies.for_cause(failure.cause))
