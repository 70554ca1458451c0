"""Reads one load balancer with its listeners, rules and certificates, or one target group with its targets."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from auditor.adapters import calls
from auditor.adapters.aws import client
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from auditor.net.probe import Probe
from functions.load_balancer import answers
from functions.load_balancer.facts import (
    MAX_CERTIFICATES,
    MAX_LISTENERS,
    MAX_RULES,
    MAX_TARGETS,
    CertificateFacts,
    ListenerFacts,
    LoadBalancerFacts,
    Reason,
)
from functions.load_balancer.family import LoadBalancerSpec
from functions.load_balancer.measurements import window

_MARKER = ("Marker", "NextMarker")
_SECURE = ("HTTPS", "TLS")
_BALANCER_PARTS = ("balancer", "listeners", "rules", "certificates", "metrics")
_GROUP_PARTS = ("group", "targets", "metrics")

_Read = dict[str, Any]
_Unread = dict[str, Failure]


async def observe(target: Target[LoadBalancerSpec], probe: Probe) -> Observation[LoadBalancerFacts]:
    """What AWS tells, as far as it could be read; what could not is named in ``unread``."""
    spec = target.spec
    read: _Read = {}
    unread: _Unread = {}
    if spec.balancer is not None:
        await _read_balancer(spec, spec.balancer, probe, read, unread)
    elif spec.group is not None:
        await _read_group(spec.group, probe, read, unread)
    facts = LoadBalancerFacts(name=spec.balancer or spec.group or "", **read, unread=unread)
    return probe.observation(facts, tuple(dict.fromkeys(unread.values())))


async def _read_balancer(spec: LoadBalancerSpec, name: str, probe: Probe, read: _Read, unread: _Unread) -> None:
    found = await _one(
        probe,
        "elasticloadbalancing:DescribeLoadBalancers",
        f"load balancer {name}",
        lambda: client("elbv2").describe_load_balancers(Names=[name]),
        items="LoadBalancers",
    )
    if isinstance(found, Failure):
        unread.update(dict.fromkeys(_BALANCER_PARTS, found))
        return
    read["balancer"] = answers.balancer(found)
    await _read_listeners(spec, found, probe, read, unread)
    await _read_metrics(window(probe.slot, found["LoadBalancerArn"]), f"load balancer {name}", probe, read, unread)


async def _read_listeners(spec: LoadBalancerSpec, balancer: Any, probe: Probe, read: _Read, unread: _Unread) -> None:
    listed = await calls.pages(
        probe,
        "elasticloadbalancing:DescribeListeners",
        f"load balancer {spec.balancer}",
        lambda **more: client("elbv2").describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"], **more),
        items="Listeners",
        marker=_MARKER,
    )
    if isinstance(listed, Failure):
        unread["listeners"] = unread["rules"] = unread["certificates"] = listed
        return
    declared = {route.port for route in spec.routes}
    listed.sort(key=lambda listener: (answers.port(listener) not in declared, answers.port(listener)))
    listeners: list[ListenerFacts] = []
    for listener in listed[:MAX_LISTENERS]:
        certificates = await _certificates_of(listener, probe)
        if isinstance(certificates, Failure):
            unread["certificates"] = certificates
            certificates = answers.certificates(listener.get("Certificates"))
        rules = await _rules_of(listener, balancer, probe)
        if isinstance(rules, Failure):
            unread["rules"] = rules
        listeners.append(answers.listener(listener, certificates, None if isinstance(rules, Failure) else rules))
    read["listeners"] = tuple(sorted(listeners, key=lambda listener: listener.port))
    await _read_certificates(listeners, probe, read, unread)


async def _rules_of(listener: Any, balancer: Any, probe: Probe) -> Any:
    if balancer.get("Type") not in (None, "application"):
        # The other kinds have no rules but what the listener does by default.
        return [{"Priority": "default", "Actions": listener.get("DefaultActions") or []}]
    resource = f"listener {answers.port(listener)} of load balancer {balancer.get('LoadBalancerName')}"
    rules = await calls.pages(
        probe,
        "elasticloadbalancing:DescribeRules",
        resource,
        lambda **more: client("elbv2").describe_rules(ListenerArn=listener["ListenerArn"], **more),
        items="Rules",
        marker=_MARKER,
    )
    if not isinstance(rules, Failure) and len(rules) > MAX_RULES:
        # A part of them would tell which rule takes a request, and tell it wrongly.
        detail = f"elasticloadbalancing:DescribeRules: {resource} has more than the {MAX_RULES} rules that are read"
        return Failure(phase=Phase.QUERY, cause="aws.failed", detail=detail)
    return rules


async def _certificates_of(listener: Any, probe: Probe) -> tuple[str, ...] | Failure:
    """The ARNs of all of them: what the listener itself says is only the default one."""
    if listener.get("Protocol") not in _SECURE:
        return ()
    listed = await calls.pages(
        probe,
        "elasticloadbalancing:DescribeListenerCertificates",
        f"listener {answers.port(listener)}",
        lambda **more: client("elbv2").describe_listener_certificates(ListenerArn=listener["ListenerArn"], **more),
        items="Certificates",
        marker=_MARKER,
    )
    return listed if isinstance(listed, Failure) else answers.certificates(listed)


async def _read_certificates(listeners: list[ListenerFacts], probe: Probe, read: _Read, unread: _Unread) -> None:
    # Others lie in IAM, which tells nothing of a renewal.
    arns = dict.fromkeys(arn for listener in listeners for arn in listener.certificates if ":acm:" in arn)
    found: list[CertificateFacts] = []
    for arn in list(arns)[:MAX_CERTIFICATES]:
        answer = await calls.ask(
            probe,
            "acm:DescribeCertificate",
            f"certificate {arn.rpartition('/')[2]}",
            partial(client("acm").describe_certificate, CertificateArn=arn),
        )
        if isinstance(answer, Failure):
            unread["certificates"] = answer
        else:
            # Days are left by AWS's clock and ours, never by the slot.
            found.append(answers.certificate(answer.get("Certificate") or {}, arn, datetime.now(UTC)))
    read["certificates"] = tuple(found)


async def _read_group(name: str, probe: Probe, read: _Read, unread: _Unread) -> None:
    found = await _one(
        probe,
        "elasticloadbalancing:DescribeTargetGroups",
        f"target group {name}",
        lambda: client("elbv2").describe_target_groups(Names=[name]),
        items="TargetGroups",
    )
    if isinstance(found, Failure):
        unread.update(dict.fromkeys(_GROUP_PARTS, found))
        return
    read["group"] = answers.group(found)
    arn, balancers = found["TargetGroupArn"], found.get("LoadBalancerArns") or []
    told = await calls.ask(
        probe,
        "elasticloadbalancing:DescribeTargetHealth",
        f"target group {name}",
        lambda: client("elbv2").describe_target_health(TargetGroupArn=arn),
    )
    if isinstance(told, Failure):
        unread["targets"] = told
    else:
        targets = answers.targets(told.get("TargetHealthDescriptions") or [], attached=bool(balancers))
        read["targets"], read["targets_total"] = targets[:MAX_TARGETS], len(targets)
        if balancers and any(each.reason is Reason.ZONE_NOT_ENABLED for each in targets):
            await _read_served_zones(balancers[0], probe, read, unread)
    if balancers:
        await _read_metrics(window(probe.slot, balancers[0], arn), f"target group {name}", probe, read, unread)
    else:
        read["metrics"] = {}  # CloudWatch counts only what a balancer sent


async def _read_served_zones(balancer_arn: str, probe: Probe, read: _Read, unread: _Unread) -> None:
    found = await _one(
        probe,
        "elasticloadbalancing:DescribeLoadBalancers",
        f"load balancer {answers.name_in(balancer_arn)}",
        lambda: client("elbv2").describe_load_balancers(LoadBalancerArns=[balancer_arn]),
        items="LoadBalancers",
    )
    if isinstance(found, Failure):
        unread["served_zones"] = found
    else:
        read["served_zones"] = answers.balancer(found).zones


async def _read_metrics(queries: dict[str, Any], resource: str, probe: Probe, read: _Read, unread: _Unread) -> None:
    answer = await calls.ask(
        probe, "cloudwatch:GetMetricData", resource, lambda: client("cloudwatch").get_metric_data(**queries)
    )
    if not isinstance(answer, Failure):
        measured = answers.metrics(answer.get("MetricDataResults") or [])
        if measured is not None:
            read["metrics"] = measured
            read["measured_from"], read["measured_to"] = queries["StartTime"], queries["EndTime"]
            return
        detail = f"cloudwatch:GetMetricData of {resource} says that a metric could not be read"
        answer = Failure(phase=Phase.QUERY, cause="aws.failed", detail=detail)
    unread["metrics"] = answer


async def _one(probe: Probe, action: str, resource: str, call: Any, *, items: str) -> Any:
    """The one item that was asked for by its name; a name that nothing has is the catalogue's mistake."""
    answer = await calls.ask(probe, action, resource, call)
    if isinstance(answer, Failure):
        return answer
    if not answer.get(items):
        detail = f"{action}: {resource} does not exist in this account and region"
        return Failure(phase=Phase.QUERY, cause="aws.not_found", detail=detail)
    return answer[items][0]
