"""What an observation of a VPC or of a managed store says in the diagnosis's vocabulary: facts to claims, pure."""

from collections.abc import Iterator
from dataclasses import replace

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import network_claims
from auditor.domain.diagnosis.cache_words import NodeRole
from auditor.domain.diagnosis.network_words import StoppedBy, StoreState
from auditor.domain.diagnosis.proof import Proof, observation_id
from auditor.domain.observation import Observation
from auditor.domain.target import Target
from functions.vpc import edges, lines, stores
from functions.vpc.edges import EdgeAnswer
from functions.vpc.evaluator import evaluate
from functions.vpc.facts import EventKind, VpcFacts
from functions.vpc.family import VpcSpec
from functions.vpc.network_model import (
    ALL_PROTOCOLS,
    TCP,
    WIDE_PORTS,
    AclEntry,
    Direction,
    LineKind,
    Network,
    Packet,
    Question,
    Stop,
)

_LATELY_SECONDS = 3600.0
_AWAY_SECONDS = 1800.0
"""A change of a database's host, or a recovery, takes minutes; who is silent for longer is so for another reason."""
_EVERYWHERE = "0.0.0.0/0"
_ROLES = {"primary": NodeRole.PRIMARY, "replica": NodeRole.REPLICA}
_STATES = {
    stores.SERVES: StoreState.SERVES,
    "vpc.storage_full": StoreState.STORAGE_FULL,
    "vpc.store_restarting": StoreState.RESTARTING,
    "vpc.store_stopped": StoreState.STOPPED,
    "vpc.store_broken": StoreState.BROKEN,
    "vpc.store_gone": StoreState.GONE,
}


def claims(target: Target[VpcSpec], observation: Observation[VpcFacts]) -> tuple[says.Claim, ...]:
    """Which connections the rules admit, what is full or off, how stores are; of what was not read, nothing."""
    facts = observation.facts
    if facts is None:
        return ()
    proof = (observation_id(observation),)
    found: list[says.Claim] = [
        _edge(answer, facts, proof) for answer in edges.answers(target.spec, facts) if answer.asked
    ]
    found += _entrances(facts, proof)
    if facts.vpc is not None and not facts.vpc.dns_support:
        found.append(network_claims.ResolverOff(names=_names(facts.vpc.name, facts.vpc.id), proof=proof))
    found += (
        network_claims.SubnetFull(names=_names(subnet.name, subnet.id), proof=proof)
        for subnet in facts.subnets or ()
        if subnet.free == 0
    )
    found += _store(target.component, facts, proof)
    return tuple(dict.fromkeys(found))


def _edge(answer: EdgeAnswer, facts: VpcFacts, proof: Proof) -> network_claims.EdgeAdmits:
    source, destination = answer.edge.ends
    claim = network_claims.EdgeAdmits(
        source_kind=source.kind,
        source=source.name,
        destination_kind=destination.kind,
        destination=destination.name,
        port=answer.edge.port,
        addresses=tuple(dict.fromkeys(each.question.destination for each in answer.asked)),
        of_auditor=answer.of_auditor,
        proof=proof,
    )
    if not answer.stopped:
        return claim
    first = answer.stopped[0]
    stop = first.answer.stop
    assert stop is not None, "what is not admitted has a stop"
    assert facts.network is not None, "what was asked was asked of a network"
    claim = replace(
        claim,
        stopped_by=_by(stop),
        stopped_at=tuple(name for id in stop.ids for name in _names(facts.names.get(id, ""), id)),
        line=edges.worded(answer.edge, stop, facts),
        partly=len(answer.stopped) < len(answer.asked),
    )
    if stop.kind is LineKind.NETWORK_ACL:
        claim = replace(
            claim,
            drops_replies=stop.packet is Packet.REPLY or _drops_all_high_ports(stop, first.question, facts.network),
            groups_admit=evaluate(_without_lists(facts.network), first.question).admitted,
        )
    return claim


