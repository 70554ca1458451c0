"""How requests get to a service: listeners, groups, zones, certificates, connections that break."""

from collections.abc import Callable
from typing import Any

import pytest

from auditor.domain.diagnosis.routing_claims import AnswersCounted, CertificateStands
from auditor.domain.diagnosis.routing_words import RouteFate, TargetTrouble
from auditor.domain.diagnosis.task_claims import RunningCounts, TaskStopped
from auditor.domain.diagnosis.words import Emitter, StopReason
from auditor.domain.observation import Phase
from tests.unit.auditor.domain.diagnosis.entrance import Entrance


@pytest.fixture
def entrance(shop: Any) -> Entrance:
    return Entrance(shop)


@pytest.mark.parametrize(
    ("fate", "fault"),
    [
        (RouteFate.WRONG_GROUP, "LISTENER_RULE_WRONG_TARGET"),
        (RouteFate.CAPTURED, "LISTENER_RULE_CAPTURES_HOST"),
        (RouteFate.NOT_FORWARDED, "LISTENER_RULE_MISSING"),
        (RouteFate.NO_LISTENER, "LISTENER_RULE_MISSING"),
    ],
)
def test_the_listener_is_at_fault_for_a_request_that_goes_elsewhere(
    shop: Any, entrance: Entrance, fate: RouteFate, fault: str
) -> None:
    claims = [entrance.routed(fate, own_rule="Rule 20"), entrance.page(status=404), entrance.stand(healthy=1)]
    readings = [shop.failing("entrance"), shop.failing("orders-page"), shop.failing("front-page")]
    diagnosis = entrance.diagnose(claims, readings)
    assert shop.roots(diagnosis) == [("listener.web_443", fault)]
    assert not diagnosis.undecided
    assert "tg.basket" in {out.subject for out in diagnosis.roots[0].ruled_out}
    assert "app.basket" in {victim.component for victim in diagnosis.victims}


@pytest.mark.parametrize(
    ("path", "by_default", "fault"),
    [
        ("/basket", True, "LISTENER_RULE_MISSING"),
        ("/", True, "LISTENER_RULE_WRONG_TARGET"),
        ("/basket", False, "LISTENER_RULE_WRONG_TARGET"),
    ],
)
def test_a_page_of_its_own_that_only_the_default_rule_takes_lacks_a_rule(
    shop: Any, entrance: Entrance, path: str, by_default: bool, fault: str
) -> None:
    routed = entrance.routed(RouteFate.WRONG_GROUP, path=path, by_default=by_default)
    assert shop.roots(entrance.diagnose([routed], [shop.failing("entrance")])) == [("listener.web_443", fault)]


def test_without_a_listener_in_the_catalogue_its_balancer_is_named(shop: Any, entrance: Entrance) -> None:
    claims, readings = [entrance.routed(RouteFate.WRONG_GROUP)], [shop.failing("entrance")]
    assert shop.roots(entrance.diagnose(claims, readings, without=["listener.web_443"])) == [
        ("alb.web", "LISTENER_RULE_WRONG_TARGET")
    ]


def test_users_who_are_served_as_declared_put_the_declaration_in_doubt(shop: Any, entrance: Entrance) -> None:
    claims = [entrance.routed(RouteFate.WRONG_GROUP), entrance.page(status=200)]
    diagnosis = entrance.diagnose(claims, [shop.failing("entrance"), shop.failing("basket-page")])
    (root,) = diagnosis.roots
    assert str(root.confidence) == "medium"
    assert diagnosis.undecided, "what else fails behind it is not explained by a rule that serves users well"


def test_a_route_as_declared_explains_nothing(shop: Any, entrance: Entrance) -> None:
    diagnosis = entrance.diagnose([entrance.routed()], [shop.failing("orders-page")])
    assert diagnosis.roots == ()


def test_another_port_that_has_the_rules_is_told(shop: Any, entrance: Entrance) -> None:
    claims = [entrance.routed(RouteFate.NOT_FORWARDED, status=404, elsewhere=(80,))]
    (root,) = entrance.diagnose(claims, [shop.failing("entrance")]).roots
    assert "answered with 404; the listener on 80 has the rules" in root.statement


def test_a_group_that_nothing_forwards_to_is_told_only_where_that_was_read(shop: Any, entrance: Entrance) -> None:
    readings = [shop.failing("basket-group"), shop.failing("orders-page")]
    diagnosis = entrance.diagnose([entrance.used()], readings)
    assert shop.roots(diagnosis) == [("tg.basket", "TARGET_GROUP_NOT_ATTACHED")]
    assert entrance.diagnose([entrance.used("shop-web")], readings).roots == ()


def test_a_group_that_lost_its_only_rule_is_the_rules_victim(shop: Any, entrance: Entrance) -> None:
    readings = [shop.failing("basket-group"), shop.failing("entrance")]
    claims = [entrance.used(), entrance.routed(RouteFate.WRONG_GROUP)]
    diagnosis = entrance.diagnose(claims, readings)
    assert shop.roots(diagnosis) == [("listener.web_443", "LISTENER_RULE_WRONG_TARGET")]
    assert "tg.basket" in {victim.component for victim in diagnosis.victims}


