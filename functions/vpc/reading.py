"""AWS's descriptions of a network to the evaluator's model, and of it what some interfaces need: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.vpc.network_model import (
    ALL_PROTOCOLS,
    KERNEL_PORTS,
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

_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}
_WITH_PORTS = (6, 17)
_WIDE_TYPES = ("lambda", "nat_gateway", "network_load_balancer", "gateway_load_balancer")
_BALANCER = "ELB "
"""How the description of a load balancer's interface begins."""
_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "EgressOnlyInternetGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "NetworkInterfaceId",
    "InstanceId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What AWS describes of one VPC, as its SDK gives it."""

    interfaces: Sequence[Any] = ()
    subnets: Sequence[Any] = ()
    security_groups: Sequence[Any] = ()
    network_acls: Sequence[Any] = ()
    route_tables: Sequence[Any] = ()
    nat_gateways: Sequence[Any] = field(default=())


class ChangedMeanwhileError(LookupError):
    """When one description names what another one does not hold: the network was changed between two calls."""


def network_of(described: Described, interfaces: Iterable[Interface]) -> Network:
    """The part of the network that the packets of these interfaces meet, NAT gateways and their subnets included.

    Without the blocks of prefix lists, which are read by their ids. ChangedMeanwhileError where the descriptions do not
    fit together.
    """
    try:
        return _network_of(described, interfaces)
    except KeyError as error:
        raise ChangedMeanwhileError(f"{error.args[0]} is named and not described") from error


def _network_of(described: Described, interfaces: Iterable[Interface]) -> Network:
    kept = tuple(interfaces)
    subnets = {subnet.id: subnet for subnet in _subnets(described)}
    tables = {table.id: table for table in _tables(described)}
    nats = {nat["NatGatewayId"]: nat for nat in described.nat_gateways}
    needed: dict[str, Subnet] = {}
    gateways: dict[str, NatGateway] = {}
    waiting = [interface.subnet for interface in kept]
    while waiting:
        subnet = subnets[waiting.pop()]
        if subnet.id in needed:
            continue
        needed[subnet.id] = subnet
        for route in tables[subnet.route_table].routes:
            if route.kind is TargetKind.NAT_GATEWAY and route.active and route.target not in gateways:
                gateways[route.target] = _nat(nats[route.target])
                waiting.append(gateways[route.target].subnet)
    groups = {group["GroupId"]: group for group in described.security_groups}
    attached = sorted({group for interface in kept for group in interface.security_groups})
    acls = {acl["NetworkAclId"]: acl for acl in described.network_acls}
    guarding = sorted({subnet.network_acl for subnet in needed.values()})
    used = {subnet.route_table for subnet in needed.values()}
    return Network(
        interfaces=kept,
        subnets=tuple(needed[id] for id in sorted(needed)),
        security_groups=tuple(_group(groups[id]) for id in attached),
        network_acls=tuple(_acl(acls[id]) for id in guarding),
        route_tables=tuple(tables[id] for id in sorted(used)),
        nat_gateways=tuple(gateways[id] for id in sorted(gateways)),
    )


def interface(raw: Any) -> Interface:
    """A network interface. A load balancer, a NAT gateway and a function open connections from 1024-65535."""
    own = sorted(raw.get("PrivateIpAddresses") or [], key=lambda address: not address.get("Primary"))
    addresses = [address["PrivateIpAddress"] for address in own]
    if not own and raw.get("PrivateIpAddress"):
        addresses = [raw["PrivateIpAddress"]]
    public = raw.get("Association") or any(address.get("Association") for address in own)
    wide = raw.get("InterfaceType") in _WIDE_TYPES or str(raw.get("Description", "")).startswith(_BALANCER)
    return Interface(
        id=raw["NetworkInterfaceId"],
        subnet=raw["SubnetId"],
        addresses=(*addresses, *(address["Ipv6Address"] for address in raw.get("Ipv6Addresses") or [])),
        security_groups=tuple(sorted(group["GroupId"] for group in raw.get("Groups") or [])),
        public_v4=bool(public),
        ephemeral_ports=WIDE_PORTS if wide else KERNEL_PORTS,
    )


def lists_named(network: Network) -> tuple[str, ...]:
    """The prefix lists that rules and routes of a network name."""
    of_rules = {rule.prefix_list for group in network.security_groups for rule in group.rules if rule.prefix_list}
    of_routes = {
        r.destination for table in network.route_tables for r in table.routes if r.destination.startswith("pl-")
    }
    return tuple(sorted(of_rules | of_routes))


def groups_named(network: Network) -> tuple[str, ...]:
    """The security groups of a network, and those that its rules name."""
    own = {group.id for group in network.security_groups}
    return tuple(sorted(own | {rule.group for group in network.security_groups for rule in group.rules if rule.group}))


def lines_in(network: Network) -> int:
    """How many rules, entries and routes a network has."""
    rules = sum(len(group.rules) for group in network.security_groups)
    entries = sum(len(acl.entries) for acl in network.network_acls)
    blocks = sum(len(cidrs) for cidrs in network.prefix_lists.values())
    return rules + entries + sum(len(table.routes) for table in network.route_tables) + blocks


def name_tag(raw: Any) -> str:
    """The Name tag of anything; empty where it has none."""
    return next((str(tag["Value"]) for tag in raw.get("Tags") or [] if tag["Key"] == "Name"), "")


