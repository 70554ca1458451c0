"""What an observation of a balancer or a target group says in the diagnosis's vocabulary: facts to claims, pure."""

from collections.abc import Iterator

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import routing_claims as routing
from auditor.domain.diagnosis.proof import Proof, observation_id
from auditor.domain.diagnosis.routing_words import RouteFate, TargetTrouble
from auditor.domain.observation import Observation
from auditor.domain.target import Target
from functions.load_balancer.facts import GroupFacts, LoadBalancerFacts, Reason, RuleFacts, State
from functions.load_balancer.family import LoadBalancerSpec
from functions.load_balancer.routing import Fate, Judged, groups_of, judge_routes
from functions.load_balancer.target_checks import count, failing_targets
from functions.load_balancer.traffic import total

_FATES = {
    Fate.AS_DECLARED: RouteFate.AS_DECLARED,
    Fate.PARTLY: RouteFate.SHARED,
    Fate.WRONG_GROUP: RouteFate.WRONG_GROUP,
    Fate.CAPTURED: RouteFate.CAPTURED,
    Fate.MISSING: RouteFate.NOT_FORWARDED,
    Fate.NO_RULES: RouteFate.NOT_FORWARDED,
    Fate.NO_LISTENER: RouteFate.NO_LISTENER,
}
"""Of the others nothing is sure: what was not read or decided."""
_TROUBLES = {
    Reason.RESPONSE_CODE_MISMATCH: TargetTrouble.STATUS_NOT_ACCEPTED,
    Reason.TIMEOUT: TargetTrouble.NO_ANSWER_IN_TIME,
    Reason.CONNECTION_FAILED: TargetTrouble.NO_CONNECTION,
    Reason.ZONE_NOT_ENABLED: TargetTrouble.ZONE_NOT_SERVED,
}


def claims(target: Target[LoadBalancerSpec], observation: Observation[LoadBalancerFacts]) -> tuple[says.Claim, ...]:
    """Routes, certificates and answers of a balancer; check, targets and use of a group. Nothing of what is unread."""
    facts = observation.facts
    if facts is None:
        return ()
    proof = (observation_id(observation),)
    found: list[says.Claim] = []
    if facts.balancer is not None:
        found += _routes(target, facts, proof)
        found += _certificates(target.component, facts, proof)
        found += _counted(target.component, facts, proof)
    if facts.group is not None:
        found += _group(target.component, facts, facts.group, proof)
    return tuple(dict.fromkeys(found))


def _routes(target: Target[LoadBalancerSpec], facts: LoadBalancerFacts, proof: Proof) -> Iterator[says.Claim]:
    for judged in judge_routes(facts.listeners or (), target.spec.routes) if facts.listeners is not None else ():
        fate = _FATES.get(judged.fate)
        if fate is not None:
            yield _routed(target.component, facts.name, judged, fate, proof)


def _routed(component: str, balancer: str, judged: Judged, fate: RouteFate, proof: Proof) -> says.Claim:
    rule = judged.taken.rule if judged.taken is not None else None
    return routing.RequestRouted(
        component=component,
        balancer=balancer,
        port=judged.route.port,
        host=judged.route.host,
        path=judged.route.path,
        wanted=judged.route.group,
        fate=fate,
        rule=_words(rule),
        by_default=rule is not None and rule.priority is None,
        groups=groups_of(rule) if rule is not None else (),
        status=rule.outcome.status if rule is not None else None,
        own_rule=_words(judged.own_rule),
        elsewhere=judged.elsewhere,
        proof=proof,
    )


def _words(rule: RuleFacts | None) -> str:
    if rule is None:
        return ""
    paths = f" ({', '.join(rule.paths)})" if rule.paths else ""
    return "the default rule" if rule.priority is None else f"rule {rule.priority}{paths}"


def _certificates(component: str, facts: LoadBalancerFacts, proof: Proof) -> Iterator[says.Claim]:
    for certificate in facts.certificates or ():
        yield routing.CertificateStands(
            component=component,
            balancer=facts.name,
            domain=certificate.domain,
            expired=certificate.expired,
            renewal=certificate.renewal,
            unvalidated=certificate.unvalidated,
            proof=proof,
        )


def _counted(component: str, facts: LoadBalancerFacts, proof: Proof) -> Iterator[says.Claim]:
    metrics = facts.metrics or {}
    if metrics.get("requests") or metrics.get("own_502"):
        yield routing.AnswersCounted(
            component=component,
            balancer=facts.name,
            requests=total(metrics, "requests"),
            broken=total(metrics, "own_502"),
            not_connected=total(metrics, "connection_errors"),
            proof=proof,
        )


def _group(component: str, facts: LoadBalancerFacts, group: GroupFacts, proof: Proof) -> Iterator[says.Claim]:
    yield routing.GroupUsedBy(
        component=component,
        group=group.name,
        balancers=group.balancers,
        zones=facts.served_zones or (),
        proof=proof,
    )
    if not group.check.enabled or facts.targets is None:
        return
    yield routing.GroupChecked(
        component=component,
        group=group.name,
        protocol=group.check.protocol,
        path=group.check.path,
        matcher=group.check.matcher,
        timeout_seconds=group.check.timeout_seconds,
        proof=proof,
    )
    yield routing.TargetsStand(
        component=component,
        group=group.name,
        registered=facts.targets_total,
        healthy=count(facts, State.HEALTHY),
        starting=count(facts, State.INITIAL),
        leaving=count(facts, State.DRAINING),
        proof=proof,
    )
    for refused in failing_targets(facts):
        yield routing.TargetRefused(
            component=component,
            group=group.name,
            address=refused.id,
            port=refused.port,
            trouble=_TROUBLES.get(refused.reason, TargetTrouble.OTHER),
            statuses=refused.codes,
            zone=refused.zone,
            proof=proof,
        )
