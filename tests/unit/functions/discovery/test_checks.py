"""What no account in memory shows: gaps in an observation, and health that nobody tells."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.domain.check import judge
from auditor.domain.observation import Observation, Vantage
from auditor.domain.result import Result, Status
from auditor.domain.target import Target
from functions.discovery import remedies
from functions.discovery.checks import CHECKS
from functions.discovery.facts import (
    CAUSES,
    DiscoveryFacts,
    InstanceFacts,
    NamespaceFacts,
    RegistryFacts,
    ZoneFacts,
    nearest,
)
from functions.discovery.family import DiscoverySpec

REGISTRY = RegistryFacts(
    name="web",
    id="srv-1",
    arn="arn:aws:servicediscovery:us-east-1:123456789012:service/srv-1",
    namespace_id="ns-1",
    record_types=("A",),
    ttl_seconds=10,
    health_check="custom",
)
FACTS = DiscoveryFacts(
    namespaces=(NamespaceFacts(name="shop.local", id="ns-1", type="DNS_PRIVATE"),),
    services=("web",),
    service=REGISTRY,
    instances=(InstanceFacts(id="i", address="10.0.1.7", port=None, health="HEALTHY"),),
    instances_total=1,
)


def results(facts: DiscoveryFacts | None, **changes: Any) -> dict[str, Result]:
    values: dict[str, Any] = {"namespace": "Shop.local.", "service": "web"}
    target = Target(
        id="t", family="discovery", service="s", component="cloudmap.web", spec=DiscoverySpec(**(values | changes))
    )
    observation = Observation(
        family="discovery",
        target="t",
        slot=datetime(2026, 11, 23, 16, 45, tzinfo=UTC),
        vantage=Vantage(kind="function", name="discovery"),
        facts=facts,
    )
    return {result.check.removeprefix("discovery."): result for result in judge(CHECKS, target, observation)}


def test_names_are_compared_as_dns_does() -> None:
    assert {result.status for result in results(FACTS).values()} == {Status.PASS}


OF_SERVICE = ("service_registered", "ttl_short", "instances_registered")


@pytest.mark.parametrize(
    ("missing", "blind"),
    [
        ("namespaces", ["namespace_exists", "namespace_unique", *OF_SERVICE, "instances_healthy"]),
        ("services", [*OF_SERVICE, "instances_healthy"]),
        ("instances", ["instances_registered", "instances_healthy"]),
    ],
)
def test_what_was_not_recorded_is_no_pass_and_no_failure(missing: str, blind: list[str]) -> None:
    gap: dict[str, Any] = {missing: None}
    asked = results(replace(FACTS, **gap))
    assert {asked[name].status for name in blind} == {Status.UNKNOWN}
    assert {asked[name].status for name in asked.keys() - set(blind)} <= {Status.PASS}


def test_of_a_zone_whose_records_were_not_recorded_nothing_is_told() -> None:
    zones = (ZoneFacts(name="shop.example.", id="Z1", private=False),)
    changes = {"namespace": None, "service": None, "zone_name": "shop.example", "record": "www.shop.example"}
    assert results(DiscoveryFacts(), **changes)["record_registered"].status is Status.UNKNOWN
    assert results(DiscoveryFacts(zones=zones), **changes)["record_registered"].status is Status.UNKNOWN
    assert results(DiscoveryFacts(zones=zones, records=()), **changes)["record_registered"].status is Status.FAIL


def test_health_that_cloud_map_does_not_tell_is_neither_good_nor_bad() -> None:
    instances = (replace(FACTS.instances[0], health="UNKNOWN"),) if FACTS.instances else ()
    result = results(replace(FACTS, instances=instances))["instances_healthy"]
    assert (result.status, result.cause) == (Status.UNKNOWN, "discovery.health_not_told")


def test_the_nearest_name_is_one_that_is_like_it_or_none() -> None:
    assert nearest("hokusai.local", ["hokusai-development.local", "shop.local"]) == "hokusai-development.local"
    assert nearest("hokusai.local", ["zebra.example"]) is None
    assert nearest("x", []) is None


def test_every_cause_has_a_remedy() -> None:
    assert [cause.id for cause in CAUSES if remedies.for_cause(cause.id) is None] == []
