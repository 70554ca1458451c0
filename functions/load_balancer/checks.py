"""The questions asked of a load balancer, and of a target group."""

from collections.abc import Callable

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Severity, passed, skipped, unknown
from functions.load_balancer.facts import CertificateFacts, LoadBalancerFacts, MetricName
from functions.load_balancer.family import LoadBalancerSpec
from functions.load_balancer.judged import (
    LoadBalancerObservation,
    LoadBalancerTarget,
    bad,
    doubtful,
    facts_of,
    not_read,
)
from functions.load_balancer.route_checks import routes_as_declared
from functions.load_balancer.target_checks import group_attached, health_fits_traffic, is_bad, targets_healthy
from functions.load_balancer.traffic import SLOW_MINUTES, commonest_own_error, median, share, slow_minutes, total

RENEW_WITHIN_DAYS = 30
"""ACM renews 60 days before the end; what has not happened by half of that needs a person."""
_GONE = ("REVOKED", "INACTIVE", "FAILED", "VALIDATION_TIMED_OUT", "PENDING_VALIDATION")
_OWN_CAUSES: dict[MetricName, tuple[str, str]] = {
    "own_503": ("lb.no_target_answers", "503: it has no target to send them to"),
    "own_502": ("lb.target_broken", "502: targets refuse or break the connection"),
    "own_504": ("lb.target_late", "504: targets do not answer in time"),
    "own_5xx": ("lb.own_errors", "another 5xx"),
}


def _active(_target: LoadBalancerTarget, observation: LoadBalancerObservation) -> Answer:
    facts = facts_of(observation)
    balancer = facts.balancer
    if balancer is None:
        return not_read("balancer", facts)
    evidence: dict[str, Scalar] = {
        "state": balancer.state,
        "scheme": balancer.scheme,
        "zones": ", ".join(balancer.zones),
    }
    if balancer.state == "active":
        return passed(f"{facts.name} is active in {', '.join(balancer.zones) or 'no zone that is named'}.", **evidence)
    if balancer.state == "active_impaired":
        return doubtful("lb.impaired", f"{facts.name} routes traffic and has no room to grow.", **evidence)
    return bad("lb.not_active", f"{facts.name} is {balancer.state or 'in no state that is told'}.", **evidence)


def _listens(_target: LoadBalancerTarget, observation: LoadBalancerObservation) -> Answer:
    facts = facts_of(observation)
    if facts.listeners is None:
        return not_read("listeners", facts)
    if not facts.listeners:
        return bad("lb.no_listener", f"{facts.name} has no listener: nobody can connect to it.")
    ports = ", ".join(f"{listener.port} ({listener.protocol})" for listener in facts.listeners)
    return passed(f"{facts.name} listens on {ports}.", ports=ports)


def _certificates_valid(_target: LoadBalancerTarget, observation: LoadBalancerObservation) -> Answer:
    certificates = _certificates(observation)
    if isinstance(certificates, Answer):
        return certificates
    expired = [each for each in certificates if each.expired]
    unusable = [each for each in certificates if each.status in _GONE and each not in expired]
    if expired:
        first = expired[0]
        when = f" since {-first.days_left:.1f} days" if first.days_left is not None and first.days_left < 0 else ""
        summary = f"The certificate of {first.domain} on {_name(observation)} has expired{when}{_renewal(first)}."
        return bad("lb.certificate_expired", summary, **_of_certificate(first))
    if unusable:
        first = unusable[0]
        summary = f"The certificate of {first.domain} on {_name(observation)} is {first.status}."
        return bad("lb.certificate_unusable", summary, **_of_certificate(first))
    named = ", ".join(each.domain for each in certificates)
    return passed(f"ACM holds the certificates of {_name(observation)} for valid: {named}.", certificates=named)


