"""Which network interfaces are an end of a declared connection, read from what AWS writes on them: pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.vpc.facts import MAX_INTERFACES, EndFacts
from functions.vpc.family import ANYWHERE_OUTSIDE, End
from functions.vpc.network_model import Interface
from functions.vpc.reading import interface

_FUNCTION = "AWS Lambda VPC ENI-"
_DATABASE = "RDSNetworkInterface"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What tells whose an interface is, besides its own text.

    ``tasks``: the interfaces of running tasks by ``cluster/service``. ``databases``: RDS instances by identifier, as
    the SDK gives them. ``functions``: how the names of the auditor's functions begin.
    """

    tasks: Mapping[str, frozenset[str]] = field(default_factory=dict)
    databases: Mapping[str, Any] = field(default_factory=dict)
    functions: str = ""


def find(end: End, raws: Sequence[Any], known: Known) -> tuple[EndFacts, tuple[Interface, ...]]:
    """An end and its interfaces, at most six that differ in what decides."""
    if end.kind == "outside":
        return EndFacts(end=end.text, interfaces=(), addresses=(end.name or ANYWHERE_OUTSIDE,), total=0), ()
    found = [interface(raw) for raw in raws if _belongs(end, raw, known)]
    found.sort(key=lambda each: each.id)
    kept = _different(found)
    facts = EndFacts(
        end=end.text,
        interfaces=tuple(each.id for each in kept),
        addresses=tuple(each.addresses[0] for each in kept if each.addresses),
        total=len(found),
    )
    return facts, kept


def _belongs(end: End, raw: Any, known: Known) -> bool:
    description = str(raw.get("Description", ""))
    match end.kind:
        case "ecs":
            return raw["NetworkInterfaceId"] in known.tasks.get(end.name, ())
        case "alb":
            return description.startswith((f"ELB app/{end.name}/", f"ELB net/{end.name}/"))
        case "rds":
            return description == _DATABASE and _of_database(raw, known.databases.get(end.name))
        case "redis":
            return re.fullmatch(rf"ElastiCache {re.escape(end.name)}(-\d+)*", description) is not None
        case "sg":
            return any(group.get("GroupName") == end.name for group in raw.get("Groups") or [])
        case "auditor":
            return description.startswith(_FUNCTION + known.functions)
    return False


def _of_database(raw: Any, instance: Any) -> bool:
    """Whether an interface of RDS can be this instance's: AWS does not write on it whose it is.

    Instances with the same groups, subnets and zone share all their candidates, and the same lines decide for them.
    """
    if instance is None:
        return False
    groups = {g["VpcSecurityGroupId"] for g in instance.get("VpcSecurityGroups") or []}
    subnets = {s["SubnetIdentifier"] for s in (instance.get("DBSubnetGroup") or {}).get("Subnets") or []}
    zones = {instance.get("AvailabilityZone"), instance.get("SecondaryAvailabilityZone")} - {None}
    return (
        {group["GroupId"] for group in raw.get("Groups") or []} == groups
        and (not subnets or raw["SubnetId"] in subnets)
        and (not zones or raw.get("AvailabilityZone") in zones)
    )


def _different(found: Iterable[Interface]) -> tuple[Interface, ...]:
    """One of each subnet, groups and reachability."""
    kept: dict[Any, Interface] = {}
    for each in found:
        kept.setdefault((each.subnet, each.security_groups, each.public_v4, each.ephemeral_ports), each)
    return tuple(kept.values())[:MAX_INTERFACES]
