"""Random VPCs and questions, made so that about half of the connections are admitted and every line stops some.

Few addresses, ports and blocks: rules, entries and routes then meet, contradict and shadow each other often.
"""

from dataclasses import replace
from random import Random

from functions.vpc.network_model import (
    ALL_PROTOCOLS,
    KERNEL_PORTS,
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
    Question,
    Route,
    RouteTable,
    SecurityGroup,
    Subnet,
    TargetKind,
)

_VPC4, _VPC6 = "10.0.0.0/16", "2001:db8::/56"
_SUBNETS = (
    ("10.0.1.0/24", "2001:db8:0:1::/64"),
    ("10.0.2.0/24",),
    ("10.0.3.0/25", "2001:db8:0:3::/64"),
    ("10.0.101.0/24", "2001:db8:0:65::/64"),
)
_HOSTS = ("10", "20", "99")
_OUTSIDE4 = ("198.51.100.7", "203.0.113.9", "172.31.0.9", "10.0.200.5", "10.0.1.77")
_OUTSIDE6 = ("2600:1f00::9", "2001:db8:0:1::77")
_BLOCKS4 = (
    "0.0.0.0/0",
    _VPC4,
    "10.0.1.0/24",
    "10.0.2.0/24",
    "10.0.0.0/22",
    "10.0.1.10/32",
    "10.0.2.20/32",
    "198.51.100.0/24",
)
_BLOCKS6 = ("::/0", _VPC6, "2001:db8:0:1::/64", "2600:1f00::/24")
_ROUTES4 = (
    "0.0.0.0/0",
    "0.0.0.0/0",
    "10.0.2.0/24",
    "10.0.3.0/25",
    "198.51.100.0/24",
    "172.31.0.0/16",
    "10.0.0.0/8",
    "10.0.128.0/17",
)
_ROUTES6 = ("::/0", "::/0", "2001:db8:0:3::/64", "2600:1f00::/24")
_PORTS = (22, 443, 5432, 6379)
_LISTS = {"pl-a": ("198.51.100.0/24", "10.0.2.0/24"), "pl-b": ("203.0.113.0/28", "2600:1f00::/24", "10.0.1.10/32")}
_EVERYWHERE = ("0.0.0.0/0", "::/0")
_PROTOCOLS = (TCP, TCP, TCP, ALL_PROTOCOLS, 17, 1)
_RANGES = (
    (1024, 65535),
    (32768, 60999),
    (32768, 61000),
    (0, 65535),
    (1024, 32767),
    (49152, 65535),
    (40000, 40000),
    (5000, 6000),
)


def topology(random: Random) -> tuple[Network, list[Question]]:
    """One VPC and some questions about it."""
    groups = [f"sg-{number}" for number in range(random.randint(2, 4))]
    acls = [f"acl-{number}" for number in range(random.randint(1, 3))]
    tables = [f"rtb-{number}" for number in range(random.randint(1, 3))]
    subnets = tuple(
        Subnet(id=f"subnet-{number}", cidrs=cidrs, network_acl=random.choice(acls), route_table=random.choice(tables))
        for number, cidrs in enumerate(random.sample(_SUBNETS, random.randint(2, 4)))
    )
    nats = tuple(
        NatGateway(
            id=f"nat-{number}",
            subnet=random.choice(subnets).id,
            public=random.random() < 0.8,
            available=random.random() < 0.85,
        )
        for number in range(2)
    )
    ways_out = _ways_out(random, subnets, nats) if random.random() < 0.5 else {}
    interfaces = _interfaces(random, subnets, groups)
    network = Network(
        interfaces=interfaces,
        subnets=subnets,
        security_groups=tuple(SecurityGroup(id=id, rules=_rules(random, groups)) for id in groups),
        network_acls=tuple(NetworkAcl(id=id, entries=_entries(random)) for id in acls),
        route_tables=tuple(RouteTable(id=id, routes=(*_routes(random, nats), *ways_out.get(id, ()))) for id in tables),
        nat_gateways=nats,
        prefix_lists=dict(_LISTS),
    )
    return network, [_question(random, interfaces) for _ in range(6)]


def _ways_out(
    random: Random, subnets: tuple[Subnet, ...], nats: tuple[NatGateway, ...]
) -> dict[str, tuple[Route, ...]]:
    """As people build it: private subnets go by a NAT gateway, whose own subnet goes by the internet gateway."""
    nat = random.choice(nats)
    public = next(subnet.route_table for subnet in subnets if subnet.id == nat.subnet)
    by_nat = Route(destination="0.0.0.0/1", kind=TargetKind.NAT_GATEWAY, target=nat.id)
    to_internet = Route(destination="0.0.0.0/1", kind=TargetKind.INTERNET_GATEWAY, target="igw-1")
    half = {subnet.route_table: (by_nat,) for subnet in subnets} | {public: (to_internet,)}
    return {
        table: (*routes, *(replace(route, destination="128.0.0.0/1") for route in routes))
        for table, routes in half.items()
    }


