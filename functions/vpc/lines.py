"""Single lines against a single packet: a group's rule, the entry of an ACL that decides, the route of a table."""

from collections.abc import Iterable, Mapping
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from functions.vpc.network_model import (
    ALL_PROTOCOLS,
    TCP,
    AclEntry,
    Direction,
    GroupRule,
    Interface,
    PortRange,
    Route,
    TargetKind,
)

PrefixLists = Mapping[str, tuple[str, ...]]


@cache
def block(cidr: str) -> IPv4Network | IPv6Network:
    """A block; parsed once, because a question compares hundreds."""
    return ip_network(cidr)


@cache
def parsed(address: str) -> IPv4Address | IPv6Address:
    """An address."""
    return ip_address(address)


def version(address: str) -> int:
    """4 or 6."""
    return parsed(address).version


def holds(cidr: str, address: str) -> bool:
    """Whether a block holds an address; a block of the other family holds none."""
    return version(address) == block(cidr).version and parsed(address) in block(cidr)


def means_tcp(protocol: int) -> bool:
    """Whether a line of this protocol speaks of TCP packets."""
    return protocol in (TCP, ALL_PROTOCOLS)


def means_port(protocol: int, ports: PortRange | None, port: int) -> bool:
    """Whether a line speaks of a port; one for all protocols speaks of all ports, whatever else it says."""
    return protocol == ALL_PROTOCOLS or ports is None or ports.first <= port <= ports.last


def names_peer(rule: GroupRule, address: str, interface: Interface | None, prefix_lists: PrefixLists) -> bool:
    """Whether a rule names the other end: its address by a block or a list, or its interface by a group."""
    if rule.cidr:
        return holds(rule.cidr, address)
    if rule.prefix_list:
        return any(holds(cidr, address) for cidr in prefix_lists[rule.prefix_list])
    return interface is not None and rule.group in interface.security_groups


def admits(rule: GroupRule, port: int) -> bool:
    """Whether a rule admits TCP to ``port``, whoever is at the other end."""
    return means_tcp(rule.protocol) and means_port(rule.protocol, rule.ports, port)


def deciding_entry(entries: Iterable[AclEntry], direction: Direction, port: int, address: str) -> AclEntry | None:
    """The entry with the lowest number that matches; None where none does, which drops the packet."""
    matching = (
        entry
        for entry in entries
        if entry.direction is direction
        and means_tcp(entry.protocol)
        and means_port(entry.protocol, entry.ports, port)
        and holds(entry.cidr, address)
    )
    return min(matching, key=lambda entry: entry.number, default=None)


def ports_to_ask(entries: Iterable[AclEntry], ports: PortRange) -> list[int]:
    """Of a range the ports at which an answer can change: its first and those where an entry begins or has ended."""
    edges = {ports.first}
    for entry in entries:
        if entry.ports is not None:
            edges |= {entry.ports.first, entry.ports.last + 1}
    return sorted(port for port in edges if ports.first <= port <= ports.last)


def chosen_route(routes: Iterable[Route], address: str, prefix_lists: PrefixLists) -> Route | None:
    """The route that a packet to an address takes, active or not; None where no route holds it."""
    routes = tuple(routes)
    local = [route.destination for route in routes if route.kind is TargetKind.LOCAL]
    fitting: list[tuple[int, int, str, Route]] = []
    for route in routes:
        if route.propagated and any(_within(route.destination, cidr) for cidr in local):
            continue
        lengths = [block(cidr).prefixlen for cidr in _blocks(route, prefix_lists) if holds(cidr, address)]
        if lengths:
            fitting.append((-max(lengths), _precedence(route, prefix_lists), route.target, route))
    return min(fitting, key=lambda found: found[:3])[3] if fitting else None


def _blocks(route: Route, prefix_lists: PrefixLists) -> tuple[str, ...]:
    return prefix_lists.get(route.destination, (route.destination,))


def _precedence(route: Route, prefix_lists: PrefixLists) -> int:
    """At equal length a written block goes before a list, and a list before what was learnt."""
    if route.propagated:
        return 2
    return 1 if route.destination in prefix_lists else 0


def _within(inner: str, outer: str) -> bool:
    """Whether a block lies in another one."""
    one, other = block(inner), block(outer)
    return one.version == other.version and one.prefixlen >= other.prefixlen and holds(outer, str(one.network_address))
