"""Whom a service lets in: a refused Host, an unknown caller's id, a preflight that needs a key, a key that is lost."""

from typing import Any

import pytest

from auditor.domain.diagnosis.access_claims import CallerIdUnknown, HostAnswered, KeyNotSeen, PreflightRefused
from auditor.domain.diagnosis.claims import Claim

BASKET, FRONT = "basket.shop.internal", "shop.example"


def called(shop: Any, target: str, component: str, host: str, port: int = 80, *, refused: bool) -> Claim:
    return HostAnswered(component=component, host=host, port=port, refused=refused, proof=shop.seen(target))


def test_a_refused_host_is_a_setting_of_the_service_that_refuses(shop: Any) -> None:
    claims = [
        called(shop, "basket-page", "app.basket", BASKET, 7000, refused=True),
        called(shop, "basket-name", "app.basket", "localhost", 7000, refused=False),
    ]
    diagnosis = shop.diagnose(claims, [shop.failing("basket-page"), shop.failing("front-page")])
    assert shop.roots(diagnosis) == [("taskdef.basket", "HOST_HEADER_REJECTED")]
    (root,) = diagnosis.roots
    assert f"{BASKET}, with and without :7000" in root.first_action
    assert {r.subject for r in root.ruled_out} == {"credentials and permissions", "app.basket"}
    assert "app.front" in {victim.component for victim in diagnosis.victims}


def test_whoever_hands_the_refusal_on_is_a_victim(shop: Any) -> None:
    claims = [
        called(shop, "basket-page", "app.basket", BASKET, 7000, refused=True),
        called(shop, "front-page", "app.front", FRONT, refused=True),
        called(shop, "front-health", "app.front", FRONT, refused=False),
    ]
    diagnosis = shop.diagnose(claims, [shop.failing("basket-page"), shop.failing("front-page")])
    assert shop.roots(diagnosis) == [("taskdef.basket", "HOST_HEADER_REJECTED")]


def test_a_page_that_takes_every_host_does_not_excuse_the_service(shop: Any) -> None:
    claims = [
        called(shop, "basket-page", "app.basket", BASKET, 7000, refused=True),
        called(shop, "basket-name", "app.basket", BASKET, 7000, refused=False),
    ]
    assert shop.roots(shop.diagnose(claims, [shop.failing("basket-page")])) == [
        ("taskdef.basket", "HOST_HEADER_REJECTED")
    ]


def test_between_a_service_and_one_behind_it_that_seems_well_nothing_is_decided(shop: Any) -> None:
    claims = [
        called(shop, "basket-page", "app.basket", BASKET, 7000, refused=False),
        called(shop, "front-page", "app.front", FRONT, refused=True),
        called(shop, "front-health", "app.front", FRONT, refused=False),
    ]
    assert shop.diagnose(claims, [shop.failing("front-page")]).roots == ()


def test_a_service_that_takes_no_request_under_the_host_refuses_it_itself(shop: Any) -> None:
    claims = [
        called(shop, "basket-page", "app.basket", BASKET, 7000, refused=False),
        called(shop, "front-page", "app.front", FRONT, refused=True),
    ]
    diagnosis = shop.diagnose(claims, [shop.failing("front-page")])
    assert shop.roots(diagnosis) == [("taskdef.front", "HOST_HEADER_REJECTED")]


def test_a_host_that_is_taken_is_no_root(shop: Any) -> None:
    claims = [called(shop, "front-page", "app.front", FRONT, refused=False)]
    assert shop.diagnose(claims, [shop.failing("front-page")]).roots == ()


def test_an_unknown_id_of_the_service_is_its_own_setting_and_no_bad_key(shop: Any) -> None:
    claims = [CallerIdUnknown(component="app.front", host=FRONT, proof=shop.seen("front-page"))]
    diagnosis = shop.diagnose(claims, [shop.failing("front-page")])
    assert shop.roots(diagnosis) == [("taskdef.front", "SERVICE_ID_UNKNOWN")]
    assert [r.subject for r in diagnosis.roots[0].ruled_out] == ["the callers' keys"]


def test_a_preflight_that_needs_a_key_is_the_code_s(shop: Any) -> None:
    refused = PreflightRefused(
        component="app.front", host=FRONT, path="/api", status=401, proof=shop.seen("front-page")
    )
    diagnosis = shop.diagnose([refused], [shop.failing("front-page"), shop.passing("front-health")])
    assert shop.roots(diagnosis) == [("code.front", "PREFLIGHT_REQUIRES_AUTH")]
    refused = PreflightRefused(
        component="app.basket", host=BASKET, path="/", status=403, proof=shop.seen("basket-page")
    )
    assert shop.roots(shop.diagnose([refused], [shop.failing("basket-page")])) == [
        ("app.basket", "PREFLIGHT_REQUIRES_AUTH")
    ]


def unseen(shop: Any, of: str = "basket", *, through_proxy: bool = True) -> Claim:
    """A page that was asked for with a key, and says that there was none."""
    return KeyNotSeen(
        component=f"app.{of}",
        host=f"{of}.example",
        path="/api",
        through_proxy=through_proxy,
        proof=shop.seen(f"{of}-page"),
    )


def test_a_key_that_a_proxy_keeps_is_a_setting_of_the_service_behind_it(shop: Any) -> None:
    diagnosis = shop.diagnose([unseen(shop)], [shop.failing("basket-page"), shop.failing("front-page")])
    assert shop.roots(diagnosis) == [("taskdef.basket", "PROXY_STRIPS_AUTH")]
    (root,) = diagnosis.roots
    assert "sent to basket.example/api that there was none" in root.statement
    assert (root.confidence, [r.subject for r in root.ruled_out]) == ("high", ["the callers' keys"])
    assert [victim.component for victim in diagnosis.victims] == ["app.basket", "app.front"]
    assert not diagnosis.undecided


def test_without_a_task_definition_the_one_who_says_so_is_named_itself(shop: Any) -> None:
    without = tuple(c for c in shop.platform.components if c.id != "taskdef.basket")
    diagnosis = shop.diagnose([unseen(shop)], [shop.failing("basket-page")], components=without)
    assert shop.roots(diagnosis) == [("app.basket", "PROXY_STRIPS_AUTH")]


@pytest.mark.parametrize(
    ("needed", "keep_it"),
    [(True, ["taskdef.basket"]), (False, ["taskdef.basket", "taskdef.front"])],
    ids=["one relays the other's answer", "neither needs the other"],
)
def test_of_several_that_see_no_key_the_one_furthest_behind_lacks_it(
    shop: Any, needed: bool, keep_it: list[str]
) -> None:
    claims = [unseen(shop, "front"), unseen(shop)]
    dependencies = shop.platform.dependencies if needed else ()
    readings = [shop.failing("front-page"), shop.failing("basket-page")]
    diagnosis = shop.diagnose(claims, readings, dependencies=dependencies)
    assert sorted(shop.roots(diagnosis)) == [(component, "PROXY_STRIPS_AUTH") for component in keep_it]


@pytest.mark.parametrize("of", ["basket", "front"])
def test_where_no_proxy_hands_the_answer_on_no_proxy_keeps_the_key(shop: Any, of: str) -> None:
    readings = [shop.failing("basket-page"), shop.failing("front-page")]
    assert shop.diagnose([unseen(shop, of, through_proxy=False)], readings).roots == ()
