"""What the evaluator is asked and what it is told: one VPC's rules, a question, an answer. No logic.

The question: "may A open a TCP connection to address B, port P, and if not, which line stops the first packet that is
stopped?" ``docs/families/vpc-evaluator.md`` is the contract: what may be asked, in which order lines are asked, what
each line means and where AWS says so. In short: the source's groups, its subnet's network ACL and route, the
destination subnet's ACL, its groups; then the reply back through both ACLs and the destination's route. Groups keep
state, ACLs do not; within one subnet neither ACL nor route is asked.

Ephemeral ports, ``Interface.ephemeral_ports``: who reads the network sets them by what opens the connection. AWS says
1024-65535 for load balancers, NAT gateways and Lambda functions, and 32768-61000 for the Amazon Linux kernel, hence for
ECS tasks; the kernel's own default is 32768-60999, and that is what we use, so that a list written for exactly the
kernel's range is not accused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ALL_PROTOCOLS = -1
TCP = 6


class Direction(StrEnum):
    """Of a rule or an entry, as seen from the interface or the subnet it protects."""

    INGRESS = "ingress"
    EGRESS = "egress"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortRange:
    """Ports from ``first`` to ``last``, both included; 0 <= first <= last <= 65535."""

    first: int
    last: int


KERNEL_PORTS = PortRange(first=32768, last=60999)
"""What a Linux task opens connections from."""
WIDE_PORTS = PortRange(first=1024, last=65535)
"""What load balancers, NAT gateways, Lambda functions and unknown clients open connections from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A network interface. ``addresses``: its private IPv4 addresses and its IPv6 addresses, the primary one first."""

    id: str
    subnet: str
    addresses: tuple[str, ...]
    security_groups: tuple[str, ...] = ()
    public_v4: bool = False
    """Whether a public IPv4 address leads to it."""
    ephemeral_ports: PortRange = KERNEL_PORTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet. ``cidrs``: its IPv4 and IPv6 blocks. Every subnet has exactly one network ACL and one route table."""

    id: str
    cidrs: tuple[str, ...]
    network_acl: str
    route_table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule:
    """A rule of a security group. Of ``cidr``, ``group`` and ``prefix_list`` exactly one is not empty.

    ``protocol``: a protocol's number, or ALL_PROTOCOLS. ``ports`` is None for all of them; of ICMP it says nothing.
    """

    direction: Direction
    protocol: int
    ports: PortRange | None = None
    cidr: str = ""
    group: str = ""
    prefix_list: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    """A security group and all of its rules."""

    id: str
    rules: tuple[GroupRule, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AclEntry:
    """An entry of a network ACL. ``number`` is unique per direction. ``protocol`` and ``ports`` as in ``GroupRule``."""

    number: int
    direction: Direction
    protocol: int
    cidr: str
    allow: bool
    ports: PortRange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAcl:
    """A network ACL and all of its entries of both directions. ``name``: its Name tag."""

    id: str
    entries: tuple[AclEntry, ...] = ()
    name: str = ""


class TargetKind(StrEnum):
    """What a route leads to."""

    LOCAL = "local"
    INTERNET_GATEWAY = "internet_gateway"
    EGRESS_ONLY_GATEWAY = "egress_only_gateway"
    NAT_GATEWAY = "nat_gateway"
    OTHER = "other"
    """Transit gateway, peering, VPN, gateway endpoint, interface, …: what is beyond, the model does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route. ``destination``: a block, or a prefix list's id. ``target``: the gateway's id, or ``local``."""

    destination: str
    kind: TargetKind
    target: str
    active: bool = True
    """False: its state is blackhole."""
    propagated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """A route table and all of its routes."""

    id: str
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NatGateway:
    """A NAT gateway. ``public``: it has a public address. ``available``: it is neither pending, failed nor deleted."""

    id: str
    subnet: str
    public: bool = True
    available: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One VPC as read. ``prefix_lists``: id to blocks."""

    interfaces: tuple[Interface, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()
    network_acls: tuple[NetworkAcl, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    nat_gateways: tuple[NatGateway, ...] = ()
    prefix_lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May ``source`` (an interface's id, or an outside address) open a TCP connection to ``destination`` (an address)?

    A text that is the id of an interface of the network is an interface; every other is an address.
    """

    source: str
    destination: str
    port: int


class LineKind(StrEnum):
    """What kind of object holds the line that stops."""

    SECURITY_GROUP = "security_group"
    NETWORK_ACL = "network_acl"
    ROUTE = "route"
    NAT = "nat"
    ADDRESS = "address"


class Owner(StrEnum):
    """Whose line it is: of the source's interface or subnet, the destination's, or the NAT gateway's subnet."""

    SOURCE = "source"
    DESTINATION = "destination"
    GATEWAY = "gateway"


class Packet(StrEnum):
    """Which packet is stopped."""

    REQUEST = "request"
    REPLY = "reply"


class Why(StrEnum):
    """Why it is stopped."""

    NO_RULE_ADMITS = "no_rule_admits"
    ENTRY_DENIES = "entry_denies"
    NO_ENTRY_MATCHES = "no_entry_matches"
    NO_ROUTE = "no_route"
    BLACKHOLE = "blackhole"
    NO_PUBLIC_ADDRESS = "no_public_address"
    TARGET_CANNOT_CARRY = "target_cannot_carry"
    NAT_NOT_AVAILABLE = "nat_not_available"
    NO_SUCH_ADDRESS = "no_such_address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The first line on the packet's way that stops it.

    ``direction``: of the group's rule or the ACL's entry; EGRESS for routes and the NAT; for ADDRESS EGRESS where the
    owner is SOURCE, INGRESS where it is DESTINATION. ``line``: the entry's number, the route's destination, or empty
    where the line that would admit is missing.
    """

    kind: LineKind
    owner: Owner
    packet: Packet
    direction: Direction
    ids: tuple[str, ...]
    why: Why
    line: str = ""
    only_some_ports: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``stop`` is None where the connection is admitted as far as the model holds the way.

    ``leaves_by``: the id of the last target that a packet of an *admitted* connection leaves the VPC by; empty where it
    stays inside, and empty where it is stopped.
    """

    stop: Stop | None = None
    leaves_by: str = ""

    @property
    def admitted(self) -> bool:
        """Whether the connection can be opened."""
        return self.stop is None
