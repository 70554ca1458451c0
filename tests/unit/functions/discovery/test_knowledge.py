"""What a registry of names lets one say."""

from typing import Any

import pytest

from auditor.domain.diagnosis.claims import NamespaceExists, RegisteredAs
from auditor.domain.diagnosis.dns_claims import RecordExists, ZoneExists
from auditor.domain.observation import Failure, Phase
from functions.discovery.facts import (
    DiscoveryFacts,
    InstanceFacts,
    NamespaceFacts,
    RecordFacts,
    RegistryFacts,
    ZoneFacts,
)
from functions.discovery.family import DiscoverySpec
from tests.knowing import claims

SPEC = DiscoverySpec(namespace="Shop.local.", service="web")
NAMESPACES = (
    NamespaceFacts(name="shop.local", id="ns-1", type="DNS_PRIVATE"),
    NamespaceFacts(name="mesh", id="ns-2", type="HTTP"),
)
SERVICE = RegistryFacts(
    name="web", id="srv-1", arn="-", namespace_id="ns-1", record_types=("A",), ttl_seconds=10, health_check="custom"
)


def instances(*addresses: str) -> tuple[InstanceFacts, ...]:
    return tuple(InstanceFacts(id=f"i-{a}", address=a, port=80, health="HEALTHY") for a in addresses)


def registered(**facts: Any) -> list[tuple[str, tuple[str, ...]]]:
    values = {"namespaces": NAMESPACES, "service": SERVICE, **facts}
    found = claims("discovery", SPEC, DiscoveryFacts(**values), component="cloudmap.web")
    named = [claim for claim in found if isinstance(claim, RegisteredAs)]
    assert all(claim.component == "cloudmap.web" for claim in named)
    return [(claim.name, claim.addresses) for claim in named]


def test_only_namespaces_whose_names_resolve_exist_for_dns() -> None:
    found = claims("discovery", SPEC, DiscoveryFacts(namespaces=NAMESPACES))
    assert [claim.namespace for claim in found if isinstance(claim, NamespaceExists)] == ["shop.local"]
    assert len(found) == 1


def test_a_service_is_registered_with_its_addresses_under_its_full_name() -> None:
    two = instances("10.0.1.6", "10.0.1.5")
    assert registered(instances=two, instances_total=2) == [("web.shop.local", ("10.0.1.5", "10.0.1.6"))]
    assert registered(instances=(), instances_total=0) == [("web.shop.local", ())]


@pytest.mark.parametrize(
    "facts",
    [
        {"instances": None, "unread": {"instances": Failure(phase=Phase.QUERY, cause="aws.denied", detail="-")}},
        {"service": None, "services": ("other",)},
        {"instances": instances("10.0.1.5"), "instances_total": 101},
        {
            "instances": (*instances("10.0.1.5"), InstanceFacts(id="x", address="", port=None, health=None)),
            "instances_total": 2,
        },
    ],
    ids=["not read", "no such service", "a part of the list", "an instance without address"],
)
def test_what_was_not_seen_whole_is_no_registration(facts: dict[str, Any]) -> None:
    assert registered(**facts) == []


def test_zones_exist_and_hold_records_of_the_name() -> None:
    spec = DiscoverySpec(zone_name="shop.example", record="WWW.shop.example.")
    read = DiscoveryFacts(
        zones=(
            ZoneFacts(name="Shop.example.", id="Z1", private=False),
            ZoneFacts(name="shop.example.", id="Z2", private=True),
        ),
        records=(
            RecordFacts(zone_id="Z1", private=False, type="A", values=(), alias="lb.aws.example", ttl_seconds=None),
            RecordFacts(zone_id="Z2", private=True, type="CNAME", values=("old.example",), alias="", ttl_seconds=60),
        ),
    )
    found = claims("discovery", spec, read, component="dns.public")
    zones = [(claim.zone, claim.private) for claim in found if isinstance(claim, ZoneExists)]
    assert zones == [("shop.example", False), ("shop.example", True)]
    records = [claim for claim in found if isinstance(claim, RecordExists)]
    assert {(claim.component, claim.name) for claim in records} == {("dns.public", "www.shop.example")}
    assert [(claim.type, claim.values, claim.private) for claim in records] == [
        ("A", ("lb.aws.example",), False),
        ("CNAME", ("old.example",), True),
    ]


def test_what_was_not_read_says_nothing() -> None:
    denied = Failure(phase=Phase.QUERY, cause="aws.denied", detail="-")
    assert claims("discovery", SPEC, DiscoveryFacts(unread={"namespaces": denied})) == []
    assert claims("discovery", SPEC, None) == []
