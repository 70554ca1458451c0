"""May A open a connection to B, and if not, which line stops it? Follows the packets in the order of network_model."""

from collections.abc import Generator
from dataclasses import dataclass, replace

from functions.vpc import lines
from functions.vpc.network_model import (
    WIDE_PORTS,
    Answer,
    Direction,
    Interface,
    LineKind,
    NatGateway,
    Network,
    Owner,
    Packet,
    PortRange,
    Question,
    Route,
    Stop,
    Subnet,
    TargetKind,
    Why,
)

Steps = Generator[Stop | None, None, str]
"""What each line asked on the way says, None for "go on"; it ends with the target that the packets leave the VPC by."""

_CARRIES = {TargetKind.EGRESS_ONLY_GATEWAY: 6, TargetKind.NAT_GATEWAY: 4}
"""The one family of addresses that a gateway carries; the others carry both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """One end of a connection; ``interface`` and ``subnet`` are None for an address that nobody in the VPC holds."""

    address: str
    interface: Interface | None = None
    subnet: Subnet | None = None

    @property
    def ephemeral_ports(self) -> PortRange:
        return self.interface.ephemeral_ports if self.interface else WIDE_PORTS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packets:
    """What crosses the border of a subnet: whose subnet it is, which way, and to which ports."""

    owner: Owner
    packet: Packet
    direction: Direction
    ports: PortRange


def evaluate(network: Network, question: Question) -> Answer:
    """The answer to a question of the model's domain."""
    steps = _Way(network).follow(question)
    while True:
        try:
            stop = next(steps)
        except StopIteration as arrived:
            return Answer(leaves_by=arrived.value)
        if stop is not None:
            return Answer(stop=stop)


