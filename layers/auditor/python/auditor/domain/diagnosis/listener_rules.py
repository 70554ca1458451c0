"""Rules about where a listener sends a declared request."""

from collections.abc import Iterator, Sequence

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.groups import group_component, targets_of
from auditor.domain.diagnosis.routing_claims import GroupUsedBy, PathAnswers, RequestRouted
from auditor.domain.diagnosis.routing_words import RouteFate
from auditor.domain.diagnosis.words import Emitter


def route_not_as_declared(evidence: Evidence) -> Iterator[Candidate]:
    """A declared request does not get to its group, and the rules say why."""
    for routed in evidence.of(RequestRouted):
        component = _listener(evidence, routed)
        if routed.fate in (RouteFate.AS_DECLARED, RouteFate.SHARED) or not evidence.service_of(component):
            continue
        asked, unused = _asked(evidence, routed), _unused(evidence, routed.wanted)
        served_well = [page for page in asked if page.as_declared and page.emitter is not Emitter.LOAD_BALANCER]
        fault, statement, first_action = _told(component, routed)
        yield Candidate(
            component=component,
            fault=fault,
            statement=statement,
            first_action=first_action,
            # Users who are served as declared say that the declaration may be what is wrong.
            confidence=Confidence.MEDIUM if served_well else Confidence.HIGH,
            proof=proof_of(routed, *asked, *unused),
            shows=proof_of(routed, *(page for page in asked if not page.as_declared), *unused),
            harms=_services(evidence, component, routed.wanted) if not served_well else frozenset(),
            named=not served_well,
            ruled_out=_groups_are_fine(evidence, (routed.wanted, *routed.groups), component),
        )


def share_goes_nowhere(evidence: Evidence) -> Iterator[Candidate]:
    """A part of a declared request goes to another group by weight, and the balancer itself answers that part."""
    for routed in evidence.of(RequestRouted):
        component, others = _listener(evidence, routed), [g for g in routed.groups if g != routed.wanted]
        if routed.fate is not RouteFate.SHARED or not evidence.service_of(component):
            continue
        failed = [
            page
            for page in evidence.of(PathAnswers)
            if page.host.lower() == routed.host.lower()
            and page.port == routed.port
            and page.status in (502, 503)
            and page.emitter is Emitter.LOAD_BALANCER
        ]
        stand = targets_of(evidence, routed.wanted)
        well = any(c.healthy for c in stand) and not any(c.healthy for g in others for c in targets_of(evidence, g))
        if not failed or not well:
            continue
        yield Candidate(
            component=component,
            fault=Fault.LISTENER_RULE_WRONG_TARGET,
            statement=f"{_first(routed.rule)} of {component} sends a part of {routed.host}{routed.path} on port "
            f"{routed.port} to {' and '.join(others)}, where it finds nobody, while {routed.wanted} is well.",
            first_action=f"Take the weight of {' and '.join(others)} out of {routed.rule}.",
            confidence=Confidence.HIGH,
            proof=proof_of(routed, *failed, *stand),
            shows=proof_of(routed, *failed),
            harms=_services(evidence, component, routed.wanted),
            named=True,
            ruled_out=_groups_are_fine(evidence, (routed.wanted,), component),
        )


def _told(component: str, routed: RequestRouted) -> tuple[Fault, str, str]:
    """Fault, statement and first action of a route that is not as declared."""
    request = f"{routed.host}{routed.path} on port {routed.port}"
    to, wanted = " and ".join(routed.groups), routed.wanted
    if routed.fate is RouteFate.WRONG_GROUP and routed.by_default and routed.path != "/":
        return (
            Fault.LISTENER_RULE_MISSING,
            f"{component} has no rule for {request}: the default rule forwards it to {to} instead of {wanted}.",
            f"Create the rule that forwards {routed.path} to {wanted} on the listener of port {routed.port}.",
        )
    if routed.fate is RouteFate.WRONG_GROUP:
        return (
            Fault.LISTENER_RULE_WRONG_TARGET,
            f"{_first(routed.rule)} of {component} takes {request} and forwards it to {to} instead of {wanted}.",
            f"Change the action of {routed.rule} to {wanted}.",
        )
    if routed.fate is RouteFate.CAPTURED:
        return (
            Fault.LISTENER_RULE_CAPTURES_HOST,
            f"{_first(routed.rule)} of {component} takes {request}, not its host's: {routed.own_rule} has no turn.",
            f"Give {routed.rule} the host that it is meant for, or a priority behind {routed.own_rule}.",
        )
    also = f"; the listener on {routed.elsewhere[0]} has the rules" if routed.elsewhere else ""
    answered = f": it is answered with {routed.status}" if routed.status is not None else ""
    if routed.fate is RouteFate.NO_LISTENER:
        answered = ": nothing listens there"
    return (
        Fault.LISTENER_RULE_MISSING,
        f"{component} has no rule that forwards {request} to {wanted}{answered}{also}.",
        f"Create the rule that forwards {routed.path} to {wanted} on the listener of port {routed.port}.",
    )


def _first(words: str) -> str:
    """As a sentence begins."""
    return words[:1].upper() + words[1:]


def _listener(evidence: Evidence, routed: RequestRouted) -> str:
    return (
        evidence.bound_to("listener", f"{routed.balancer}/{routed.port}")
        or evidence.bound_to("alb", routed.balancer)
        or routed.component
    )


def _asked(evidence: Evidence, routed: RequestRouted) -> list[PathAnswers]:
    """The same request, as it was really made."""
    return [
        page
        for page in evidence.of(PathAnswers)
        if page.host.lower() == routed.host.lower() and page.port == routed.port and page.path == routed.path
    ]


def _unused(evidence: Evidence, group: str) -> list[GroupUsedBy]:
    """A group that is left without a balancer."""
    return [used for used in evidence.of(GroupUsedBy) if used.group == group and not used.balancers]


def _groups_are_fine(evidence: Evidence, groups: Sequence[str], blamed: str) -> tuple[RuledOut, ...]:
    found = []
    for group in dict.fromkeys(groups):
        component = group_component(evidence, group, "")
        stand = [claim for claim in targets_of(evidence, group) if claim.healthy]
        if stand and component and component != blamed:
            why = f"{stand[0].healthy} of its {stand[0].registered} targets are healthy"
            found.append(RuledOut(subject=component, why=why, proof=stand[0].proof))
    return tuple(found)


def _services(evidence: Evidence, component: str, group: str) -> frozenset[str]:
    """Whom a listener's fault harms: who owns the group that should have got the request, else the listener's owner."""
    owner = evidence.service_of(group_component(evidence, group, ""))
    return frozenset({owner or evidence.service_of(component)})


RULES = (route_not_as_declared, share_goes_nowhere)
