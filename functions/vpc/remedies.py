"""What on-call can do, by cause: text only."""

_BY_CAUSE = {
    "vpc.group_does_not_admit": "Add an ingress rule for this port to the destination's security group, from the "
    "group that the source really has now (not from the one that it had before).",
    "vpc.group_lets_nothing_out": "Add an egress rule for this port to the source's security group, to the "
    "destination's group.",
    "vpc.acl_drops_requests": "Correct the entry of the network ACL that is named: entries are read by ascending "
    "number, and the first that matches decides.",
    "vpc.acl_drops_replies": "Admit replies in the network ACL: it keeps no state. Tasks need tcp 32768-60999, load "
    "balancers, NAT gateways and functions 1024-65535.",
    "vpc.no_route": "Add the route to the subnet's table: a private subnet reaches the outside by a NAT gateway.",
    "vpc.route_blackhole": "Lead the route to a target that exists; its own was deleted.",
    "vpc.gateway_unusable": "A private task needs a NAT gateway that is available and stands in a subnet with a route "
    "to an internet gateway.",
    "vpc.nobody_there": "See which address the destination has now; a name is the better setting.",
    "vpc.reference_unattached": "See whether the group's successor is admitted as well, then delete the rule that "
    "names the old one.",
    "vpc.few_addresses": "Deployments and load balancers need free addresses: end what is not needed, or add a subnet.",
    "vpc.no_addresses": "Let the service use another subnet too, or end what holds addresses there (stopped "
    "deployments, idle interfaces).",
    "vpc.resolver_off": "Switch enableDnsSupport of the VPC on again.",
    "vpc.hostnames_off": "Switch enableDnsHostnames of the VPC on again: private hosted zones need both attributes.",
    "vpc.other_name_servers": "See whether those servers know the private zones; declare them if they are meant.",
    "vpc.auditor_not_admitted": "Add the ingress rule for the auditor's security group; the stack's output names it. "
    "Until then failures of this target say nothing about the target.",
    "vpc.no_interface": "Compare the name in the catalogue with AWS; a store of another VPC cannot be judged here.",
    "vpc.name_not_unique": "Declare the VPC by its id.",
    "vpc.too_large": "Declare fewer edges in one target; a second target may hold the others.",
    "vpc.storage_full": "Raise the allocated storage now (it can be done while it is full), then find what grew.",
    "vpc.store_restarting": "Wait: it takes minutes. If it stays, read its events.",
    "vpc.store_stopped": "Start it, and see who stopped it; RDS starts it by itself after seven days only.",
    "vpc.store_broken": "Read its events, then restore from the last backup or open a case with AWS.",
    "vpc.store_gone": "See who deletes or restores it; stop a deletion by its final snapshot.",
    "vpc.status_not_known": "Read the status in AWS's documentation and tell the auditor's maintainers.",
    "vpc.maintenance_forced": "Apply the update at a time of your own choice before AWS does.",
    "vpc.failed_over": "Restart clients whose writes are refused, and let them connect by the primary endpoint's name.",
    "aws.denied": "Grant the action to this function's role; deploying the auditor's stack with the present catalogue "
    "does so. If it was granted, look for a service control policy or a permission boundary.",
    "aws.not_found": "Compare name and region in the catalogue with AWS: what is named wrongly cannot be judged.",
    "aws.throttled": "Nothing to do for a single run. If it stays, see who calls this API so often.",
    "aws.unreachable": "The function does not reach this AWS service: see the VPC's NAT or its endpoint for it, and "
    "the rules on port 443.",
    "aws.failed": "Read the function's log at this time, and the AWS health dashboard.",
    "self.deadline": "Nothing to do for a single run. If it stays, raise the target's timeout, or see which AWS call "
    "is slow.",
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)
