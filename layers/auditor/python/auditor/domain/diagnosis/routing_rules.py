"""Rules about what stands between a listener and a service: groups, zones, certificates, and connections that break."""

from collections.abc import Iterator

from auditor.domain.diagnosis.candidate import Candidate, Confidence
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.groups import group_component, targets_of
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
from auditor.domain.diagnosis.task_claims import RunningCounts, TaskStopped
from auditor.domain.diagnosis.tls_places import place_of
from auditor.domain.diagnosis.words import Emitter

_FEW_PERCENT = 50.0
"""Connections that break because they were idle are a part of all; when most break, the server does."""


def group_without_balancer(evidence: Evidence) -> Iterator[Candidate]:
    """A group that nothing forwards to, where no declared request shows which rule should."""
    for used in evidence.of(GroupUsedBy):
        component = group_component(evidence, used.group, used.component)
        if used.balancers or not evidence.service_of(component):
            continue
        lost = [routed for routed in evidence.of(RequestRouted) if routed.wanted == used.group]
        if any(routed.fate not in (RouteFate.AS_DECLARED, RouteFate.SHARED) for routed in lost):
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
        service, stand = evidence.service_of(own), targets_of(evidence, refused.group)
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
            or place_of(evidence, stands.domain)
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
            stand, stopped = targets_of(evidence, group), _stopped(evidence, service)
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


def _behind(evidence: Evidence, balancer: str, component: str) -> frozenset[str]:
    """The services that are reached through a balancer."""
    owners = {evidence.service_of(group_component(evidence, g, "")) for g in _groups_behind(evidence, balancer)}
    return frozenset({*owners, evidence.service_of(component)} - {""})


def _groups_behind(evidence: Evidence, balancer: str) -> list[str]:
    routed = {g for c in evidence.of(RequestRouted) if c.balancer == balancer for g in (c.wanted, *c.groups)}
    used = {claim.group for claim in evidence.of(GroupUsedBy) if balancer in claim.balancers}
    return sorted(routed | used)


def _stopped(evidence: Evidence, service: str) -> list[TaskStopped]:
    return [claim for claim in evidence.of(TaskStopped) if evidence.service_of(claim.component) == service]


RULES = (
    group_without_balancer,
    zone_not_served,
    certificate_expired,
    idle_connections_break,
    nothing_registered,
)
