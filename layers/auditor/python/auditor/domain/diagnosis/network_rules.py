"""Rules about networks: which line stops a connection that the platform needs, and whether anybody feels it.

A line that is missing is a finding; it becomes a root where what needs the connection fails and nothing says that the
connection works.
"""

from collections.abc import Iterator

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import AnswerSays, Claim, HealthReports, NameResolves, PortAnswers
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.network_claims import EdgeAdmits, ResolverOff, SubnetFull
from auditor.domain.diagnosis.network_words import StoppedBy
from auditor.domain.diagnosis.task_claims import RunningCounts, TaskStopped
from auditor.domain.diagnosis.words import (
    KEY_VALUE_STORE,
    RELATIONAL_STORE,
    Emitter,
    NameOutcome,
    PortOutcome,
    Saying,
    StopReason,
)

_OUTSIDE = "outside"
_BALANCER = "alb"
_STORES = {"rds": RELATIONAL_STORE, "redis": KEY_VALUE_STORE}
_SILENT = (PortOutcome.TIMEOUT, PortOutcome.UNREACHABLE)
_CANNOT_REACH = (502, 503, 504)
_LISTS = (StoppedBy.LIST_OF_REPLIES, StoppedBy.LIST_OF_REQUESTS)
_NO_ANSWER = (NameOutcome.TIMEOUT, NameOutcome.REFUSED, NameOutcome.SERVFAIL)


def group_stops(evidence: Evidence) -> Iterator[Candidate]:
    """A security group lacks the rule for a connection that the platform makes."""
    for edge in _stopped(evidence, StoppedBy.INGRESS_RULE, StoppedBy.EGRESS_RULE):
        component = component_of_names(evidence, "sg", edge.stopped_at)
        if not component:
            continue
        inwards = edge.stopped_by is StoppedBy.INGRESS_RULE
        peer = edge.source if inwards else edge.destination
        way = "ingress" if inwards else "egress"
        yield _candidate(
            evidence,
            [edge],
            component=component,
            fault=Fault.SG_MISSING_INGRESS if inwards else Fault.SG_MISSING_EGRESS,
            statement=f"{component} stops {_words(edge)}: {edge.line}.",
            first_action=f"Add to {component} an {way} rule for tcp {edge.port} {'from' if inwards else 'to'} the "
            f"security group that {peer} has now.",
        )


def list_drops_replies(evidence: Evidence) -> Iterator[Candidate]:
    """A network ACL drops what comes back to clients' ephemeral ports."""
    by_list: dict[str, list[EdgeAdmits]] = {}
    for edge in _stopped(evidence, *_LISTS):
        component = component_of_names(evidence, "nacl", edge.stopped_at) or evidence.only("nacl")
        if component and edge.drops_replies:
            by_list.setdefault(component, []).append(edge)
    for component, edges in sorted(by_list.items()):
        groups = [edge for edge in edges if edge.groups_admit]
        why = "they admit what the list drops"
        yield _candidate(
            evidence,
            edges,
            component=component,
            fault=Fault.NACL_BLOCKS_EPHEMERAL,
            statement=f"{component} drops replies of {len(edges)} connections that the platform needs; "
            f"{_words(edges[0])}: {edges[0].line}.",
            first_action=f"Admit tcp replies to the clients' ports (32768-60999 for tasks, 1024-65535 for load "
            f"balancers and functions) in {component}, both ways.",
            ruled_out=(RuledOut(subject="the security groups", why=why, proof=proof_of(*groups)),) if groups else (),
        )


def no_way_out(evidence: Evidence) -> Iterator[Candidate]:
    """What must reach the outside has no route that leads there."""
    for edge in _stopped(evidence, StoppedBy.ROUTE):
        component = component_of_names(evidence, "egress", edge.stopped_at) or evidence.only("egress")
        if component and edge.destination_kind == _OUTSIDE:
            yield _candidate(
                evidence,
                [edge],
                component=component,
                fault=Fault.EGRESS_ROUTE_MISSING,
                statement=f"{edge.source} has no way out of the network: {edge.line}.",
                first_action="Lead the subnet's default route to a NAT gateway that is available.",
            )


