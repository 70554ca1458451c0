"""DescribeTargetHealth tells what health checks really found, and why a target is not used.

AWS ("TargetHealth"): a state, a reason code and a description; targets of a group that no listener uses, or in a zone
that its load balancer does not serve, are unused. Stock MiniStack calls every registered target healthy, and keeps two
ports of one address for one target.

Overlay: ``target_health/GROUP`` is the whole list of TargetHealthDescriptions that is said of a target group, such as
``[{"Target": {"Id": "10.0.1.76", "Port": 80}, "TargetHealth": {"State": "draining", "Reason": "…"}}]``.
"""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import alb, ec2

from sandbox.emulator import overlay
from sandbox.emulator.health_checks import Checker, Health, Place
from sandbox.emulator.patches.balancer_use import balancers_of
from sandbox.emulator.patching import PatchContext, replace, require_attribute
from sandbox.fargate.estate import platform_side

_ACTION = "DescribeTargetHealth"
_NOT_IN_USE = "Target.NotInUse"
_NOT_ATTACHED = Health(
    state="unused",
    reason=_NOT_IN_USE,
    description="Target group is not configured to receive traffic from the load balancer",
)
_NOT_SERVED = Health(
    state="unused",
    reason=_NOT_IN_USE,
    description="Target is in an Availability Zone that is not enabled for the load balancer",
)


def apply(context: PatchContext) -> None:
    """Check targets every half simulated minute, and describe what was found."""
    checker = Checker(_registered, platform_side, every=context.settings.seconds_per_minute / 2)

    def describe(params: Any) -> Any:
        arn = params.get("TargetGroupArn", [""])
        arn = arn[0] if isinstance(arn, list) else arn
        group = alb._tgs.get(arn)
        if group is None:
            return stock(params)
        told = overlay.said("target_health", group["TargetGroupName"])
        if told is None:
            told = [_described(checker, arn, group, target) for target in alb._targets.get(arn, [])]
        members = "".join(f"<member>{_xml(each)}</member>" for each in told)
        return alb._xml(200, _ACTION, f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>")

    stock = replace(alb, "_describe_target_health", ("params",), describe)
    require_attribute(alb, "_ACTION_MAP", dict)[_ACTION] = describe

    def reset() -> None:
        checker.forget()
        overlay.forget()
        stock_reset()

    stock_reset = replace(alb, "reset", (), reset)
    checker.start()


def _registered() -> list[tuple[str, Mapping[str, Any], Place]]:
    """Every target of every account; this runs outside of any request."""
    groups = {arn: group for (_, _, arn), group in list(alb._tgs._data.items())}
    return [
        (arn, groups[arn], _place(groups[arn], target))
        for (_, arn), targets in list(alb._targets._data.items())
        for target in list(targets)
        if arn in groups and groups[arn].get("TargetType") == "ip"
    ]


def _place(group: Mapping[str, Any], target: Mapping[str, Any]) -> Place:
    return str(target["Id"]), int(target.get("Port") or group.get("Port", 80))


def _described(
    checker: Checker, arn: str, group: Mapping[str, Any], target: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    place, zone, used_by = _place(group, target), _zone_of(group, str(target["Id"])), balancers_of(arn)
    if not used_by:
        health = _NOT_ATTACHED
    elif zone and all(zone not in zones_of(alb._lbs[balancer]) for balancer in used_by):
        health = _NOT_SERVED
    else:
        health = checker.health(arn, place)
    registered = {"Id": place[0], "Port": place[1], **({"AvailabilityZone": zone} if zone else {})}
    told = {"State": health.state, "Reason": health.reason, "Description": health.description}
    return {"Target": registered, "TargetHealth": {name: text for name, text in told.items() if text}}


def zones_of(balancer: Mapping[str, Any]) -> list[str]:
    """The zones of a load balancer's subnets."""
    subnets = [ec2._subnets.get(subnet) or {} for subnet in balancer.get("Subnets", [])]
    return [str(subnet["AvailabilityZone"]) for subnet in subnets if "AvailabilityZone" in subnet]


def _zone_of(group: Mapping[str, Any], address: str) -> str:
    """The zone of the subnet of the group's VPC that an address lies in; empty where there is none."""
    found = (
        str(subnet["AvailabilityZone"])
        for subnet in ec2._subnets.values()
        if subnet["VpcId"] == group.get("VpcId") and ip_address(address) in ip_network(subnet["CidrBlock"])
    )
    return next(found, "")


def _xml(document: Any) -> str:
    if isinstance(document, dict):
        return "".join(f"<{name}>{_xml(value)}</{name}>" for name, value in document.items())
    return escape(str(document))
