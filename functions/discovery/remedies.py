"""What on-call can do, by cause: text only."""

from auditor.domain.remedy import AWS_CALLS

_BY_CAUSE = {
    **AWS_CALLS,
    "discovery.no_namespace": "Point whoever uses this name at the nearest namespace that exists, and correct the "
    "catalogue if it holds the same mistake. Do not put an address in place of the name: it changes with every task.",
    "discovery.no_service": "Compare the name with the services of the namespace; if the service was deleted or "
    "recreated, give the ECS service its new ARN in serviceRegistries.",
    "discovery.no_instances": "See whether the ECS service has running tasks. If it has, look at its serviceRegistries:"
    " empty, or the ARN of a registry that was recreated, means that its tasks are never registered; update it. "
    "As a first aid register the running task's address by hand.",
    "discovery.port_differs": "Correct containerPort in the ECS service's serviceRegistries, or the port in the "
    "catalogue.",
    "discovery.instances_unhealthy": "Compare the addresses with the running tasks: deregister an instance whose task "
    "is gone; of one that runs see why its container's health check fails.",
    "discovery.health_not_told": "Wait for the next run: a new instance has no health yet. If it stays, look at the "
    "registry's health check.",
    "discovery.no_zone": "See whether the zone was deleted or lies in another account; the registrar must name the "
    "servers of the zone that exists.",
    "discovery.no_record": "Create the record again, and see who or what deleted it (CloudTrail: "
    "ChangeResourceRecordSets).",
    "discovery.record_differs": "See who changed the record (CloudTrail: ChangeResourceRecordSets), and lead it to "
    "what was declared; if the new place is meant, correct the catalogue.",
    "discovery.ttl_long": "Lower the TTL of the Cloud Map service: for so long clients go on to an address after its "
    "task has gone.",
    "discovery.namespace_doubled": "See which VPC each namespace belongs to: the clients' VPC decides which one they "
    "get. Delete the one that nobody uses.",
    "discovery.record_type_differs": "Create a record of the type that clients ask for, or correct the catalogue.",
    "aws.not_found": "It was deleted while it was read; the next run says more.",
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)
