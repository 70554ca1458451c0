"""A small VPC for tests: two private subnets, a public one with NAT and balancer, tasks, a store; all of it well."""

from dataclasses import replace
from typing import Any

from functions.vpc.network_model import (
    ALL_PROTOCOLS,
    TCP,
    WIDE_PORTS,
    AclEntry,
    Direction,
    GroupRule,
    Interface,
    NatGateway,
    Network,
    NetworkAcl,
    PortRange,
    Route,
    RouteTable,
    SecurityGroup,
    Subnet,
    TargetKind,
)

IN, OUT = Direction.INGRESS, Direction.EGRESS
EVERYWHERE = "0.0.0.0/0"
OUTSIDE = "198.51.100.7"
TASK, STORE, BALANCER = "10.0.1.10", "10.0.2.20", "10.0.9.30"


def ports(first: int, last: int | None = None) -> PortRange:
    return PortRange(first=first, last=first if last is None else last)


def rule(direction: Direction, port: int | None = None, *, protocol: int = TCP, **peer: str) -> GroupRule:
    """One rule; without a port it is for all of them."""
    return GroupRule(direction=direction, protocol=protocol, ports=None if port is None else ports(port), **peer)


def entry(number: int, direction: Direction, allow: bool, **more: Any) -> AclEntry:
    base = {"protocol": ALL_PROTOCOLS, "cidr": EVERYWHERE} | more
    return AclEntry(number=number, direction=direction, allow=allow, **base)


OPEN = tuple(
    entry(number, direction, allow) for direction in (IN, OUT) for number, allow in ((100, True), (32767, False))
)
"""What a default network ACL holds."""
ALL_OUT = rule(OUT, protocol=ALL_PROTOCOLS, cidr=EVERYWHERE)


def healthy() -> Network:
    local = Route(destination="10.0.0.0/16", kind=TargetKind.LOCAL, target="local")
    default = {
        "rtb-private": Route(destination=EVERYWHERE, kind=TargetKind.NAT_GATEWAY, target="nat-1"),
        "rtb-public": Route(destination=EVERYWHERE, kind=TargetKind.INTERNET_GATEWAY, target="igw-1"),
    }
    return Network(
        interfaces=(
            Interface(id="eni-task", subnet="subnet-a", addresses=(TASK,), security_groups=("sg-tasks",)),
            Interface(id="eni-store", subnet="subnet-b", addresses=(STORE,), security_groups=("sg-store",)),
            Interface(
                id="eni-balancer",
                subnet="subnet-p",
                addresses=(BALANCER,),
                security_groups=("sg-balancer",),
                public_v4=True,
                ephemeral_ports=WIDE_PORTS,
            ),
        ),
        subnets=tuple(
            Subnet(id=f"subnet-{name}", cidrs=(cidr,), network_acl=f"acl-{name}", route_table=table)
            for name, cidr, table in (
                ("a", "10.0.1.0/24", "rtb-private"),
                ("b", "10.0.2.0/24", "rtb-private"),
                ("p", "10.0.9.0/24", "rtb-public"),
            )
        ),
        security_groups=(
            SecurityGroup(id="sg-tasks", rules=(ALL_OUT, rule(IN, 8080, group="sg-balancer"))),
            SecurityGroup(id="sg-store", rules=(ALL_OUT, rule(IN, 5432, group="sg-tasks"))),
            SecurityGroup(id="sg-balancer", rules=(rule(OUT, 8080, group="sg-tasks"), rule(IN, 443, cidr=EVERYWHERE))),
        ),
        network_acls=tuple(NetworkAcl(id=f"acl-{name}", entries=OPEN) for name in "abp"),
        route_tables=tuple(RouteTable(id=id, routes=(local, route)) for id, route in default.items()),
        nat_gateways=(NatGateway(id="nat-1", subnet="subnet-p"),),
    )


def with_rules(network: Network, group: str, *rules: GroupRule) -> Network:
    """The same network, where a group has these rules instead of its own; a new group where it has none."""
    others = tuple(each for each in network.security_groups if each.id != group)
    return replace(network, security_groups=(*others, SecurityGroup(id=group, rules=rules)))


def with_entries(network: Network, acl: str, *entries: AclEntry) -> Network:
    others = tuple(each for each in network.network_acls if each.id != acl)
    return replace(network, network_acls=(*others, NetworkAcl(id=acl, entries=entries)))


def with_routes(network: Network, table: str, *routes: Route) -> Network:
    others = tuple(each for each in network.route_tables if each.id != table)
    return replace(network, route_tables=(*others, RouteTable(id=table, routes=routes)))


def with_interface(network: Network, interface: Interface) -> Network:
    """The same network with an interface more, or another one in its place."""
    others = tuple(each for each in network.interfaces if each.id != interface.id)
    return replace(network, interfaces=(*others, interface))
