"""What an observation of a VPC or of a managed store says in the diagnosis's vocabulary: facts to claims, pure."""

from collections.abc import Iterator
from dataclasses import replace

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import network_claims
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
    status, meaning = "", ""
    if facts.database is not None:
        status, meaning = facts.database.status, stores.database_means(facts.database.status)
    elif facts.cache is not None:
        status, meaning = facts.cache.status, stores.cache_means(facts.cache.status)
    if meaning in _STATES:
        yield network_claims.StoreIs(component=component, state=_STATES[meaning], word=status, proof=proof)
    changed = [e for e in facts.events or () if e.kind is EventKind.FAILOVER and e.age_seconds <= _LATELY_SECONDS]
    if changed:
        yield network_claims.FailedOver(component=component, at=max(event.at for event in changed), proof=proof)


def _names(name: str, id: str) -> tuple[str, ...]:
    return (name, id) if name else (id,)
