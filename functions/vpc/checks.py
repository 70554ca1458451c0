"""The questions asked of a VPC. A line that is missing harms nobody yet: of the network all but names is advisory."""

from auditor.domain.check import Check
from auditor.domain.observation import Observation
from auditor.domain.result import Answer, Scalar, Severity, passed, skipped, unknown
from auditor.domain.target import Target
from functions.vpc import edges, remedies
from functions.vpc.answering import cannot_tell, facts_of, fails, not_read, warns
from functions.vpc.edges import EdgeAnswer
from functions.vpc.facts import VpcFacts
from functions.vpc.family import VpcSpec
from functions.vpc.store_checks import STORE_CHECKS

VpcTarget = Target[VpcSpec]
VpcObservation = Observation[VpcFacts]

_MAX_LISTED = 10
_MAX_TOLD = 3


def _edges_admitted(target: VpcTarget, observation: VpcObservation) -> Answer:
    facts = facts_of(observation)
    asked = [each for each in edges.answers(target.spec, facts) if not each.of_auditor]
    stopped = [each for each in asked if each.stopped]
    if stopped:
        wholly = [each for each in stopped if len(each.stopped) == len(each.asked)]
        summary, cause = _told(wholly or stopped, facts)
        evidence: dict[str, Scalar] = {"edges": len(asked), "stopped": ", ".join(each.edge.text for each in stopped)}
        if wholly:
            return fails(cause, f"{summary}.", **evidence)
        return warns(cause, f"{summary}, for {len(stopped[0].stopped)} of {len(stopped[0].asked)} pairs.", **evidence)
    return _all_open(asked, "declared connections", facts)


def _auditor_admitted(target: VpcTarget, observation: VpcObservation) -> Answer:
    facts = facts_of(observation)
    asked = [each for each in edges.answers(target.spec, facts) if each.of_auditor]
    stopped = [each for each in asked if each.stopped]
    if stopped:
        summary, _ = _told(stopped, facts)
        named = ", ".join(each.edge.text for each in stopped)
        return cannot_tell("vpc.auditor_not_admitted", f"{summary}.", stopped=named)
    return _all_open(asked, "connections of the auditor", facts)


def _all_open(asked: list[EdgeAnswer], what: str, facts: VpcFacts) -> Answer:
    """What is said where no line stops anything that could be asked."""
    for each in asked:
        if each.unread is not None:
            return unknown(each.unread, remedy=remedies.for_cause(each.unread.cause))
        if each.missing:
            return _not_seen(each.missing, each.edge.text, facts)
    open_ones = [each for each in asked if each.asked]
    if not open_ones:
        return skipped("No task of any declared connection runs now, so there is nothing to ask.")
    return passed(
        f"The rules, lists and routes admit all {len(open_ones)} {what}.",
        edges=len(open_ones),
        admitted=", ".join(each.edge.text for each in open_ones[:_MAX_LISTED]),
    )


def _routes_active(_target: VpcTarget, observation: VpcObservation) -> Answer:
    facts = facts_of(observation)
    if facts.network is None:
        return not_read("network", facts)
    dead = [(table, route) for table in facts.network.route_tables for route in table.routes if not route.active]
    if dead:
        told = ", ".join(
            f"{r.destination} of {facts.names.get(t.id, t.id)} (to {r.target or 'nothing'})"
            for t, r in dead[:_MAX_TOLD]
        )
        return fails("vpc.route_blackhole", f"{len(dead)} routes lead to a target that is gone: {told}.", routes=told)
    count = sum(len(table.routes) for table in facts.network.route_tables)
    return passed(f"All {count} routes of the subnets in use lead to a target that exists.", routes=count)


def _references_live(_target: VpcTarget, observation: VpcObservation) -> Answer:
    facts = facts_of(observation)
    if facts.network is None:
        return not_read("network", facts)
    dead = [
        f"{group.name or group.id} names {facts.names.get(other, other)}"
        for group, other in edges.dead_references(facts)
    ]
    if dead:
        summary = f"Rules name security groups that nothing has: {'; '.join(dead[:_MAX_TOLD])}."
        return warns("vpc.reference_unattached", summary, references="; ".join(dead[:_MAX_LISTED]))
    return passed("Every security group that the rules name is attached to something.", groups=len(facts.attached))


