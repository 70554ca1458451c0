"""A secret by which two services know each other: both must hold the same value."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.domain.diagnosis.cache_claims import CredentialInjected
from auditor.domain.diagnosis.claims import Claim, LoginAnswered, SecretChanged
from auditor.domain.diagnosis.task_claims import TasksStarted
from auditor.domain.diagnosis.words import Emitter, LoginOutcome
from auditor.domain.topology import Component
from tests.unit.auditor.domain.diagnosis.entrance import Entrance

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/token-AbCdEf:value::"
OTHER = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/old-token-GhIjKl:value::"
DIFFER = ("taskdef.front", "SHARED_SECRET_MISMATCH")


@pytest.fixture
def entrance(shop: Any) -> Entrance:
    entrance = Entrance(shop)
    entrance.components = (*entrance.components, Component(id="secret.token", service="ground", aws_name="shop/token"))
    return entrance


def injected(of: str, secret: str = ONE, setting: str = "SHOP_TOKEN", **changes: Any) -> CredentialInjected:
    return CredentialInjected(component=f"taskdef.{of}", setting=setting, secret=secret, **changes)


def caller(entrance: Entrance, status: int = 401, **changes: Any) -> Claim:
    """A page of the storefront, which needs the basket."""
    base = {"component": "app.front", "host": "front.example", "proof": entrance.shop.seen("front-page")}
    return entrance.page("/", status, **(base | changes))


def found(entrance: Entrance, *claims: Claim) -> list[tuple[str, str]]:
    diagnosis = entrance.diagnose(claims, [entrance.shop.failing("front-page")])
    named: list[tuple[str, str]] = entrance.shop.roots(diagnosis)
    return named


def test_a_setting_of_two_secrets_is_why_the_caller_is_not_let_in(shop: Any, entrance: Entrance) -> None:
    claims = [injected("front", OTHER), injected("basket"), caller(entrance), entrance.page()]
    diagnosis = entrance.diagnose(claims, [shop.failing("front-page")])
    assert shop.roots(diagnosis) == [DIFFER]
    assert diagnosis.roots[0].confidence == "medium"
    assert "SHOP_TOKEN from another secret than taskdef.basket" in diagnosis.roots[0].statement
    assert not diagnosis.undecided


@pytest.mark.parametrize(
    "pair",
    [
        lambda: [injected("front"), injected("basket")],
        lambda: [injected("front", ONE.replace("-AbCdEf", "")), injected("basket")],
        lambda: [injected("front", ONE.rstrip(":")), injected("basket")],
        lambda: [injected("front", OTHER, "FRONT_KEY"), injected("basket")],
        lambda: [injected("front", OTHER, of_store=True), injected("basket", of_store=True)],
        lambda: [injected("front", OTHER), injected("front")],
        lambda: [injected("front", OTHER)],
    ],
    ids=["one", "without its letters", "without colons", "another name", "of stores", "of one service", "one side"],
)
def test_settings_that_need_not_be_one_secret_blame_nobody(entrance: Entrance, pair: Callable[[], list[Claim]]) -> None:
    assert found(entrance, *pair(), caller(entrance), entrance.page()) == []


@pytest.mark.parametrize("side", ["front", "basket"])
@pytest.mark.parametrize("status", [401, 403, 500, 502, 503])
def test_the_side_whose_running_revision_changed_it_is_to_blame_whatever_the_caller_answers(
    shop: Any, entrance: Entrance, side: str, status: int
) -> None:
    pair = [injected("front", OTHER, changed=side == "front"), injected("basket", changed=side == "basket")]
    diagnosis = entrance.diagnose([*pair, caller(entrance, status), entrance.page()], [shop.failing("front-page")])
    assert shop.roots(diagnosis) == [(f"taskdef.{side}", "SHARED_SECRET_MISMATCH")]
    (root,) = diagnosis.roots
    assert f"storefront answers {status}. The running revision of taskdef.{side} changed it." in root.statement
    assert f"deploy taskdef.{side} again" in root.first_action
    assert root.confidence == ("high" if status < 500 else "medium")
    assert not diagnosis.undecided


def test_where_both_revisions_changed_it_nobody_can_say_which_one_was_wrong(shop: Any, entrance: Entrance) -> None:
    pair = [injected("front", OTHER, changed=True), injected("basket", changed=True)]
    diagnosis = entrance.diagnose([*pair, caller(entrance), entrance.page()], [shop.failing("front-page")])
    assert shop.roots(diagnosis) == [DIFFER]
    (root,) = diagnosis.roots
    assert root.confidence == "medium"
    assert "changed it" not in root.statement
    assert "the one that was changed" in root.first_action


def test_an_error_of_the_caller_after_both_were_changed_shows_nothing(entrance: Entrance) -> None:
    pair = [injected("front", OTHER, changed=True), injected("basket", changed=True)]
    assert found(entrance, *pair, caller(entrance, 502), entrance.page()) == []


def changed(secret: str = OTHER, setting: str = "SHOP_TOKEN", *, of_store: bool = False) -> list[Claim]:
    return [injected("front", secret, setting, of_store=of_store, changed=True), injected("basket", of_store=of_store)]


@pytest.mark.parametrize(
    ("pair", "pages"),
    [
        (changed, lambda e: [caller(e, 404), e.page()]),
        (changed, lambda e: [caller(e, 504), e.page()]),
        (changed, lambda e: [caller(e, 502, as_declared=True), e.page()]),
        (changed, lambda e: [caller(e, 502, emitter=Emitter.LOAD_BALANCER), e.page()]),
        (changed, lambda e: [caller(e, 502)]),
        (changed, lambda e: [caller(e, 502), e.page(status=500)]),
        (lambda: changed(secret=ONE), lambda e: [caller(e, 502), e.page()]),
        (lambda: changed(of_store=True), lambda e: [caller(e, 502), e.page()]),
        (lambda: changed(setting="FRONT_KEY"), lambda e: [caller(e, 502), e.page()]),
        (
            lambda: [
                injected("front", OTHER),
                injected("basket"),
                injected("front", setting="FRONT_KEY", changed=True),
            ],
            lambda e: [caller(e, 502), e.page()],
        ),
    ],
    ids=[
        "it misses a page",
        "it waits in vain",
        "an error as declared",
        "the balancer's",
        "the callee was not asked",
        "the callee is ill",
        "to the same secret",
        "of a store",
        "of another name",
        "another setting was changed",
    ],
)
def test_a_change_that_did_not_part_caller_and_callee_blames_nobody(
    entrance: Entrance, pair: Callable[[], list[Claim]], pages: Callable[[Entrance], list[Claim]]
) -> None:
    assert found(entrance, *pair(), *pages(entrance)) == []


@pytest.mark.parametrize(
    "pages",
    [
        lambda e: [caller(e)],
        lambda e: [e.page()],
        lambda e: [caller(e, 500), e.page()],
        lambda e: [caller(e, as_declared=True), e.page()],
        lambda e: [caller(e, emitter=Emitter.LOAD_BALANCER), e.page()],
        lambda e: [caller(e), e.page(), e.direct("/live", 401)],
        lambda e: [caller(e, component="rds"), e.page()],
    ],
    ids=[
        "the callee was not asked",
        "the caller was not asked",
        "an error",
        "a refusal as declared",
        "the balancer's",
        "the callee is not well itself",
        "who needs it not",
    ],
)
def test_without_a_caller_that_is_refused_by_a_callee_that_is_well_two_secrets_are_no_root(
    entrance: Entrance, pages: Callable[[Entrance], list[Claim]]
) -> None:
    assert found(entrance, injected("front", OTHER), injected("basket"), *pages(entrance)) == []


def test_the_secret_of_a_store_is_for_the_store_to_judge(shop: Any, entrance: Entrance) -> None:
    login = LoginAnswered(
        component="secret.orders",
        host="orders.db.example",
        user="shop",
        database="orders",
        secret="shop/token",
        outcome=LoginOutcome.ACCEPTED,
        of_platform=True,
        proof=shop.seen("orders-login"),
    )
    assert found(entrance, injected("front", OTHER), injected("basket"), caller(entrance), entrance.page(), login) == []


def started(of: str, hours_ago: float) -> Claim:
    return TasksStarted(component=f"ecs.{of}", at=NOON - timedelta(hours=hours_ago))


CHANGED = SecretChanged(component="secret.token", at=NOON - timedelta(hours=1))


@pytest.mark.parametrize(("old", "new"), [("front", "basket"), ("basket", "front")])
@pytest.mark.parametrize(("status", "confidence"), [(401, "high"), (502, "medium")])
def test_who_did_not_start_since_the_change_holds_the_old_value(
    shop: Any, entrance: Entrance, old: str, new: str, status: int, confidence: str
) -> None:
    claims = [injected("front"), injected("basket"), CHANGED, started(old, 2), started(new, 0.5)]
    diagnosis = entrance.diagnose([*claims, caller(entrance, status), entrance.page()], [shop.failing("front-page")])
    assert shop.roots(diagnosis) == [(f"ecs.{old}", "SECRET_STALE_IN_TASK")]
    assert diagnosis.roots[0].confidence == confidence


@pytest.mark.parametrize(
    "claims",
    [
        lambda: [CHANGED, started("front", 2), started("basket", 2)],
        lambda: [CHANGED, started("front", 0.5), started("basket", 0.5)],
        lambda: [CHANGED, started("front", 2)],
        lambda: [started("front", 2), started("basket", 0.5)],
        lambda: [replace(CHANGED, component="secret.orders"), started("front", 2), started("basket", 0.5)],
    ],
    ids=["both are older", "both are newer", "one was not seen", "not changed", "another was changed"],
)
def test_where_both_hold_one_value_or_nobody_knows_none_is_old(
    entrance: Entrance, claims: Callable[[], list[Claim]]
) -> None:
    pages = [caller(entrance), entrance.page()]
    assert found(entrance, injected("front"), injected("basket"), *claims(), *pages) == []
