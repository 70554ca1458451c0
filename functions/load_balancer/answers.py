"""AWS's answers as facts: bounded, and of conditions on headers and queries only the names. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from functions.load_balancer.facts import (
    MAX_CERTIFICATES,
    MAX_NAMES,
    BalancerFacts,
    CertificateFacts,
    ForwardFacts,
    GroupFacts,
    HealthCheckFacts,
    ListenerFacts,
    OutcomeFacts,
    OutcomeKind,
    RuleFacts,
    SampleFacts,
    State,
    TargetFacts,
)
from functions.load_balancer.reasons import codes_of, reason_of, state_of
from functions.load_balancer.routing import in_order

_TEXT = 256
_DECIDABLE = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-request-method": "HttpRequestMethodConfig",
}
_OUTCOMES: Mapping[str, OutcomeKind] = {
    "forward": "forward",
    "redirect": "redirect",
    "fixed-response": "fixed_response",
}
_ORIGINS: Mapping[str, Literal["amazon_issued", "imported", "private"]] = {
    "AMAZON_ISSUED": "amazon_issued",
    "IMPORTED": "imported",
    "PRIVATE": "private",
}


def name_in(arn: str) -> str:
    """The name in the ARN of a load balancer (``…:loadbalancer/app/NAME/ID``) or a target group (``…/NAME/ID``)."""
    parts = arn.split("/")
    return parts[-2][:_TEXT] if len(parts) >= 3 else ""


def port(listener: Any) -> int:
    """The listener's port; 0 where AWS tells none."""
    return int(listener.get("Port") or 0)


def balancer(item: Any) -> BalancerFacts:
    """A load balancer."""
    zones = [zone.get("ZoneName", "") for zone in item.get("AvailabilityZones") or []]
    return BalancerFacts(
        name=_text(item.get("LoadBalancerName")),
        id=_text(item["LoadBalancerArn"].partition("loadbalancer/")[2]),
        kind=_text(item.get("Type")),
        scheme=_text(item.get("Scheme")),
        state=_text((item.get("State") or {}).get("Code")),
        dns_name=_text(item.get("DNSName")),
        vpc=_text(item.get("VpcId")),
        zones=_texts(sorted(zones)),
        security_groups=_texts(item.get("SecurityGroups") or ()),
    )


def listener(item: Any, certificates: Sequence[str], rules: Iterable[Any] | None) -> ListenerFacts:
    """A listener with its rules in order."""
    facts = None if rules is None else in_order(_rule(rule) for rule in rules)
    return ListenerFacts(
        port=port(item),
        protocol=_text(item.get("Protocol")),
        certificates=tuple(certificates),
        rules=None if facts is None else tuple(facts),
    )


def certificates(items: Iterable[Any] | None) -> tuple[str, ...]:
    """The ARNs in a list of certificates, each once."""
    arns = dict.fromkeys(_text(item.get("CertificateArn")) for item in items or ())
    return tuple(arn for arn in arns if arn)[:MAX_CERTIFICATES]


def certificate(item: Any, arn: str, now: datetime) -> CertificateFacts:
    """A certificate as ACM describes it."""
    ends, renewal = item.get("NotAfter"), item.get("RenewalSummary") or {}
    options = renewal.get("DomainValidationOptions") or []
    waiting = [option for option in options if option.get("ValidationStatus") not in (None, "SUCCESS")]
    return CertificateFacts(
        arn=arn,
        domain=_text(item.get("DomainName")),
        origin=_ORIGINS.get(str(item.get("Type")), "other"),
        status=_text(item.get("Status")),
        not_after=ends,
        days_left=round((ends - now).total_seconds() / 86_400, 2) if ends is not None else None,
        renewal=_text(renewal.get("RenewalStatus")),
        renewal_reason=_text(renewal.get("RenewalStatusReason")),
        unvalidated=_texts(dict.fromkeys(option.get("DomainName", "") for option in waiting)),
        validated_by_dns=all(option.get("ValidationMethod") == "DNS" for option in waiting),
    )


def group(item: Any) -> GroupFacts:
    """A target group with how it is checked."""
    matcher = item.get("Matcher") or {}
    return GroupFacts(
        name=_text(item.get("TargetGroupName")),
        id=_text(item["TargetGroupArn"].rpartition(":")[2]),
        kind=_text(item.get("TargetType")),
        protocol=_text(item.get("Protocol")),
        port=item.get("Port"),
        vpc=_text(item.get("VpcId")),
        balancers=_texts(name_in(arn) for arn in item.get("LoadBalancerArns") or ()),
        check=HealthCheckFacts(
            enabled=item.get("HealthCheckEnabled", True),
            protocol=_text(item.get("HealthCheckProtocol")),
            port=_text(item.get("HealthCheckPort")),
            path=_text(item.get("HealthCheckPath")),
            matcher=_text(matcher.get("HttpCode") or matcher.get("GrpcCode")),
            timeout_seconds=item.get("HealthCheckTimeoutSeconds", 0),
            interval_seconds=item.get("HealthCheckIntervalSeconds", 0),
            healthy_after=item.get("HealthyThresholdCount", 0),
            unhealthy_after=item.get("UnhealthyThresholdCount", 0),
        ),
    )


