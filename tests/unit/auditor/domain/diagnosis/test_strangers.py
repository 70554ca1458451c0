"""Answers of strangers: what a rule leads elsewhere is said by somebody else than who was asked."""

from typing import Any

import pytest

from auditor.domain.diagnosis.access_claims import CallerIdUnknown, HostAnswered, PreflightRefused
from auditor.domain.diagnosis.claims import AnswerSays, Claim, HealthReports
from auditor.domain.diagnosis.journey_claims import HostRejected
from auditor.domain.diagnosis.routing_words import RouteFate
from auditor.domain.diagnosis.store_claims import StoreComplaint
from auditor.domain.diagnosis.store_words import StoreTrouble
from auditor.domain.diagnosis.strangers import without_strangers
from auditor.domain.diagnosis.words import RELATIONAL_STORE
from tests.unit.auditor.domain.diagnosis.entrance import HOST, Entrance

REFUSES = ("taskdef.basket", "HOST_HEADER_REJECTED")


@pytest.fixture
def entrance(shop: Any) -> Entrance:
    return Entrance(shop)


def refusal(shop: Any) -> Claim:
    return HostAnswered(component="app.basket", host=HOST, port=443, refused=True, proof=shop.seen("orders-page"))


def found(entrance: Entrance, *claims: Claim) -> list[tuple[str, str]]:
    """What comes of a refusal that was met at the page of these claims."""
    shop = entrance.shop
    readings = [shop.failing("orders-page"), shop.failing("entrance")]
    named: list[tuple[str, str]] = shop.roots(entrance.diagnose([refusal(shop), *claims], readings))
    return named


@pytest.mark.parametrize(
    ("fate", "path", "fault"),
    [
        (RouteFate.CAPTURED, "/basket", "LISTENER_RULE_CAPTURES_HOST"),
        (RouteFate.CAPTURED, "/version", "LISTENER_RULE_CAPTURES_HOST"),
        (RouteFate.WRONG_GROUP, "/basket", "LISTENER_RULE_WRONG_TARGET"),
    ],
    ids=["the captured page", "another page of the captured host", "the page that is forwarded wrongly"],
)
@pytest.mark.parametrize("host", [HOST, HOST.upper()])
def test_a_refusal_of_who_was_not_asked_says_nothing_of_the_service(
    entrance: Entrance, host: str, fate: RouteFate, path: str, fault: str
) -> None:
    assert found(entrance, entrance.routed(fate), entrance.page(path, 400, host=host)) == [("listener.web_443", fault)]


@pytest.mark.parametrize(
    "route",
    [
        {"fate": RouteFate.AS_DECLARED},
        {"fate": RouteFate.WRONG_GROUP, "path": "/other"},
        {"fate": RouteFate.CAPTURED, "host": "other.example"},
        {"fate": RouteFate.CAPTURED, "port": 80},
    ],
    ids=["the way is as declared", "another page goes elsewhere", "another host is captured", "on another port"],
)
def test_a_refusal_where_no_rule_leads_elsewhere_is_the_services_own(entrance: Entrance, route: dict[str, Any]) -> None:
    assert REFUSES in found(entrance, entrance.routed(**route), entrance.page(status=400))


def test_a_refusal_beside_an_answer_as_declared_is_heard(entrance: Entrance) -> None:
    declared = entrance.page(status=400, as_declared=True)
    assert REFUSES in found(entrance, entrance.routed(RouteFate.CAPTURED), declared)


def words(proof: tuple[str, ...]) -> list[Claim]:
    """All that an answer can say of a service."""
    service: dict[str, Any] = {"component": "app.basket", "proof": proof}
    return [
        AnswerSays(status=400, **service),
        HealthReports(dependency=RELATIONAL_STORE, healthy=False, **service),
        HostAnswered(host=HOST, port=443, refused=False, **service),
        HostRejected(host=HOST, called=HOST, **service),
        CallerIdUnknown(host=HOST, **service),
        PreflightRefused(host=HOST, path="/basket", status=401, **service),
        StoreComplaint(trouble=StoreTrouble.SLOTS_FULL, of_itself=True, **service),
    ]


def test_nothing_of_a_strangers_answer_is_heard_but_that_it_came(shop: Any, entrance: Entrance) -> None:
    own = words(shop.seen("basket-direct"))
    claims = [entrance.routed(RouteFate.CAPTURED), entrance.page(status=400), entrance.direct("/basket", 400)]
    heard = without_strangers([*claims, *words(shop.seen("orders-page")), *own])
    assert heard == [*claims, *own]
