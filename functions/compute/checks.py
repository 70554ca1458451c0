"""The questions asked of an ECS service. A rolling deployment is no failure, nor is a service scaled to zero."""

import math
from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, passed, skipped, unknown
from functions.compute import limit_checks, remedies, task_checks
from functions.compute.facts import ComputeFacts, DeploymentFacts, ServiceFacts, StopGroup, StopKind
from functions.compute.family import ComputeSpec
from functions.compute.judged import (
    FAILING_FROM,
    STUCK_AFTER_SECONDS,
    ComputeObservation,
    ComputeTarget,
    facts_of,
    failing,
    in_progress,
    not_read,
    rolling_of,
)

_CAUSE_OF_STOP = {
    StopKind.LOAD_BALANCER_HEALTH: "compute.health_check_killed",
    StopKind.CONTAINER_HEALTH: "compute.health_check_killed",
    StopKind.EXITED: "compute.tasks_exited",
    StopKind.OUT_OF_MEMORY: "compute.out_of_memory",
    StopKind.IMAGE_NOT_FOUND: "compute.image_not_pulled",
    StopKind.IMAGE_DENIED: "compute.image_not_pulled",
    StopKind.IMAGE_UNREACHABLE: "compute.image_not_pulled",
    StopKind.IMAGE_ARCHITECTURE: "compute.image_not_pulled",
    StopKind.IMAGE_NOT_PULLED: "compute.image_not_pulled",
    StopKind.SECRET_DENIED: "compute.secret_not_read",
    StopKind.SECRET_NOT_FOUND: "compute.secret_not_read",
    StopKind.PARAMETER_NOT_FOUND: "compute.secret_not_read",
    StopKind.SECRET_UNREACHABLE: "compute.secret_not_read",
    StopKind.NOT_INITIALISED: "compute.not_started",
    StopKind.NOT_STARTED: "compute.not_started",
}


def _tasks_running(target: ComputeTarget, observation: ComputeObservation) -> Answer:
    facts = facts_of(observation)
    service = facts.service
    if service is None:
        return not_read("service", facts)
    evidence = _counts(service)
    if service.status != "ACTIVE":
        summary = f"The ECS service {facts.name} is {service.status}: it was deleted or is being deleted."
        return failing("compute.service_inactive", summary, **evidence)
    declared = target.spec.desired
    if declared is not None and service.desired < declared:
        summary = f"ECS wants {service.desired} tasks of {facts.name}; declared are at least {declared}."
        return failing("compute.desired_too_low", summary, declared=declared, **evidence)
    if service.desired == 0:
        return skipped(f"{facts.name} is scaled to zero.", **evidence)
    if service.running >= service.desired:
        return passed(f"{service.running} of {service.desired} tasks of {facts.name} run.", **evidence)
    rolling = rolling_of(service)
    floor = math.ceil(service.desired * service.minimum_healthy_percent / 100)
    if rolling is not None and (service.running >= floor or _is_new(service)):
        return passed(
            f"{service.running} of {service.desired} tasks of {facts.name} run while a deployment goes on, which keeps "
            f"at least {floor}.",
            deployment_age_seconds=rolling.age_seconds,
            **evidence,
        )
    cause = "compute.tasks_missing" if service.running else "compute.none_running"
    why = _worst(facts)
    because = f"; tasks stopped {why.count} times within the hour ({_words(why)})" if why is not None else ""
    summary = f"{service.running} of {service.desired} tasks of {facts.name} run{because}."
    if why is not None:
        evidence |= _stop_evidence(why)
    return failing(cause, summary, **evidence)