def no_address_for_a_task(evidence: Evidence) -> Iterator[Candidate]:
    """Fewer tasks run than should, no task says why it stopped, and a subnet has no address left."""
    short = [counts for counts in evidence.of(RunningCounts) if finds_no_address(evidence, counts)]
    for component, full in _full_subnets(evidence):
        yield Candidate(
            component=component,
            fault=Fault.SUBNET_IP_EXHAUSTED,
            statement=f"{component} ({full.names[0]}) has no free address, so no further task can start there.",
            first_action="Let the service use another subnet too, or end what holds addresses in this one.",
            confidence=Confidence.MEDIUM,
            proof=proof_of(full, *short),
            shows=proof_of(*short),
            harms=frozenset(evidence.service_of(counts.component) for counts in short) - {""},
            cuts=frozenset(evidence.service_of(counts.component) for counts in short if counts.running == 0) - {""},
        )


def resolver_off(evidence: Evidence) -> Iterator[Candidate]:
    """The network's own resolver is switched off, and names are not answered."""
    for off in evidence.of(ResolverOff):
        component = component_of_names(evidence, "vpc", off.names) or evidence.only("vpc")
        unanswered = [lookup for lookup in evidence.of(NameResolves) if lookup.outcome in _NO_ANSWER]
        if component:
            everybody = frozenset(service.id for service in evidence.platform.services)
            yield Candidate(
                component=component,
                fault=Fault.RESOLVER_FAILURE,
                statement=f"The resolver of {off.names[0]} is switched off, so nothing in it resolves a name.",
                first_action="Switch enableDnsSupport of the VPC on again.",
                confidence=Confidence.HIGH,
                proof=proof_of(off, *unanswered),
                shows=proof_of(off, *unanswered),
                cuts=everybody if unanswered else frozenset(),
                named=True,
            )


def finds_no_address(evidence: Evidence, counts: RunningCounts) -> bool:
    """Whether a service is short of tasks for want of an address, as far as anybody can tell."""
    reasons = {claim.reason for claim in evidence.of(TaskStopped) if claim.component == counts.component}
    return counts.running < counts.desired and reasons <= {StopReason.OTHER} and bool(_full_subnets(evidence))


def _full_subnets(evidence: Evidence) -> list[tuple[str, SubnetFull]]:
    """Subnets without a free address that the catalogue has a component for."""
    found = [
        (component_of_names(evidence, "subnet", c.names) or evidence.only("subnet"), c) for c in evidence.of(SubnetFull)
    ]
    return [(component, full) for component, full in found if component]


def _candidate(
    evidence: Evidence,
    edges: list[EdgeAdmits],
    *,
    component: str,
    fault: Fault,
    statement: str,
    first_action: str,
    ruled_out: tuple[RuledOut, ...] = (),
) -> Candidate:
    """A line that stops these connections: whom it harms, and what shows it."""
    felt = [claim for edge in edges for claim in _felt(evidence, edge)]
    silent = [claim for edge in edges for claim in _silences(evidence, edge)]
    harmed = frozenset(s for edge in edges if not _works(evidence, edge) for s in _services(evidence, edge))
    whole = any(not edge.partly for edge in edges)
    return Candidate(
        component=component,
        fault=fault,
        statement=statement,
        first_action=first_action,
        confidence=Confidence.HIGH if (felt or silent) and whole else Confidence.MEDIUM,
        proof=proof_of(*edges, *felt, *silent),
        # Not the rules themselves: what else fails in the observation of the network has nothing to do with them.
        shows=proof_of(*felt, *silent),
        harms=harmed,
        named=bool(felt),
        ruled_out=(*ruled_out, *_not_the_destination(evidence, edges)),
    )


