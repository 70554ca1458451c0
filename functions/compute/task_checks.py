"""Whether the tasks that run are well, and are those that ECS says were deployed. Pure."""

from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.result import Answer, Scalar, Severity, Status, passed, skipped
from functions.compute.facts import JUST_STARTED_SECONDS, ComputeFacts, TaskFacts
from functions.compute.family import ComputeSpec
from functions.compute.judged import (
    ComputeObservation,
    ComputeTarget,
    facts_of,
    failing,
    in_progress,
    not_read,
    rolling_of,
)


def _containers_healthy(_target: ComputeTarget, observation: ComputeObservation) -> Answer:
    running = _running(observation)
    if isinstance(running, Answer):
        return running
    facts = facts_of(observation)
    grace = facts.service.grace_seconds if facts.service is not None else 0
    warming = [t for t in running if t.age_seconds is not None and t.age_seconds < grace]
    judged = [task for task in running if task not in warming]
    unhealthy = [task for task in judged if task.health == "UNHEALTHY"]
    names = sorted({c.name for t in unhealthy for c in t.containers if c.health == "UNHEALTHY"})
    evidence: dict[str, Scalar] = {"tasks": len(running), "warming_up": len(warming), "unhealthy": len(unhealthy)}
    if unhealthy:
        of = f" ({', '.join(names)})" if names else ""
        summary = (
            f"The health check of the containers{of} fails in {len(unhealthy)} of {len(judged)} tasks of {facts.name}."
        )
        answer = failing("compute.containers_unhealthy", summary, containers=", ".join(names) or None, **evidence)
        return answer if len(unhealthy) == len(judged) else replace(answer, status=Status.WARN)
    if any(task.health == "HEALTHY" for task in judged):
        return passed(f"No container of {facts.name} fails its own health check.", **evidence)
    if any(task.health != "UNKNOWN" for task in warming):
        return passed(f"The tasks of {facts.name} warm up: within {grace} s their health does not count.", **evidence)
    if facts.definition is not None and not facts.definition.health_checks:
        return passed(f"No container of {facts.name} has a health check of its own, so that none fails.", **evidence)
    return skipped(f"The health checks of the containers of {facts.name} have not answered yet.", **evidence)


def _runs_as_wanted(_target: ComputeTarget, observation: ComputeObservation) -> Answer:
    running = _running(observation)
    if isinstance(running, Answer):
        return running
    facts = facts_of(observation)
    service = facts.service
    assert service is not None, "_running() answers without it"
    if not service.deployments:
        return skipped(f"ECS names no deployment of {facts.name} that could have been applied.")
    primary = service.deployments[0]
    if rolling_of(service) is not None:
        return passed(f"A deployment of {primary.revision} to {facts.name} goes on.", rollout=primary.rollout)
    if primary.rollout == "FAILED" or in_progress(primary, service):
        return skipped(
            "Not asked, because compute.deployment_completed failed.", failed_check="compute.deployment_completed"
        )
    settled = [t for t in running if t.age_seconds is None or t.age_seconds >= JUST_STARTED_SECONDS]
    others = sorted({task.revision for task in settled if task.revision != service.revision})
    evidence: dict[str, Scalar] = {
        "wanted": service.revision,
        "running": ", ".join(sorted({t.revision for t in running})),
    }
    if others:
        count = sum(task.revision in others for task in settled)
        summary = (
            f"ECS calls the deployment of {service.revision} to {facts.name} complete, and {count} of {len(settled)} "
            f"settled tasks run {', '.join(others)}."
        )
        return failing("compute.revision_not_applied", summary, **evidence)
    if not all(task.containers for task in running):
        return skipped(
            f"ECS names no container of a running task of {facts.name}, so no digest can be compared.", **evidence
        )
    digests: dict[str, set[str]] = {}
    for container in (c for task in settled for c in task.containers if c.digest):
        digests.setdefault(container.image, set()).add(container.digest)
    mixed = {image: found for image, found in digests.items() if len(found) > 1}
    if mixed:
        image, found = min(mixed.items())
        summary = f"Tasks of {service.revision} run {len(found)} different images under the one name {image}."
        answer = failing("compute.digests_differ", summary, digests=", ".join(sorted(found))[:500], **evidence)
        return replace(answer, status=Status.WARN)
    return passed(f"Every task of {facts.name} is of {service.revision}, as wanted.", **evidence)


def _running(observation: ComputeObservation) -> list[TaskFacts] | Answer:
    """The tasks that run, at least one; or the answer that is left without them."""
    facts = facts_of(observation)
    if facts.service is None:
        return not_read("service", facts)
    if facts.tasks is None:
        return not_read("tasks", facts)
    running = [task for task in facts.tasks if task.status == "RUNNING"]
    return running or skipped(f"No task of {facts.name} runs.")


CHECKS: tuple[Check[ComputeSpec, ComputeFacts], ...] = (
    Check(
        id="compute.containers_healthy",
        severity=Severity.MEDIUM,
        judge=_containers_healthy,
        remediation="Run the health check's command in the container, and read what it waits for.",
    ),
    Check(
        id="compute.runs_as_wanted",
        severity=Severity.MEDIUM,
        judge=_runs_as_wanted,
        remediation="Force a deployment, and compare the tasks' revision and digest with the wanted ones.",
    ),
)