def _deployment_completed(_target: ComputeTarget, observation: ComputeObservation) -> Answer:
    facts = facts_of(observation)
    service = facts.service
    if service is None:
        return not_read("service", facts)
    if service.status != "ACTIVE":
        return skipped("Not asked, because compute.tasks_running failed.", failed_check="compute.tasks_running")
    if not service.deployments:
        if service.controller != "ECS":
            return skipped(f"{facts.name} is deployed by {service.controller}, not by ECS itself.")
        detail = f"ecs:DescribeServices names no deployment of {facts.name}"
        return unknown(Failure(phase=Phase.ANSWER, cause="aws.failed", detail=detail))
    primary = service.deployments[0]
    evidence: dict[str, Scalar] = {
        "rollout": primary.rollout,
        "revision": primary.revision,
        "deployments": len(service.deployments),
        "failed_tasks": primary.failed_tasks,
        "age_seconds": primary.age_seconds,
    }
    what = f"The deployment of {primary.revision} to {facts.name}"
    evidence["gave_up"] = next((d.gave_up for d in service.deployments if d.gave_up), None)
    if primary.rollout == "FAILED":
        return failing("compute.deployment_failed", f"{what} failed: ECS gave it up.", **evidence)
    given_up = [d for d in service.deployments[1:] if d.rollout == "FAILED" and _led_back(d, primary)]
    sound = primary.failed_tasks < FAILING_FROM and primary.age_seconds <= STUCK_AFTER_SECONDS
    if (given_up or service.rolled_back) and (sound or not in_progress(primary, service)):
        return _rolled_back(facts.name, primary, given_up, evidence)
    if not in_progress(primary, service):
        return passed(f"{what} is complete.", **evidence)
    if primary.failed_tasks >= FAILING_FROM:
        summary = f"{what} is failing: {primary.failed_tasks} of its tasks failed so far."
        return failing("compute.deployment_failing", summary, **evidence)
    if primary.age_seconds > STUCK_AFTER_SECONDS:
        summary = f"{what} goes on for {primary.age_seconds / 60:.0f} minutes; a healthy one ends within 15."
        return failing("compute.deployment_stuck", summary, **evidence)
    return passed(f"{what} is in progress for {primary.age_seconds:.0f} s.", **evidence)


def _led_back(given_up: DeploymentFacts, primary: DeploymentFacts) -> bool:
    """Whether the primary deployment is the way back from this one, and not the next try."""
    return given_up.back_to == primary.id or _number(primary.revision) < _number(given_up.revision)


def _number(revision: str) -> int:
    number = revision.rpartition(":")[2]
    return int(number) if number.isascii() and number.isdecimal() else 0


def _rolled_back(
    name: str, primary: DeploymentFacts, given_up: list[DeploymentFacts], evidence: dict[str, Scalar]
) -> Answer:
    """Users are served, by the old code: what was to be deployed is not there."""
    what = f"the deployment of {given_up[0].revision}" if given_up else "a deployment of the last hour"
    summary = (
        f"ECS gave {what} to {name} up and went back to {primary.revision}, so that what was deployed is not there."
    )
    evidence["given_up"] = given_up[0].revision if given_up else None
    return replace(failing("compute.rolled_back", summary, **evidence), status=Status.WARN)


def _no_restarts(target: ComputeTarget, observation: ComputeObservation) -> Answer:
    facts = facts_of(observation)
    if facts.stopped is None:
        return not_read("stopped", facts)
    failed = [group for group in facts.stopped if group.kind.is_failure]
    count, allowed = sum(group.count for group in failed), target.spec.restarts_allowed
    evidence: dict[str, Scalar] = {"failed_tasks": count, "allowed": allowed}
    worst = _worst(facts)
    if worst is None or count <= allowed:
        return passed(f"{count} tasks of {facts.name} stopped by a failure within the hour.", **evidence)
    cause = _CAUSE_OF_STOP.get(worst.kind, "compute.tasks_stopped")
    summary = f"{count} tasks of {facts.name} stopped by a failure within the hour, most of them: {_words(worst)}."
    warned = failing(cause, summary, **evidence, **_stop_evidence(worst))
    return replace(warned, status=Status.WARN, remedy=remedies.for_stop(worst.kind) or warned.remedy)


