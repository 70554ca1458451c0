"""What the fault lab does not show: gaps, sentences, and what lies next to a limit."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.domain.check import judge
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Result, Status
from functions.load_balancer.checks import CHECKS
from functions.load_balancer.facts import ForwardFacts, LoadBalancerFacts, OutcomeFacts, Reason, RuleFacts, State
from functions.load_balancer.family import LoadBalancerSpec
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


def results(facts: LoadBalancerFacts, spec: LoadBalancerSpec) -> dict[str, Result]:
    return {r.check.removeprefix("load_balancer."): r for r in judge(CHECKS, target_of(spec), seen(facts))}


def of_web(**changes: Any) -> dict[str, Result]:
    return results(replace(BALANCER, **changes), WEB)


def of_group(**changes: Any) -> dict[str, Result]:
    return results(replace(ORDERS, **changes), GROUP)


def test_all_is_well_where_nothing_is_changed() -> None:
    asked = {**of_web(), **of_group()}
    assert {name for name, result in asked.items() if result.status is not Status.PASS} == {"latency_within_limit"}
    assert asked["latency_within_limit"].status is Status.SKIPPED, "the group has no latency, so none is judged"
    assert len(asked) == len(CHECKS)


@pytest.mark.parametrize(
    ("spec", "facts", "part", "blind"),
    [
        (WEB, BALANCER, "balancer", {"active"}),
        (WEB, BALANCER, "listeners", {"listens", "routes_as_declared"}),
        (WEB, BALANCER, "certificates", {"certificates_valid", "certificates_renew"}),
        (WEB, BALANCER, "metrics", {"own_errors_rare", "target_errors_rare", "latency_within_limit"}),
        (GROUP, ORDERS, "group", {"group_attached", "targets_healthy"}),
        (GROUP, ORDERS, "targets", {"targets_healthy", "health_fits_traffic"}),
        (GROUP, ORDERS, "metrics", {"health_fits_traffic", "target_errors_rare", "latency_within_limit"}),
    ],
)
def test_what_was_not_recorded_is_no_pass_and_no_failure(
    spec: LoadBalancerSpec, facts: LoadBalancerFacts, part: str, blind: set[str]
) -> None:
    gap: dict[str, Any] = {part: None}
    asked = results(replace(facts, **gap), spec)
    assert {name for name, result in asked.items() if result.status is Status.UNKNOWN} == blind
    assert {asked[name].cause for name in blind} == {"self.bug"}
    denied = Failure(phase=Phase.QUERY, cause="aws.denied", detail="the auditor's role may not call x:Y on z")
    asked = results(replace(facts, **gap, unread={part: denied}), spec)
    assert {asked[name].cause for name in blind} == {"aws.denied"}


def test_rules_of_a_listener_that_were_not_read_decide_nothing() -> None:
    assert BALANCER.listeners is not None
    unread = replace(BALANCER.listeners[0], rules=None)
    assert of_web(listeners=(unread,))["routes_as_declared"].status is Status.UNKNOWN


def test_a_certificate_is_judged_by_its_end_even_where_acm_still_says_issued() -> None:
    asked = of_web(certificates=(certificate(days_left=-0.5),))
    assert asked["certificates_valid"].cause == "lb.certificate_expired"
    assert asked["certificates_renew"].status is Status.SKIPPED


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"days_left": 30.0}, "lb.certificate_ends_soon"),
        ({"days_left": 30.5}, None),
        ({"days_left": 45.0, "renewal": "PENDING_AUTO_RENEWAL"}, None),
        ({"days_left": 20.0, "renewal": "PENDING_AUTO_RENEWAL"}, "lb.certificate_ends_soon"),
        ({"renewal": "SUCCESS"}, None),
        ({"renewal": "PENDING_VALIDATION"}, "lb.renewal_pending"),
        ({"days_left": None}, "aws.failed"),
    ],
)
def test_a_renewal_is_a_finding_only_when_it_needs_a_person(changes: dict[str, Any], cause: str | None) -> None:
    assert of_web(certificates=(certificate(**changes),))["certificates_renew"].cause == cause


def test_of_several_certificates_one_bad_one_is_enough() -> None:
    asked = of_web(certificates=(certificate(), certificate(domain="old.example", status="EXPIRED", days_left=-3.0)))
    assert "old.example" in asked["certificates_valid"].summary
    assert asked["certificates_renew"].status is Status.PASS


@pytest.mark.parametrize(
    ("metrics", "status"),
    [
        ({"requests": minutes(200.0), "own_5xx": minutes(2.0)}, Status.PASS),  # not more than one in a hundred
        ({"requests": minutes(200.0), "own_5xx": minutes(3.0)}, Status.FAIL),
        ({"requests": minutes(20.0), "own_5xx": minutes(2.0)}, Status.PASS),  # a tenth, and chance
        ({"own_5xx": minutes(3.0), "own_503": minutes(3.0)}, Status.FAIL),
        ({"requests": minutes(0.0)}, Status.SKIPPED),
        ({}, Status.SKIPPED),
    ],
)
def test_errors_are_a_share_of_what_was_counted(metrics: dict[str, Any], status: Status) -> None:
    assert of_web(metrics=metrics)["own_errors_rare"].status is status


def test_three_slow_minutes_of_however_many_are_slow() -> None:
    for values, status in (
        ((2.0, 2.0, 0.1, 0.1, 0.1), Status.PASS),
        ((2.0, 2.0, 2.0), Status.WARN),
        ((2.0,), Status.PASS),
    ):
        assert of_web(metrics={"p95": minutes(*values)})["latency_within_limit"].status is status


@pytest.mark.parametrize(
    ("targets", "status", "cause"),
    [
        ((target(), target(State.UNHEALTHY, Reason.TIMEOUT)), Status.WARN, "lb.timeout"),
        ((target(State.UNUSED, Reason.INVALID_STATE),), Status.FAIL, "lb.target_unusable"),
        ((target(State.OTHER, Reason.OTHER),), Status.FAIL, "lb.unhealthy"),
        ((target(State.INITIAL), target(State.UNHEALTHY, Reason.TIMEOUT)), Status.FAIL, "lb.timeout"),
        ((target(State.INITIAL), target(State.DRAINING)), Status.WARN, "lb.starting"),
    ],
)
def test_reasons_are_read_not_counted(targets: tuple[Any, ...], status: Status, cause: str) -> None:
    result = of_group(targets=targets, targets_total=len(targets))["targets_healthy"]
    assert (result.status, result.cause) == (status, cause)


def test_the_commonest_reason_is_told_with_the_statuses_and_what_was_asked() -> None:
    bad = target(State.UNHEALTHY, Reason.RESPONSE_CODE_MISMATCH, codes=(308,))
    lonely = target(State.UNHEALTHY, Reason.TIMEOUT, 8)
    result = of_group(targets=(lonely, bad, replace(bad, id="10.0.1.9")), targets_total=3)["targets_healthy"]
    assert "answer HTTP /health with 308; the matcher accepts 200" in result.summary
    assert result.evidence["codes"] == "308"


def test_targets_that_are_not_in_use_get_no_request_so_nothing_fails_open() -> None:
    away = target(State.UNUSED, Reason.ZONE_NOT_ENABLED)
    assert of_group(targets=(away,))["health_fits_traffic"].status is Status.SKIPPED


def test_unhealthy_with_traffic_that_was_not_measured_is_not_compared() -> None:
    asked = of_group(targets=(target(State.UNHEALTHY, Reason.TIMEOUT),), metrics={})
    assert asked["health_fits_traffic"].status is Status.SKIPPED
    assert asked["targets_healthy"].status is Status.FAIL


def test_the_sentence_of_a_wrong_route_names_rule_and_groups() -> None:
    assert BALANCER.listeners is not None
    other = OutcomeFacts(kind="forward", forwards=(ForwardFacts(group="other", weight=1),))
    listener = replace(BALANCER.listeners[0], rules=(RuleFacts(priority=105, outcome=other, paths=("/orders*",)),))
    result = of_web(listeners=(listener,))["routes_as_declared"]
    assert result.summary == (
        "GET shop.example:443/orders is taken by rule 105 of web and goes to other; declared is orders."
    )
    assert result.evidence["taken_by"] == "rule 105"
