"""The family against Route 53 in memory."""

from collections.abc import Callable
from typing import Any

import pytest

from functions.discovery.family import DiscoverySpec

Ask = Callable[[DiscoverySpec], Any]


def spec(**changes: Any) -> DiscoverySpec:
    return DiscoverySpec(**({"zone_name": "shop.example", "record": "www.shop.example"} | changes))


def zone(aws: Any, name: str = "shop.example", **records: str) -> str:
    """A hosted zone with records of type A (or CNAME, where the value is no address); its id."""
    route53 = aws.client("route53")
    made = str(route53.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"])
    for label, value in records.items():
        record = {
            "Name": f"{label}.{name}",
            "Type": "A" if value[0].isdigit() else "CNAME",
            "TTL": 60,
            "ResourceRecords": [{"Value": value}],
        }
        changes = [{"Action": "CREATE", "ResourceRecordSet": record}]
        route53.change_resource_record_sets(HostedZoneId=made, ChangeBatch={"Changes": changes})
    return made


def test_a_declared_record_passes_with_its_values(aws: Any, ask: Ask) -> None:
    zone(aws, www="203.0.113.7", other="203.0.113.8")
    asked = ask(spec())
    assert asked.brief() == {"record_registered": ("PASS", None)}
    (record,) = asked.facts.records
    assert (record.values, record.type, record.ttl_seconds, record.private) == (("203.0.113.7",), "A", 60, False)


def test_what_is_missing_is_told_apart(aws: Any, ask: Ask) -> None:
    assert ask(spec()).brief() == {"record_registered": ("FAIL", "discovery.no_zone")}
    zone(aws, www="other.example")
    assert ask(spec()).brief() == {"record_registered": ("FAIL", "discovery.record_type_differs")}
    assert ask(spec(type="CNAME")).brief() == {"record_registered": ("PASS", None)}
    assert ask(spec(record="api.shop.example")).brief() == {"record_registered": ("FAIL", "discovery.no_record")}
    near = ask(spec(zone_name="shops.example", record="www.shops.example")).results["record_registered"]
    assert (near.cause, near.evidence["nearest"]) == ("discovery.no_zone", "shop.example")


def test_an_alias_is_named_by_what_it_follows(aws: Any, ask: Ask) -> None:
    made = zone(aws)
    alias = {
        "HostedZoneId": "Z35SXDOTRQ7X7K",
        "DNSName": "lb.elb.amazonaws.com",
        "EvaluateTargetHealth": True,
    }
    record = {"Name": "www.shop.example", "Type": "A", "AliasTarget": alias}
    changes = [{"Action": "CREATE", "ResourceRecordSet": record}]
    aws.client("route53").change_resource_record_sets(HostedZoneId=made, ChangeBatch={"Changes": changes})
    asked = ask(spec())
    assert asked.brief() == {"record_registered": ("PASS", None)}
    assert asked.facts.records[0].alias == "lb.elb.amazonaws.com"


@pytest.mark.parametrize("operation", ["ListHostedZones", "ListResourceRecordSets"])
def test_a_throttled_call_is_no_missing_record(aws: Any, ask: Ask, operation: str) -> None:
    zone(aws, www="203.0.113.7")
    aws.refuses("route53", operation, "Throttling")
    asked = ask(spec())
    assert asked.brief() == {"record_registered": ("UNKNOWN", "aws.throttled")}
    assert operation in asked.results["record_registered"].summary