def _entrances(facts: VpcFacts, proof: Proof) -> Iterator[says.Claim]:
    """What the balancers of the declared connections admit; nothing of those that a managed list lets in."""
    interfaces = {each.id: each for each in facts.network.interfaces} if facts.network is not None else {}
    groups = {group.id: group for group in facts.network.security_groups} if facts.network is not None else {}
    for end in facts.ends or ():
        kind, _, name = end.end.partition(":")
        attached = {id for i in end.interfaces if i in interfaces for id in interfaces[i].security_groups}
        inwards = [r for id in attached & set(groups) for r in groups[id].rules if r.direction is Direction.INGRESS]
        if (
            kind != "alb"
            or not inwards
            or attached - set(groups)
            or set(end.interfaces) - set(interfaces)
            or any(rule.prefix_list for rule in inwards)
        ):
            continue
        everybody = [r for r in inwards if r.cidr == _EVERYWHERE and r.protocol in (TCP, ALL_PROTOCOLS)]
        yield network_claims.EntranceAdmits(
            balancer=name,
            groups=tuple(sorted(n for id in attached for n in _names(groups[id].name, id))),
            ports=tuple(sorted((r.ports.first, r.ports.last) if r.ports else (0, 65535) for r in everybody)),
            proof=proof,
        )


def _by(stop: Stop) -> StoppedBy:
    match stop.kind:
        case LineKind.SECURITY_GROUP:
            return StoppedBy.EGRESS_RULE if stop.direction is Direction.EGRESS else StoppedBy.INGRESS_RULE
        case LineKind.NETWORK_ACL:
            return StoppedBy.LIST_OF_REPLIES if stop.packet is Packet.REPLY else StoppedBy.LIST_OF_REQUESTS
        case LineKind.ADDRESS:
            return StoppedBy.ADDRESS
    return StoppedBy.ROUTE


def _drops_all_high_ports(stop: Stop, question: Question, network: Network) -> bool:
    """Whether the list that drops a request drops everything above 1023 that way: then it is replies that it lacks.

    A data store's port lies among the ephemeral ones, so that a list without them drops requests first.
    """
    (acl,) = (acl for acl in network.network_acls if acl.id == stop.ids[0])
    held = {interface.id: interface.addresses[0] for interface in network.interfaces if interface.addresses}
    outwards = stop.direction is Direction.EGRESS
    peer = question.destination if outwards else held.get(question.source, question.source)
    deciding = (
        lines.deciding_entry(acl.entries, stop.direction, port, peer)
        for port in lines.ports_to_ask(acl.entries, WIDE_PORTS)
    )
    return not any(entry is not None and entry.allow for entry in deciding)


def _without_lists(network: Network) -> Network:
    """The same network, whose lists admit everything."""
    entries = tuple(
        AclEntry(number=number, direction=direction, protocol=ALL_PROTOCOLS, cidr=cidr, allow=True)
        for direction in Direction
        for number, cidr in ((1, "0.0.0.0/0"), (2, "::/0"))
    )
    return replace(network, network_acls=tuple(replace(acl, entries=entries) for acl in network.network_acls))


def _store(component: str, facts: VpcFacts, proof: Proof) -> Iterator[says.Claim]:
    store, meaning = facts.database or facts.cache, ""
    if facts.database is not None:
        meaning = stores.database_means(facts.database.status)
    elif facts.cache is not None:
        meaning = stores.cache_means(facts.cache.status)
        for node in facts.cache.nodes:
            if node.role in _ROLES:
                yield network_claims.NodeStands(component=component, node=node.id, role=_ROLES[node.role], proof=proof)
    if store is not None and meaning in _STATES:
        yield network_claims.StoreIs(
            component=component, host=store.host.lower(), state=_STATES[meaning], word=store.status, proof=proof
        )
    for kind, within, says_so in (
        (EventKind.FAILOVER, _LATELY_SECONDS, network_claims.FailedOver),
        (EventKind.RESTART, _AWAY_SECONDS, network_claims.WentDown),
    ):
        lately = [event.at for event in facts.events or () if event.kind is kind and event.age_seconds <= within]
        if lately:
            yield says_so(component=component, at=max(lately), proof=proof)


def _names(name: str, id: str) -> tuple[str, ...]:
    return (name, id) if name else (id,)
