"""What the evaluator says of every declared connection, and the words for a line that stops one: pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.domain.observation import Failure
from functions.vpc.evaluator import evaluate
from functions.vpc.facts import EndFacts, VpcFacts
from functions.vpc.family import EdgeSpec, VpcSpec
from functions.vpc.network_model import (
    Answer,
    Direction,
    LineKind,
    Network,
    Packet,
    Question,
    SecurityGroup,
    Stop,
    Why,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One pair of interfaces or addresses of an edge, and the answer."""

    question: Question
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeAnswer:
    """What was found of an edge. ``asked`` is empty where it could not be asked.

    ``unread`` says why it could not be told; ``idle``: its source has no task now, so there is nothing to ask.
    """

    edge: EdgeSpec
    asked: tuple[Asked, ...] = ()
    unread: Failure | None = None
    missing: str = ""
    """The end of which no interface was seen; empty where both were."""
    idle: bool = False

    @property
    def stopped(self) -> tuple[Asked, ...]:
        """Those pairs that are not admitted."""
        return tuple(each for each in self.asked if not each.answer.admitted)

    @property
    def of_auditor(self) -> bool:
        """Whether it is the auditor's own connection."""
        return self.edge.ends[0].kind == "auditor"


def answers(spec: VpcSpec, facts: VpcFacts) -> tuple[EdgeAnswer, ...]:
    """Every declared edge, in the catalogue's order."""
    found = {each.end: each for each in facts.ends or ()}
    return tuple(_answer(edge, found, facts) for edge in spec.edges)


def _answer(edge: EdgeSpec, found: dict[str, EndFacts], facts: VpcFacts) -> EdgeAnswer:
    for part in ("network", edge.source, edge.to):
        if part in facts.unread:
            return EdgeAnswer(edge=edge, unread=facts.unread[part])
    source, destination = found.get(edge.source), found.get(edge.to)
    if facts.network is None or source is None or destination is None:
        return EdgeAnswer(edge=edge, missing=edge.source if source is None else edge.to)
    for each, end in zip((source, destination), edge.ends, strict=True):
        if not each.addresses:
            return EdgeAnswer(edge=edge, missing="" if end.kind == "ecs" else end.text, idle=end.kind == "ecs")
    questions = [
        Question(source=one, destination=other, port=edge.port)
        for one in (source.interfaces or source.addresses)
        for other in destination.addresses
    ]
    asked = tuple(
        Asked(question=q, answer=evaluate(facts.network, q)) for q in questions if not _itself(q, facts.network)
    )
    return EdgeAnswer(edge=edge, asked=asked, idle=not asked)


def _itself(question: Question, network: Network) -> bool:
    """A task of a service that calls its own kind needs no network to reach itself."""
    return any(i.id == question.source and question.destination in i.addresses for i in network.interfaces)


def dead_references(facts: VpcFacts) -> Iterator[tuple[SecurityGroup, str]]:
    """Groups of the ends, with each group that one of their ingress rules names and no interface has."""
    for group in facts.network.security_groups if facts.network else ():
        named = {r.group for r in group.rules if r.group and r.direction is Direction.INGRESS}
        for other in sorted(named):
            if not facts.attached.get(other):
                yield group, other


def cause(stop: Stop) -> str:
    """The family's word for a line that stops a connection."""
    match stop.kind:
        case LineKind.SECURITY_GROUP:
            egress = stop.direction is Direction.EGRESS
            return "vpc.group_lets_nothing_out" if egress else "vpc.group_does_not_admit"
        case LineKind.NETWORK_ACL:
            return "vpc.acl_drops_replies" if stop.packet is Packet.REPLY else "vpc.acl_drops_requests"
        case LineKind.ADDRESS:
            return "vpc.nobody_there"
        case LineKind.NAT:
            return "vpc.gateway_unusable"
    return {Why.NO_ROUTE: "vpc.no_route", Why.BLACKHOLE: "vpc.route_blackhole"}.get(stop.why, "vpc.gateway_unusable")


def worded(edge: EdgeSpec, stop: Stop, facts: VpcFacts) -> str:
    """The line that stops an edge, as a clause."""
    named = ", ".join(_named(id, facts) for id in stop.ids)
    match stop.kind:
        case LineKind.SECURITY_GROUP:
            return _group_words(edge, stop, named, facts)
        case LineKind.NETWORK_ACL:
            way = "outbound" if stop.direction is Direction.EGRESS else "inbound"
            what = f"tcp {edge.port}"
            if stop.packet is Packet.REPLY:
                some = ", some of them" if stop.only_some_ports else ""
                what = f"replies to the client's ephemeral ports{some}"
            if stop.line:
                return f"entry {stop.line} of network ACL {named} denies {what} {way}"
            return f"network ACL {named} has no entry for {what} {way}"
        case LineKind.ADDRESS:
            return f"{named} has no address that the connection can use"
        case LineKind.NAT:
            return f"NAT gateway {named} is not available"
    words = {
        Why.NO_ROUTE: f"route table {named} has no route to the destination",
        Why.BLACKHOLE: f"the route {stop.line} of route table {named} is a blackhole: its target is gone",
        Why.NO_PUBLIC_ADDRESS: f"the route {stop.line} of route table {named} leads to an internet gateway, and the "
        "sender has no public address",
    }
    return words.get(
        stop.why, f"the target of the route {stop.line} of route table {named} does not carry this connection"
    )


def _group_words(edge: EdgeSpec, stop: Stop, named: str, facts: VpcFacts) -> str:
    if stop.direction is Direction.EGRESS:
        return f"no egress rule of {named} lets tcp {edge.port} out to {edge.to}"
    groups = {group.id: group for group in facts.network.security_groups} if facts.network else {}
    rules = [rule for id in stop.ids for rule in groups[id].rules if rule.direction is Direction.INGRESS and rule.group]
    dead = sorted({_named(rule.group, facts) for rule in rules if not facts.attached.get(rule.group)})
    also = f" (they name {', '.join(dead)}, which nothing has)" if dead else ""
    return f"no ingress rule of {named} admits tcp {edge.port} from {edge.source}{also}"


def _named(id: str, facts: VpcFacts) -> str:
    name = facts.names.get(id)
    return f"{name} ({id})" if name else id