def _image_as_declared(target: ComputeTarget, observation: ComputeObservation) -> Answer:
    facts, declared = facts_of(observation), str(target.spec.image)
    for part in ("service", "tasks", "definition"):
        if getattr(facts, part) is None:
            return not_read(part, facts)
    assert facts.tasks is not None
    assert facts.service is not None
    assert facts.definition is not None
    running = [task for task in facts.tasks if task.status == "RUNNING"]
    rolling = rolling_of(facts.service) is not None
    judged = [task for task in running if not rolling or task.revision == facts.service.revision]
    if not judged:
        # Nothing of the wanted revision runs yet: what will run is what its definition names, by tag.
        images = sorted(facts.definition.images.values())
        fits = any(_is_image(declared, image, "") for image in images)
        if declared.startswith("sha256:") and not fits:
            return skipped(f"No task of {facts.service.revision} runs, so no digest can be compared with {declared}.")
        place = f"the task definition {facts.definition.revision}"
    else:
        images = sorted({c.image + (f" ({c.digest})" if c.digest else "") for t in judged for c in t.containers})
        fits = all(any(_is_image(declared, c.image, c.digest) for c in task.containers) for task in judged)
        place = f"the running tasks of {facts.name}"
    evidence: dict[str, Scalar] = {"declared": declared, "images": ", ".join(images)[:500], "rolling": rolling}
    if fits:
        return passed(f"The image of {place} is {declared}, as declared.", **evidence)
    summary = f"The image of {place} is not the declared {declared}: {', '.join(images)[:300] or 'none is named'}."
    return failing("compute.image_differs", summary, **evidence)


def _is_image(declared: str, image: str, digest: str) -> bool:
    if declared.startswith("sha256:"):
        return declared == digest or image.endswith(f"@{declared}")
    return image == declared or image.endswith(f"/{declared}")


def _is_new(service: ServiceFacts) -> bool:
    """Whether nothing ran before this deployment: a new service starts with no task."""
    return service.age_seconds is not None and service.age_seconds <= STUCK_AFTER_SECONDS


def _worst(facts: ComputeFacts) -> StopGroup | None:
    failing = [group for group in facts.stopped or () if group.kind.is_failure]
    return max(failing, key=lambda group: group.count, default=None)


def _words(group: StopGroup) -> str:
    code = f", exit code {group.exit_code}" if group.exit_code is not None else ""
    return f"{group.kind.value.replace('_', ' ')}{code}, {group.revision}"


def _stop_evidence(group: StopGroup) -> dict[str, Scalar]:
    return {
        "stopped_because": group.kind.value,
        "exit_code": group.exit_code,
        "stopped_revision": group.revision,
        "stopped_text": group.text,
        "names": ", ".join(group.named) or None,
    }


def _counts(service: ServiceFacts) -> dict[str, Scalar]:
    return {
        "desired": service.desired,
        "running": service.running,
        "pending": service.pending,
        "revision": service.revision,
    }


CHECKS: tuple[Check[ComputeSpec, ComputeFacts], ...] = (
    Check(
        id="compute.tasks_running",
        severity=Severity.HIGH,
        judge=_tasks_running,
        remediation="Read the service's events and the reasons of its stopped tasks.",
    ),
    Check(
        id="compute.deployment_completed",
        severity=Severity.MEDIUM,
        judge=_deployment_completed,
        remediation="Read the service's events and the reasons of the new tasks' stops; roll back if users are hurt.",
    ),
    Check(
        id="compute.no_restarts",
        severity=Severity.MEDIUM,
        judge=_no_restarts,
        remediation="Read the stopped tasks' reasons and the last lines of their logs.",
    ),
    Check(
        id="compute.image_as_declared",
        severity=Severity.MEDIUM,
        judge=_image_as_declared,
        asks=lambda target: target.spec.image is not None,
        remediation="See who deployed the running revision; deploy the declared image, or correct the catalogue.",
    ),
    *task_checks.CHECKS,
    *limit_checks.CHECKS,
)