def _stopped(evidence: Evidence, *by: StoppedBy) -> list[EdgeAdmits]:
    """The platform's own connections that such a line stops; the auditor's are no outage."""
    return [edge for edge in evidence.of(EdgeAdmits) if edge.stopped_by in by and not edge.of_auditor]


def _services(evidence: Evidence, edge: EdgeAdmits) -> set[str]:
    """Who cannot do its work without the connection; of a load balancer's also who stands behind it."""
    ends = [evidence.bound_to(edge.source_kind, edge.source)]
    if edge.source_kind == _BALANCER:
        ends.append(evidence.bound_to(edge.destination_kind, edge.destination))
    return {evidence.service_of(end) for end in ends} - {""}


def _felt(evidence: Evidence, edge: EdgeAdmits) -> list[Claim]:
    """What says that exactly this connection fails: its user's health page, or an answer that names its other end."""
    found: list[Claim] = [report for report in _reports(evidence, edge) if not report.healthy]
    services = _services(evidence, edge)
    hosts = {lookup.name.lower() for lookup in evidence.of(NameResolves) if set(lookup.addresses) & set(edge.addresses)}
    for answer in evidence.of(AnswerSays):
        host = answer.upstream_host.lower()
        names_it = host and (host in hosts or host in edge.addresses) and answer.upstream_port in (None, edge.port)
        fails = answer.saying in (Saying.CANNOT_CONNECT_UPSTREAM, Saying.UPSTREAM_TIMEOUT)
        by_balancer = edge.source_kind == _BALANCER and answer.emitter is Emitter.LOAD_BALANCER
        if evidence.service_of(answer.component) in services and (
            (names_it and fails) or (by_balancer and answer.status in _CANNOT_REACH)
        ):
            found.append(answer)
    return found


def _works(evidence: Evidence, edge: EdgeAdmits) -> bool:
    """Whether its user says that the connection works: connections from before the change may live on."""
    reports = _reports(evidence, edge)
    return bool(reports) and all(report.healthy for report in reports)


def _reports(evidence: Evidence, edge: EdgeAdmits) -> list[HealthReports]:
    """What the user's own health pages say of the connection's other end."""
    source = evidence.service_of(evidence.bound_to(edge.source_kind, edge.source))
    other = evidence.bound_to(edge.destination_kind, edge.destination)
    meant = {_STORES.get(edge.destination_kind, ""), evidence.service_of(other), other.partition(".")[2]} - {""}
    return [
        report
        for report in evidence.of(HealthReports)
        if source and evidence.service_of(report.component) == source and report.dependency in meant
    ]


def _silences(evidence: Evidence, edge: EdgeAdmits) -> list[PortAnswers]:
    """Connections from the auditor to the same place that nobody answered."""
    return [
        answer
        for answer in evidence.of(PortAnswers)
        if answer.outcome in _SILENT and answer.port == edge.port and answer.address in edge.addresses
    ]


def _not_the_destination(evidence: Evidence, edges: list[EdgeAdmits]) -> tuple[RuledOut, ...]:
    """The other end is not at fault for what never reaches it."""
    others = {evidence.bound_to(edge.destination_kind, edge.destination): edge.proof for edge in edges}
    why = "connections to it are stopped on their way"
    return tuple(RuledOut(subject=id, why=why, proof=proof) for id, proof in sorted(others.items()) if id)


def _words(edge: EdgeAdmits) -> str:
    return f"{edge.source} to {edge.destination} on port {edge.port}"


def component_of_names(evidence: Evidence, kind: str, names: tuple[str, ...]) -> str:
    """The one component of a kind that stands for any of these names; empty where none or several do."""
    found = {evidence.bound_to(kind, name) for name in names} - {""}
    return found.pop() if len(found) == 1 else ""


RULES = (group_stops, list_drops_replies, no_way_out, no_address_for_a_task, resolver_off)
