"""Facts to claims: what is sure is said, and of what was not read nothing."""

from dataclasses import replace
from typing import Any

from auditor.domain.diagnosis import routing_claims as routing
from auditor.domain.diagnosis.routing_words import RouteFate, TargetTrouble
from functions.load_balancer.facts import ForwardFacts, ListenerFacts, OutcomeFacts, Reason, RuleFacts, State
from functions.load_balancer.knowledge import claims
from tests.unit.functions.load_balancer.shop import (
    BALANCER,
    GROUP,
    ORDERS,
    WEB,
    certificate,
    minutes,
    seen,
    target,
    target_of,
)


def of_web(**changes: Any) -> tuple[Any, ...]:
    return claims(target_of(WEB), seen(replace(BALANCER, **changes)))


def of_group(**changes: Any) -> tuple[Any, ...]:
    return claims(target_of(GROUP), seen(replace(ORDERS, **changes)))


def only(found: tuple[Any, ...], kind: type) -> Any:
    (claim,) = (claim for claim in found if isinstance(claim, kind))
    return claim


def test_a_route_is_told_with_the_rule_that_takes_it() -> None:
    rule = RuleFacts(
        priority=105,
        paths=("/orders*",),
        outcome=OutcomeFacts(kind="forward", forwards=(ForwardFacts(group="other", weight=1),)),
    )
    listener = ListenerFacts(port=443, protocol="HTTPS", certificates=(), rules=(rule,))
    routed = only(of_web(listeners=(listener,)), routing.RequestRouted)
    assert (routed.fate, routed.wanted, routed.groups) == (RouteFate.WRONG_GROUP, "orders", ("other",))
    assert routed.rule == "rule 105 (/orders*)"
    assert routed.proof == ("load_balancer/t@2026-11-23T16:45:00Z",)


def test_what_the_rules_do_not_decide_is_not_told() -> None:
    unread = ListenerFacts(port=443, protocol="HTTPS", certificates=(), rules=None)
    assert not [c for c in of_web(listeners=(unread,)) if isinstance(c, routing.RequestRouted)]
    assert not [c for c in of_web(listeners=None) if isinstance(c, routing.RequestRouted)]
    by_header = RuleFacts(
        priority=1,
        undecidable=("query-string",),
        outcome=OutcomeFacts(kind="forward", forwards=(ForwardFacts(group="orders", weight=1),)),
    )
    default = RuleFacts(priority=None, outcome=OutcomeFacts(kind="fixed_response", status=404))
    listener = replace(unread, rules=(by_header, default))
    assert not [c for c in of_web(listeners=(listener,)) if isinstance(c, routing.RequestRouted)]


def test_an_expired_certificate_is_told_with_what_its_renewal_waits_for() -> None:
    stands = only(
        of_web(certificates=(certificate(status="EXPIRED", renewal="FAILED", unvalidated=("shop.example",)),)),
        routing.CertificateStands,
    )
    assert (stands.expired, stands.renewal, stands.unvalidated) == (True, "FAILED", ("shop.example",))


def test_answers_are_counted_only_where_some_were_measured() -> None:
    counted = only(of_web(metrics={"requests": minutes(50.0, 50.0), "own_502": minutes(4.0)}), routing.AnswersCounted)
    assert (counted.requests, counted.broken, counted.not_connected) == (100.0, 4.0, 0.0)
    for nothing in (None, {}, {"requests": (), "own_502": ()}):
        assert not [c for c in of_web(metrics=nothing) if isinstance(c, routing.AnswersCounted)]


def test_targets_are_told_by_what_is_wrong_with_each() -> None:
    targets = (
        target(State.UNHEALTHY, Reason.RESPONSE_CODE_MISMATCH, 1, codes=(308,)),
        target(State.UNUSED, Reason.ZONE_NOT_ENABLED, 2, zone="us-east-1c"),
        target(State.UNHEALTHY, Reason.INTERNAL_ERROR, 3),
        target(State.INITIAL, Reason.FIRST_CHECKS, 4),
        target(number=5),
    )
    found = of_group(targets=targets, targets_total=5)
    refused = {c.address: (c.trouble, c.statuses) for c in found if isinstance(c, routing.TargetRefused)}
    assert refused == {
        "10.0.1.1": (TargetTrouble.STATUS_NOT_ACCEPTED, (308,)),
        "10.0.1.2": (TargetTrouble.ZONE_NOT_SERVED, ()),
        "10.0.1.3": (TargetTrouble.OTHER, ()),
    }
    stand = only(found, routing.TargetsStand)
    assert (stand.registered, stand.healthy, stand.starting, stand.leaving) == (5, 1, 1, 0)
    check = only(found, routing.GroupChecked)
    assert (check.path, check.matcher, check.timeout_seconds) == ("/health", "200", 5)


def test_of_targets_that_were_not_read_only_the_use_of_the_group_is_told() -> None:
    (used,) = of_group(targets=None)
    assert used == routing.GroupUsedBy(
        component="tg.orders", group="orders", balancers=("web",), proof=("load_balancer/t@2026-11-23T16:45:00Z",)
    )
    assert of_group(group=None, targets=None) == ()
