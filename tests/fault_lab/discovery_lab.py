"""The situations of `labels/discovery.yaml`: Cloud Map and Route 53 in an account in memory."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import pytest

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.discovery.family import DiscoverySpec
from tests.aws_account import SLOT, Aws, account_in_memory
from tests.fault_lab.situation import Situation

Arrange = Callable[[Aws], None]

NAMESPACE = "shop-development.local"
BALANCER = "web-1.us-east-1.elb.amazonaws.com"
_ZONE_OF_BALANCERS = "Z35SXDOTRQ7X7K"


def _registered(
    aws: Aws, *addresses: str, ttl: int = 10, healths: Mapping[str, str] | None = None, checked: bool = True, **own: str
) -> None:
    """The service `orders` with these instances, healthy unless ``healths`` says otherwise."""
    cloud_map = aws.client("servicediscovery")
    cloud_map.create_private_dns_namespace(Name=NAMESPACE, Vpc="vpc-1")
    (namespace,) = cloud_map.list_namespaces()["Namespaces"]
    check: dict[str, Any] = {"HealthCheckCustomConfig": {"FailureThreshold": 1}} if checked else {}
    records = [{"Type": "A", "TTL": ttl}]
    made = cloud_map.create_service(
        Name="orders", NamespaceId=namespace["Id"], DnsConfig={"DnsRecords": records}, **check
    )["Service"]["Id"]
    for address in addresses:
        known = {"AWS_INSTANCE_IPV4": address, **own}
        cloud_map.register_instance(ServiceId=made, InstanceId=f"i-{address}", Attributes=known)
        if checked:
            health = (healths or {}).get(address, "HEALTHY")
            cloud_map.update_instance_custom_health_status(ServiceId=made, InstanceId=f"i-{address}", Status=health)


def _two_namespaces(aws: Aws) -> None:
    _registered(aws, "10.0.1.7")
    (real,) = aws.client("servicediscovery").list_namespaces()["Namespaces"]
    other = {"Id": "ns-other", "Name": NAMESPACE, "Type": "DNS_PRIVATE"}
    aws.answers("servicediscovery", "ListNamespaces", lambda _: {"Namespaces": [real, other]})


def _denied(aws: Aws) -> None:
    _registered(aws, "10.0.1.7")
    aws.refuses("servicediscovery", "ListInstances", "AccessDeniedException")


def _zone(aws: Aws, **records: Any) -> None:
    """The zone `shop.example`; a record is an address, or the name that an alias follows."""
    route53 = aws.client("route53")
    zone = route53.create_hosted_zone(Name="shop.example", CallerReference="1")["HostedZone"]["Id"]
    for label, value in records.items():
        record: dict[str, Any] = {"Name": f"{label}.shop.example", "Type": "A"}
        if value[0].isdigit():
            record |= {"TTL": 60, "ResourceRecords": [{"Value": value}]}
        else:
            alias = {"HostedZoneId": _ZONE_OF_BALANCERS, "DNSName": value, "EvaluateTargetHealth": True}
            record |= {"AliasTarget": alias}
        changes = [{"Action": "CREATE", "ResourceRecordSet": record}]
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


def _throttled(aws: Aws) -> None:
    _zone(aws, www="203.0.113.7")
    aws.refuses("route53", "ListResourceRecordSets", "Throttling")


def _orders(*addresses: str, **how: Any) -> Arrange:
    return lambda aws: _registered(aws, *addresses, **how)


def _www(value: str) -> Arrange:
    return partial(_zone, www=value)


_MAP = {"namespace": NAMESPACE, "service": "orders"}
_WWW = {"zone_name": "shop.example", "record": "www.shop.example"}
_ARRANGED: Mapping[str, tuple[Arrange, dict[str, Any]]] = {
    "discovery-well": (_orders("10.0.1.7"), _MAP),
    "discovery-no-namespace": (_orders("10.0.1.7"), _MAP | {"namespace": "shop.local"}),
    "discovery-no-service": (_orders("10.0.1.7"), _MAP | {"service": "order"}),
    "discovery-no-instance": (_orders(), _MAP),
    "discovery-one-unhealthy": (_orders("10.0.1.7", "10.0.3.9", healths={"10.0.3.9": "UNHEALTHY"}), _MAP),
    "discovery-all-unhealthy": (_orders("10.0.1.7", healths={"10.0.1.7": "UNHEALTHY"}), _MAP),
    "discovery-no-health-check": (_orders("10.0.1.7", checked=False), _MAP),
    "discovery-other-port": (_orders("10.0.1.7", AWS_INSTANCE_PORT="5000"), _MAP | {"port": 8000}),
    "discovery-short-ttl": (_orders("10.0.1.7"), _MAP),
    "discovery-long-ttl": (_orders("10.0.1.7", ttl=3600), _MAP),
    "discovery-one-namespace": (_orders("10.0.1.7"), _MAP),
    "discovery-two-namespaces": (_two_namespaces, _MAP),
    "discovery-denied": (_denied, _MAP),
    "discovery-record": (_www("203.0.113.7"), _WWW | {"points_to": "203.0.113.7"}),
    "discovery-alias": (_www(f"dualstack.{BALANCER}."), _WWW | {"points_to": BALANCER.upper()}),
    "discovery-alias-elsewhere": (_www("old-9.us-east-1.elb.amazonaws.com."), _WWW | {"points_to": BALANCER}),
    "discovery-record-elsewhere": (_www("203.0.113.8"), _WWW | {"points_to": "203.0.113.7"}),
    "discovery-no-record": (_zone, _WWW),
    "discovery-no-zone": (lambda _: None, _WWW),
    "discovery-throttled": (_throttled, _WWW),
}


@contextmanager
def _situation(arrange: Arrange, spec: dict[str, Any]) -> Iterator[Situation]:
    with pytest.MonkeyPatch.context() as patch, account_in_memory(patch, "discovery") as aws:
        arrange(aws)
        target = Target(
            id="t", family="discovery", service="shop", component="cloudmap.orders", spec=DiscoverySpec(**spec)
        )
        yield Situation(target=target, network=Network(resolver=("127.0.0.1", 9)), slot=SLOT)


SITUATIONS: dict[str, Callable[[], AbstractContextManager[Situation]]] = {
    id: partial(_situation, *arranged) for id, arranged in _ARRANGED.items()
}