def _addresses_free(target: VpcTarget, observation: VpcObservation) -> Answer:
    facts, least = facts_of(observation), target.spec.min_free_addresses
    if facts.subnets is None:
        return not_read("subnets", facts)
    # A subnet that nothing declared uses may well be small; one without any address may be where tasks cannot start.
    asked = [subnet for subnet in facts.subnets if subnet.used or subnet.free == 0]
    if not asked:
        return skipped("No end of a declared connection stands in a subnet now.")
    fewest = min(asked, key=lambda subnet: (subnet.free, subnet.id))
    few = [f"{s.name or s.id} ({s.cidr}): {s.free}" for s in asked if s.free < least]
    evidence: dict[str, Scalar] = {"least_free": fewest.free, "wanted": least, "subnets": len(asked)}
    if not few:
        return passed(f"Every subnet in use has {fewest.free} or more free addresses.", **evidence)
    told = f"{'; '.join(few[:_MAX_TOLD])}"
    if fewest.free == 0:
        return fails("vpc.no_addresses", f"No new task finds an address in a subnet: {told}.", **evidence)
    return warns("vpc.few_addresses", f"Subnets have fewer than {least} free addresses: {told}.", **evidence)


def _resolver_enabled(target: VpcTarget, observation: VpcObservation) -> Answer:
    facts = facts_of(observation)
    if facts.vpc is None:
        return not_read("vpc", facts)
    vpc, wanted = facts.vpc, target.spec.name_servers
    evidence: dict[str, Scalar] = {"vpc": vpc.id, "name_servers": ", ".join(vpc.name_servers[:_MAX_LISTED])}
    if not vpc.dns_support:
        return fails("vpc.resolver_off", f"enableDnsSupport of {vpc.id} is off: nothing in it resolves.", **evidence)
    if not vpc.dns_hostnames:
        summary = f"enableDnsHostnames of {vpc.id} is off: private zones and endpoints' own names do not answer."
        return fails("vpc.hostnames_off", summary, **evidence)
    others = [server for server in vpc.name_servers if server not in wanted]
    if others:
        summary = (
            f"The DHCP options of {vpc.id} hand out {', '.join(others[:_MAX_TOLD])}; declared are {', '.join(wanted)}."
        )
        return warns("vpc.other_name_servers", summary, **evidence)
    return passed(f"The resolver of {vpc.id} is on, and its own.", **evidence)


def _told(stopped: list[EdgeAnswer], facts: VpcFacts) -> tuple[str, str]:
    """A sentence without its full stop about the first edges that are stopped, and the cause of the very first."""
    parts, cause = [], ""
    for each in stopped[:_MAX_TOLD]:
        stop = each.stopped[0].answer.stop
        assert stop is not None, "what is not admitted has a stop"
        cause = cause or edges.cause(stop)
        parts.append(f"{each.edge.text}: {edges.worded(each.edge, stop, facts)}")
    more = f"; and {len(stopped) - _MAX_TOLD} more" if len(stopped) > _MAX_TOLD else ""
    return "; ".join(parts) + more, cause


def _not_seen(end: str, edge: str, facts: VpcFacts) -> Answer:
    where = facts.vpc.id if facts.vpc else "the VPC"
    detail = f"No network interface of {end} is seen in {where}, so {edge} cannot be asked: compare the name in AWS."
    return cannot_tell("vpc.no_interface", detail)


def _is_vpc(target: VpcTarget) -> bool:
    return target.spec.vpc is not None


def _has_edges(target: VpcTarget) -> bool:
    return any(edge.ends[0].kind != "auditor" for edge in target.spec.edges)


def _has_own_edges(target: VpcTarget) -> bool:
    return any(edge.ends[0].kind == "auditor" for edge in target.spec.edges)


CHECKS: tuple[Check[VpcSpec, VpcFacts], ...] = (
    Check(
        id="vpc.edges_admitted",
        severity=Severity.ADVISORY,
        judge=_edges_admitted,
        asks=_has_edges,
        remediation="Add the line that is missing, for exactly this port and this source.",
    ),
    Check(
        id="vpc.auditor_admitted",
        severity=Severity.ADVISORY,
        judge=_auditor_admitted,
        asks=_has_own_edges,
        remediation="Add the ingress rules that the stack's output names for the auditor's security group.",
    ),
    Check(
        id="vpc.routes_active",
        severity=Severity.ADVISORY,
        judge=_routes_active,
        asks=_is_vpc,
        remediation="Lead the route to a target that exists, or delete it.",
    ),
    Check(
        id="vpc.references_live",
        severity=Severity.ADVISORY,
        judge=_references_live,
        asks=_is_vpc,
        remediation="See whether the successor of the group is admitted too, then delete the rule.",
    ),
    Check(
        id="vpc.addresses_free",
        severity=Severity.ADVISORY,
        judge=_addresses_free,
        asks=_is_vpc,
        remediation="Free addresses or add a subnet to the services that run there.",
    ),
    Check(
        id="vpc.resolver_enabled",
        severity=Severity.HIGH,
        judge=_resolver_enabled,
        asks=_is_vpc,
        remediation="Switch enableDnsSupport and enableDnsHostnames on, and see who switched them off.",
    ),
    *STORE_CHECKS,
)
