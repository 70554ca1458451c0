"""A second answer to "may A connect to B?": every packet of a TCP connection is carried from hop to hop.

Written from AWS's documentation as ``functions/vpc/network_model.py`` puts it into one order (Amazon VPC User Guide:
"Control traffic to your AWS resources using security groups", "Control subnet traffic with network access control
lists", "Configure route tables", "NAT gateways"), without sight of ``functions/vpc/evaluator.py``. Where that
one reasons about ranges, this one sends single packets: one to the port, and one reply to each port that could differ.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import NoReturn

from functions.vpc.network_model import (
    ALL_PROTOCOLS,
    TCP,
    WIDE_PORTS,
    AclEntry,
    Answer,
    Direction,
    GroupRule,
    Interface,
    LineKind,
    NatGateway,
    Network,
    Owner,
    Packet,
    PortRange,
    Question,
    Route,
    RouteTable,
    Stop,
    Subnet,
    TargetKind,
    Why,
)


def answer(network: Network, question: Question) -> Answer:
    """What becomes of the connection."""
    try:
        return Answer(leaves_by=_World(network).carry(question))
    except _StoppedError as stopped:
        return Answer(stop=stopped.stop)


class _StoppedError(Exception):
    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.why)
        self.stop = stop


@dataclass(frozen=True)
class _Way:
    """One way of the packets, to or from: who sends, who receives, to which ports, and whether they are replies."""

    sender: str
    receiver: str
    ports: PortRange
    packet: Packet


class _World:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.interfaces = {interface.id: interface for interface in network.interfaces}
        self.subnets = {subnet.id: subnet for subnet in network.subnets}
        self.groups = {group.id: group for group in network.security_groups}
        self.acls = {acl.id: acl for acl in network.network_acls}
        self.tables = {table.id: table for table in network.route_tables}
        self.nats = {nat.id: nat for nat in network.nat_gateways}

    def holder(self, address: str) -> Interface | None:
        wanted = ip_address(address)
        for interface in self.network.interfaces:
            if any(ip_address(own) == wanted for own in interface.addresses):
                return interface
        return None

    def carry(self, question: Question) -> str:
        """The last target by which the packets leave, or empty; ``_StoppedError`` where they do not arrive."""
        target, port = question.destination, PortRange(first=question.port, last=question.port)
        if question.source not in self.interfaces:
            return self._from_outside(question.source, target, port)
        source = self.interfaces[question.source]
        own = [a for a in source.addresses if ip_address(a).version == ip_address(target).version]
        if not own:
            _stop(LineKind.ADDRESS, Owner.SOURCE, Packet.REQUEST, Direction.EGRESS, (source.id,), Why.NO_SUCH_ADDRESS)
        there = _Way(own[0], target, port, Packet.REQUEST)
        back = _Way(target, own[0], source.ephemeral_ports, Packet.REPLY)
        home, held = self.subnets[source.subnet], self.holder(target)
        near = held.subnet == home.id if held else any(_in(target, block) for block in home.cidrs)
        self._groups(source, Direction.EGRESS, Owner.SOURCE, there, held)
        if near:
            if held is None:
                _nobody(target)
            self._groups(held, Direction.INGRESS, Owner.DESTINATION, there, source)
            return ""
        self._acl(home, Direction.EGRESS, Owner.SOURCE, there)
        route = self._route(home, Owner.SOURCE, there)
        if route.kind is not TargetKind.LOCAL:
            leaves = route.target if held else self._out(route, source, there, back)
            if held or route.kind is not TargetKind.NAT_GATEWAY:
                self._acl(home, Direction.INGRESS, Owner.SOURCE, back)
            return leaves
        if held is None:
            _nobody(target)
        far = self.subnets[held.subnet]
        self._acl(far, Direction.INGRESS, Owner.DESTINATION, there)
        self._groups(held, Direction.INGRESS, Owner.DESTINATION, there, source)
        self._acl(far, Direction.EGRESS, Owner.DESTINATION, back)
        return_route = self._route(far, Owner.DESTINATION, back)
        self._acl(home, Direction.INGRESS, Owner.SOURCE, back)
        return "" if return_route.kind is TargetKind.LOCAL else return_route.target

    def _out(self, route: Route, source: Interface, there: _Way, back: _Way) -> str:
        """Through the target of the source's route to an address that nobody in the VPC holds."""
        six = ip_address(there.receiver).version == 6
        table = self.tables[self.subnets[source.subnet].route_table]
        if route.kind is TargetKind.INTERNET_GATEWAY and not six and not source.public_v4:
            _at_route(Owner.SOURCE, Packet.REQUEST, table, route, Why.NO_PUBLIC_ADDRESS)
        if (route.kind is TargetKind.EGRESS_ONLY_GATEWAY and not six) or (route.kind is TargetKind.NAT_GATEWAY and six):
            _at_route(Owner.SOURCE, Packet.REQUEST, table, route, Why.TARGET_CANNOT_CARRY)
        if route.kind is TargetKind.NAT_GATEWAY:
            return self._through(self.nats[route.target], source, there, back)
        return route.target

    def _through(self, nat: NatGateway, source: Interface, there: _Way, back: _Way) -> str:
        if not nat.available:
            _stop(LineKind.NAT, Owner.GATEWAY, Packet.REQUEST, Direction.EGRESS, (nat.id,), Why.NAT_NOT_AVAILABLE)
        stands_in, elsewhere = self.subnets[nat.subnet], nat.subnet != source.subnet
        if elsewhere:
            self._acl(stands_in, Direction.INGRESS, Owner.GATEWAY, there)
        self._acl(stands_in, Direction.EGRESS, Owner.GATEWAY, there)
        onward = self._route(stands_in, Owner.GATEWAY, there)
        table = self.tables[stands_in.route_table]
        if onward.kind is TargetKind.INTERNET_GATEWAY and not nat.public:
            _at_route(Owner.GATEWAY, Packet.REQUEST, table, onward, Why.NO_PUBLIC_ADDRESS)
        if onward.kind not in (TargetKind.INTERNET_GATEWAY, TargetKind.OTHER):
            _at_route(Owner.GATEWAY, Packet.REQUEST, table, onward, Why.TARGET_CANNOT_CARRY)
        to_nat = _Way(there.receiver, there.sender, WIDE_PORTS, Packet.REPLY)
        self._acl(stands_in, Direction.INGRESS, Owner.GATEWAY, to_nat)
        if elsewhere:
            self._acl(stands_in, Direction.EGRESS, Owner.GATEWAY, back)
            self._acl(self.subnets[source.subnet], Direction.INGRESS, Owner.SOURCE, back)
        return onward.target

    def _from_outside(self, sender: str, target: str, port: PortRange) -> str:
        held = self.holder(target)
        assert held is not None, "from outside only an address that an interface holds is asked for"
        subnet = self.subnets[held.subnet]
        there = _Way(sender, target, port, Packet.REQUEST)
        back = _Way(target, sender, WIDE_PORTS, Packet.REPLY)
        self._acl(subnet, Direction.INGRESS, Owner.DESTINATION, there)
        self._groups(held, Direction.INGRESS, Owner.DESTINATION, there, None)
        self._acl(subnet, Direction.EGRESS, Owner.DESTINATION, back)
        route = self._route(subnet, Owner.DESTINATION, back)
        table = self.tables[subnet.route_table]
        match route.kind:
            case TargetKind.LOCAL:
                _stop(LineKind.ADDRESS, Owner.SOURCE, Packet.REPLY, Direction.EGRESS, (sender,), Why.NO_SUCH_ADDRESS)
            case TargetKind.NAT_GATEWAY | TargetKind.EGRESS_ONLY_GATEWAY:
                _at_route(Owner.DESTINATION, Packet.REPLY, table, route, Why.TARGET_CANNOT_CARRY)
            case TargetKind.INTERNET_GATEWAY if ip_address(sender).version == 4 and not held.public_v4:
                _at_route(Owner.DESTINATION, Packet.REPLY, table, route, Why.NO_PUBLIC_ADDRESS)
        return route.target

    def _groups(
        self, interface: Interface, direction: Direction, owner: Owner, way: _Way, other: Interface | None
    ) -> None:
        """Stateful: only the request is asked, and one rule that admits is enough."""
        if not interface.security_groups:
            return
        address = way.receiver if direction is Direction.EGRESS else way.sender
        rules = [rule for id in interface.security_groups for rule in self.groups[id].rules]
        if not any(
            rule.direction is direction and self._admits(rule, way.ports.first, address, other) for rule in rules
        ):
            ids = tuple(sorted(interface.security_groups))
            _stop(LineKind.SECURITY_GROUP, owner, way.packet, direction, ids, Why.NO_RULE_ADMITS)

    def _admits(self, rule: GroupRule, port: int, address: str, other: Interface | None) -> bool:
        if not _takes(rule.protocol, rule.ports, port):
            return False
        if rule.group:
            return other is not None and rule.group in other.security_groups
        if rule.prefix_list:
            return any(_in(address, block) for block in self.network.prefix_lists[rule.prefix_list])
        return _in(address, rule.cidr)

    def _acl(self, subnet: Subnet, direction: Direction, owner: Owner, way: _Way) -> None:
        """Stateless: each packet is asked, of replies one to every port that an entry could treat differently."""
        acl = self.acls[subnet.network_acl]
        entries = sorted((e for e in acl.entries if e.direction is direction), key=lambda e: e.number)
        address = way.sender if direction is Direction.INGRESS else way.receiver
        stopped: AclEntry | None = None
        blocked = passed = False
        for port in _distinct(way.ports, entries):
            entry = next((e for e in entries if _takes(e.protocol, e.ports, port) and _in(address, e.cidr)), None)
            if entry is not None and entry.allow:
                passed = True
            elif not blocked:
                blocked, stopped = True, entry
        if blocked:
            why, line = (Why.ENTRY_DENIES, str(stopped.number)) if stopped else (Why.NO_ENTRY_MATCHES, "")
            _stop(LineKind.NETWORK_ACL, owner, way.packet, direction, (acl.id,), why, line, some=passed)

    def _route(self, subnet: Subnet, owner: Owner, way: _Way) -> Route:
        table = self.tables[subnet.route_table]
        locals_ = [route.destination for route in table.routes if route.kind is TargetKind.LOCAL]
        fits: list[tuple[tuple[int, int, str], Route]] = []
        for route in table.routes:
            shadowed = route.propagated and any(_within(route.destination, block) for block in locals_)
            for block in () if shadowed else self._blocks(route):
                if _in(way.receiver, block):
                    rank = 2 if route.propagated else 1 if route.destination in self.network.prefix_lists else 0
                    fits.append(((-ip_network(block).prefixlen, rank, route.target), route))
        if not fits:
            _stop(LineKind.ROUTE, owner, way.packet, Direction.EGRESS, (table.id,), Why.NO_ROUTE)
        best = min(fits, key=lambda fit: fit[0])[1]
        if not best.active:
            _at_route(owner, way.packet, table, best, Why.BLACKHOLE)
        return best

    def _blocks(self, route: Route) -> tuple[str, ...]:
        return self.network.prefix_lists.get(route.destination, (route.destination,))


