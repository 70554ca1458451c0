"""What every question about an ECS service says in the same words: of whom, why it failed, what excuses it."""

from dataclasses import replace

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, failed, unknown
from auditor.domain.target import Target
from functions.compute import remedies
from functions.compute.facts import ComputeFacts, DeploymentFacts, ServiceFacts
from functions.compute.family import ComputeSpec

STUCK_AFTER_SECONDS = 900.0
"""A deployment that takes longer is stuck: ECS's own health checks and draining end well before."""
FAILING_FROM = 2
"""Tasks of a deployment that fail: one can be bad luck, two are a pattern."""

ComputeTarget = Target[ComputeSpec]
ComputeObservation = Observation[ComputeFacts]


def rolling_of(service: ServiceFacts) -> DeploymentFacts | None:
    """The deployment that explains missing tasks: one in progress that is neither failing nor stuck."""
    if not service.deployments or not in_progress(service.deployments[0], service):
        return None
    primary = service.deployments[0]
    healthy = primary.failed_tasks < FAILING_FROM and primary.age_seconds <= STUCK_AFTER_SECONDS
    return primary if healthy else None


def in_progress(primary: DeploymentFacts, service: ServiceFacts) -> bool:
    """Whether this deployment goes on; where ECS does not tell, a second one beside it says so."""
    if primary.rollout is not None:
        return primary.rollout == "IN_PROGRESS"
    return len(service.deployments) > 1


def failing(cause: str, summary: str, **evidence: Scalar) -> Answer:
    """The service is not as it should be."""
    failure = Failure(phase=Phase.ANSWER, cause=cause, detail=summary)
    return replace(failed(failure, None, **evidence), remedy=remedies.for_cause(cause))


def not_read(part: str, facts: ComputeFacts) -> Answer:
    """The probe did not read a part of the facts, for a reason that it noted."""
    failure = facts.unread.get(part)
    if failure is None:
        detail = f"the probe recorded neither {part} of {facts.name} nor why not"
        return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))
    return unknown(failure, remedy=remedies.for_cause(failure.cause))


def facts_of(observation: ComputeObservation) -> ComputeFacts:
    """The facts, which the kernel guarantees."""
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts
