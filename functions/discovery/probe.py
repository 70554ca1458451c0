"""Reads what AWS has registered under one name."""

from functools import partial
from typing import Any, Literal

from auditor.adapters import calls
from auditor.adapters.aws import client
from auditor.domain.observation import Failure, Observation
from auditor.domain.target import Target
from auditor.net.probe import Probe
from functions.discovery.facts import (
    MAX_INSTANCES,
    DiscoveryFacts,
    InstanceFacts,
    NamespaceFacts,
    RecordFacts,
    RegistryFacts,
    ZoneFacts,
)
from functions.discovery.family import DiscoverySpec, normal

_TYPES = ("A", "AAAA", "CNAME")
_HEALTHS = ("HEALTHY", "UNHEALTHY")
_MAX_SAME_NAME = 5
"""Namespaces or zones of one name that are looked into: one a VPC, of which few are ever called the same."""

_TOKEN = ("NextToken", "NextToken")


async def observe(target: Target[DiscoverySpec], probe: Probe) -> Observation[DiscoveryFacts]:
    """What is registered, as far as it could be read; what could not is named in ``unread``."""
    spec = target.spec
    read: dict[str, Any] = {}
    unread: dict[str, Failure] = {}
    if spec.namespace is not None and spec.service is not None:
        await _read_cloud_map(spec.namespace, spec.service, probe, read, unread)
    elif spec.zone_name is not None and spec.record is not None:
        await _read_route53(spec.zone_name, spec.record, probe, read, unread)
    return probe.observation(DiscoveryFacts(**read, unread=unread), tuple(unread.values()))


async def _read_cloud_map(
    namespace: str, service: str, probe: Probe, read: dict[str, Any], unread: dict[str, Failure]
) -> None:
    listed = await calls.pages(
        probe,
        "servicediscovery:ListNamespaces",
        "*",
        lambda **more: client("servicediscovery").list_namespaces(MaxResults=100, **more),
        items="Namespaces",
        marker=_TOKEN,
    )
    if isinstance(listed, Failure):
        unread["namespaces"] = listed
        return
    read["namespaces"] = tuple(NamespaceFacts(name=n["Name"], id=n["Id"], type=n["Type"]) for n in listed)
    same_name = [n for n in read["namespaces"] if normal(n.name) == normal(namespace)][:_MAX_SAME_NAME]
    if not same_name:
        return
    services: list[tuple[str, Any]] = []
    for found in same_name:
        in_namespace = [{"Name": "NAMESPACE_ID", "Values": [found.id], "Condition": "EQ"}]
        listed = await calls.pages(
            probe,
            "servicediscovery:ListServices",
            f"namespace {found.name}",
            partial(_list_services, in_namespace),
            items="Services",
            marker=_TOKEN,
        )
        if isinstance(listed, Failure):
            unread["services"] = listed
            return
        services += [(found.id, item) for item in listed]
    read["services"] = tuple(sorted({item["Name"] for _, item in services}))
    for namespace_id, item in services:
        if item["Name"].lower() == service.lower():
            read["service"] = _registry(item, namespace_id)
            await _read_instances(read["service"], probe, read, unread)
            return


async def _read_instances(
    service: RegistryFacts, probe: Probe, read: dict[str, Any], unread: dict[str, Failure]
) -> None:
    listed = await calls.pages(
        probe,
        "servicediscovery:ListInstances",
        f"service {service.name}",
        lambda **more: client("servicediscovery").list_instances(ServiceId=service.id, MaxResults=100, **more),
        items="Instances",
        marker=_TOKEN,
    )
    if isinstance(listed, Failure):
        unread["instances"] = listed
        return
    healths: dict[str, str] = {}
    if listed:
        told = await _read_health(service, probe)
        if isinstance(told, Failure):
            unread["health"] = told
        else:
            healths = told
    listed.sort(key=lambda item: str(item["Id"]))
    read["instances"] = tuple(
        _instance(item, None if "health" in unread else healths.get(item["Id"], "UNKNOWN"))
        for item in listed[:MAX_INSTANCES]
    )
    read["instances_total"] = len(listed)


