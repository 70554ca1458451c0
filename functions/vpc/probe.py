"""Reads a VPC with what its declared connections meet, or a store that AWS manages."""

from dataclasses import replace
from functools import partial
from typing import Any

from auditor.adapters import calls
from auditor.adapters.aws import client
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from auditor.net.probe import Probe
from functions.vpc import reading
from functions.vpc.ends import Known, find
from functions.vpc.facts import MAX_LINES, MAX_SUBNETS, EndFacts, SettingsFacts, SubnetFacts, VpcFacts
from functions.vpc.family import VpcSpec, is_vpc_id
from functions.vpc.network_model import Interface, Network
from functions.vpc.store_probe import instance, read_cache, read_database

_DESCRIBED = {
    "interfaces": ("NetworkInterfaces", "describe_network_interfaces", "vpc-id"),
    "subnets": ("Subnets", "describe_subnets", "vpc-id"),
    "security_groups": ("SecurityGroups", "describe_security_groups", "vpc-id"),
    "network_acls": ("NetworkAcls", "describe_network_acls", "vpc-id"),
    "route_tables": ("RouteTables", "describe_route_tables", "vpc-id"),
    "nat_gateways": ("NatGateways", "describe_nat_gateways", "vpc-id"),
}
"""Part of the network to the member of its answer, the call, and the filter that narrows it to the VPC."""
_TOKEN = ("NextToken", "NextToken")
_A_CALL = 100
"""Tasks that one DescribeTasks takes."""
_FUNCTIONS = "health-auditor-"
"""How every function of every stage of this auditor is called."""


async def observe(target: Target[VpcSpec], probe: Probe) -> Observation[VpcFacts]:
    """What AWS describes, as far as it could be read; what could not is named in ``unread``."""
    spec = target.spec
    read: dict[str, Any] = {}
    unread: dict[str, Failure] = {}
    if spec.vpc is not None:
        await _read_vpc(spec, probe, read, unread)
    elif spec.database is not None:
        await read_database(client, spec.database, probe, read, unread)
    elif spec.cache is not None:
        await read_cache(client, spec.cache, probe, read, unread)
    return probe.observation(VpcFacts(**read, unread=unread), tuple(dict.fromkeys(unread.values())))


async def _read_vpc(spec: VpcSpec, probe: Probe, read: dict[str, Any], unread: dict[str, Failure]) -> None:
    found = await _one_vpc(str(spec.vpc), probe)
    if isinstance(found, Failure):
        unread |= dict.fromkeys(("vpc", "network", "subnets"), found)
        return
    settings = await _settings(found, probe)
    if isinstance(settings, Failure):
        unread["vpc"] = settings
    else:
        read["vpc"] = settings
    described = await _described(found["VpcId"], probe)
    if isinstance(described, Failure):
        unread |= dict.fromkeys(("network", "subnets"), described)
        return
    known = await _known(spec, probe, unread)
    ends: list[EndFacts] = []
    interfaces: dict[str, Interface] = {}
    for end in spec.ends:
        if end.text not in unread:
            facts, own = find(end, described.interfaces, known)
            ends.append(facts)
            interfaces |= {each.id: each for each in own}
    read["ends"] = tuple(ends)
    network = await _network(described, interfaces, probe)
    if isinstance(network, Failure):
        unread |= dict.fromkeys(("network", "subnets"), network)
        return
    read["network"] = network
    groups = reading.groups_named(network)
    read["names"] = _names(network, groups, described)
    read["attached"] = {
        group: sum(any(g["GroupId"] == group for g in raw.get("Groups") or []) for raw in described.interfaces)
        for group in groups
    }
    standing = {interface.subnet for interface in interfaces.values()}
    read["subnets"] = tuple(
        SubnetFacts(
            id=raw["SubnetId"],
            name=reading.name_tag(raw),
            zone=raw.get("AvailabilityZone", ""),
            cidr=raw["CidrBlock"],
            free=raw["AvailableIpAddressCount"],
            used=raw["SubnetId"] in standing,
        )
        # What is in use comes first, so that a bound never hides it.
        for raw in sorted(described.subnets, key=lambda raw: (raw["SubnetId"] not in standing, str(raw["SubnetId"])))
    )[:MAX_SUBNETS]


