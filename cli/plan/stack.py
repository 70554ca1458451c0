"""What the stack of a stage holds, counted without synthesizing it; tests/infra/test_plan.py holds it to templates."""

from collections.abc import Sequence
from typing import Any

from auditor.domain.topology import Platform
from auditor.family import Family
from auditor.runtime.catalogue import decoded
from cli.plan.model import StackCounts

SHARED_RESOURCES = 14
"""Key, table, bucket and policy, failure queue and policy, two topics with policies, two layers, group, dashboard."""
FUNCTION_RESOURCES = 5
"""Function, role, its policy, log group, what becomes of failed invocations."""
RULE_RESOURCES = 2
"""The rule, and its permission to invoke."""
INTERFACE_ENDPOINTS = 3
ENDPOINT_RESOURCES = INTERFACE_ENDPOINTS + 4
"""With ``create_endpoints``: also two gateway endpoints, a security group and its ingress."""
CREATED_VPC_RESOURCES = 25
"""With ``create_vpc`` in two zones."""

_HTTPS = "443"


def stack_counts(platform: Platform, families: Sequence[Family[Any]]) -> StackCounts:
    """The counts of a platform whose targets are of these families."""
    shards = {f.name: sum(shard.family == f.name for shard in platform.shards) for f in families}
    deployed = [family for family in families if shards[family.name]]
    functions = len(deployed) + 1  # the aggregator
    rules = sum(shards.values()) + 1
    # silence of each family; each service; blind, a silent aggregator, failed runs
    alarms = len(deployed) + len(platform.services) + 3
    return StackCounts(
        services=len(platform.services),
        functions=functions,
        rules=rules,
        most_rules_of_a_function=max(1, *shards.values()),
        alarms=alarms,
        composite_alarms=0,
        # of a family: runs, failed, unknown; of a service: open incidents; of the aggregator: blind, reports
        metrics=3 * len(deployed) + len(platform.services) + 2,
        log_groups=functions,
        egress_ports=len(_ports(platform, deployed)),
        resources=SHARED_RESOURCES + FUNCTION_RESOURCES * functions + RULE_RESOURCES * rules + alarms,
    )


def _ports(platform: Platform, families: Sequence[Family[Any]]) -> set[str]:
    by_name = {family.name: family for family in families}
    found = {_HTTPS}
    for target in platform.targets:
        if family := by_name.get(target.family):
            found |= {place.rpartition(":")[2] for place in family.destinations(decoded(target, family))}
    return found
