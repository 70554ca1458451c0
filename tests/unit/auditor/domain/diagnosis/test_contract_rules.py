"""What callers and callees have agreed on: a page that is asked for and is no longer there."""

from collections.abc import Callable
from typing import Any

import pytest

from auditor.domain.diagnosis.claims import Claim
from auditor.domain.diagnosis.routing_claims import PathAnswers
from auditor.domain.diagnosis.routing_words import RouteFate
from auditor.domain.diagnosis.words import Emitter
from tests.unit.auditor.domain.diagnosis.entrance import Entrance

GONE = ("app.basket", "API_CONTRACT_MISMATCH")


@pytest.fixture
def entrance(shop: Any) -> Entrance:
    return Entrance(shop)


def caller(entrance: Entrance, status: int | None = 502, **changes: Any) -> PathAnswers:
    """A page of the storefront, which needs the basket."""
    proof = entrance.shop.seen("front-page")
    return entrance.page("/", status, **({"component": "app.front", "host": "front.example", "proof": proof} | changes))


def found(entrance: Entrance, *claims: Claim) -> list[tuple[str, str]]:
    shop = entrance.shop
    diagnosis = entrance.diagnose(claims, [shop.failing("orders-page"), shop.failing("front-page")])
    named: list[tuple[str, str]] = shop.roots(diagnosis)
    return named


@pytest.mark.parametrize("status", [404, 405, 410])
def test_a_declared_page_that_is_gone_while_a_caller_fails_is_a_broken_contract(
    shop: Any, entrance: Entrance, status: int
) -> None:
    claims = [entrance.routed(), entrance.page(status=status), entrance.direct("/live"), caller(entrance)]
    diagnosis = entrance.diagnose(claims, [shop.failing("orders-page"), shop.failing("front-page")])
    assert shop.roots(diagnosis) == [GONE]
    (root,) = diagnosis.roots
    assert f"no page /basket any more ({status})" in root.statement
    assert "storefront, which needs it, answers 502" in root.statement
    assert root.confidence == "high"
    assert [victim.component for victim in diagnosis.victims] == ["app.front"]
    assert not diagnosis.undecided


def test_beside_another_page_that_is_not_well_it_is_less_sure_which_one_the_caller_misses(
    shop: Any, entrance: Entrance
) -> None:
    ill = entrance.direct("/orders", 500, as_declared=False)
    claims = [entrance.page(status=404), entrance.direct("/live"), ill, caller(entrance)]
    (root,) = entrance.diagnose(claims, [shop.failing("orders-page"), shop.failing("front-page")]).roots
    assert ((root.component, str(root.fault)), str(root.confidence)) == (GONE, "medium")


@pytest.mark.parametrize(
    "page",
    [
        lambda e: e.page(status=404, emitter=Emitter.LOAD_BALANCER),
        lambda e: e.page(status=404, as_declared=True),
        lambda e: e.page(status=403),
        lambda e: e.page(status=None),
    ],
    ids=["the balancer wrote it", "declared to be absent", "refused", "no answer"],
)
def test_a_page_that_nobody_saw_missing_breaks_no_contract(
    entrance: Entrance, page: Callable[[Entrance], Claim]
) -> None:
    assert found(entrance, page(entrance), entrance.direct("/live"), caller(entrance)) == []


@pytest.mark.parametrize(
    "fate", [RouteFate.WRONG_GROUP, RouteFate.CAPTURED, RouteFate.NOT_FORWARDED, RouteFate.NO_LISTENER]
)
def test_a_request_that_rules_lead_elsewhere_misses_no_page_of_the_service(entrance: Entrance, fate: RouteFate) -> None:
    claims = [entrance.routed(fate), entrance.page(status=404), entrance.direct("/live"), caller(entrance)]
    assert [component for component, _ in found(entrance, *claims)] == ["listener.web_443"]


@pytest.mark.parametrize(
    "caller_is",
    [
        lambda e: [],
        lambda e: [caller(e, 200)],
        lambda e: [caller(e, 404)],
        lambda e: [caller(e, None)],
        lambda e: [caller(e, 503, as_declared=True)],
        lambda e: [caller(e, 502, emitter=Emitter.LOAD_BALANCER)],
        lambda e: [caller(e, component="rds")],
    ],
    ids=["not asked", "well", "misses a page", "silent", "ill as declared", "the balancer's error", "needs it not"],
)
def test_a_page_that_no_failing_caller_needs_breaks_no_contract(
    entrance: Entrance, caller_is: Callable[[Entrance], list[Claim]]
) -> None:
    assert found(entrance, entrance.page(status=404), entrance.direct("/live"), *caller_is(entrance)) == []


@pytest.mark.parametrize(
    "others",
    [
        lambda e: [],
        lambda e: [e.direct("/live", 404)],
        lambda e: [e.page("/live", 301, emitter=Emitter.LOAD_BALANCER, as_declared=True)],
    ],
    ids=["none was asked", "gone as well", "the balancer's redirect"],
)
def test_without_another_page_that_is_well_it_may_be_another_service_that_answers(
    entrance: Entrance, others: Callable[[Entrance], list[Claim]]
) -> None:
    assert found(entrance, entrance.page(status=404), *others(entrance), caller(entrance)) == []
