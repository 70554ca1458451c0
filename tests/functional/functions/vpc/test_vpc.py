"""The family against an account in memory: what it calls, and what it makes of calls that AWS refuses."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from functions.vpc.family import FAMILY, EdgeSpec, VpcSpec
from tests.aws_account import CANARY, ask
from tests.vpc_account import EDGES, ORDERS, SPEC, VpcAccount, vpc_account

NETWORK = {"edges_admitted", "auditor_admitted", "routes_active", "references_live", "addresses_free"}
ALL = {*NETWORK, "resolver_enabled"}


@pytest.fixture
def account() -> Iterator[VpcAccount]:
    with vpc_account() as made:
        yield made


def test_a_healthy_vpc_passes_with_as_many_calls_as_the_family_declares(account: VpcAccount) -> None:
    account.aws.calls.clear()
    asked = ask("vpc", SPEC)
    assert asked.brief() == dict.fromkeys(ALL, ("PASS", None))
    assert len(account.aws.calls) == FAMILY.calls_per_target


def test_the_facts_hold_what_the_edges_meet_and_nothing_else_of_the_vpc(account: VpcAccount) -> None:
    spare = account.permission(1, cidr="10.0.0.0/8")
    account.groups["old"]["IpPermissions"].append(spare)
    facts = ask("vpc", SPEC).facts
    assert {group.name for group in facts.network.security_groups} == {"tasks", "store", "balancer", "auditor"}
    assert {end.end: end.total for end in facts.ends} == {
        "ecs:shop/orders": 1,
        "rds:orders": 1,
        "redis:sessions": 1,
        "ecs:shop/basket": 1,
        "outside": 0,
        "alb:web": 1,
        "auditor": 1,
    }
    assert facts.attached[account.groups["tasks"]["GroupId"]] == 2
    assert facts.vpc.name_servers == ("AmazonProvidedDNS",)


def test_a_description_of_a_group_is_never_kept(account: VpcAccount) -> None:
    account.groups["store"]["Description"] = CANARY
    account.groups["store"]["IpPermissions"][0]["UserIdGroupPairs"][0]["Description"] = CANARY
    ask("vpc", SPEC)  # asserts that the canary is in neither facts nor results


@pytest.mark.parametrize(
    ("service", "operation", "blind"),
    [
        ("ec2", "DescribeVpcs", ALL),
        ("ec2", "DescribeVpcAttribute", {"resolver_enabled"}),
        ("ec2", "DescribeDhcpOptions", {"resolver_enabled"}),
        ("ec2", "DescribeNetworkInterfaces", NETWORK),
        ("ec2", "DescribeSubnets", NETWORK),
        ("ec2", "DescribeSecurityGroups", NETWORK),
        ("ec2", "DescribeNetworkAcls", NETWORK),
        ("ec2", "DescribeRouteTables", NETWORK),
        ("ec2", "DescribeNatGateways", NETWORK),
        ("ecs", "ListTasks", {"edges_admitted"}),
        ("ecs", "DescribeTasks", {"edges_admitted"}),
        ("rds", "DescribeDBInstances", {"edges_admitted", "auditor_admitted"}),
    ],
)
@pytest.mark.parametrize(
    ("code", "cause"), [("UnauthorizedOperation", "aws.denied"), ("InternalServerError", "aws.failed")]
)
def test_a_call_that_is_refused_leaves_unknown_what_needs_it_and_nothing_else(
    account: VpcAccount, service: str, operation: str, blind: set[str], code: str, cause: str
) -> None:
    account.aws.refuses(service, operation, code)
    asked = ask("vpc", SPEC)
    assert asked.brief() == {name: ("UNKNOWN", cause) if name in blind else ("PASS", None) for name in ALL}
    named = [asked.results[name] for name in blind]
    assert all(f"{service}:{operation}" in result.summary and result.remediation for result in named)


def test_a_prefix_list_is_read_where_a_rule_names_it_and_its_refusal_blinds_the_network(account: VpcAccount) -> None:
    account.let_out_only("tasks", account.permission(5432, prefix_list="pl-1"))
    account.lists["pl-1"] = ["10.0.2.0/24"]
    spec = replace(SPEC, edges=EDGES[:1])
    assert ask("vpc", spec).brief()["edges_admitted"] == ("PASS", None)
    account.aws.refuses("ec2", "GetManagedPrefixListEntries", "UnauthorizedOperation")
    assert ask("vpc", spec).brief()["edges_admitted"] == ("UNKNOWN", "aws.denied")


def test_pages_are_followed_to_their_end_and_no_further(account: VpcAccount) -> None:
    interfaces = list(account.interfaces)

    def page(parameters: Any, last: int) -> Any:
        number = int(parameters.get("NextToken", 0))
        more = {"NextToken": str(number + 1)} if number < last else {}
        return {"NetworkInterfaces": interfaces[number : number + 1], **more}

    account.aws.answers("ec2", "DescribeNetworkInterfaces", lambda p: page(p, len(interfaces) - 1))
    assert ask("vpc", SPEC).brief()["edges_admitted"] == ("PASS", None)
    account.aws.answers("ec2", "DescribeNetworkInterfaces", lambda p: page(p, 1000))
    assert ask("vpc", SPEC).brief()["edges_admitted"] == ("UNKNOWN", "aws.failed")


def test_a_network_with_more_lines_than_are_kept_is_not_judged(account: VpcAccount) -> None:
    blocks = [{"CidrIp": f"10.{n // 250}.{n % 250}.0/24"} for n in range(6001)]
    account.groups["store"]["IpPermissions"].append(
        {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": blocks}
    )
    assert ask("vpc", SPEC).brief()["edges_admitted"] == ("UNKNOWN", "vpc.too_large")


def test_a_network_that_changes_between_two_calls_is_not_judged(account: VpcAccount) -> None:
    account.told["DescribeSecurityGroups"]["SecurityGroups"].remove(account.groups["store"])
    result = ask("vpc", SPEC).results["edges_admitted"]
    assert (result.status, result.cause) == ("UNKNOWN", "aws.failed")
    assert "changed while it was read" in result.summary


def test_two_groups_of_an_end_are_found_by_the_name_of_one(account: VpcAccount) -> None:
    edge = EdgeSpec(source=ORDERS, to="sg:store", port=5432)
    asked = ask("vpc", replace(SPEC, edges=(edge,)))
    assert asked.brief()["edges_admitted"] == ("PASS", None)
    (end,) = [end for end in asked.facts.ends if end.end == "sg:store"]
    assert end.total == 2


@pytest.mark.parametrize(
    ("spec", "service", "operation", "blind"),
    [
        (
            VpcSpec(database="orders"),
            "rds",
            "DescribeDBInstances",
            {"database_available", "primary_stays", "maintenance_not_forced"},
        ),
        (VpcSpec(database="orders"), "rds", "DescribeEvents", {"primary_stays"}),
        (VpcSpec(database="orders"), "rds", "DescribePendingMaintenanceActions", {"maintenance_not_forced"}),
        (VpcSpec(cache="sessions"), "elasticache", "DescribeReplicationGroups", {"cache_available", "primary_stays"}),
        (VpcSpec(cache="sessions"), "elasticache", "DescribeEvents", {"primary_stays"}),
    ],
)
def test_of_a_store_too_only_what_needs_the_call_is_unknown(
    account: VpcAccount, spec: VpcSpec, service: str, operation: str, blind: set[str]
) -> None:
    account.aws.answers("rds", "DescribeEvents", lambda _: {"Events": []})
    account.aws.answers("rds", "DescribePendingMaintenanceActions", lambda _: {"PendingMaintenanceActions": []})
    group = {"ReplicationGroupId": "sessions", "Status": "available", "NodeGroups": []}
    account.aws.answers("elasticache", "DescribeReplicationGroups", lambda _: {"ReplicationGroups": [group]})
    account.aws.answers("elasticache", "DescribeEvents", lambda _: {"Events": []})
    healthy = ask("vpc", spec).brief()
    assert set(healthy.values()) == {("PASS", None)}
    account.aws.refuses(service, operation, "AccessDenied")
    assert ask("vpc", spec).brief() == healthy | dict.fromkeys(blind, ("UNKNOWN", "aws.denied"))