async def _one_vpc(name: str, probe: Probe) -> Any:
    """The one VPC of an id or a Name tag, or why there is not one."""
    by = "vpc-id" if is_vpc_id(name) else "tag:Name"
    found = await calls.pages(
        probe,
        "ec2:DescribeVpcs",
        f"VPC {name}",
        lambda **more: client("ec2").describe_vpcs(Filters=[{"Name": by, "Values": [name]}], **more),
        items="Vpcs",
        marker=_TOKEN,
    )
    if isinstance(found, Failure) or len(found) == 1:
        return found if isinstance(found, Failure) else found[0]
    region = probe.vantage.region or "its own region"
    if not found:
        detail = f"ec2:DescribeVpcs: no VPC {name} in {region}, where the auditor runs: compare name and region"
        return Failure(phase=Phase.QUERY, cause="aws.not_found", detail=detail)
    ids = ", ".join(sorted(str(each["VpcId"]) for each in found))
    detail = f"{len(found)} VPCs in {region} are called {name} ({ids}); name one by its id"
    return Failure(phase=Phase.QUERY, cause="vpc.name_not_unique", detail=detail)


async def _settings(vpc: Any, probe: Probe) -> SettingsFacts | Failure:
    id = str(vpc["VpcId"])
    values = {}
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        answer = await calls.ask(
            probe,
            "ec2:DescribeVpcAttribute",
            f"VPC {id}",
            partial(client("ec2").describe_vpc_attribute, VpcId=id, Attribute=attribute),
        )
        if isinstance(answer, Failure):
            return answer
        values[attribute] = bool(answer[attribute[0].upper() + attribute[1:]]["Value"])
    servers: tuple[str, ...] = ()
    options = vpc.get("DhcpOptionsId", "")
    if options.startswith("dopt-"):  # else "default": no options at all, which leaves the VPC's own resolver unnamed
        answer = await calls.ask(
            probe,
            "ec2:DescribeDhcpOptions",
            options,
            lambda: client("ec2").describe_dhcp_options(DhcpOptionsIds=[options]),
        )
        if isinstance(answer, Failure):
            return answer
        lines = [line for each in answer["DhcpOptions"] for line in each.get("DhcpConfigurations") or []]
        servers = tuple(v["Value"] for line in lines if line["Key"] == "domain-name-servers" for v in line["Values"])
    blocks = [a["CidrBlock"] for a in vpc.get("CidrBlockAssociationSet") or []] or [vpc["CidrBlock"]]
    return SettingsFacts(
        id=id,
        name=reading.name_tag(vpc),
        cidrs=tuple(blocks),
        dns_support=values["enableDnsSupport"],
        dns_hostnames=values["enableDnsHostnames"],
        name_servers=servers,
    )


async def _described(vpc: str, probe: Probe) -> reading.Described | Failure:
    parts: dict[str, Any] = {}
    for part, (member, call, by) in _DESCRIBED.items():
        action = "ec2:" + "".join(word.capitalize() for word in call.split("_"))
        # NAT gateways are the one of these calls that takes its filter as `Filter`.
        name = "Filter" if part == "nat_gateways" else "Filters"
        listed = await calls.pages(
            probe,
            action,
            f"VPC {vpc}",
            partial(getattr(client("ec2"), call), **{name: [{"Name": by, "Values": [vpc]}]}),
            items=member,
            marker=_TOKEN,
        )
        if isinstance(listed, Failure):
            return listed
        parts[part] = [each for each in listed if each.get("VpcId", vpc) == vpc]
    return reading.Described(**parts)


