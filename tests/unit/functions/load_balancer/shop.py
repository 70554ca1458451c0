"""Facts of one balancer and one group, all well, for tests that change one thing."""

from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.domain.observation import Observation, Vantage
from auditor.domain.target import Target
from functions.load_balancer.facts import (
    BalancerFacts,
    CertificateFacts,
    ForwardFacts,
    GroupFacts,
    HealthCheckFacts,
    ListenerFacts,
    LoadBalancerFacts,
    OutcomeFacts,
    Reason,
    RuleFacts,
    SampleFacts,
    State,
    TargetFacts,
)
from functions.load_balancer.family import LoadBalancerSpec, Route

SLOT = datetime(2026, 11, 23, 16, 45, tzinfo=UTC)
ROUTE = Route(host="shop.example", path="/orders", group="orders")
WEB, GROUP = LoadBalancerSpec(balancer="web", routes=(ROUTE,)), LoadBalancerSpec(group="orders")


def minutes(*values: float) -> tuple[SampleFacts, ...]:
    return tuple(SampleFacts(at=SLOT - timedelta(minutes=7 - n), value=value) for n, value in enumerate(values))


def certificate(**changes: Any) -> CertificateFacts:
    base: dict[str, Any] = {
        "arn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
        "domain": "*.shop.example",
        "origin": "amazon_issued",
        "status": "ISSUED",
        "not_after": SLOT + timedelta(days=200),
        "days_left": 200.0,
        "renewal": "",
        "renewal_reason": "",
        "unvalidated": (),
        "validated_by_dns": True,
    }
    return CertificateFacts(**(base | changes))


def target(state: State = State.HEALTHY, reason: Reason = Reason.NONE, number: int = 7, **changes: Any) -> TargetFacts:
    base: dict[str, Any] = {"id": f"10.0.1.{number}", "port": 8080, "zone": "us-east-1a"}
    return TargetFacts(**(base | changes), state=state, reason=reason)


BALANCER = LoadBalancerFacts(
    name="web",
    balancer=BalancerFacts(
        name="web",
        id="app/web/1",
        kind="application",
        scheme="internet-facing",
        state="active",
        dns_name="web-1.elb.amazonaws.com",
        vpc="vpc-1",
        zones=("us-east-1a", "us-east-1b"),
        security_groups=("sg-1",),
    ),
    listeners=(
        ListenerFacts(
            port=443,
            protocol="HTTPS",
            certificates=("arn:aws:acm:us-east-1:123456789012:certificate/1",),
            rules=(
                RuleFacts(
                    priority=None,
                    outcome=OutcomeFacts(kind="forward", forwards=(ForwardFacts(group="orders", weight=1),)),
                ),
            ),
        ),
    ),
    certificates=(certificate(),),
    metrics={"requests": minutes(*[100.0] * 5), "p95": minutes(*[0.2] * 5)},
)
ORDERS = LoadBalancerFacts(
    name="orders",
    group=GroupFacts(
        name="orders",
        id="targetgroup/orders/1",
        kind="ip",
        protocol="HTTP",
        port=8080,
        vpc="vpc-1",
        balancers=("web",),
        check=HealthCheckFacts(
            enabled=True,
            protocol="HTTP",
            port="traffic-port",
            path="/health",
            matcher="200",
            timeout_seconds=5,
            interval_seconds=30,
            healthy_after=5,
            unhealthy_after=2,
        ),
    ),
    targets=(target(),),
    targets_total=1,
    metrics={"requests": minutes(*[100.0] * 5)},
)


def target_of(spec: LoadBalancerSpec) -> Target[LoadBalancerSpec]:
    component = "alb.web" if spec.balancer else "tg.orders"
    return Target(id="t", family="load_balancer", service="orders", component=component, spec=spec)


def seen(facts: LoadBalancerFacts) -> Observation[LoadBalancerFacts]:
    vantage = Vantage(kind="function", name="load_balancer")
    return Observation(family="load_balancer", target="t", slot=SLOT, vantage=vantage, facts=facts)