def _certificates_renew(_target: LoadBalancerTarget, observation: LoadBalancerObservation) -> Answer:
    certificates = _certificates(observation)
    if isinstance(certificates, Answer):
        return certificates
    living = [each for each in certificates if not each.expired]
    if not living:
        return skipped("Not asked, because load_balancer.certificates_valid failed.")
    for certificate in living:
        what = f"The certificate of {certificate.domain} on {_name(observation)}"
        ends = f" ends in {certificate.days_left:.0f} days" if certificate.days_left is not None else ""
        waits = f" (not validated: {', '.join(certificate.unvalidated)})" if certificate.unvalidated else ""
        evidence = _of_certificate(certificate)
        if certificate.renewal == "FAILED":
            reason = certificate.renewal_reason or "no reason is told"
            return bad("lb.renewal_failed", f"{what}{ends}, and ACM gave its renewal up: {reason}{waits}.", **evidence)
        if certificate.renewal == "PENDING_VALIDATION":
            summary = f"{what}{ends}, and ACM cannot renew it until its domains are validated{waits}."
            return bad("lb.renewal_pending", summary, **evidence)
        if certificate.days_left is not None and certificate.days_left <= RENEW_WITHIN_DAYS:
            by = "nobody renews it, as it was imported" if certificate.origin == "imported" else "it is not renewed yet"
            return bad("lb.certificate_ends_soon", f"{what}{ends}, and {by}.", **evidence)
    endless = next((each for each in living if each.days_left is None), None)
    if endless is not None:
        detail = f"ACM names no end of the certificate of {endless.domain} on {_name(observation)}"
        failure = Failure(phase=Phase.ANSWER, cause="aws.failed", detail=detail)
        return unknown(failure, None, remedy=None, **_of_certificate(endless))
    soonest = min((each.days_left for each in living if each.days_left is not None), default=None)
    return passed(f"The certificates of {_name(observation)} are renewed in time.", days_left=soonest)


def _own_errors_rare(target: LoadBalancerTarget, observation: LoadBalancerObservation) -> Answer:
    facts = facts_of(observation)
    if facts.metrics is None:
        return not_read("metrics", facts)
    errors = share(facts.metrics, "own_5xx")
    if errors is None:
        return _nothing_measured(facts)
    evidence = _traffic(facts)
    counted = f"{errors.count:g} of {errors.total:g} requests to {facts.name} ({errors.percent:.1f} %)"
    if not is_bad(target, errors):
        return passed(f"{counted} were answered with a 5xx of its own.", **evidence)
    cause, words = _OWN_CAUSES[commonest_own_error(facts.metrics)]
    return bad(cause, f"{counted} were answered by the balancer itself, mostly with {words}.", **evidence)


def _target_errors_rare(target: LoadBalancerTarget, observation: LoadBalancerObservation) -> Answer:
    facts = facts_of(observation)
    if facts.metrics is None:
        return not_read("metrics", facts)
    errors = share(facts.metrics, "target_5xx")
    if errors is None:
        return _nothing_measured(facts)
    counted = f"{errors.count:g} of {errors.total:g} requests to {facts.name} ({errors.percent:.1f} %)"
    if not is_bad(target, errors):
        return passed(f"{counted} were answered with a 5xx by targets.", **_traffic(facts))
    return bad("lb.target_errors", f"{counted} were answered with a 5xx by the targets themselves.", **_traffic(facts))


def _latency_within_limit(target: LoadBalancerTarget, observation: LoadBalancerObservation) -> Answer:
    facts = facts_of(observation)
    if facts.metrics is None:
        return not_read("metrics", facts)
    limit = target.spec.max_p95.total_seconds()
    slow, measured = slow_minutes(facts.metrics, limit)
    if not measured:
        return _nothing_measured(facts)
    percentiles: dict[str, Scalar] = {name: median(facts.metrics.get(name, ())) for name in ("p50", "p95", "p99")}
    evidence = {"slow_minutes": slow, "minutes": measured, "limit_seconds": limit, **percentiles}
    summary = f"The p95 of {facts.name} was over {limit:g} s in {slow} of {measured} minutes."
    return doubtful("lb.slow", summary, **evidence) if slow >= SLOW_MINUTES else passed(summary, **evidence)


def _certificates(observation: LoadBalancerObservation) -> tuple[CertificateFacts, ...] | Answer:
    """What ACM told of the listeners' certificates; a part of them tells nothing of the others."""
    facts = facts_of(observation)
    if "certificates" in facts.unread or facts.certificates is None:
        return not_read("certificates", facts)
    if not facts.certificates:
        return skipped(f"No listener of {facts.name} has a certificate of ACM.")
    return facts.certificates


