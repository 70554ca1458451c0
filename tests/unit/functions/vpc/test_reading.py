"""From what EC2 describes to the evaluator's model, where AWS's descriptions have more than one form."""

from typing import Any

import pytest

from functions.vpc.ends import Known, find
from functions.vpc.family import end
from functions.vpc.network_model import (
    ALL_PROTOCOLS,
    KERNEL_PORTS,
    WIDE_PORTS,
    AclEntry,
    Direction,
    GroupRule,
    PortRange,
    TargetKind,
)
from functions.vpc.reading import ChangedMeanwhileError, Described, interface, lists_named, network_of


def eni(id: str = "eni-1", **more: Any) -> dict[str, Any]:
    base = {"NetworkInterfaceId": id, "SubnetId": "subnet-1", "PrivateIpAddress": "10.0.1.5", "Groups": []}
    return base | more


def rds(group: str, zone: str) -> dict[str, Any]:
    return eni(Description="RDSNetworkInterface", Groups=[{"GroupId": group}], AvailabilityZone=zone)


def described(**more: Any) -> Described:
    base: dict[str, Any] = {
        "subnets": [{"SubnetId": "subnet-1", "CidrBlock": "10.0.1.0/24"}],
        "network_acls": [{"NetworkAclId": "acl-1", "IsDefault": True, "Entries": []}],
        "route_tables": [{"RouteTableId": "rtb-1", "Associations": [{"Main": True}], "Routes": []}],
    }
    return Described(**(base | more))


def group(*permissions: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"GroupId": "sg-1", "GroupName": "web", "IpPermissions": list(permissions)}]


def rules(*permissions: dict[str, Any]) -> tuple[GroupRule, ...]:
    one = interface(eni(Groups=[{"GroupId": "sg-1"}]))
    return network_of(described(security_groups=group(*permissions)), [one]).security_groups[0].rules


def test_an_interface_sends_from_its_primary_address_first() -> None:
    addresses = [
        {"PrivateIpAddress": "10.0.1.9", "Primary": False},
        {"PrivateIpAddress": "10.0.1.5", "Primary": True, "Association": {"PublicIp": "198.51.100.9"}},
    ]
    read = interface(eni(PrivateIpAddresses=addresses, Ipv6Addresses=[{"Ipv6Address": "2001:db8::5"}]))
    assert read.addresses == ("10.0.1.5", "10.0.1.9", "2001:db8::5")
    assert read.public_v4
    assert not interface(eni()).public_v4


@pytest.mark.parametrize(
    ("more", "ports"),
    [
        ({"Description": "arn:aws:ecs:us-east-1:123456789012:attachment/1"}, KERNEL_PORTS),
        ({"Description": "ELB app/web/1"}, WIDE_PORTS),
        ({"InterfaceType": "lambda"}, WIDE_PORTS),
        ({"InterfaceType": "nat_gateway"}, WIDE_PORTS),
        ({"InterfaceType": "interface"}, KERNEL_PORTS),
    ],
)
def test_who_connects_decides_the_ports_that_replies_come_back_to(more: dict[str, Any], ports: PortRange) -> None:
    assert interface(eni(**more)).ephemeral_ports == ports


def test_every_peer_of_a_permission_becomes_a_rule() -> None:
    found = rules(
        {
            "IpProtocol": "tcp",
            "FromPort": 80,
            "ToPort": 81,
            "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
            "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
            "PrefixListIds": [{"PrefixListId": "pl-1"}],
            "UserIdGroupPairs": [{"GroupId": "sg-2"}],
        }
    )
    assert {(r.cidr, r.prefix_list, r.group) for r in found} == {
        ("10.0.0.0/8", "", ""),
        ("::/0", "", ""),
        ("", "pl-1", ""),
        ("", "", "sg-2"),
    }
    assert {(r.protocol, r.ports) for r in found} == {(6, PortRange(first=80, last=81))}