def targets(items: Iterable[Any], *, attached: bool) -> tuple[TargetFacts, ...]:
    """The targets of a group, healthy ones last; ``attached``: whether a load balancer uses it."""
    found = (_target(item, attached=attached) for item in items)
    return tuple(sorted(found, key=lambda target: (target.state is State.HEALTHY, target.id, target.port or 0)))


def metrics(results: Iterable[Any]) -> dict[str, tuple[SampleFacts, ...]] | None:
    """The minutes of each metric, maybe none; None where CloudWatch says that it could not tell one."""
    found: dict[str, tuple[SampleFacts, ...]] = {}
    for result in results:
        if result.get("StatusCode") in ("InternalError", "Forbidden"):
            return None
        minutes = zip(result.get("Timestamps") or (), result.get("Values") or (), strict=False)
        found[result["Id"]] = tuple(SampleFacts(at=at, value=round(float(value), 6)) for at, value in sorted(minutes))
    return found


def _rule(item: Any) -> RuleFacts:
    values: dict[str, tuple[str, ...]] = {}
    undecidable: list[str] = []
    for condition in item.get("Conditions") or []:
        name = str(condition.get("Field"))
        config = condition.get(_DECIDABLE.get(name, "")) or {}
        given = config.get("Values") or condition.get("Values") or ()
        # What stands in a regular expression is AWS's dialect, and what a header or a query must be a secret maybe.
        if name in _DECIDABLE and given and not config.get("RegexValues"):
            values[name] = _texts(given)
        else:
            header = (condition.get("HttpHeaderConfig") or {}).get("HttpHeaderName", "")
            undecidable.append(_text(f"{name} {header}".strip()))
    priority = str(item.get("Priority", "default"))
    return RuleFacts(
        priority=int(priority) if priority.isdecimal() else None,
        outcome=_outcome(item.get("Actions") or []),
        hosts=values.get("host-header"),
        paths=values.get("path-pattern"),
        methods=values.get("http-request-method"),
        undecidable=tuple(undecidable[:MAX_NAMES]),
    )


def _outcome(actions: Sequence[Any]) -> OutcomeFacts:
    """The last action: those before it only let a request pass."""
    if not actions:
        return OutcomeFacts(kind="other")
    last = max(actions, key=lambda action: action.get("Order") or 0)
    before = [action for action in actions if action is not last]
    config = last.get("RedirectConfig") or last.get("FixedResponseConfig") or {}
    status = str(config.get("StatusCode", "")).removeprefix("HTTP_")
    return OutcomeFacts(
        kind=_OUTCOMES.get(str(last.get("Type")), "other"),
        forwards=_forwards(last),
        status=int(status) if status.isdecimal() and len(status) == 3 else None,
        after_login=any(str(action.get("Type", "")).startswith("authenticate") for action in before),
    )


def _forwards(action: Any) -> tuple[ForwardFacts, ...]:
    weighted = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    if not weighted and action.get("TargetGroupArn"):
        return (ForwardFacts(group=name_in(action["TargetGroupArn"]), weight=1),)
    only = len(weighted) == 1  # a single group gets everything, whatever its weight
    return tuple(
        ForwardFacts(group=name_in(each.get("TargetGroupArn", "")), weight=1 if only else _weight(each.get("Weight")))
        for each in weighted[:MAX_NAMES]
    )


def _weight(given: int | None) -> int:
    return 1 if given is None else int(given)


def _target(item: Any, *, attached: bool) -> TargetFacts:
    registered, health = item.get("Target") or {}, item.get("TargetHealth") or {}
    text = str(health.get("Description") or "")
    return TargetFacts(
        id=_text(registered.get("Id")),
        port=registered.get("Port"),
        zone=_text(registered.get("AvailabilityZone")),
        state=state_of(str(health.get("State") or "")),
        reason=reason_of(str(health.get("Reason") or ""), text, attached=attached),
        codes=codes_of(text),
    )


def _text(given: Any) -> str:
    return str(given)[:_TEXT] if given is not None else ""


def _texts(given: Iterable[Any]) -> tuple[str, ...]:
    return tuple(text for text in map(_text, given) if text)[:MAX_NAMES]
