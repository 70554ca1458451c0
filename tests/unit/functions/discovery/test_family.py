"""What the family asks of AWS, and which targets it refuses."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.codec import from_json, to_json
from auditor.domain.target import Target
from auditor.family import AwsScope, Plane
from functions.discovery.checks import CHECKS
from functions.discovery.facts import CAUSES
from functions.discovery.family import FAMILY, DiscoverySpec

SCOPE = AwsScope(partition="aws", region="us-east-1", account="123456789012")
CLOUD_MAP: dict[str, Any] = {"namespace": "shop.local", "service": "web"}
RECORD: dict[str, Any] = {"zone_name": "shop.example", "record": "www.shop.example"}


def actions(*specs: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    targets = [
        Target(id="t", family="discovery", service="s", component="cloudmap.web", spec=DiscoverySpec(**spec))
        for spec in specs
    ]
    permissions = FAMILY.permissions(targets, SCOPE)
    assert all(len(permission.reason) > 20 for permission in permissions)
    return {action: permission.resources for permission in permissions for action in permission.actions}


def test_it_may_list_and_nothing_else_and_only_of_the_kind_that_is_declared() -> None:
    assert actions() == {}
    services = ("arn:aws:servicediscovery:us-east-1:123456789012:service/*",)
    assert actions(CLOUD_MAP) == {
        "servicediscovery:ListNamespaces": ("*",),
        "servicediscovery:ListServices": ("*",),
        "servicediscovery:ListInstances": services,
        "servicediscovery:GetInstancesHealthStatus": services,
    }
    assert actions(RECORD) == {
        "route53:ListHostedZones": ("*",),
        "route53:ListResourceRecordSets": ("arn:aws:route53:::hostedzone/*",),
    }


def test_it_is_of_the_control_plane() -> None:
    assert (FAMILY.plane, FAMILY.period) == (Plane.CONTROL, timedelta(minutes=5))


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ({}, "namespace, service"),
        ({"namespace": "shop.local"}, "namespace, service"),
        (CLOUD_MAP | RECORD, "namespace, service"),
        (CLOUD_MAP | {"service": "http://web"}, "service"),
        (CLOUD_MAP | {"port": 0}, "port"),
        (RECORD | {"port": 80}, "port"),
        (CLOUD_MAP | {"max_ttl_seconds": 0}, "max_ttl_seconds"),
        (CLOUD_MAP | {"points_to": "web.example"}, "points_to"),
        (RECORD | {"points_to": "http://web.example"}, "points_to"),
        (RECORD | {"record": "www.other.example"}, "record"),
        (CLOUD_MAP | {"timeout": timedelta(0)}, "timeout"),
        (CLOUD_MAP | {"timeout": timedelta(minutes=1)}, "timeout"),
    ],
)
def test_a_target_that_cannot_work_is_refused_by_the_name_of_its_field(spec: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}"):
        DiscoverySpec(**spec)


@pytest.mark.parametrize("spec", [CLOUD_MAP | {"port": 5000}, RECORD])
def test_a_spec_survives_the_compiled_catalogue(spec: dict[str, Any]) -> None:
    assert from_json(DiscoverySpec, to_json(DiscoverySpec(**spec))) == DiscoverySpec(**spec)


def test_the_documentation_explains_every_check_and_cause() -> None:
    ids = [*(cause.id for cause in CAUSES), *(check.id for check in CHECKS)]
    page = Path(__file__).parents[4].joinpath("docs/families/discovery.md").read_text(encoding="utf-8")
    assert [id for id in ids if f"`{id}`" not in page] == []
