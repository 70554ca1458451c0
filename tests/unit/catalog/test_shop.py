"""The invented shop's catalogue: what is healthy there, and that it is another platform than the first one."""

from pathlib import Path
from typing import Any

import pytest

from auditor.domain.topology import Platform
from catalog.compile import compile_catalogue
from catalog.load import load
from functions.http.facts import Emitter, Message
from functions.http.message import read_message
from sandbox.shop.estate import SESSIONS, WIRING, shop_estate

FOLDER = Path(__file__).parents[3] / "catalog"


@pytest.fixture(scope="module")
def platform() -> Platform:
    return compile_catalogue(load(str(FOLDER / "shop-production.yaml")))


def _http(platform: Platform, id: str) -> dict[str, Any]:
    target = platform.target(id)
    assert target.family == "http"
    spec: dict[str, Any] = target.spec
    return spec


def test_it_shares_no_target_service_of_a_team_or_own_component_with_the_first_platform(platform: Platform) -> None:
    first = compile_catalogue(load(str(FOLDER / "hokusai-development.yaml")))
    assert not {target.id for target in platform.targets} & {target.id for target in first.targets}
    assert not {service.id for service in platform.services} & {service.id for service in first.services}
    # What every platform on AWS has one of is called alike.
    of_everybody = {"acm", "auditor", "clock", "cloudmap.namespace", "dns.public", "vpc.dns"}
    of_everybody |= {"egress.nat", "nacl.private", "subnet.private", "sg.alb"}
    assert {c.id for c in platform.components} & {c.id for c in first.components} == of_everybody


def test_who_needs_whom(platform: Platform) -> None:
    needs = {(dependency.service, dependency.needs) for dependency in platform.dependencies}
    assert {("storefront", name) for name in ("pricing", "accounts", "orders-db", "sessions")} <= needs
    assert ("pricing", "orders-db") in needs
    assert not {service for service, _ in needs if service in ("orders-db", "sessions")}, "stores need no service"


@pytest.mark.parametrize(
    ("id", "status"),
    [
        ("home-page", [200]),
        ("home-page-port-80", [301]),
        ("prices-without-key", [401]),
        ("prices-wrong-key", [401]),
        ("prices", [200]),
        ("orders-without-key", [401]),
        ("price-feed", [200]),
        ("introspect-without-key", [401]),
    ],
)
def test_what_healthy_means_for_an_endpoint(platform: Platform, id: str, status: list[int]) -> None:
    assert _http(platform, id)["expect"]["status"] == status


def test_only_one_target_presents_a_real_key_in_the_shops_own_header(platform: Platform) -> None:
    credentials = {t.id: t.spec["credential"] for t in platform.targets if t.family == "http" and t.spec["credential"]}
    assert {id for id, credential in credentials.items() if not credential["wrong"]} == {"prices"}
    assert {credential["header"] for credential in credentials.values()} == {"X-Shop-Key"}


@pytest.mark.parametrize(
    ("id", "message"), [("prices-without-key", "api_key_required"), ("prices-wrong-key", "invalid_key")]
)
def test_the_words_that_it_waits_for_are_words_that_the_auditor_knows(
    platform: Platform, id: str, message: Message
) -> None:
    (condition,) = _http(platform, id)["expect"]["json"]
    body = f'{{"error": {{"message": "{condition["equals"]}"}}}}'.encode()
    assert read_message(401, Emitter.SERVICE, {}, body) == (message, "")


def test_private_names_are_private_and_public_ones_public(platform: Platform) -> None:
    for target in platform.targets:
        if target.family in ("http", "database", "network"):
            host = target.spec.get("host") or target.spec["url"].split("/")[2]
            assert target.private is not host.split(":")[0].endswith(".shop.example"), target.id


def test_it_expects_what_stands_in_the_sandbox(platform: Platform) -> None:
    estate = shop_estate(0)
    for target in platform.targets:
        if target.family in ("dns", "network"):
            assert (target.spec.get("name") or target.spec["host"]) in estate.names
        if target.family in ("compute", "configuration"):
            assert target.spec["cluster"] == estate.cluster
            assert target.spec["service"] in {service.ecs_name for service in estate.services}
    expected = {host["variable"]: host for host in platform.target("settings-storefront").spec["expected_hosts"]}
    pricing = estate.service(WIRING.neighbour)
    assert (expected[WIRING.url]["host"], expected[WIRING.url]["port"]) == (estate.internal("pricing"), pricing.port)
    assert estate.cache.parameters == {"/shop-prod/sessions/endpoint": SESSIONS}
