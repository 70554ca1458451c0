"""What the rules make of the declared routes, as an answer that names the worst of them. Pure."""

from auditor.domain.result import Answer, Scalar, passed
from functions.load_balancer.facts import RuleFacts
from functions.load_balancer.judged import (
    LoadBalancerObservation,
    LoadBalancerTarget,
    bad,
    doubtful,
    facts_of,
    not_read,
    undecided,
)
from functions.load_balancer.routing import Fate, Judged, groups_of, judge_routes

_WORST_FIRST = (
    Fate.NO_LISTENER,
    Fate.NO_RULES,
    Fate.MISSING,
    Fate.CAPTURED,
    Fate.WRONG_GROUP,
    Fate.UNREAD,
    Fate.UNDECIDED,
    Fate.PARTLY,
    Fate.AS_DECLARED,
)
_CAUSES = {
    Fate.NO_LISTENER: "lb.no_listener",
    Fate.NO_RULES: "lb.no_rules",
    Fate.MISSING: "lb.route_missing",
    Fate.CAPTURED: "lb.route_captured",
    Fate.WRONG_GROUP: "lb.route_wrong_group",
    Fate.UNDECIDED: "lb.route_undecidable",
    Fate.PARTLY: "lb.route_wrong_group",
}
_MAX_TOLD = 5


def routes_as_declared(target: LoadBalancerTarget, observation: LoadBalancerObservation) -> Answer:
    """Whether the declared group takes every declared route."""
    facts = facts_of(observation)
    if facts.listeners is None:
        return not_read("listeners", facts)
    judged = judge_routes(facts.listeners, target.spec.routes)
    worst = min((route.fate for route in judged), key=_WORST_FIRST.index)
    told = [route for route in judged if route.fate is worst]
    summary = " ".join(_sentence(facts.name, route) for route in told[:_MAX_TOLD])
    match worst:
        case Fate.AS_DECLARED:
            return passed(_all_right(facts.name, judged), routes=len(judged), depends_on=_depends_on(judged))
        case Fate.UNREAD:
            return not_read("rules", facts)
        case Fate.UNDECIDED:
            return undecided(_CAUSES[worst], summary, **_evidence(told))
        case Fate.PARTLY:
            return doubtful(_CAUSES[worst], summary, **_evidence(told))
    return bad(_CAUSES[worst], summary, **_evidence(told))


def _sentence(balancer: str, judged: Judged) -> str:
    route = judged.route
    request = f"{route.method} {route.host}:{route.port}{route.path}"
    rule = judged.taken.rule if judged.taken is not None else None
    takes = f"{_rule(rule)} of {balancer}" if rule is not None else f"no rule of {balancer}"
    declared = f"declared is {route.group}"
    also = f" The listener on {judged.elsewhere[0]} would forward it as declared." if judged.elsewhere else ""
    match judged.fate:
        case Fate.NO_LISTENER:
            return (
                f"Nothing listens on port {route.port} of {balancer}, so {request} does not reach {route.group}.{also}"
            )
        case Fate.NO_RULES:
            return f"The listener {route.port} of {balancer} forwards nothing: {request} {_answered(rule)}.{also}"
        case Fate.CAPTURED:
            own = f"; {_rule(judged.own_rule)}, which would be right, has no turn" if judged.own_rule else ""
            return f"{request} is taken by {takes}, which is not this host's, and goes to {_groups(rule)}{own}."
        case Fate.WRONG_GROUP:
            return f"{request} is taken by {takes} and goes to {_groups(rule)}; {declared}."
        case Fate.PARTLY:
            return f"{request} is taken by {takes}, which shares it out to {_groups(rule)}; {declared}."
        case Fate.UNDECIDED:
            before = judged.taken.before[0] if judged.taken is not None else None
            return (
                f"{request} goes to {route.group} by {_rule(before)} of {balancer} only if {_conditions(before)} "
                f"holds; else it {_answered(rule)}."
            )
    return f"No rule of {balancer} forwards {request}: it {_answered(rule)}.{also}"


def _all_right(balancer: str, judged: tuple[Judged, ...]) -> str:
    one = judged[0].route
    if len(judged) == 1:
        return f"{one.host}:{one.port}{one.path} goes to {one.group}, as declared."
    return f"All {len(judged)} declared routes of {balancer} go to their groups."


def _depends_on(judged: tuple[Judged, ...]) -> str | None:
    """Conditions by which some requests of a route go another way than ordinary ones."""
    before = [rule for route in judged if route.taken is not None for rule in route.taken.before]
    return ", ".join(dict.fromkeys(_conditions(rule) for rule in before))[:300] or None


def _evidence(told: list[Judged]) -> dict[str, Scalar]:
    first = told[0]
    rule = first.taken.rule if first.taken is not None else None
    return {
        "host": first.route.host,
        "path": first.route.path,
        "port": first.route.port,
        "declared_group": first.route.group,
        "taken_by": _rule(rule) if rule is not None else None,
        "goes_to": ", ".join(groups_of(rule)) if rule is not None else None,
        "status": rule.outcome.status if rule is not None else None,
        "routes_affected": len(told),
    }


def _rule(rule: RuleFacts | None) -> str:
    if rule is None:
        return "no rule"
    return "the default rule" if rule.priority is None else f"rule {rule.priority}"


def _groups(rule: RuleFacts | None) -> str:
    return " and ".join(groups_of(rule)) if rule is not None else "nothing"


def _conditions(rule: RuleFacts | None) -> str:
    return " and ".join(rule.undecidable) if rule is not None else ""


def _answered(rule: RuleFacts | None) -> str:
    if rule is None:
        return "is taken by no rule"
    groups, status = groups_of(rule), rule.outcome.status
    if groups:
        return f"goes to {' and '.join(groups)} by {_rule(rule)}"
    what = {"fixed_response": "is answered with a fixed", "redirect": "is redirected with"}.get(rule.outcome.kind)
    return f"{what} {status} by {_rule(rule)}" if what else f"ends at {_rule(rule)}, which forwards it to nobody"