def _interfaces(random: Random, subnets: tuple[Subnet, ...], groups: list[str]) -> tuple[Interface, ...]:
    made = []
    for subnet in subnets:
        for host in random.sample(_HOSTS, random.randint(1, 2)):
            own = [
                f"{cidr.rsplit('.', 1)[0]}.{host}" if "." in cidr else f"{cidr.split('/')[0]}{host}"
                for cidr in subnet.cidrs
            ]
            made.append(
                Interface(
                    id=f"eni-{len(made)}",
                    subnet=subnet.id,
                    addresses=tuple(own[: random.randint(1, len(own))]),
                    security_groups=tuple(random.sample(groups, random.choice((0, 1, 1, 1, 2)))),
                    public_v4=random.random() < 0.6,
                    ephemeral_ports=random.choice((KERNEL_PORTS, WIDE_PORTS)),
                )
            )
    return tuple(made)


def _address(cidr: str, host: str) -> str:
    return f"{cidr.rsplit('.', 1)[0]}.{host}" if "." in cidr else f"{cidr.split('/', maxsplit=1)[0]}{host}"


def _ports(random: Random) -> PortRange | None:
    kind = random.random()
    if kind < 0.35:
        return None
    if kind < 0.7:
        port = random.choice(_PORTS)
        return PortRange(first=port, last=port + random.choice((0, 0, 1, 1000)))
    return PortRange(**dict(zip(("first", "last"), random.choice(_RANGES), strict=True)))


def _block(random: Random) -> str:
    return random.choice(_BLOCKS4) if random.random() < 0.75 else random.choice(_BLOCKS6)


def _rules(random: Random, groups: list[str]) -> tuple[GroupRule, ...]:
    rules = []
    for direction in Direction:
        if random.random() < 0.75:  # what AWS begins with, outbound, and what people write inbound
            rules += [
                GroupRule(direction=direction, protocol=ALL_PROTOCOLS, cidr=cidr) for cidr in ("0.0.0.0/0", "::/0")
            ]
        for _ in range(random.randint(0, 3)):
            peer = random.choice(("cidr", "cidr", "group", "group", "prefix_list"))
            value = {
                "cidr": _block(random),
                "group": random.choice((*groups, "sg-gone")),
                "prefix_list": random.choice(list(_LISTS)),
            }[peer]
            protocol, ports = random.choice(_PROTOCOLS), _ports(random)
            rules.append(GroupRule(direction=direction, protocol=protocol, ports=ports, **{peer: value}))
    random.shuffle(rules)
    return tuple(rules)


def _entries(random: Random) -> tuple[AclEntry, ...]:
    entries = []
    for direction in Direction:
        numbers = random.sample(range(90, 130), 5)
        for number in numbers[: random.randint(0, 4)]:
            entries.append(
                AclEntry(
                    number=number,
                    direction=direction,
                    protocol=random.choice(_PROTOCOLS),
                    cidr=_block(random),
                    allow=random.random() < 0.7,
                    ports=_ports(random),
                )
            )
        last = ((200, 201, True, 0.75), (32767, 32768, False, 0.8))  # as in the ACL that AWS makes
        for four, six, allow, likely in last:
            if random.random() < likely:
                entries += [
                    AclEntry(number=number, direction=direction, protocol=ALL_PROTOCOLS, cidr=cidr, allow=allow)
                    for number, cidr in zip((four, six), _EVERYWHERE, strict=True)
                ]
    random.shuffle(entries)
    return tuple(entries)


def _routes(random: Random, nats: tuple[NatGateway, ...]) -> tuple[Route, ...]:
    routes = []
    if random.random() < 0.93:
        routes += [Route(destination=block, kind=TargetKind.LOCAL, target="local") for block in (_VPC4, _VPC6)]
    for _ in range(random.randint(1, 4)):
        kind = random.choice([kind for kind in TargetKind if kind is not TargetKind.LOCAL])
        target = {
            TargetKind.INTERNET_GATEWAY: "igw-1",
            TargetKind.EGRESS_ONLY_GATEWAY: "eigw-1",
            TargetKind.NAT_GATEWAY: random.choice(nats).id,
            TargetKind.OTHER: random.choice(("tgw-1", "pcx-1", "eni-fw")),
        }[kind]
        listed = random.random() < 0.15
        blocks = tuple(_LISTS) if listed else random.choice((_ROUTES4, _ROUTES4, _ROUTES6))
        routes.append(
            Route(
                destination=random.choice(blocks),
                kind=kind,
                target=target,
                active=random.random() < 0.85,
                propagated=not listed and kind is TargetKind.OTHER and random.random() < 0.5,
            )
        )
    random.shuffle(routes)
    return tuple(routes)


def _question(random: Random, interfaces: tuple[Interface, ...]) -> Question:
    held = [address for interface in interfaces for address in interface.addresses]
    outside = [address for address in (*_OUTSIDE4, *_OUTSIDE6) if address not in held]
    kind, source = random.random(), random.choice(interfaces)
    destination = random.choice(outside if kind < 0.4 else held)
    if kind > 0.85:
        senders = [a for a in outside if (":" in a) == (":" in destination)]
        return Question(source=random.choice(senders), destination=destination, port=random.choice(_PORTS))
    if random.random() < 0.8:  # seldom from an interface without an address of the family
        able = [i for i in interfaces if any((":" in a) == (":" in destination) for a in i.addresses)]
        source = random.choice(able) if able else source
    return Question(source=source.id, destination=destination, port=random.choice(_PORTS))