def _renewal(certificate: CertificateFacts) -> str:
    if not certificate.renewal:
        return " and was not renewed"
    waits = f", not validated are {', '.join(certificate.unvalidated)}" if certificate.unvalidated else ""
    return f"; ACM's renewal is {certificate.renewal}{waits}"


def _of_certificate(certificate: CertificateFacts) -> dict[str, Scalar]:
    return {
        "domain": certificate.domain,
        "status": certificate.status,
        "days_left": certificate.days_left,
        "renewal": certificate.renewal or None,
        "renewal_reason": certificate.renewal_reason or None,
        "unvalidated": ", ".join(certificate.unvalidated) or None,
        "arn": certificate.arn,
    }


def _traffic(facts: LoadBalancerFacts) -> dict[str, Scalar]:
    metrics = facts.metrics or {}
    names: tuple[MetricName, ...] = ("requests", "own_4xx", "own_502", "own_503", "own_504", "target_4xx", "target_5xx")
    counted: dict[str, Scalar] = {name: total(metrics, name) for name in names if metrics.get(name)}
    return {**counted, "minutes": max((len(samples) for samples in metrics.values()), default=0)}


def _nothing_measured(facts: LoadBalancerFacts) -> Answer:
    return skipped(f"CloudWatch counted no request to {facts.name} in the five minutes that are judged.")


def _name(observation: LoadBalancerObservation) -> str:
    return facts_of(observation).name


def _of(kind: str) -> Callable[[LoadBalancerTarget], bool]:
    return lambda target: getattr(target.spec, kind) is not None


CHECKS: tuple[Check[LoadBalancerSpec, LoadBalancerFacts], ...] = (
    Check(
        id="load_balancer.active",
        severity=Severity.HIGH,
        judge=_active,
        asks=_of("balancer"),
        remediation="Read the load balancer's state and its reason in the console.",
    ),
    Check(
        id="load_balancer.listens",
        severity=Severity.HIGH,
        judge=_listens,
        asks=_of("balancer"),
        remediation="Create the listeners again from the balancer's template.",
    ),
    Check(
        id="load_balancer.routes_as_declared",
        severity=Severity.HIGH,
        judge=routes_as_declared,
        asks=lambda target: bool(target.spec.routes),
        remediation="Compare the listener's rules, in the order of their priorities, with the declared routes.",
    ),
    Check(
        id="load_balancer.certificates_valid",
        severity=Severity.HIGH,
        judge=_certificates_valid,
        asks=_of("balancer"),
        remediation="Attach a valid certificate to the listener.",
    ),
    Check(
        id="load_balancer.certificates_renew",
        severity=Severity.ADVISORY,
        judge=_certificates_renew,
        asks=_of("balancer"),
        remediation="See in ACM what the renewal of the certificate waits for.",
    ),
    Check(
        id="load_balancer.own_errors_rare",
        severity=Severity.MEDIUM,
        judge=_own_errors_rare,
        asks=_of("balancer"),
        remediation="See which 5xx the balancer answers with: 503 means no target, 502 a broken one, 504 a late one.",
    ),
    Check(
        id="load_balancer.group_attached",
        severity=Severity.HIGH,
        judge=group_attached,
        asks=_of("group"),
        remediation="Let a listener's rule forward to the group.",
    ),
    Check(
        id="load_balancer.targets_healthy",
        severity=Severity.HIGH,
        judge=targets_healthy,
        asks=_of("group"),
        remediation="Read the reason code of the unhealthy targets, and ask the health path on their address.",
    ),
    Check(
        id="load_balancer.health_fits_traffic",
        severity=Severity.ADVISORY,
        judge=health_fits_traffic,
        asks=_of("group"),
        remediation="Let the health check ask what users need, and no more than that.",
    ),
    Check(
        id="load_balancer.target_errors_rare",
        severity=Severity.MEDIUM,
        judge=_target_errors_rare,
        remediation="Read the log of the service behind the balancer.",
    ),
    Check(
        id="load_balancer.latency_within_limit",
        severity=Severity.MEDIUM,
        judge=_latency_within_limit,
        remediation="See what the service behind the balancer waits for.",
    ),
)