class _Way:
    """The lines of one network, asked in the order in which packets meet them."""

    def __init__(self, network: Network) -> None:
        self._prefix_lists = network.prefix_lists
        self._interfaces = {interface.id: interface for interface in network.interfaces}
        self._holders = {address: interface for interface in network.interfaces for address in interface.addresses}
        self._subnets = {subnet.id: subnet for subnet in network.subnets}
        self._groups = {group.id: group for group in network.security_groups}
        self._acls = {acl.id: acl for acl in network.network_acls}
        self._tables = {table.id: table for table in network.route_tables}
        self._nats = {nat.id: nat for nat in network.nat_gateways}

    def follow(self, question: Question) -> Steps:
        """The way of the question's packets."""
        destination, port = self._at(question.destination), question.port
        sender = self._interfaces.get(question.source)
        if sender is None:
            return (yield from self._arrive(_End(address=question.source), destination, port))
        family = lines.version(question.destination)
        address = next((own for own in sender.addresses if lines.version(own) == family), None)
        if address is None:
            yield _nobody(Owner.SOURCE, Packet.REQUEST, sender.id)
            return ""
        source = _End(address=address, interface=sender, subnet=self._subnets[sender.subnet])
        yield self._group(source, destination, port, Owner.SOURCE)
        if _in_one_subnet(source, destination):
            if destination.interface is None:
                yield _nobody(Owner.DESTINATION, Packet.REQUEST, destination.address)
            yield self._group(destination, source, port, Owner.DESTINATION)
            return ""
        return (yield from self._across(source, destination, port))

    def _across(self, source: _End, destination: _End, port: int) -> Steps:
        """Out of the source's subnet, and by its route to wherever the destination is."""
        yield self._acl(source, destination, _request(Owner.SOURCE, Direction.EGRESS, port))
        route, stop = self._route(source, destination.address, Owner.SOURCE, Packet.REQUEST)
        yield stop
        assert route is not None, "without a route the step before stopped"
        if route.kind is TargetKind.LOCAL:
            if destination.interface is None:
                yield _nobody(Owner.DESTINATION, Packet.REQUEST, destination.address)
            leaves_by = yield from self._arrive(source, destination, port)
        elif destination.interface is not None:
            leaves_by = route.target
        else:
            leaves_by = yield from self._out(source, destination, port, route)
        yield self._acl(source, destination, _reply(Owner.SOURCE, Direction.INGRESS, source.ephemeral_ports))
        return leaves_by

    def _arrive(self, source: _End, destination: _End, port: int) -> Steps:
        """Into the destination's subnet and interface, and the reply's way out of it."""
        yield self._acl(destination, source, _request(Owner.DESTINATION, Direction.INGRESS, port))
        yield self._group(destination, source, port, Owner.DESTINATION)
        yield self._acl(destination, source, _reply(Owner.DESTINATION, Direction.EGRESS, source.ephemeral_ports))
        route, stop = self._route(destination, source.address, Owner.DESTINATION, Packet.REPLY)
        yield stop
        assert route is not None, "without a route the step before stopped"
        if route.kind is TargetKind.LOCAL:
            if source.interface is None:
                yield _nobody(Owner.SOURCE, Packet.REPLY, source.address)
            return ""
        if source.interface is None:
            yield self._carries_inwards(destination, route)
        return route.target

    def _carries_inwards(self, destination: _End, route: Route) -> Stop | None:
        """Whether connections from outside can come by the target that the replies would leave by."""
        if route.kind in _CARRIES:
            return self._no_way(destination, route, Owner.DESTINATION, Packet.REPLY, Why.TARGET_CANNOT_CARRY)
        return self._needs_public(destination, route, Owner.DESTINATION, Packet.REPLY)

    def _out(self, source: _End, destination: _End, port: int, route: Route) -> Steps:
        """Out of the VPC by the target of a route."""
        if _CARRIES.get(route.kind, lines.version(destination.address)) != lines.version(destination.address):
            yield self._no_way(source, route, Owner.SOURCE, Packet.REQUEST, Why.TARGET_CANNOT_CARRY)
        if route.kind is TargetKind.NAT_GATEWAY:
            return (yield from self._through_nat(source, destination, port, self._nats[route.target]))
        yield self._needs_public(source, route, Owner.SOURCE, Packet.REQUEST)
        return route.target

    def _through_nat(self, source: _End, destination: _End, port: int, nat: NatGateway) -> Steps:
        """In and out of the NAT gateway's subnet, both ways."""
        if not nat.available:
            yield Stop(
                kind=LineKind.NAT,
                owner=Owner.GATEWAY,
                packet=Packet.REQUEST,
                direction=Direction.EGRESS,
                ids=(nat.id,),
                why=Why.NAT_NOT_AVAILABLE,
            )
        gateway = _End(address="", subnet=self._subnets[nat.subnet])
        if source.subnet != gateway.subnet:
            yield self._acl(gateway, source, _request(Owner.GATEWAY, Direction.INGRESS, port))
        yield self._acl(gateway, destination, _request(Owner.GATEWAY, Direction.EGRESS, port))
        route, stop = self._route(gateway, destination.address, Owner.GATEWAY, Packet.REQUEST)
        yield stop
        assert route is not None, "without a route the step before stopped"
        if route.kind is TargetKind.INTERNET_GATEWAY and not nat.public:
            yield self._no_way(gateway, route, Owner.GATEWAY, Packet.REQUEST, Why.NO_PUBLIC_ADDRESS)
        if route.kind not in (TargetKind.INTERNET_GATEWAY, TargetKind.OTHER):
            yield self._no_way(gateway, route, Owner.GATEWAY, Packet.REQUEST, Why.TARGET_CANNOT_CARRY)
        yield self._acl(gateway, destination, _reply(Owner.GATEWAY, Direction.INGRESS, WIDE_PORTS))
        # A source beside the gateway came to an end above: its table, which is the gateway's, leads to the gateway.
        yield self._acl(gateway, source, _reply(Owner.GATEWAY, Direction.EGRESS, source.ephemeral_ports))
        return route.target

    def _at(self, address: str) -> _End:
        interface = self._holders.get(address)
        if interface is None:
            return _End(address=address)
        return _End(address=address, interface=interface, subnet=self._subnets[interface.subnet])

    def _group(self, end: _End, peer: _End, port: int, owner: Owner) -> Stop | None:
        """The security groups of an end, for the request; an end without any filters nothing."""
        if end.interface is None or not end.interface.security_groups:
            return None
        direction = Direction.EGRESS if owner is Owner.SOURCE else Direction.INGRESS
        rules = (rule for id in end.interface.security_groups for rule in self._groups[id].rules)
        if any(
            rule.direction is direction
            and lines.admits(rule, port)
            and lines.names_peer(rule, peer.address, peer.interface, self._prefix_lists)
            for rule in rules
        ):
            return None
        return Stop(
            kind=LineKind.SECURITY_GROUP,
            owner=owner,
            packet=Packet.REQUEST,
            direction=direction,
            ids=tuple(sorted(end.interface.security_groups)),
            why=Why.NO_RULE_ADMITS,
        )

    def _acl(self, end: _End, peer: _End, packets: _Packets) -> Stop | None:
        """The network ACL of an end's subnet, for packets to all of these ports; the lowest dropped one is told."""
        assert end.subnet is not None, "only what stands in a subnet has a network ACL"
        acl = self._acls[end.subnet.network_acl]
        dropped: Stop | None = None
        passes = False
        for port in lines.ports_to_ask(acl.entries, packets.ports):
            entry = lines.deciding_entry(acl.entries, packets.direction, port, peer.address)
            if entry is not None and entry.allow:
                passes = True
            elif dropped is None:
                dropped = Stop(
                    kind=LineKind.NETWORK_ACL,
                    owner=packets.owner,
                    packet=packets.packet,
                    direction=packets.direction,
                    ids=(acl.id,),
                    why=Why.NO_ENTRY_MATCHES if entry is None else Why.ENTRY_DENIES,
                    line="" if entry is None else str(entry.number),
                )
        return replace(dropped, only_some_ports=True) if dropped is not None and passes else dropped

    def _route(self, end: _End, address: str, owner: Owner, packet: Packet) -> tuple[Route | None, Stop | None]:
        """The route that an end's table has for an address, or why there is none that leads on."""
        assert end.subnet is not None, "only what stands in a subnet has a route table"
        table = self._tables[end.subnet.route_table]
        route = lines.chosen_route(table.routes, address, self._prefix_lists)
        if route is not None and route.active:
            return route, None
        return route, self._no_way(end, route, owner, packet, Why.NO_ROUTE if route is None else Why.BLACKHOLE)

    def _needs_public(self, end: _End, route: Route, owner: Owner, packet: Packet) -> Stop | None:
        """An internet gateway carries IPv4 only for who has a public address."""
        public = end.interface is not None and end.interface.public_v4
        if route.kind is TargetKind.INTERNET_GATEWAY and lines.version(end.address) == 4 and not public:
            return self._no_way(end, route, owner, packet, Why.NO_PUBLIC_ADDRESS)
        return None

    def _no_way(self, end: _End, route: Route | None, owner: Owner, packet: Packet, why: Why) -> Stop:
        assert end.subnet is not None, "only what stands in a subnet has a route table"
        return Stop(
            kind=LineKind.ROUTE,
            owner=owner,
            packet=packet,
            direction=Direction.EGRESS,
            ids=(end.subnet.route_table,),
            why=why,
            line=route.destination if route else "",
        )


def _in_one_subnet(source: _End, destination: _End) -> bool:
    assert source.subnet is not None, "the source of a question from inside stands in a subnet"
    if destination.subnet is not None:
        return source.subnet.id == destination.subnet.id
    return any(lines.holds(cidr, destination.address) for cidr in source.subnet.cidrs)


def _nobody(owner: Owner, packet: Packet, id: str) -> Stop:
    direction = Direction.EGRESS if owner is Owner.SOURCE else Direction.INGRESS
    return Stop(
        kind=LineKind.ADDRESS, owner=owner, packet=packet, direction=direction, ids=(id,), why=Why.NO_SUCH_ADDRESS
    )


def _request(owner: Owner, direction: Direction, port: int) -> _Packets:
    ports = PortRange(first=port, last=port)
    return _Packets(owner=owner, packet=Packet.REQUEST, direction=direction, ports=ports)


def _reply(owner: Owner, direction: Direction, ports: PortRange) -> _Packets:
    return _Packets(owner=owner, packet=Packet.REPLY, direction=direction, ports=ports)
