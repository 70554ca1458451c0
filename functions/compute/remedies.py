"""What on-call can do, by cause and by the reason of a stop: text only."""

from auditor.domain.remedy import AWS_CALLS
from functions.compute.facts import StopKind

_BY_CAUSE = {
    **AWS_CALLS,
    "compute.service_inactive": "See who deleted the service (CloudTrail: DeleteService) and create it again from its "
    "template; if it was meant, take the target out of the catalogue.",
    "compute.desired_too_low": "See who scaled it down (CloudTrail: UpdateService, or its scaling policy), and set the "
    "desired count again; if it was meant, correct the catalogue.",
    "compute.tasks_missing": "Read the service's latest events: placement, capacity and subnet addresses stand there; "
    "then the reasons of the stopped tasks.",
    "compute.none_running": "Read the reasons of the stopped tasks and the last lines of their logs; if a deployment "
    "brought it, go back to the last revision that ran.",
    "compute.deployment_failed": "Users are served by the old revision as long as its tasks run: read why the new "
    "tasks stop before the next try.",
    "compute.deployment_failing": "Go back to the last revision that ran, then read why the new tasks stop.",
    "compute.deployment_stuck": "Read the service's events: tasks that never get healthy, or that cannot be placed, "
    "keep a deployment open.",
    "compute.tasks_exited": "Read the last lines of the container's log before the exit; if the revision is new, go "
    "back to the one before.",
    "compute.out_of_memory": "Give the task more memory, or find what grew; an exit code of 137 with this reason is "
    "the kernel's kill, not the application's.",
    "compute.health_check_killed": "Ask the health path yourself: compare its status and time with what the health "
    "check accepts. The application may be fine.",
    "compute.image_not_pulled": "Compare the image in the task definition with the registry's tags, and the execution "
    "role's rights on it.",
    "compute.secret_not_read": "Compare the references of the task definition with what exists, and the execution "
    "role's rights on it.",
    "compute.not_started": "Read the stop's text: it names what could not be made.",
    "compute.tasks_stopped": "Read the stop's text in the evidence and in ECS.",
    "compute.image_differs": "See who deployed the running revision. A merge is no deployment: the digest tells what "
    "runs. Deploy the declared image, or correct the catalogue.",
    "compute.rolled_back": "Users are served by the old revision: read why the tasks of the one that was given up "
    "stopped, mend that, and deploy again.",
    "compute.revision_not_applied": "Force a new deployment of the wanted revision, and see in the service's events "
    "why its tasks were not replaced.",
    "compute.digests_differ": "The tag was pushed again after some tasks had started: force a deployment so that all "
    "run one image, and deploy by digest or by tags that never move.",
    "compute.containers_unhealthy": "Run the health check's command in the container (ECS Exec), and read what it "
    "waits for.",
    "compute.memory_high": "Give the task more memory, or find what grew, before the kernel kills it (exit code 137).",
    "compute.cpu_high": "Give the task more CPU or run more tasks, and see what it is busy with.",
    "compute.not_measured": "See whether CloudWatch has MemoryUtilization and CPUUtilization of the service: they come "
    "by themselves once tasks run. Nothing is said about the platform.",
    "aws.not_found": "Correct the names of cluster and service in the catalogue; nothing is said about the platform.",
}
_BY_STOP = {
    StopKind.LOAD_BALANCER_HEALTH: "Ask the target group's health path on the task's address: a status that its "
    "matcher does not accept, or an answer later than its timeout, kills a task that works.",
    StopKind.IMAGE_NOT_FOUND: "Push the image under the tag that the task definition names, or go back to the revision "
    "before; old tasks serve meanwhile.",
    StopKind.IMAGE_DENIED: "Give the execution role the rights to pull from this repository (ecr:BatchGetImage, "
    "ecr:GetDownloadUrlForLayer, ecr:GetAuthorizationToken).",
    StopKind.IMAGE_UNREACHABLE: "The task's subnet does not reach the registry: NAT, endpoints of ECR and S3, rules on "
    "port 443.",
    StopKind.IMAGE_ARCHITECTURE: "Build the image for the task definition's architecture (--platform linux/amd64), and "
    "go back to the previous image meanwhile.",
    StopKind.SECRET_DENIED: "Give the execution role secretsmanager:GetSecretValue or ssm:GetParameters on what the "
    "evidence names.",
    StopKind.SECRET_NOT_FOUND: "Correct the reference in the task definition: no secret has the ARN that the evidence "
    "names; the six characters at its end are part of it.",
    StopKind.PARAMETER_NOT_FOUND: "Create the parameters that the task definition names, then force a deployment.",
    StopKind.SECRET_UNREACHABLE: "The task's subnet does not reach Secrets Manager, SSM or the registry: NAT, "
    "endpoints, rules on port 443.",
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)


def for_stop(kind: StopKind) -> str | None:
    """The remedy of a kind of stop that is more exact than its cause's; None where none is."""
    return _BY_STOP.get(kind)
