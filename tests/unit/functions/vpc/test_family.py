"""What the family asks of AWS, and which targets it refuses."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.codec import from_json, to_json
from auditor.domain.target import Target
from auditor.family import AwsScope, Plane
from functions.vpc import remedies
from functions.vpc.checks import CHECKS
from functions.vpc.facts import CAUSES
from functions.vpc.family import FAMILY, EdgeSpec, VpcSpec, end
from functions.vpc.stores import _CACHE_STATUS, _DATABASE_STATUS, SERVES

SCOPE = AwsScope(partition="aws", region="us-east-1", account="123456789012")
EC2 = "arn:aws:ec2:us-east-1:123456789012"
TASKS = "ecs:shop/web"
OUT = EdgeSpec(source=TASKS, to="outside", port=443)


def permissions(*specs: VpcSpec) -> dict[str, tuple[str, ...]]:
    targets = [
        Target(id=str(n), family="vpc", service="s", component="vpc.dns", spec=spec) for n, spec in enumerate(specs)
    ]
    granted = FAMILY.permissions(targets, SCOPE)
    assert all(len(permission.reason) > 20 for permission in granted)
    return {action: permission.resources for permission in granted for action in permission.actions}


def test_of_a_vpc_it_may_describe_the_network_and_the_tasks_of_the_declared_clusters() -> None:
    edges = (EdgeSpec(source=TASKS, to="rds:orders", port=5432), EdgeSpec(source="alb:web", to=TASKS, port=80))
    granted = permissions(VpcSpec(vpc="shop", edges=edges))
    # EC2's describing actions have no narrower resource; two that are about one thing do.
    assert {action for action, resources in granted.items() if resources == ("*",)} == {
        "ec2:DescribeVpcs",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeRouteTables",
        "ec2:DescribeNatGateways",
        "ecs:ListTasks",
    }
    assert granted["ec2:DescribeVpcAttribute"] == (f"{EC2}:vpc/*",)
    assert granted["ec2:GetManagedPrefixListEntries"][0] == f"{EC2}:prefix-list/*"
    assert granted["ecs:DescribeTasks"] == ("arn:aws:ecs:us-east-1:123456789012:task/shop/*",)
    assert granted["rds:DescribeDBInstances"] == ("arn:aws:rds:us-east-1:123456789012:db:orders",)
    assert "rds:DescribeEvents" not in granted, "an edge asks for groups and subnets only"


def test_a_vpc_that_is_declared_by_its_id_is_the_only_one_whose_attributes_may_be_read() -> None:
    granted = permissions(VpcSpec(vpc="vpc-0123456789abcdef0"))
    assert granted["ec2:DescribeVpcAttribute"] == (f"{EC2}:vpc/vpc-0123456789abcdef0",)
    assert not [action for action in granted if action.startswith(("ecs", "rds", "elasticache"))]


def test_a_name_tag_that_looks_like_an_id_is_a_name() -> None:
    assert permissions(VpcSpec(vpc="vpc-production"))["ec2:DescribeVpcAttribute"] == (f"{EC2}:vpc/*",)


def test_of_stores_it_may_read_the_declared_ones() -> None:
    granted = permissions(VpcSpec(database="orders"), VpcSpec(cache="sessions"))
    assert granted == {
        "rds:DescribeDBInstances": ("arn:aws:rds:us-east-1:123456789012:db:orders",),
        "rds:DescribePendingMaintenanceActions": ("arn:aws:rds:us-east-1:123456789012:db:orders",),
        "elasticache:DescribeReplicationGroups": (
            "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:sessions",
            "arn:aws:elasticache:us-east-1:123456789012:cluster:sessions",
        ),
        "elasticache:DescribeCacheClusters": (
            "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:sessions",
            "arn:aws:elasticache:us-east-1:123456789012:cluster:sessions",
        ),
        "rds:DescribeEvents": ("*",),
        "elasticache:DescribeEvents": ("*",),
    }
    assert permissions() == {}


def test_it_is_of_the_control_plane() -> None:
    assert (FAMILY.plane, FAMILY.period) == (Plane.CONTROL, timedelta(minutes=5))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"vpc": None}, "nothing is given"),
        ({"database": "orders"}, "vpc and database is given"),
        ({"vpc": ""}, "vpc is ''"),
        ({"vpc": None, "database": "orders/1"}, "database is 'orders/1'"),
        ({"vpc": None, "cache": "-"}, "cache is '-'"),
        ({"vpc": None, "cache": "c", "edges": (OUT,)}, "edges are given without"),
        ({"edges": (OUT, OUT)}, "an edge is given twice"),
        ({"min_free_addresses": 0}, "min_free_addresses is 0"),
        ({"timeout": timedelta(minutes=1)}, "timeout is 60 s"),
    ],
)
def test_a_target_that_cannot_work_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}"):
        VpcSpec(**({"vpc": "shop"} | changes))


@pytest.mark.parametrize(
    ("source", "to", "port"),
    [
        ("ecs:web", "outside", 443),
        ("ecs:shop/web", "auditor", 443),
        ("rds:orders", "outside", 443),
        ("outside", "outside:198.51.100.7", 443),
        ("outside:nowhere", TASKS, 443),
        ("auditor:me", TASKS, 443),
        ("alb:a/b", TASKS, 443),
        ("lambda:x", TASKS, 443),
        (TASKS, "", 443),
        (TASKS, "outside", 0),
        (TASKS, "outside", 65536),
    ],
)
def test_an_edge_between_ends_that_cannot_be_is_refused(source: str, to: str, port: int) -> None:
    with pytest.raises(ValueError, match=r"allowed (is|are) "):
        EdgeSpec(source=source, to=to, port=port)


@pytest.mark.parametrize(
    "text", ["ecs:shop/web", "alb:web", "rds:orders", "sg:web tasks", "auditor", "outside:2001:db8::7"]
)
def test_an_end_is_written_as_it_was_read(text: str) -> None:
    assert end(text).text == text


def test_a_spec_survives_the_compiled_catalogue() -> None:
    spec = VpcSpec(vpc="shop", edges=(EdgeSpec(source=TASKS, to="sg:stores", port=5432),), min_free_addresses=3)
    assert from_json(VpcSpec, to_json(spec)) == spec


def test_every_cause_has_a_remedy_and_a_place_in_the_documentation() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "families" / "vpc.md").read_text(encoding="utf-8")
    for cause in CAUSES:
        assert remedies.for_cause(cause.id), cause.id
        assert f"`{cause.id}`" in page, cause.id
    for check in CHECKS:
        assert f"`{check.id}`" in page, check.id


def test_every_status_that_is_known_leads_to_a_cause_of_the_family() -> None:
    causes = {cause.id for cause in CAUSES}
    assert {*_DATABASE_STATUS.values(), *_CACHE_STATUS.values()} <= causes | {SERVES}
