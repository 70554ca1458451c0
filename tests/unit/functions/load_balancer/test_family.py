"""What the family asks of AWS, and which targets it refuses."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.codec import from_json, to_json
from auditor.domain.target import Target
from auditor.family import AwsScope, Plane
from functions.load_balancer import remedies
from functions.load_balancer.checks import CHECKS
from functions.load_balancer.facts import CAUSES, Reason
from functions.load_balancer.family import FAMILY, MAX_ROUTES, LoadBalancerSpec, Route

SCOPE = AwsScope(partition="aws", region="us-east-1", account="123456789012")


def route(**changes: Any) -> Route:
    return Route(**({"host": "shop.example", "path": "/api", "group": "api"} | changes))


def spec(**changes: Any) -> LoadBalancerSpec:
    return LoadBalancerSpec(**({"balancer": "web"} | changes))


def permissions(*specs: LoadBalancerSpec) -> dict[str, tuple[str, ...]]:
    targets = [Target(id="t", family="load_balancer", service="s", component="alb.web", spec=s) for s in specs]
    return {action: p.resources for p in FAMILY.permissions(targets, SCOPE) for action in p.actions}


def test_a_wildcard_stands_only_where_aws_knows_nothing_narrower() -> None:
    assert permissions() == {}
    asked = permissions(spec())
    assert asked.pop("acm:DescribeCertificate") == ("arn:aws:acm:us-east-1:123456789012:certificate/*",)
    assert set(asked.values()) == {("*",)}
    assert {action.partition(":")[0] for action in asked} == {"elasticloadbalancing", "cloudwatch"}
    assert all(action.partition(":")[2].startswith(("Describe", "Get")) for action in asked)


def test_a_group_needs_no_certificates() -> None:
    assert "acm:DescribeCertificate" not in permissions(LoadBalancerSpec(group="api"))


def test_it_is_of_the_control_plane() -> None:
    assert (FAMILY.plane, FAMILY.period) == (Plane.CONTROL, timedelta(minutes=5))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"balancer": None}, "balancer, group"),
        ({"group": "api"}, "balancer, group"),
        ({"balancer": "arn:aws:elasticloadbalancing:x"}, "balancer"),
        ({"balancer": "a" * 33}, "balancer"),
        ({"balancer": None, "group": "-api"}, "group"),
        ({"balancer": None, "group": "api", "routes": (route(),)}, "routes"),
        ({"routes": (route(), route(group="other"))}, "routes"),
        ({"routes": tuple(route(path=f"/{n}") for n in range(MAX_ROUTES + 1))}, "routes"),
        ({"max_error_percent": 0.0}, "max_error_percent"),
        ({"max_error_percent": 100.0}, "max_error_percent"),
        ({"min_errors": 0}, "min_errors"),
        ({"max_p95": timedelta(0)}, "max_p95"),
        ({"timeout": timedelta(minutes=1)}, "timeout"),
    ],
)
def test_a_target_that_cannot_work_is_refused_by_the_name_of_its_field(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named} "):
        spec(**changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"host": "*.shop.example"}, "host"),
        ({"host": "https://shop.example"}, "host"),
        ({"host": "shop.example:443"}, "host"),
        ({"path": "api"}, "path"),
        ({"path": "/api/*"}, "path"),
        ({"path": "/api?x=1"}, "path"),
        ({"group": "arn:aws:x"}, "group"),
        ({"port": 0}, "port"),
    ],
)
def test_a_route_that_is_no_single_request_is_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named} "):
        route(**changes)


def test_a_spec_survives_the_compiled_catalogue() -> None:
    given = spec(routes=(route(port=80, method="POST"),), max_error_percent=2.5)
    assert from_json(LoadBalancerSpec, to_json(given)) == given


def test_every_cause_has_a_remedy_of_its_own() -> None:
    assert [cause.id for cause in CAUSES if not remedies.for_cause(cause.id)] == []


def test_the_documentation_explains_every_check_cause_and_reason() -> None:
    page = Path(__file__).parents[4].joinpath("docs/families/load_balancer.md").read_text(encoding="utf-8")
    known = [*(cause.id for cause in CAUSES), *(check.id for check in CHECKS), *(r for r in Reason if r)]
    assert [name for name in known if f"`{name}`" not in page] == []
