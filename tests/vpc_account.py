"""A VPC in an account in memory: tasks, a load balancer, two stores and the auditor's functions; all of it well.

It is made once through the API of an account in memory, and what that then describes is the beginning of every
situation: changed as AWS would describe it, and given back in AWS's shapes.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.vpc.family import EdgeSpec, VpcSpec
from tests.aws_account import REGION, Aws, account_in_memory

ORDERS, BASKET = "ecs:shop/orders", "ecs:shop/basket"
EDGES = (
    EdgeSpec(source=ORDERS, to="rds:orders", port=5432),
    EdgeSpec(source=ORDERS, to="redis:sessions", port=6379),
    EdgeSpec(source=ORDERS, to=BASKET, port=8080),
    EdgeSpec(source=ORDERS, to="outside", port=443),
    EdgeSpec(source="alb:web", to=ORDERS, port=8080),
)
OWN_EDGES = (
    EdgeSpec(source="auditor", to="rds:orders", port=5432),
    EdgeSpec(source="auditor", to="redis:sessions", port=6379),
)
SPEC = VpcSpec(vpc="shop", edges=(*EDGES, *OWN_EDGES), timeout=timedelta(seconds=5))
TASK = "arn:aws:ecs:us-east-1:123456789012:attachment/0b1f"

Told = dict[str, Any]


def ago(**how: float) -> datetime:
    """An instant of AWS's own clock."""
    return datetime.now(UTC) - timedelta(**how)


@cache
def _made() -> dict[str, Told]:
    """What EC2 describes of the healthy VPC, by operation."""
    with mock_aws():
        ec2 = boto3.client("ec2", REGION, aws_access_key_id="testing", aws_secret_access_key="testing")
        return _describe(ec2, _make(ec2))


def _make(ec2: Any) -> str:
    vpc = str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "shop"}])
    servers = [{"Key": "domain-name-servers", "Values": ["AmazonProvidedDNS"]}]
    options = ec2.create_dhcp_options(DhcpConfigurations=servers)["DhcpOptions"]["DhcpOptionsId"]
    ec2.associate_dhcp_options(DhcpOptionsId=options, VpcId=vpc)
    subnets = {
        name: ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{third}.0/24", AvailabilityZone=f"{REGION}a")["Subnet"][
            "SubnetId"
        ]
        for name, third in (("a", 1), ("b", 2), ("p", 9))
    }
    groups = {
        name: ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("tasks", "old", "store", "balancer", "auditor")
    }
    for subnet, group, description in (
        ("a", "tasks", TASK),
        ("b", "tasks", TASK),
        ("b", "store", "RDSNetworkInterface"),
        ("b", "store", "ElastiCache sessions-001"),
        ("p", "balancer", "ELB app/web/50dc6c495c0c9188"),
        ("a", "auditor", "AWS Lambda VPC ENI-health-auditor-shop-http-0123"),
    ):
        ec2.create_network_interface(SubnetId=subnets[subnet], Groups=[groups[group]], Description=description)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets["p"], AllocationId=address)["NatGateway"]["NatGatewayId"]
    for names, target in (("ab", {"NatGatewayId": nat}), ("p", {"GatewayId": gateway})):
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
        for name in names:
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[name])
    return vpc


def _describe(ec2: Any, vpc: str) -> dict[str, Told]:
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    told = {
        "DescribeVpcs": ec2.describe_vpcs(VpcIds=[vpc]),
        "DescribeNetworkInterfaces": ec2.describe_network_interfaces(Filters=of_vpc),
        "DescribeSubnets": ec2.describe_subnets(Filters=of_vpc),
        "DescribeSecurityGroups": ec2.describe_security_groups(Filters=of_vpc),
        "DescribeNetworkAcls": ec2.describe_network_acls(Filters=of_vpc),
        "DescribeRouteTables": ec2.describe_route_tables(Filters=of_vpc),
        "DescribeNatGateways": ec2.describe_nat_gateways(Filters=of_vpc),
    }
    options = told["DescribeVpcs"]["Vpcs"][0]["DhcpOptionsId"]
    told["DescribeDhcpOptions"] = ec2.describe_dhcp_options(DhcpOptionsIds=[options])
    for answer in told.values():
        answer.pop("ResponseMetadata")
    return told


class VpcAccount:
    """What AWS says of the VPC ``shop``; subnets ``a`` and ``b`` are private, ``p`` is public."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.told = copy.deepcopy(_made())
        self.vpc = self.told["DescribeVpcs"]["Vpcs"][0]
        self.interfaces: list[Told] = self.told["DescribeNetworkInterfaces"]["NetworkInterfaces"]
        self.subnets = dict(zip("abp", self._by_block(), strict=True))
        self.groups: dict[str, Told] = {
            group["GroupName"]: group for group in self.told["DescribeSecurityGroups"]["SecurityGroups"]
        }
        self.acls: list[Told] = self.told["DescribeNetworkAcls"]["NetworkAcls"]
        self.nat: Told = self.told["DescribeNatGateways"]["NatGateways"][0]
        self.attributes = {"enableDnsSupport": True, "enableDnsHostnames": True}
        self.lists: dict[str, list[str]] = {}
        self.running: list[tuple[str, Told]] = [("orders", self.interfaces[0]), ("basket", self.interfaces[1])]
        self.database: Told = _database(self.groups["store"]["GroupId"], [self.subnets[n]["SubnetId"] for n in "ab"])
        self.admit("tasks", 8080, group="balancer")
        self.admit("tasks", 8080, group="tasks")
        for port in (5432, 6379):
            self.admit("store", port, group="tasks")
            self.admit("store", port, group="auditor")
        for operation in self.told:
            aws.answers("ec2", operation, lambda _, operation=operation: self.told[operation])  # type: ignore[misc]
        aws.answers("ec2", "DescribeVpcAttribute", self._attribute)
        aws.answers("ec2", "GetManagedPrefixListEntries", self._entries)
        aws.answers("ecs", "ListTasks", lambda _: {"taskArns": [task["taskArn"] for task in self._tasks()]})
        aws.answers("ecs", "DescribeTasks", lambda _: {"tasks": self._tasks(), "failures": []})
        aws.answers("rds", "DescribeDBInstances", lambda _: {"DBInstances": [self.database]})

    def interface(self, description: str) -> Told:
        """The interface whose description begins so."""
        return next(each for each in self.interfaces if each["Description"].startswith(description))

    def place(self, name: str, subnet: str, group: str) -> None:
        """One more task of a service, in a subnet and with a group."""
        made = copy.deepcopy(self.interfaces[0])
        made["NetworkInterfaceId"] = f"eni-{len(self.interfaces):017x}"
        made["SubnetId"] = self.subnets[subnet]["SubnetId"]
        made["PrivateIpAddress"] = self.subnets[subnet]["CidrBlock"].replace("0/24", f"{200 + len(self.interfaces)}")
        made["PrivateIpAddresses"] = [{"PrivateIpAddress": made["PrivateIpAddress"], "Primary": True}]
        self.regroup(made, group)
        self.interfaces.append(made)
        self.running.append((name, made))

    def regroup(self, interface: Told, *groups: str) -> None:
        """An interface has these groups from now on."""
        interface["Groups"] = [{"GroupId": self.groups[name]["GroupId"], "GroupName": name} for name in groups]

    def admit(self, name: str, port: int, **peer: str) -> None:
        """An ingress rule; ``peer`` is a group, a block or a prefix list."""
        self.groups[name]["IpPermissions"].append(self.permission(port, **peer))

    def admit_only(self, name: str, port: int, **peer: str) -> None:
        """Of the rules for a port none is left but this one."""
        rules = self.groups[name]["IpPermissions"]
        rules[:] = [rule for rule in rules if rule["FromPort"] != port]
        self.admit(name, port, **peer)

    def let_out_only(self, name: str, *permissions: Told) -> None:
        """A group's egress is exactly this."""
        self.groups[name]["IpPermissionsEgress"][:] = permissions

    def permission(self, port: int, **peer: str) -> Told:
        """A permission as EC2 describes it."""
        (kind, value), *_ = peer.items()
        member: Told = {
            "group": {"UserIdGroupPairs": [{"GroupId": self.groups.get(value, {}).get("GroupId", value)}]},
            "cidr": {"IpRanges": [{"CidrIp": value}]},
            "prefix_list": {"PrefixListIds": [{"PrefixListId": value}]},
        }[kind]
        return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **member}

    def list_of(self, subnet: str, *entries: Told) -> None:
        """A network ACL of its own for a subnet, with these entries and AWS's last."""
        id = self.subnets[subnet]["SubnetId"]
        for acl in self.acls:
            acl["Associations"] = [each for each in acl["Associations"] if each["SubnetId"] != id]
        association = {"NetworkAclAssociationId": "aclassoc-1", "NetworkAclId": f"acl-{subnet}", "SubnetId": id}
        last = [entry(32767, egress, allow=False) for egress in (False, True)]
        made = {"NetworkAclId": f"acl-{subnet}", "IsDefault": False, "Entries": [*entries, *last]}
        self.acls.append({**made, "Associations": [association], "VpcId": self.vpc["VpcId"], "Tags": []})

    def routes(self, subnet: str) -> list[Told]:
        """The routes of a subnet's table."""
        id = self.subnets[subnet]["SubnetId"]
        tables = self.told["DescribeRouteTables"]["RouteTables"]
        found: list[Told] = next(t for t in tables if any(a.get("SubnetId") == id for a in t["Associations"]))["Routes"]
        return found

    def _by_block(self) -> Sequence[Told]:
        return sorted(self.told["DescribeSubnets"]["Subnets"], key=lambda subnet: str(subnet["CidrBlock"]))

    def _attribute(self, parameters: Any) -> Told:
        name = parameters["Attribute"]
        return {"VpcId": self.vpc["VpcId"], f"E{name[1:]}": {"Value": self.attributes[name]}}

    def _entries(self, parameters: Any) -> Told:
        return {"Entries": [{"Cidr": cidr} for cidr in self.lists[parameters["PrefixListId"]]]}

    def _tasks(self) -> list[Told]:
        arn = "arn:aws:ecs:us-east-1:123456789012:task/shop/"
        return [
            {
                "taskArn": f"{arn}{number:032x}",
                "group": f"service:{service}",
                "attachments": [
                    {"type": "eni", "details": [_detail("networkInterfaceId", each["NetworkInterfaceId"])]}
                ],
            }
            for number, (service, each) in enumerate(self.running, 1)
        ]


def entry(number: int, egress: bool, *, allow: bool = True, ports: tuple[int, int] | None = None, **more: str) -> Told:
    """An entry of a network ACL as EC2 describes it, for everybody and, without ports, for everything."""
    told: Told = {"RuleNumber": number, "Egress": egress, "RuleAction": "allow" if allow else "deny"}
    told |= {"Protocol": "6" if ports else "-1", "CidrBlock": "0.0.0.0/0", **more}
    return told | ({"PortRange": {"From": ports[0], "To": ports[1]}} if ports else {})


def _detail(name: str, value: str) -> Told:
    return {"name": name, "value": value}


def _database(group: str, subnets: list[str]) -> Told:
    return {
        "DBInstanceIdentifier": "orders",
        "DBInstanceArn": "arn:aws:rds:us-east-1:123456789012:db:orders",
        "DBInstanceStatus": "available",
        "Engine": "postgres",
        "EngineVersion": "15.4",
        "Endpoint": {"Address": "orders.c0ffee.us-east-1.rds.amazonaws.com", "Port": 5432},
        "AllocatedStorage": 20,
        "MaxAllocatedStorage": 100,
        "MultiAZ": False,
        "AvailabilityZone": "us-east-1a",
        "VpcSecurityGroups": [{"VpcSecurityGroupId": group, "Status": "active"}],
        "DBSubnetGroup": {"Subnets": [{"SubnetIdentifier": subnet} for subnet in subnets]},
    }


@contextmanager
def vpc_account() -> Iterator[VpcAccount]:
    """The account, which the family's probe asks while the block lasts."""
    with pytest.MonkeyPatch.context() as patch, account_in_memory(patch, "vpc") as aws:
        yield VpcAccount(aws)


Change = Callable[[VpcAccount], None]
