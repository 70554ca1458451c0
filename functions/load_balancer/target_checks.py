"""What the health of a group's targets means: reasons are read, not counted. Pure."""

from collections.abc import Sequence

from auditor.domain.result import Answer, Scalar, passed, skipped
from functions.load_balancer.facts import GroupFacts, LoadBalancerFacts, Reason, State, TargetFacts
from functions.load_balancer.judged import (
    LoadBalancerObservation,
    LoadBalancerTarget,
    bad,
    doubtful,
    facts_of,
    not_read,
)
from functions.load_balancer.traffic import Share, share, total

_CAUSES = {
    Reason.RESPONSE_CODE_MISMATCH: "lb.response_code_mismatch",
    Reason.TIMEOUT: "lb.timeout",
    Reason.CONNECTION_FAILED: "lb.connection_failed",
    Reason.INTERNAL_ERROR: "lb.internal_error",
    Reason.ZONE_NOT_ENABLED: "lb.zone_not_enabled",
    Reason.NOT_ATTACHED: "lb.not_attached",
    Reason.INVALID_STATE: "lb.target_unusable",
    Reason.ADDRESS_UNUSABLE: "lb.target_unusable",
}
_NO_FAILURE = (State.HEALTHY, State.INITIAL, State.DRAINING)
_MAX_NAMED = 5


def group_attached(_target: LoadBalancerTarget, observation: LoadBalancerObservation) -> Answer:
    """Whether a load balancer uses the group."""
    facts = facts_of(observation)
    if facts.group is None:
        return not_read("group", facts)
    if facts.group.balancers:
        named = ", ".join(facts.group.balancers)
        return passed(f"{facts.name} is used by {named}.", balancers=named)
    return bad("lb.not_attached", f"No listener of any load balancer uses the group {facts.name}: it gets no request.")


def targets_healthy(_target: LoadBalancerTarget, observation: LoadBalancerObservation) -> Answer:
    """Whether targets can serve; a target that starts or is drained is no failure while another is healthy."""
    facts = facts_of(observation)
    if facts.targets is None:
        return not_read("targets", facts)
    if facts.group is None:
        return not_read("group", facts)
    if not facts.targets:
        return bad("lb.no_targets", f"No target is registered in {facts.name}: the balancer answers 503.", targets=0)
    if not facts.group.check.enabled:
        return skipped(f"The targets of {facts.name} are not checked, as its health check is switched off.")
    failing = failing_targets(facts)
    healthy = count(facts, State.HEALTHY)
    evidence = _evidence(facts, failing)
    if failing:
        worst = commonest(failing)
        cause, summary = _CAUSES.get(worst.reason, "lb.unhealthy"), _sentence(facts, facts.group, failing, worst)
        return doubtful(cause, summary, **evidence) if healthy else bad(cause, summary, **evidence)
    if healthy:
        return passed(f"{healthy} of {facts.targets_total} targets of {facts.name} are healthy.", **evidence)
    if count(facts, State.INITIAL):
        summary = f"No target of {facts.name} is healthy yet: {count(facts, State.INITIAL)} await their first checks."
        return doubtful("lb.starting", summary, **evidence)
    return bad("lb.draining", f"Every target of {facts.name} is being deregistered and none is new.", **evidence)


def health_fits_traffic(target: LoadBalancerTarget, observation: LoadBalancerObservation) -> Answer:
    """Whether what the health checks say is what users see; asked of both because each can be wrong alone."""
    facts = facts_of(observation)
    if facts.targets is None:
        return not_read("targets", facts)
    if facts.metrics is None:
        return not_read("metrics", facts)
    unhealthy = [target for target in facts.targets if target.state is State.UNHEALTHY]
    healthy, errors = count(facts, State.HEALTHY), share(facts.metrics, "target_5xx")
    if not unhealthy and not healthy:
        return skipped(f"No target of {facts.name} is healthy or unhealthy, so there is nothing to compare.")
    if errors is None:
        return skipped(f"No request to {facts.name} was measured, so there is no traffic to compare its health with.")
    users_fail = is_bad(target, errors)
    evidence: dict[str, Scalar] = {
        "healthy": healthy,
        "unhealthy": len(unhealthy),
        "requests": total(facts.metrics, "requests"),
        "error_percent": round(errors.percent, 2),
    }
    if unhealthy and not healthy:
        reason = commonest(unhealthy).reason.value.replace("_", " ")
        if users_fail:
            summary = (
                f"Every target of {facts.name} is unhealthy ({reason}), so the balancer sends requests to all of them; "
                f"{errors.percent:.1f} % of the answers are 5xx."
            )
            return bad("lb.fails_open", summary, **evidence)
        summary = (
            f"Every target of {facts.name} is unhealthy ({reason}) and {100 - errors.percent:.1f} % of "
            f"{errors.total:g} requests, which the balancer sends there for want of others, are answered well: the "
            "check is wrong."
        )
        return bad("lb.unhealthy_but_serving", summary, **evidence)
    if users_fail and not unhealthy:
        summary = (
            f"Every target of {facts.name} is healthy by its check, and {errors.percent:.1f} % of {errors.total:g} "
            "requests are answered with 5xx."
        )
        return bad("lb.healthy_but_failing", summary, **evidence)
    return passed(f"The health of {facts.name} is what its traffic shows.", **evidence)


