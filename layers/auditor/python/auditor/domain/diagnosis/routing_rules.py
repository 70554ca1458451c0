"""Rules about how requests get to a service: listeners, groups, zones, certificates, and connections that break."""

from collections.abc import Iterator, Sequence

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import RunningCounts, TaskStopped
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.routing_claims import (
    AnswersCounted,
    CertificateStands,
    GroupUsedBy,
    PathAnswers,
    RequestRouted,
    TargetRefused,
    TargetsStand,
)
from auditor.domain.diagnosis.routing_words import RouteFate, TargetTrouble
from auditor.domain.diagnosis.words import Emitter

_FEW_PERCENT = 50.0
"""Connections that break because they were idle are a part of all; when most break, the server does."""


def route_not_as_declared(evidence: Evidence) -> Iterator[Candidate]:
    """A declared request does not get to its group, and the rules say why."""
    for routed in evidence.of(RequestRouted):
        component = _listener(evidence, routed)
        if routed.fate is RouteFate.AS_DECLARED or not evidence.service_of(component):
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


def group_without_balancer(evidence: Evidence) -> Iterator[Candidate]:
    """A group that nothing forwards to, where no declared request shows which rule should."""
    for used in evidence.of(GroupUsedBy):
        component = group_component(evidence, used.group, used.component)
        if used.balancers or not evidence.service_of(component):
            continue
        lost = [routed for routed in evidence.of(RequestRouted) if routed.wanted == used.group]
        if any(routed.fate is not RouteFate.AS_DECLARED for routed in lost):
            continue
        yield Candidate(
            component=component,
            fault=Fault.TARGET_GROUP_NOT_ATTACHED,
            statement=f"No listener forwards to {used.group}: its targets get no request, however well they are.",
            first_action=f"Let the rule of a listener forward to {used.group}.",
            confidence=Confidence.HIGH,
            proof=used.proof,
            shows=used.proof,
            harms=frozenset({evidence.service_of(component)}),
            named=True,
        )


def zone_not_served(evidence: Evidence) -> Iterator[Candidate]:
    """A target runs where its balancer does not send to."""
    for refused in evidence.of(TargetRefused):
        if refused.trouble is not TargetTrouble.ZONE_NOT_SERVED:
            continue
        used = [claim for claim in evidence.of(GroupUsedBy) if claim.group == refused.group and claim.balancers]
        if not used:
            continue
        own = group_component(evidence, refused.group, refused.component)
        component = evidence.bound_to("alb", used[0].balancers[0]) or own
        service, stand = evidence.service_of(own), _stand(evidence, refused.group)
        if not evidence.service_of(component):
            continue
        nobody_serves = any(claim.healthy == 0 for claim in stand)
        zones = f" (it serves {', '.join(used[0].zones)})" if used[0].zones else ""
        where = refused.zone or "a zone"
        yield Candidate(
            component=component,
            fault=Fault.ALB_AZ_NOT_ENABLED,
            statement=f"{refused.address} of {refused.group} runs in {where}, which {used[0].balancers[0]} does not "
            f"serve{zones}: it gets no request.",
            first_action=f"Enable {where} for {used[0].balancers[0]}, or place the service in the zones it serves.",
            confidence=Confidence.HIGH,
            proof=proof_of(refused, used[0], *stand),
            shows=proof_of(refused, used[0]),
            harms=frozenset({service} - {""}) if nobody_serves else frozenset(),
            named=True,
        )


def certificate_expired(evidence: Evidence) -> Iterator[Candidate]:
    """The issuer itself says that a listener's certificate is over."""
    for stands in evidence.of(CertificateStands):
        component = (
            evidence.bound_to("acm", stands.domain)
            or evidence.only("acm")
            or evidence.bound_to("alb", stands.balancer)
            or stands.component
        )
        if not stands.expired or not evidence.service_of(component):
            continue
        waits = f" until {', '.join(stands.unvalidated)} can be validated" if stands.unvalidated else ""
        renewal = f"; its renewal is {stands.renewal.lower().replace('_', ' ')}{waits}" if stands.renewal else ""
        remedy = "put its validation record back" if stands.unvalidated else "see why it was not renewed"
        yield Candidate(
            component=component,
            fault=Fault.TLS_CERT_EXPIRED,
            statement=f"The certificate of {stands.domain} on {stands.balancer} has expired{renewal}.",
            first_action=f"Attach a fresh certificate to the listeners, then {remedy}.",
            confidence=Confidence.HIGH,
            proof=stands.proof,
            shows=stands.proof,
            # Nobody who verifies gets past the handshake.
            cuts=_behind(evidence, stands.balancer, stands.component),
            named=True,
        )


