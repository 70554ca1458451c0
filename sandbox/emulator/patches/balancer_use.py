"""Load balancers tell the zones that they serve, target groups who uses them, listeners their certificates.

AWS ("DescribeLoadBalancers", "DescribeTargetGroups", "DescribeListenerCertificates"): each subnet with its own zone;
the ARNs of the load balancers whose listeners or rules forward to a group; the default certificate among those of a
listener. Stock MiniStack places every subnet in the region's first zone, knows only the groups that a listener forwards
to by default and never takes one back, and does not know the third action.
"""

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import alb, ec2

from sandbox.emulator.patching import PatchContext, replace, require_attribute

_ACTION = "DescribeListenerCertificates"
_ZONE = re.compile(r"<ZoneName>[^<]*</ZoneName><SubnetId>([^<]*)</SubnetId>")


def apply(_context: PatchContext) -> None:
    """Correct what is told of load balancers and groups, and add the action."""

    def balancer(lb: Any) -> str:
        return _ZONE.sub(_with_its_zone, stock_balancer(lb))

    stock_balancer = replace(alb, "_lb_xml", ("lb",), balancer)

    def group(tg: Any) -> str:
        return str(stock_group({**tg, "LoadBalancerArns": balancers_of(tg["TargetGroupArn"])}))

    stock_group = replace(alb, "_tg_xml", ("tg",), group)
    require_attribute(alb, "_ACTION_MAP", dict)[_ACTION] = _certificates


def balancers_of(group_arn: str) -> list[str]:
    """The load balancers that send requests to a group."""
    listeners = dict(alb._listeners.items())
    using = [
        listener["LoadBalancerArn"] for listener in listeners.values() if _sends(listener["DefaultActions"], group_arn)
    ]
    using += [
        listeners[rule["ListenerArn"]]["LoadBalancerArn"]
        for rule in alb._rules.values()
        if rule["ListenerArn"] in listeners and not rule.get("IsDefault") and _sends(rule["Actions"], group_arn)
    ]
    return list(dict.fromkeys(using))


def _sends(actions: Any, group_arn: str) -> bool:
    return any(action.get("TargetGroupArn") == group_arn for action in actions)


def _with_its_zone(found: re.Match[str]) -> str:
    subnet = ec2._subnets.get(found[1]) or {}
    zone = subnet.get("AvailabilityZone")
    return found[0] if zone is None else f"<ZoneName>{escape(zone)}</ZoneName><SubnetId>{found[1]}</SubnetId>"


def _certificates(params: Mapping[str, Any]) -> Any:
    listener = alb._listeners.get(alb._p(params, "ListenerArn"))
    if listener is None:
        return alb._error("ListenerNotFound", "One or more listeners not found")
    members = "".join(
        f"<member><CertificateArn>{escape(arn)}</CertificateArn><IsDefault>true</IsDefault></member>"
        for arn in listener.get("Certificates", [])
    )
    return alb._xml(200, _ACTION, f"<Certificates>{members}</Certificates>")
