"""What the evaluator is asked and what it is told: one VPC's rules, a question, an answer. No logic.

The question: "may A open a TCP connection to address B, port P, and if not, which line stops the first packet that is
stopped?" Everything below is AWS's documentation (Amazon VPC User Guide) put into one order; where it says nothing,
"our choice" stands.

Domain of the model (what is outside of it is never asked):
- One VPC. Every id that an object names (subnet, network ACL, route table, prefix list, NAT gateway) is in the
  ``Network``; only a *security group named by a rule* may be missing (deleted, or of a peer): it admits nobody.
- No two interfaces hold one address, and an interface's addresses lie in its subnet's blocks. Blocks and addresses are
  written as AWS writes them (``10.0.0.0/16``, ``2001:db8::/56``), without host bits. Several security groups, rules,
  entries and routes in any order.
- The destination is an address. Never asked about: 169.254.0.0/16, the resolver's address and what else network ACLs do
  not filter; 64:ff9b::/96 (NAT64); UDP and ICMP (rules of those protocols are there and match no TCP packet).
- A question has at least one end in the VPC: an outside source, an address of the destination's family that no
  interface holds, asks for an address that an interface holds. A public IPv4 address of an interface is an outside
  address here, because packets to it leave and come back. Nobody asks for an address of its own.

The addresses. A ``source`` that names an interface sends from its *first* address of the destination's family. If it
has none, that comes before everything else: ADDRESS, owner SOURCE, REQUEST, ``NO_SUCH_ADDRESS``, ids the interface's
id. Two ends are *in one subnet* if their interfaces are, or, where no interface holds the destination, if it lies in
one of the blocks of the source's subnet.

The order in which lines are asked; the first that stops is the answer. "Request" is every packet to port P,
"reply" every packet back to the client's ephemeral ports.

Both ends in the VPC:
  1 request  the source's security groups, egress
  2 request  the source subnet's network ACL, outbound                  (not within one subnet)
  3 request  the route in the source subnet's table to the destination  (not within one subnet)
  4 request  ADDRESS, owner DESTINATION, ``NO_SUCH_ADDRESS``, where the route is local, or the ends are in one subnet,
             and no interface holds the destination's address. ids: the address
  5 request  the destination subnet's network ACL, inbound              (not within one subnet)
  6 request  the destination's security groups, ingress
  7 reply    the destination subnet's network ACL, outbound             (not within one subnet)
  8 reply    the route in the destination subnet's table to the source  (not within one subnet)
  9 reply    the source subnet's network ACL, inbound                   (not within one subnet)
  Security groups are stateful: they are asked for the request only. Network ACLs are stateless: both ways.
  Where the route of 3 leads to anything but LOCAL (say a middlebox) though an interface holds the destination, the
  packet leaves what the model holds: 4 to 8 are not asked, 9 is, and ``leaves_by`` names the target. Where the route
  of 8 does, 9 is asked all the same and ``leaves_by`` names it. A blackhole or no route stops, as always.

To the outside (no interface holds the destination, and the best route is not LOCAL): 1, 2, 3, and then by the target:
  INTERNET_GATEWAY          for IPv4 the source needs a public address (``public_v4``), or ROUTE stops it:
                            ``NO_PUBLIC_ADDRESS``. IPv6 needs nothing more. Then 9.
  EGRESS_ONLY_GATEWAY       carries IPv6 only; IPv4 is stopped by ROUTE: ``TARGET_CANNOT_CARRY``. Then 9.
  OTHER                     Then 9.
  NAT_GATEWAY               carries IPv4 only; IPv6 is stopped by ROUTE: ``TARGET_CANNOT_CARRY``. Not ``available``:
                            NAT, owner GATEWAY, ``NAT_NOT_AVAILABLE``, ids the NAT's id, line empty. Then, with T the
                            NAT's subnet (T's lines have the owner GATEWAY):
       request  T's network ACL, inbound, from the source's address to P        (not where the source is in T)
       request  T's network ACL, outbound, to the destination, port P
       request  the route in T's table to the destination. INTERNET_GATEWAY: a NAT that is not ``public`` is stopped by
                ROUTE, ``NO_PUBLIC_ADDRESS``. OTHER: goes on. LOCAL, EGRESS_ONLY_GATEWAY, NAT_GATEWAY: ROUTE,
                ``TARGET_CANNOT_CARRY`` (our choice: a NAT behind a NAT is not judged as a way out).
       reply    T's network ACL, inbound, from the destination to the NAT's ports 1024-65535
       reply    T's network ACL, outbound, to the source's address and its ephemeral ports   (not where it is in T)
       reply    9, the packet comes from the destination's address              (not where the source is in T)
     The NAT's own address appears in no rule that is asked: it has no security group.
  ``leaves_by`` names the last target (of T's route for a NAT gateway). What lies beyond is not judged.

From the outside to an address of an interface: 5, 6, 7, then 8, which must lead back to the source:
  INTERNET_GATEWAY (for IPv4 with ``public_v4``, else ROUTE, ``NO_PUBLIC_ADDRESS``) or OTHER; ``leaves_by`` names it.
  LOCAL: ADDRESS, owner SOURCE, REPLY, ``NO_SUCH_ADDRESS``, ids the source's address (an address of the VPC that nobody
  holds sends nothing). NAT_GATEWAY, EGRESS_ONLY_GATEWAY: ROUTE, ``TARGET_CANNOT_CARRY``: they admit no connection from
  outside. The client's ephemeral ports are 1024-65535 (AWS: "to cover the different types of clients").

The lines:
- **Security group rules** only allow; all rules of all groups of an interface count together, and no rule that admits
  means stopped: ``NO_RULE_ADMITS``, ids all the interface's groups, sorted; line empty. Every matching rule needs the
  protocol (TCP or all), the port (all ports where ``ports`` is None or the protocol is all) and the peer: a block holds
  the other end's address (of the same family); a prefix list holds it in one of its blocks; a group is one of the other
  end's groups (the group itself: the self rule). A group is matched by the *interface*, so an outside address is in no
  group. An interface without any security group filters nothing (NAT gateways, some load balancers).
- **Network ACL entries** of the direction are read by ascending number; the first that matches decides. It must match
  the protocol (TCP or all), the *destination* port of the packet (all ports where ``ports`` is None or the protocol is
  all) and, with its block, the packet's source address for inbound, its destination address for outbound, of the same
  family. A denying entry: ``ENTRY_DENIES``, line its number as text (AWS's last, 32767 and 32768, are entries too).
  None matches: ``NO_ENTRY_MATCHES``, line empty. ids: the ACL's id.
  Replies go to *every* port of the client's range. All must be admitted; if some are not, the packet counts as stopped
  by what stops the *lowest* such port, and ``only_some_ports`` says that another of the range would pass.
- **Routes**: among those whose destination holds the address (of the same family; a prefix list by its blocks) the
  longest prefix wins; at equal length a CIDR route that is not propagated, then a prefix list's, then a propagated one,
  then the lower target id (our choice; AWS picks at random). A propagated route that lies within a LOCAL route's
  destination is never taken. None: ``NO_ROUTE``, line empty. Its state is blackhole: ``BLACKHOLE``; AWS drops, it does
  not take the next. ids: the route table's id; line: the chosen route's destination.

Ephemeral ports, ``Interface.ephemeral_ports``: who reads the network sets them by what opens the connection. AWS says
1024-65535 for load balancers, NAT gateways and Lambda functions, and 32768-61000 for the Amazon Linux kernel, hence for
ECS tasks; the kernel's own default is 32768-60999, and that is what we use, so that a list written for exactly the
kernel's range is not accused. The model takes the range as given.
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
    """A network ACL and all of its entries of both directions."""

    id: str
    entries: tuple[AclEntry, ...] = ()


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
