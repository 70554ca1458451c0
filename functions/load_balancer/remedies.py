"""What on-call can do, by cause: text only."""

_BY_CAUSE = {
    "lb.not_active": "Read the state's reason in the console (subnets without addresses and deleted security groups "
    "are the usual ones); a load balancer that failed is made anew.",
    "lb.impaired": "It has no room to grow: look for subnets without free addresses.",
    "lb.no_listener": "See who deleted the listener (CloudTrail: DeleteListener), and create it again from its "
    "template.",
    "lb.no_rules": "Create the rules on this listener; if another listener of the balancer has them, they were made "
    "on the wrong one.",
    "lb.route_missing": "Create a rule that forwards this path, with a priority before whatever takes it now.",
    "lb.route_wrong_group": "Change the action of the rule that the evidence names to the declared group; the rule "
    "itself need not be made anew.",
    "lb.route_captured": "Give the rule that the evidence names the host that it is meant for, or a priority behind "
    "the host's own rule.",
    "lb.route_undecidable": "Declare a route that the rules decide by host, path and method alone.",
    "lb.certificate_expired": "Attach a valid certificate to the listener, then see why this one was not renewed: its "
    "validation record, or that it was imported.",
    "lb.certificate_unusable": "Attach an issued certificate to the listener.",
    "lb.renewal_failed": "Read the reason in the evidence; for DNS validation put the CNAME of the domains back, or "
    "attach a fresh certificate before this one ends.",
    "lb.renewal_pending": "Put the validation CNAME of the named domains back into their zone; ACM then renews by "
    "itself.",
    "lb.certificate_ends_soon": "Import or attach a fresh certificate before it ends; if ACM should renew it, see "
    "what it waits for.",
    "lb.no_target_answers": "See why the group has no target: running tasks of its service, and whether it registers "
    "them in this group.",
    "lb.target_broken": "See whether tasks are replaced or crash while they answer. If they run well, compare the "
    "service's keep-alive time with the balancer's idle timeout: the service's must be the longer one.",
    "lb.target_late": "Ask the target's address directly: if it answers at once, the balancer's security group or the "
    "target's does not let the port through; if it is slow, the service is.",
    "lb.own_errors": "Look at the balancer's access log: error_reason and actions_executed stand there.",
    "lb.target_errors": "Read the service's log of this time; the balancer only passed its answers on.",
    "lb.slow": "See what the service waits for: its database, a neighbour, or its own processor.",
    "lb.not_attached": "Let a listener's rule forward to the group, or take it out of the catalogue if nobody needs "
    "it.",
    "lb.no_targets": "See whether the service runs any task and names this group in its load balancers.",
    "lb.response_code_mismatch": "Ask the health path on a target's address: accept the status that a healthy service "
    "answers there in the matcher, or check a path that answers as the matcher wants.",
    "lb.timeout": "Ask the health path on a target's address: if it answers at once, a security group stands between; "
    "if it waits for its dependencies, check a path that does not.",
    "lb.connection_failed": "See whether something listens on the group's port, and with the group's protocol: HTTP "
    "to a port that speaks TLS looks like this, and so does a demanded client certificate.",
    "lb.internal_error": "AWS's own health checks fail: look at the AWS health dashboard.",
    "lb.zone_not_enabled": "Enable the zone for the load balancer (a subnet of it), or place the service in the zones "
    "that it serves.",
    "lb.target_unusable": "Deregister the stopped instance or the unusable address.",
    "lb.starting": "Wait for the first checks; if it stays, the targets never answered one.",
    "lb.draining": "See why nothing new is registered: the service's deployment and its events.",
    "lb.unhealthy": "Read the target's state in the console: AWS gives a reason that the auditor does not know.",
    "lb.fails_open": "The balancer sends requests to targets that it calls unhealthy, because it has no others: see "
    "why the checks fail.",
    "lb.unhealthy_but_serving": "The health check is wrong and the service is not: compare path, matcher and timeout "
    "with what the service answers. Until then ECS may kill tasks that work.",
    "lb.healthy_but_failing": "The health check does not see what users see: read the service's log of this time.",
    "aws.denied": "Grant the action to this function's role; deploying the auditor's stack with the present catalogue "
    "does so. If it was granted, look for a service control policy or a permission boundary.",
    "aws.not_found": "Correct the name in the catalogue, or the stage's account and region; nothing is said about the "
    "platform.",
    "aws.throttled": "Nothing to do for a single run. If it stays, see who calls this API so often.",
    "aws.unreachable": "The function does not reach this AWS service: see the VPC's NAT or its endpoint for it, and "
    "the rules on port 443.",
    "self.deadline": "Nothing to do for a single run. If it stays, raise the target's timeout, or see which AWS call "
    "is slow.",
    "aws.failed": "Read the function's log at this time, and the AWS health dashboard.",
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)