@pytest.mark.parametrize(
    ("permission", "protocol"),
    [
        ({"IpProtocol": "-1"}, ALL_PROTOCOLS),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, 1),
        ({"IpProtocol": "icmp", "FromPort": 8, "ToPort": 0}, 1),
        ({"IpProtocol": "50"}, 50),
    ],
)
def test_what_has_no_ports_has_none(permission: dict[str, Any], protocol: int) -> None:
    (rule,) = rules({**permission, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})
    assert (rule.protocol, rule.ports) == (protocol, None)


def test_entries_of_both_families_and_aws_own_last_ones_are_kept() -> None:
    entries = [
        {"RuleNumber": 32768, "Protocol": "-1", "RuleAction": "deny", "Egress": True, "Ipv6CidrBlock": "::/0"},
        {
            "RuleNumber": 100,
            "Protocol": "6",
            "RuleAction": "allow",
            "Egress": False,
            "CidrBlock": "0.0.0.0/0",
            "PortRange": {"From": 443, "To": 443},
        },
    ]
    acls = [{"NetworkAclId": "acl-1", "IsDefault": True, "Entries": entries}]
    (acl,) = network_of(described(network_acls=acls), [interface(eni())]).network_acls
    last = AclEntry(number=32768, direction=Direction.EGRESS, protocol=-1, cidr="::/0", allow=False)
    first = AclEntry(
        number=100,
        direction=Direction.INGRESS,
        protocol=6,
        cidr="0.0.0.0/0",
        allow=True,
        ports=PortRange(first=443, last=443),
    )
    assert set(acl.entries) == {first, last}


def test_a_subnet_has_the_list_and_the_table_that_are_associated_with_it_else_the_vpcs_own() -> None:
    acls = [
        {"NetworkAclId": "acl-own", "Entries": [], "Associations": [{"SubnetId": "subnet-1"}]},
        {"NetworkAclId": "acl-1", "IsDefault": True, "Entries": []},
    ]
    tables = [
        {"RouteTableId": "rtb-main", "Associations": [{"Main": True}], "Routes": []},
        {"RouteTableId": "rtb-own", "Associations": [{"SubnetId": "subnet-1"}], "Routes": []},
    ]
    (subnet,) = network_of(described(network_acls=acls, route_tables=tables), [interface(eni())]).subnets
    assert (subnet.network_acl, subnet.route_table) == ("acl-own", "rtb-own")
    (subnet,) = network_of(described(), [interface(eni())]).subnets
    assert (subnet.network_acl, subnet.route_table) == ("acl-1", "rtb-1")


@pytest.mark.parametrize(
    ("route", "kind", "active", "propagated"),
    [
        ({"GatewayId": "local"}, TargetKind.LOCAL, True, False),
        ({"GatewayId": "igw-1"}, TargetKind.INTERNET_GATEWAY, True, False),
        ({"GatewayId": "vpce-1"}, TargetKind.OTHER, True, False),
        ({"GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation"}, TargetKind.OTHER, True, True),
        ({"EgressOnlyInternetGatewayId": "eigw-1"}, TargetKind.EGRESS_ONLY_GATEWAY, True, False),
        ({"TransitGatewayId": "tgw-1", "State": "blackhole"}, TargetKind.OTHER, False, False),
        ({"NatGatewayId": "nat-gone", "State": "active"}, TargetKind.NAT_GATEWAY, False, False),
    ],
)
def test_a_route_leads_to_what_aws_says(
    route: dict[str, Any], kind: TargetKind, active: bool, propagated: bool
) -> None:
    routes = [{"DestinationCidrBlock": "0.0.0.0/0", **route}]
    tables = [{"RouteTableId": "rtb-1", "Associations": [{"Main": True}], "Routes": routes}]
    (table,) = network_of(described(route_tables=tables), [interface(eni())]).route_tables
    (read,) = table.routes
    assert (read.kind, read.active, read.propagated) == (kind, active, propagated)