def idle_connections_break(evidence: Evidence) -> Iterator[Candidate]:
    """A balancer answers 502 now and then, while its targets are healthy, take connections and are not replaced."""
    for counted in evidence.of(AnswersCounted):
        share = 100.0 * counted.broken / counted.requests if counted.requests else 100.0
        if not counted.broken or share > _FEW_PERCENT or counted.not_connected >= counted.broken:
            continue
        for group in _groups_behind(evidence, counted.balancer):
            component = group_component(evidence, group, "")
            service = evidence.service_of(component)
            server = evidence.sibling(component, "app") or component
            stand, stopped = _stand(evidence, group), _stopped(evidence, service)
            well = [c for c in stand if c.healthy and c.healthy + c.starting + c.leaving == c.registered]
            broke = [
                page
                for page in evidence.of(PathAnswers)
                if page.status == 502
                and page.emitter is Emitter.LOAD_BALANCER
                and evidence.service_of(page.component) == service
            ]
            if not service or not well or stopped or not broke:
                continue
            yield Candidate(
                component=server,
                fault=Fault.KEEPALIVE_MISMATCH,
                statement=f"{counted.balancer} answered 502 to {counted.broken:g} of {counted.requests:g} requests "
                f"while the targets of {group} are healthy, take connections and are not replaced: they close "
                "connections that the balancer still holds for open.",
                first_action="Set the server's keep-alive time above the balancer's idle timeout (60 s by default).",
                # The server's own keep-alive time was not seen.
                confidence=Confidence.MEDIUM,
                proof=proof_of(counted, *well, *broke),
                shows=proof_of(counted, *broke),
                harms=frozenset({service}),
            )


def nothing_registered(evidence: Evidence) -> Iterator[Candidate]:
    """A group has no target, and what runs behind it was not told."""
    for stand in evidence.of(TargetsStand):
        own = group_component(evidence, stand.group, stand.component)
        component, service = evidence.sibling(own, "ecs"), evidence.service_of(own)
        counts = [c for c in evidence.of(RunningCounts) if evidence.service_of(c.component) == service]
        if stand.registered or not component or not service or counts or _stopped(evidence, service):
            continue
        yield Candidate(
            component=component,
            fault=Fault.NO_RUNNING_TASKS,
            statement=f"{stand.group} has no target: {component} runs nothing that is registered; why was not told.",
            first_action="See whether the service runs tasks, and why the last ones stopped.",
            confidence=Confidence.MEDIUM,
            proof=stand.proof,
            shows=stand.proof,
            cuts=frozenset({service}),
        )


def group_component(evidence: Evidence, group: str, told: str) -> str:
    """The component that stands for a target group; ``told`` where the catalogue binds none to its name."""
    return evidence.bound_to("tg", group) or told


def _told(component: str, routed: RequestRouted) -> tuple[Fault, str, str]:
    """Fault, statement and first action of a route that is not as declared."""
    request = f"{routed.host}{routed.path} on port {routed.port}"
    to, wanted = " and ".join(routed.groups), routed.wanted
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
        stand = [claim for claim in _stand(evidence, group) if claim.healthy]
        if stand and component and component != blamed:
            why = f"{stand[0].healthy} of its {stand[0].registered} targets are healthy"
            found.append(RuledOut(subject=component, why=why, proof=stand[0].proof))
    return tuple(found)


def _services(evidence: Evidence, component: str, group: str) -> frozenset[str]:
    """Whom a listener's fault harms: who owns the group that should have got the request, else the listener's owner."""
    owner = evidence.service_of(group_component(evidence, group, ""))
    return frozenset({owner or evidence.service_of(component)})


def _behind(evidence: Evidence, balancer: str, component: str) -> frozenset[str]:
    """The services that are reached through a balancer."""
    owners = {evidence.service_of(group_component(evidence, g, "")) for g in _groups_behind(evidence, balancer)}
    return frozenset({*owners, evidence.service_of(component)} - {""})


def _groups_behind(evidence: Evidence, balancer: str) -> list[str]:
    routed = {g for c in evidence.of(RequestRouted) if c.balancer == balancer for g in (c.wanted, *c.groups)}
    used = {claim.group for claim in evidence.of(GroupUsedBy) if balancer in claim.balancers}
    return sorted(routed | used)


def _stand(evidence: Evidence, group: str) -> list[TargetsStand]:
    return [claim for claim in evidence.of(TargetsStand) if claim.group == group]


def _stopped(evidence: Evidence, service: str) -> list[TaskStopped]:
    return [claim for claim in evidence.of(TaskStopped) if evidence.service_of(claim.component) == service]


RULES = (
    route_not_as_declared,
    group_without_balancer,
    zone_not_served,
    certificate_expired,
    idle_connections_break,
    nothing_registered,
)