def _distinct(ports: PortRange, entries: list[AclEntry]) -> Iterator[int]:
    """The first port of the range, and each later one at which some entry begins or has just ended."""
    edges = {edge for e in entries if e.ports for edge in (e.ports.first, e.ports.last + 1)}
    yield ports.first
    yield from sorted(edge for edge in edges if ports.first < edge <= ports.last)


def _takes(protocol: int, ports: PortRange | None, port: int) -> bool:
    if protocol == ALL_PROTOCOLS:
        return True
    return protocol == TCP and (ports is None or ports.first <= port <= ports.last)


def _in(address: str, block: str) -> bool:
    """By bits, family by family."""
    one, net = ip_address(address), ip_network(block)
    if one.version != net.version:
        return False
    shift = one.max_prefixlen - net.prefixlen
    return int(one) >> shift == int(net.network_address) >> shift


def _within(inner: str, outer: str) -> bool:
    small, large = ip_network(inner), ip_network(outer)
    return small.prefixlen >= large.prefixlen and _in(str(small.network_address), outer)


def _nobody(address: str) -> NoReturn:
    _stop(LineKind.ADDRESS, Owner.DESTINATION, Packet.REQUEST, Direction.INGRESS, (address,), Why.NO_SUCH_ADDRESS)


def _at_route(owner: Owner, packet: Packet, table: RouteTable, route: Route, why: Why) -> NoReturn:
    _stop(LineKind.ROUTE, owner, packet, Direction.EGRESS, (table.id,), why, route.destination)


def _stop(
    kind: LineKind,
    owner: Owner,
    packet: Packet,
    direction: Direction,
    ids: tuple[str, ...],
    why: Why,
    line: str = "",
    *,
    some: bool = False,
) -> NoReturn:
    found = Stop(
        kind=kind, owner=owner, packet=packet, direction=direction, ids=ids, why=why, line=line, only_some_ports=some
    )
    raise _StoppedError(found)
