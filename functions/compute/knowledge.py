"""What an observation of an ECS service says in the diagnosis's vocabulary: facts to claims, pure."""

from collections.abc import Iterator

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import words
from auditor.domain.diagnosis.deployment_claims import DeploymentStands, RegistersWith, ServesGroups
from auditor.domain.diagnosis.proof import Proof, observation_id
from auditor.domain.diagnosis.role_claims import RunsWithRoles
from auditor.domain.diagnosis.task_claims import RunningCounts, TasksStarted, TaskStopped
from auditor.domain.observation import Observation
from auditor.domain.target import Target
from functions.compute.facts import (
    JUST_STARTED_SECONDS,
    MAX_TASKS,
    ComputeFacts,
    DefinitionFacts,
    ServiceFacts,
    StopKind,
)
from functions.compute.family import ComputeSpec

_REASONS = {
    StopKind.OUT_OF_MEMORY: words.StopReason.OUT_OF_MEMORY,
    StopKind.IMAGE_ARCHITECTURE: words.StopReason.WRONG_ARCHITECTURE,
    StopKind.IMAGE_NOT_FOUND: words.StopReason.IMAGE_NOT_FOUND,
    StopKind.SECRET_DENIED: words.StopReason.SECRET_DENIED,
    StopKind.SECRET_NOT_FOUND: words.StopReason.SECRET_NOT_FOUND,
    StopKind.PARAMETER_NOT_FOUND: words.StopReason.PARAMETER_NOT_FOUND,
    StopKind.EXITED: words.StopReason.EXITED,
    StopKind.LOAD_BALANCER_HEALTH: words.StopReason.HEALTH_CHECK_FAILED,
    StopKind.CONTAINER_HEALTH: words.StopReason.HEALTH_CHECK_FAILED,
}


def claims(target: Target[ComputeSpec], observation: Observation[ComputeFacts]) -> tuple[says.Claim, ...]:
    """Counts, addresses, ages and reasons for stops; of what was not read, nothing."""
    facts = observation.facts
    if facts is None:
        return ()
    proof = (observation_id(observation),)
    found: list[says.Claim] = []
    if facts.service is not None:
        found.append(_counts(target, facts.service, proof))
        registries = tuple(sorted(registry.arn for registry in facts.service.registries))
        found.append(RegistersWith(component=target.component, registries=registries, proof=proof))
        groups = tuple(sorted(_name_of(group.arn) for group in facts.service.target_groups))
        found.append(ServesGroups(component=target.component, groups=groups, proof=proof))
        found += _deployed(target.component, facts.service, facts, proof)
    if facts.definition is not None:
        found.append(_roles(target.component, facts.definition, proof))
    found += _running(target.component, facts, proof)
    found += _stopped(target.component, facts, proof)
    return tuple(dict.fromkeys(found))


def _name_of(arn: str) -> str:
    """A target group's name, of ``…:targetgroup/NAME/id``."""
    return arn.partition(":targetgroup/")[2].partition("/")[0]


def _roles(component: str, definition: DefinitionFacts, proof: Proof) -> says.Claim:
    return RunsWithRoles(
        component=component, execution_role=definition.execution_role, task_role=definition.task_role, proof=proof
    )


def _counts(target: Target[ComputeSpec], service: ServiceFacts, proof: Proof) -> says.Claim:
    rolling = any(d.rollout == "IN_PROGRESS" and d.failed_tasks == 0 for d in service.deployments)
    return RunningCounts(
        component=target.component,
        desired=service.desired,
        running=service.running,
        may_rest=service.desired == 0 and not target.spec.desired,
        rolling_out=rolling,
        proof=proof,
    )


def _deployed(component: str, service: ServiceFacts, facts: ComputeFacts, proof: Proof) -> Iterator[says.Claim]:
    """What the newest deployment and the settled tasks say; nothing while ECS tells no state of it."""
    primary = service.deployments[0] if service.deployments else None
    if primary is None or primary.rollout is None or facts.tasks is None or len(facts.tasks) >= MAX_TASKS:
        return
    running = [task for task in facts.tasks if task.status == "RUNNING"]
    settled = [t for t in running if t.age_seconds is None or t.age_seconds >= JUST_STARTED_SECONDS]
    yield DeploymentStands(
        component=component,
        wanted=service.revision,
        done=primary.rollout == "COMPLETED",
        running=tuple(sorted({task.revision for task in settled})),
        proof=proof,
    )


def _running(component: str, facts: ComputeFacts, proof: Proof) -> Iterator[says.Claim]:
    if facts.tasks is None:
        return
    running = [task for task in facts.tasks if task.status == "RUNNING"]
    # A full list may go on: what it lacks could be the one that counts.
    if len(facts.tasks) >= MAX_TASKS and (facts.service is None or facts.service.running > len(running)):
        return
    if all(task.address for task in running):
        addresses = tuple(sorted({task.address for task in running}))
        yield says.RunsAt(component=component, addresses=addresses, proof=proof)
    started = [task.started_at for task in running if task.started_at is not None]
    if started:
        yield TasksStarted(component=component, at=min(started), proof=proof)


def _stopped(component: str, facts: ComputeFacts, proof: Proof) -> Iterator[says.Claim]:
    for group in facts.stopped or ():
        # What was meant, and what AWS did to its own hosts, explains no outage.
        if group.kind.is_failure:
            yield TaskStopped(
                component=component,
                reason=_REASONS.get(group.kind, words.StopReason.OTHER),
                exit_code=group.exit_code,
                count=group.count,
                proof=proof,
            )
