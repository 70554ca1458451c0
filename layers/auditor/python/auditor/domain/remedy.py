"""What on-call can do about what the auditor itself could not see: the same for every family that asks AWS."""

from collections.abc import Mapping

AWS_CALLS: Mapping[str, str] = {
    "aws.denied": "Grant the action to this function's role; deploying the auditor's stack with the present catalogue "
    "does so. If it was granted, look for a service control policy or a permission boundary.",
    "aws.throttled": "Nothing to do for a single run. If it stays, see who calls this API so often.",
    "aws.unreachable": "The function does not reach this AWS service: see the VPC's NAT or its endpoint for it, and "
    "the rules on port 443.",
    "aws.failed": "Read the function's log at this time, and the AWS health dashboard.",
    "self.deadline": "Nothing to do for a single run. If it stays, raise the target's timeout, or see which AWS call "
    "is slow.",
}
"""By cause. ``aws.not_found`` is missing: what it means depends on what was asked for."""