async def _network(described: reading.Described, interfaces: dict[str, Interface], probe: Probe) -> Network | Failure:
    kept = [interfaces[id] for id in sorted(interfaces)]
    try:
        network = reading.network_of(described, kept)
    except reading.ChangedMeanwhileError as error:
        detail = f"the network was changed while it was read: {error}"
        return Failure(phase=Phase.QUERY, cause="aws.failed", detail=detail)
    lists: dict[str, tuple[str, ...]] = {}
    for id in reading.lists_named(network):
        entries = await calls.pages(
            probe,
            "ec2:GetManagedPrefixListEntries",
            f"prefix list {id}",
            partial(client("ec2").get_managed_prefix_list_entries, PrefixListId=id),
            items="Entries",
            marker=_TOKEN,
        )
        if isinstance(entries, Failure):
            return entries
        lists[id] = tuple(sorted(entry["Cidr"] for entry in entries))
    network = replace(network, prefix_lists=lists)
    lines = reading.lines_in(network)
    if lines > MAX_LINES:
        detail = f"the declared edges meet {lines} rules, entries and routes; the auditor keeps at most {MAX_LINES}"
        return Failure(phase=Phase.QUERY, cause="vpc.too_large", detail=detail)
    return network


def _names(network: Network, groups: tuple[str, ...], described: reading.Described) -> dict[str, str]:
    wanted = {subnet.id for subnet in network.subnets} | {nat.id for nat in network.nat_gateways}
    wanted |= {acl.id for acl in network.network_acls} | {table.id for table in network.route_tables}
    tagged = (
        (described.subnets, "SubnetId"),
        (described.network_acls, "NetworkAclId"),
        (described.route_tables, "RouteTableId"),
        (described.nat_gateways, "NatGatewayId"),
    )
    names = {raw[key]: reading.name_tag(raw) for raws, key in tagged for raw in raws if raw[key] in wanted}
    names |= {g["GroupId"]: g.get("GroupName", "") for g in described.security_groups if g["GroupId"] in groups}
    return {id: name for id, name in names.items() if name}


async def _known(spec: VpcSpec, probe: Probe, unread: dict[str, Failure]) -> Known:
    """What tells whose an interface is; an end of which it cannot be told goes to ``unread``."""
    tasks: dict[str, frozenset[str]] = {}
    databases: dict[str, Any] = {}
    clusters = sorted({end.name.partition("/")[0] for end in spec.ends if end.kind == "ecs"})
    of_cluster = {cluster: await _tasks(cluster, probe) for cluster in clusters}
    for end in spec.ends:
        found: Any = None
        if end.kind == "ecs":
            cluster, _, service = end.name.partition("/")
            found = of_cluster[cluster]
            if not isinstance(found, Failure):
                tasks[end.name] = frozenset(found.get(service, ()))
        elif end.kind == "rds":
            found = databases[end.name] = await instance(client, end.name, probe)
        if isinstance(found, Failure):
            unread[end.text] = found
    # The functions of one stage share a beginning; from a workstation any stage's will do.
    own = probe.vantage.name.removesuffix(probe.family) if probe.vantage.kind == "function" else ""
    return Known(tasks=tasks, databases=databases, functions=own if own.startswith(_FUNCTIONS) else _FUNCTIONS)


async def _tasks(cluster: str, probe: Probe) -> dict[str, set[str]] | Failure:
    """The interfaces of a cluster's running tasks, by service."""
    arns = await calls.pages(
        probe,
        "ecs:ListTasks",
        f"cluster {cluster}",
        lambda **more: client("ecs").list_tasks(cluster=cluster, desiredStatus="RUNNING", **more),
        items="taskArns",
        marker=("nextToken", "nextToken"),
    )
    if isinstance(arns, Failure):
        return arns
    found: dict[str, set[str]] = {}
    for start in range(0, len(arns), _A_CALL):
        answer = await calls.ask(
            probe,
            "ecs:DescribeTasks",
            f"cluster {cluster}",
            partial(client("ecs").describe_tasks, cluster=cluster, tasks=arns[start : start + _A_CALL]),
        )
        if isinstance(answer, Failure):
            return answer
        for task in answer.get("tasks") or []:
            details = [d for a in task.get("attachments") or [] for d in a.get("details") or []]
            ids = {d["value"] for d in details if d.get("name") == "networkInterfaceId"}
            found.setdefault(str(task.get("group", "")).removeprefix("service:"), set()).update(ids)
    return found