async def _read_health(service: RegistryFacts, probe: Probe) -> dict[str, str] | Failure:
    healths: dict[str, str] = {}
    token: dict[str, str] = {}
    for _ in range(calls.MAX_PAGES):
        answer = await calls.ask(
            probe,
            "servicediscovery:GetInstancesHealthStatus",
            f"service {service.name}",
            partial(
                client("servicediscovery").get_instances_health_status, ServiceId=service.id, MaxResults=100, **token
            ),
        )
        if isinstance(answer, Failure):
            return answer
        healths |= answer.get("Status") or {}
        if not answer.get("NextToken"):
            break
        token = {"NextToken": answer["NextToken"]}
    return healths


async def _read_route53(
    zone_name: str, record: str, probe: Probe, read: dict[str, Any], unread: dict[str, Failure]
) -> None:
    listed = await calls.pages(
        probe,
        "route53:ListHostedZones",
        "*",
        lambda **more: client("route53").list_hosted_zones(MaxItems="100", **more),
        items="HostedZones",
        marker=("Marker", "NextMarker"),
    )
    if isinstance(listed, Failure):
        unread["zones"] = listed
        return
    read["zones"] = tuple(
        ZoneFacts(
            name=zone["Name"],
            id=zone["Id"].rpartition("/")[2],
            private=bool(zone.get("Config", {}).get("PrivateZone")),
        )
        for zone in listed
    )
    records: list[RecordFacts] = []
    same_name = [zone for zone in read["zones"] if normal(zone.name) == normal(zone_name)][:_MAX_SAME_NAME]
    for zone in same_name:
        # One page holds every record of one name: the list begins at it, and a name has few.
        answer = await calls.ask(
            probe, "route53:ListResourceRecordSets", f"zone {zone.name}", partial(_list_records, zone.id, record)
        )
        if isinstance(answer, Failure):
            unread["records"] = answer
            return
        records += [
            _record(item, zone)
            for item in answer["ResourceRecordSets"]
            if normal(item["Name"]) == normal(record) and item["Type"] in _TYPES
        ]
    if same_name:
        read["records"] = tuple(records)


def _list_services(filters: list[dict[str, Any]], **more: Any) -> Any:
    return client("servicediscovery").list_services(MaxResults=100, Filters=filters, **more)


def _list_records(zone_id: str, record: str) -> Any:
    return client("route53").list_resource_record_sets(HostedZoneId=zone_id, StartRecordName=record, MaxItems="100")


def _registry(item: Any, namespace_id: str) -> RegistryFacts:
    records = item.get("DnsConfig", {}).get("DnsRecords") or []
    check: Literal["custom", "route53", "none"] = "none"
    if item.get("HealthCheckCustomConfig") is not None:
        check = "custom"
    elif item.get("HealthCheckConfig"):
        check = "route53"
    return RegistryFacts(
        name=item["Name"],
        id=item["Id"],
        arn=item.get("Arn", ""),
        namespace_id=namespace_id,
        record_types=tuple(record["Type"] for record in records),
        ttl_seconds=min((record["TTL"] for record in records), default=None),
        health_check=check,
    )


def _instance(item: Any, health: Any) -> InstanceFacts:
    attributes = item.get("Attributes") or {}
    named = ("AWS_INSTANCE_IPV4", "AWS_INSTANCE_IPV6", "AWS_INSTANCE_CNAME", "AWS_ALIAS_DNS_NAME")
    port = str(attributes.get("AWS_INSTANCE_PORT", ""))
    return InstanceFacts(
        id=item["Id"],
        address=next((attributes[name] for name in named if attributes.get(name)), ""),
        port=int(port) if port.isdecimal() else None,
        health=health if health in (None, *_HEALTHS) else "UNKNOWN",
        ecs_service=attributes.get("ECS_SERVICE_NAME", ""),
    )


def _record(item: Any, zone: ZoneFacts) -> RecordFacts:
    return RecordFacts(
        zone_id=zone.id,
        private=zone.private,
        type=item["Type"],
        values=tuple(value["Value"] for value in item.get("ResourceRecords") or []),
        alias=normal(item.get("AliasTarget", {}).get("DNSName", "")),
        ttl_seconds=item.get("TTL"),
        evaluates_health=item.get("AliasTarget", {}).get("EvaluateTargetHealth"),
    )