def _group(raw: Any) -> SecurityGroup:
    rules = [
        rule
        for direction, key in ((Direction.INGRESS, "IpPermissions"), (Direction.EGRESS, "IpPermissionsEgress"))
        for permission in raw.get(key) or []
        for rule in _rules(permission, direction)
    ]
    return SecurityGroup(id=raw["GroupId"], name=raw.get("GroupName", ""), rules=tuple(sorted(rules, key=repr)))


def _rules(permission: Any, direction: Direction) -> Iterable[GroupRule]:
    protocol = _protocol(permission["IpProtocol"])
    first, last = permission.get("FromPort"), permission.get("ToPort")
    ports = None
    if protocol in _WITH_PORTS and first is not None and last is not None and first >= 0:
        ports = PortRange(first=first, last=last)
    for block in permission.get("IpRanges") or []:
        yield GroupRule(direction=direction, protocol=protocol, ports=ports, cidr=block["CidrIp"])
    for block in permission.get("Ipv6Ranges") or []:
        yield GroupRule(direction=direction, protocol=protocol, ports=ports, cidr=block["CidrIpv6"])
    for listed in permission.get("PrefixListIds") or []:
        yield GroupRule(direction=direction, protocol=protocol, ports=ports, prefix_list=listed["PrefixListId"])
    for pair in permission.get("UserIdGroupPairs") or []:
        yield GroupRule(direction=direction, protocol=protocol, ports=ports, group=pair.get("GroupId", ""))


def _acl(raw: Any) -> NetworkAcl:
    entries = [_entry(entry) for entry in raw.get("Entries") or []]
    entries.sort(key=lambda entry: (entry.direction, entry.number, entry.cidr))
    return NetworkAcl(id=raw["NetworkAclId"], entries=tuple(entries), name=name_tag(raw))


def _entry(raw: Any) -> AclEntry:
    ports = raw.get("PortRange")
    protocol = _protocol(raw["Protocol"])
    return AclEntry(
        number=raw["RuleNumber"],
        direction=Direction.EGRESS if raw["Egress"] else Direction.INGRESS,
        protocol=protocol,
        cidr=raw.get("CidrBlock") or raw["Ipv6CidrBlock"],
        allow=raw["RuleAction"] == "allow",
        ports=PortRange(first=ports["From"], last=ports["To"]) if ports and protocol in _WITH_PORTS else None,
    )


def _tables(described: Described) -> Iterable[RouteTable]:
    nats = {nat["NatGatewayId"] for nat in described.nat_gateways}
    for raw in described.route_tables:
        routes = [_route(route, nats) for route in raw.get("Routes") or []]
        yield RouteTable(id=raw["RouteTableId"], routes=tuple(sorted(routes, key=lambda r: (r.destination, r.target))))


def _route(raw: Any, nats: set[str]) -> Route:
    target = next((str(raw[key]) for key in _TARGETS if raw.get(key)), "")
    kind = TargetKind.OTHER
    if target == "local":
        kind = TargetKind.LOCAL
    elif target.startswith("igw-"):
        kind = TargetKind.INTERNET_GATEWAY
    elif raw.get("NatGatewayId"):
        kind = TargetKind.NAT_GATEWAY
    elif raw.get("EgressOnlyInternetGatewayId"):
        kind = TargetKind.EGRESS_ONLY_GATEWAY
    # A NAT gateway that AWS no longer lists is gone, whatever the route's own state says yet.
    gone = kind is TargetKind.NAT_GATEWAY and target not in nats
    return Route(
        destination=next(str(raw[key]) for key in _DESTINATIONS if raw.get(key)),
        kind=kind,
        target=target,
        active=raw.get("State", "active") == "active" and not gone,
        propagated=raw.get("Origin") == "EnableVgwRoutePropagation",
    )


def _nat(raw: Any) -> NatGateway:
    return NatGateway(
        id=raw["NatGatewayId"],
        subnet=raw["SubnetId"],
        public=raw.get("ConnectivityType", "public") == "public",
        available=raw.get("State") == "available",
    )


def _subnets(described: Described) -> Iterable[Subnet]:
    """Every subnet with its ACL and its table; one that no table is associated with has the main table."""
    acls = {a["SubnetId"]: x["NetworkAclId"] for x in described.network_acls for a in x.get("Associations") or []}
    default = next((acl["NetworkAclId"] for acl in described.network_acls if acl.get("IsDefault")), "")
    associations = [(a, t["RouteTableId"]) for t in described.route_tables for a in t.get("Associations") or []]
    tables = {a["SubnetId"]: table for a, table in associations if a.get("SubnetId")}
    main = next((table for association, table in associations if association.get("Main")), "")
    for raw in described.subnets:
        six = [a["Ipv6CidrBlock"] for a in raw.get("Ipv6CidrBlockAssociationSet") or [] if a.get("Ipv6CidrBlock")]
        yield Subnet(
            id=raw["SubnetId"],
            cidrs=(raw["CidrBlock"], *six),
            network_acl=acls.get(raw["SubnetId"], default),
            route_table=tables.get(raw["SubnetId"], main),
        )


def _protocol(text: str) -> int:
    return ALL_PROTOCOLS if text == "-1" else _PROTOCOLS.get(text) or int(text)
