"""Clocks that are wrong: told of a service only while others agree with the auditor's own."""

from typing import Any

import pytest

from auditor.domain.diagnosis.claims import Claim
from auditor.domain.diagnosis.clock_claims import ClockRead
from auditor.domain.diagnosis.words import Emitter
from auditor.domain.topology import Component

CLOCK = Component(id="clock", service="ground", aws_name="time service")


def read(shop: Any, component: str, ahead: int, target: str, emitter: Emitter = Emitter.SERVICE) -> Claim:
    return ClockRead(component=component, ahead=ahead, emitter=emitter, proof=shop.seen(target))


@pytest.mark.parametrize(("ahead", "way"), [(600, "600 s ahead"), (-300, "300 s behind")])
def test_a_service_minutes_off_is_told_where_others_agree_with_the_auditor(shop: Any, ahead: int, way: str) -> None:
    claims = [read(shop, "app.basket", ahead, "basket-page"), read(shop, "app.front", 0, "front-page")]
    components = (*shop.platform.components, CLOCK)
    diagnosis = shop.diagnose(claims, [shop.failing("front-page")], components=components)
    assert shop.roots(diagnosis) == [("clock", "CLOCK_SKEW")]
    assert way in diagnosis.roots[0].statement
    assert not diagnosis.undecided


def test_without_a_clock_in_the_catalogue_it_is_laid_to_who_answered(shop: Any) -> None:
    claims = [read(shop, "app.basket", 600, "basket-page"), read(shop, "app.front", 0, "front-page")]
    assert shop.roots(shop.diagnose(claims, [shop.failing("basket-page")])) == [("app.basket", "CLOCK_SKEW")]


@pytest.mark.parametrize(
    "others",
    [[], [("app.front", 590)], [("app.front", 60)]],
    ids=["alone", "as far off as the other", "nobody surely right"],
)
def test_where_nobody_agrees_with_the_auditor_its_own_clock_is_in_doubt(
    shop: Any, others: list[tuple[str, int]]
) -> None:
    claims = [read(shop, "app.basket", 600, "basket-page"), *(read(shop, c, a, "front-page") for c, a in others)]
    assert shop.roots(shop.diagnose(claims, [shop.failing("basket-page")])) == []


def test_a_minute_off_and_the_clock_of_a_balancer_are_nobody_s_fault(shop: Any) -> None:
    claims = [
        read(shop, "app.basket", 60, "basket-page"),
        read(shop, "app.basket", 600, "basket-name", Emitter.LOAD_BALANCER),
        read(shop, "app.front", 0, "front-page"),
    ]
    assert shop.roots(shop.diagnose(claims, [shop.failing("basket-page")])) == []


def test_a_wrong_clock_while_nothing_fails_is_a_finding(shop: Any) -> None:
    claims = [read(shop, "app.basket", 600, "basket-page"), read(shop, "app.front", 0, "front-page")]
    diagnosis = shop.diagnose(claims, [shop.passing("basket-page")])
    assert diagnosis.roots == ()
    assert [str(finding.fault) for finding in diagnosis.findings] == ["CLOCK_SKEW"]