def test_a_target_in_a_zone_that_is_not_served_is_the_balancers_fault(shop: Any, entrance: Entrance) -> None:
    claims = [
        entrance.refused(TargetTrouble.ZONE_NOT_SERVED, zone="eu-west-1c"),
        entrance.used("shop-web", zones=("eu-west-1a", "eu-west-1b")),
        entrance.stand(),
    ]
    diagnosis = entrance.diagnose(claims, [shop.failing("basket-group"), shop.failing("orders-page")])
    assert shop.roots(diagnosis) == [("alb.web", "ALB_AZ_NOT_ENABLED")]
    assert "eu-west-1c" in diagnosis.roots[0].statement
    assert not diagnosis.undecided


def test_while_another_target_serves_a_lost_zone_harms_nobody(shop: Any, entrance: Entrance) -> None:
    claims = [
        entrance.refused(TargetTrouble.ZONE_NOT_SERVED),
        entrance.used("shop-web"),
        entrance.stand(healthy=1, registered=2),
    ]
    diagnosis = entrance.diagnose(claims, [shop.failing("basket-group"), shop.failing("orders-page")])
    assert diagnosis.unexplained == ("probe/orders-page/probe.works@2026-03-01T12:00:00Z",)


def test_an_expired_certificate_cuts_off_whoever_is_behind_the_balancer(shop: Any, entrance: Entrance) -> None:
    stands = CertificateStands(
        component="alb.web",
        balancer="shop-web",
        domain="*.shop.example",
        expired=True,
        renewal="FAILED",
        unvalidated=("shop.example",),
        proof=shop.seen("entrance"),
    )
    readings = [shop.failing("front-page", Phase.TLS), shop.failing("orders-page", Phase.TLS)]
    diagnosis = entrance.diagnose([stands, entrance.routed()], readings)
    assert shop.roots(diagnosis) == [("acm", "TLS_CERT_EXPIRED")]
    assert "put its validation record back" in diagnosis.roots[0].first_action
    assert not diagnosis.undecided
    assert shop.roots(entrance.diagnose([stands], readings, without=["acm"]))[0] == ("alb.web", "TLS_CERT_EXPIRED")


def broken(shop: Any, broken: float = 12.0, requests: float = 1000.0, not_connected: float = 0.0) -> AnswersCounted:
    return AnswersCounted(
        component="alb.web",
        balancer="shop-web",
        requests=requests,
        broken=broken,
        not_connected=not_connected,
        proof=shop.seen("entrance"),
    )


def test_a_few_502_of_healthy_targets_are_connections_that_were_idle_too_long(shop: Any, entrance: Entrance) -> None:
    page = entrance.page(status=502, emitter=Emitter.LOAD_BALANCER, as_declared=False)
    claims = [broken(shop), page, entrance.used("shop-web"), entrance.stand(healthy=1)]
    diagnosis = entrance.diagnose(claims, [shop.failing("orders-page"), shop.failing("entrance")])
    assert shop.roots(diagnosis) == [("app.basket", "KEEPALIVE_MISMATCH")]
    assert str(diagnosis.roots[0].confidence) == "medium"


@pytest.mark.parametrize(
    "otherwise",
    [
        lambda shop, e: [broken(shop, broken=900.0), e.stand(healthy=1)],
        lambda shop, e: [broken(shop, not_connected=12.0), e.stand(healthy=1)],
        lambda shop, e: [broken(shop), e.stand(healthy=1, registered=2)],
        lambda shop, e: [
            broken(shop),
            e.stand(healthy=1),
            TaskStopped(component="ecs.basket", reason=StopReason.EXITED, proof=shop.seen("basket-tasks")),
        ],
    ],
    ids=["most break", "not even connected", "a target is not healthy", "tasks are replaced"],
)
def test_other_502_are_none_of_keep_alive(
    shop: Any, entrance: Entrance, otherwise: Callable[[Any, Entrance], list[Any]]
) -> None:
    page = entrance.page(status=502, emitter=Emitter.LOAD_BALANCER, as_declared=False)
    claims = [page, entrance.used("shop-web"), *otherwise(shop, entrance)]
    diagnosis = entrance.diagnose(claims, [shop.failing("orders-page")])
    assert "KEEPALIVE_MISMATCH" not in {fault for _, fault in shop.roots(diagnosis)}


def test_an_empty_group_says_that_nothing_runs_where_nobody_counted(shop: Any, entrance: Entrance) -> None:
    readings = [shop.failing("basket-group"), shop.failing("orders-page")]
    diagnosis = entrance.diagnose([entrance.stand(registered=0)], readings)
    assert shop.roots(diagnosis) == [("ecs.basket", "NO_RUNNING_TASKS")]
    running = RunningCounts(component="ecs.basket", desired=1, running=1, proof=shop.seen("basket-tasks"))
    assert entrance.diagnose([entrance.stand(registered=0), running], readings).roots == ()