def test_a_nat_gateway_brings_its_own_subnet_along() -> None:
    tables = [
        {
            "RouteTableId": "rtb-1",
            "Associations": [{"Main": True}],
            "Routes": [{"DestinationPrefixListId": "pl-9", "NatGatewayId": "nat-1"}],
        }
    ]
    nats = [{"NatGatewayId": "nat-1", "SubnetId": "subnet-2", "State": "failed", "ConnectivityType": "private"}]
    subnets = [{"SubnetId": f"subnet-{n}", "CidrBlock": f"10.0.{n}.0/24"} for n in (1, 2, 3)]
    network = network_of(described(route_tables=tables, nat_gateways=nats, subnets=subnets), [interface(eni())])
    assert [subnet.id for subnet in network.subnets] == ["subnet-1", "subnet-2"]
    (nat,) = network.nat_gateways
    assert (nat.available, nat.public) == (False, False)
    assert lists_named(network) == ("pl-9",)


@pytest.mark.parametrize("gone", [{"subnets": []}, {"network_acls": []}, {"route_tables": []}])
def test_a_network_that_changed_between_two_calls_is_not_half_read(gone: dict[str, Any]) -> None:
    with pytest.raises(ChangedMeanwhileError, match="not described"):
        network_of(described(**gone), [interface(eni())])
    with pytest.raises(ChangedMeanwhileError):
        network_of(described(), [interface(eni(Groups=[{"GroupId": "sg-new"}]))])


KNOWN = Known(
    tasks={"shop/web": frozenset({"eni-task"})},
    databases={
        "orders": {
            "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}],
            "DBSubnetGroup": {"Subnets": [{"SubnetIdentifier": "subnet-1"}]},
            "AvailabilityZone": "a",
        }
    },
    functions="health-auditor-shop-",
)


@pytest.mark.parametrize(
    ("text", "raw", "belongs"),
    [
        ("ecs:shop/web", eni("eni-task"), True),
        ("ecs:shop/web", eni("eni-other"), False),
        ("ecs:shop/gone", eni("eni-task"), False),
        ("alb:web", eni(Description="ELB app/web/50dc"), True),
        ("alb:web", eni(Description="ELB app/web-2/50dc"), False),
        ("redis:sessions", eni(Description="ElastiCache sessions-001"), True),
        ("redis:sessions", eni(Description="ElastiCache sessions-0001-002"), True),
        ("redis:sessions", eni(Description="ElastiCache sessions-old-001"), False),
        ("sg:tasks", eni(Groups=[{"GroupId": "sg-1", "GroupName": "tasks"}]), True),
        ("auditor", eni(Description="AWS Lambda VPC ENI-health-auditor-shop-http-1"), True),
        ("auditor", eni(Description="AWS Lambda VPC ENI-health-auditor-other-http-1"), False),
        ("rds:orders", rds("sg-1", "a"), True),
        ("rds:orders", rds("sg-2", "a"), False),
        ("rds:orders", rds("sg-1", "b"), False),
        ("rds:gone", eni(Description="RDSNetworkInterface"), False),
    ],
)
def test_whose_interface_it_is(text: str, raw: dict[str, Any], belongs: bool) -> None:
    facts, _ = find(end(text), [raw], KNOWN)
    assert facts.total == int(belongs)


def test_of_interfaces_that_are_alike_one_is_kept_and_all_are_counted() -> None:
    raws = [eni(f"eni-{n:02}", Description="ELB app/web/1", SubnetId=f"subnet-{n % 3}") for n in range(12)]
    facts, kept = find(end("alb:web"), raws, KNOWN)
    assert (facts.total, facts.interfaces) == (12, ("eni-00", "eni-01", "eni-02"))
    many = [eni(f"eni-{n:02}", Description="ELB app/web/1", SubnetId=f"subnet-{n}") for n in range(12)]
    assert len(find(end("alb:web"), many, KNOWN)[1]) == 6
    assert kept[0].ephemeral_ports == WIDE_PORTS