def is_bad(target: LoadBalancerTarget, errors: Share) -> bool:
    """Whether a share of errors is over the declared limit and more than chance."""
    return errors.count >= target.spec.min_errors and errors.percent > target.spec.max_error_percent


def failing_targets(facts: LoadBalancerFacts) -> list[TargetFacts]:
    """Targets that should serve and do not."""
    return [target for target in facts.targets or () if target.state not in _NO_FAILURE]


def count(facts: LoadBalancerFacts, state: State) -> int:
    """How many targets are in a state."""
    return sum(target.state is state for target in facts.targets or ())


def commonest(failing: Sequence[TargetFacts]) -> TargetFacts:
    """A target with the reason that most of them have."""
    reasons = [target.reason for target in failing]
    return max(failing, key=lambda target: (reasons.count(target.reason), target.id))


def _sentence(facts: LoadBalancerFacts, group: GroupFacts, failing: Sequence[TargetFacts], worst: TargetFacts) -> str:
    check = group.check
    asked = f"{check.protocol} {check.path or check.port}"
    share_of = f"{len(failing)} of {facts.targets_total} targets of {facts.name} ({_named(failing)})"
    codes = ", ".join(map(str, worst.codes)) or "another status"
    match worst.reason:
        case Reason.RESPONSE_CODE_MISMATCH:
            return f"{share_of} answer {asked} with {codes}; the matcher accepts {check.matcher}."
        case Reason.TIMEOUT:
            return f"{share_of} do not answer {asked} within {check.timeout_seconds} s."
        case Reason.CONNECTION_FAILED:
            return f"{share_of} take no connection for {asked} on port {worst.port}, or answer no HTTP there."
        case Reason.INTERNAL_ERROR:
            return f"The health checks of {share_of} fail inside AWS."
        case Reason.ZONE_NOT_ENABLED:
            served = f" ({', '.join(facts.served_zones)})" if facts.served_zones else ""
            zone = worst.zone or "a zone"
            return f"{share_of} run in {zone}, which is none of the balancer's zones{served}."
        case Reason.NOT_ATTACHED:
            return f"{share_of} are unused: no load balancer uses the group."
    return f"{share_of} are {worst.state.value}: {worst.reason.value.replace('_', ' ') or 'no reason is told'}."


def _named(failing: Sequence[TargetFacts]) -> str:
    named = [f"{target.id}:{target.port}" if target.port else target.id for target in failing[:_MAX_NAMED]]
    return ", ".join(named) + (" and others" if len(failing) > _MAX_NAMED else "")


def _evidence(facts: LoadBalancerFacts, failing: Sequence[TargetFacts]) -> dict[str, Scalar]:
    evidence: dict[str, Scalar] = {
        "targets": facts.targets_total,
        "healthy": count(facts, State.HEALTHY),
        "initial": count(facts, State.INITIAL),
        "draining": count(facts, State.DRAINING),
        "failing": len(failing),
    }
    if failing and facts.group is not None:
        check, worst = facts.group.check, commonest(failing)
        evidence |= {
            "reason": worst.reason.value,
            "codes": ", ".join(map(str, worst.codes)) or None,
            "check": f"{check.protocol} {check.path}",
            "matcher": check.matcher,
            "timeout_seconds": check.timeout_seconds,
        }
    return evidence
