"""Incidents of entrances as files about an invented news site: checks, attribution and diagnosis from facts alone."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.domain.bundle import BUNDLE_VERSION, Bundle, Run, State
from auditor.domain.codec import to_json
from auditor.domain.observation import Observation, Phase, PhaseTiming, Vantage
from catalog.compile import compile_catalogue
from catalog.load import loads
from cli.replay_incidents import Outcome, replay_incident
from functions.compute import facts as compute
from functions.http import facts as http
from functions.load_balancer import facts as balancers

SLOT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VANTAGE = Vantage(kind="function", name="auditor", region="eu-north-1", in_vpc=True)

CATALOGUE = """\
schema_version: 1
platform: { name: news, title: A news site, region: eu-north-1 }
services:
  - { id: site, title: Site, owner: site-team }
  - { id: search, title: Search, owner: search-team }
  - { id: base, title: Base, owner: base-team }
components:
  - { id: app.site, service: site }
  - { id: ecs.site, service: site }
  - { id: tg.site, service: site, aws_name: news-site }
  - { id: alb.edge, service: site, aws_name: news-edge }
  - { id: listener.edge, service: site, aws_name: news-edge/443 }
  - { id: app.search, service: search }
  - { id: ecs.search, service: search }
  - { id: code.health_page, service: search }
  - { id: tg.search, service: search, aws_name: news-search }
  - { id: acm.news, service: base, aws_name: "*.news.example" }
targets:
  - id: front-page
    family: http
    service: site
    component: app.site
    private: false
    spec: { url: "https://www.news.example/" }
  - id: find
    family: http
    service: search
    component: app.search
    private: false
    spec: { url: "https://www.news.example/find" }
  - id: find-suggestions
    family: http
    service: search
    component: app.search
    private: false
    spec: { url: "https://www.news.example/find/suggestions" }
  - id: search-direct
    family: http
    service: search
    component: app.search
    critical: false
    spec: { url: "http://search.news.internal:9000/health", timeout: 10s, slow_after: 9s }
  - id: search-tasks
    family: compute
    service: search
    component: ecs.search
    critical: false
    spec: { cluster: news, service: search, desired: 1 }
  - id: edge
    family: load_balancer
    service: site
    component: alb.edge
    critical: false
    spec:
      balancer: news-edge
      routes:
        - { host: www.news.example, path: /, group: news-site }
        - { host: www.news.example, path: /find, group: news-search }
  - id: search-group
    family: load_balancer
    service: search
    component: tg.search
    critical: false
    spec: { group: news-search }
dependencies:
  - { service: site, needs: base }
"""


def _page(path: str, host: str = "www.news.example", address: str = "203.0.113.7", port: int = 443) -> http.HttpFacts:
    answer = http.AnswerFacts(
        status=200,
        http_version="1.1",
        emitter=http.Emitter.SERVICE,
        emitter_evidence="server: puma",
        server="puma",
        content_type="text/html",
        retry_after="",
        body_bytes=60,
        conditions=(),
    )
    return http.HttpFacts(
        method="GET",
        scheme="https" if port == 443 else "http",
        host=host,
        port=port,
        path=path,
        query_names=(),
        resolved=(address,),
        probed=(http.AddressFacts(address=address, answer=answer, failure=None, hops=(), total_ms=20.0),),
    )


def _to(group: str) -> balancers.OutcomeFacts:
    return balancers.OutcomeFacts(kind="forward", forwards=(balancers.ForwardFacts(group=group, weight=1),))


def _minutes(value: float) -> tuple[balancers.SampleFacts, ...]:
    return tuple(balancers.SampleFacts(at=SLOT - timedelta(minutes=n), value=value) for n in (7, 6, 5, 4, 3))


def _edge() -> balancers.LoadBalancerFacts:
    rules = (
        balancers.RuleFacts(priority=20, paths=("/find", "/find/*"), outcome=_to("news-search")),
        balancers.RuleFacts(priority=None, outcome=_to("news-site")),
    )
    certificate = balancers.CertificateFacts(
        arn="arn:aws:acm:eu-north-1:123456789012:certificate/1",
        domain="*.news.example",
        origin="amazon_issued",
        status="ISSUED",
        not_after=SLOT + timedelta(days=200),
        days_left=200.0,
        renewal="",
        renewal_reason="",
        unvalidated=(),
        validated_by_dns=True,
    )
    return balancers.LoadBalancerFacts(
        name="news-edge",
        balancer=balancers.BalancerFacts(
            name="news-edge",
            id="app/news-edge/1",
            kind="application",
            scheme="internet-facing",
            state="active",
            dns_name="news-edge-1.elb.amazonaws.com",
            vpc="vpc-1",
            zones=("eu-north-1a", "eu-north-1b"),
            security_groups=("sg-1",),
        ),
        listeners=(balancers.ListenerFacts(port=443, protocol="HTTPS", certificates=(certificate.arn,), rules=rules),),
        certificates=(certificate,),
        metrics={"requests": _minutes(500.0), "p95": _minutes(0.1), "own_502": ()},
    )


def _group() -> balancers.LoadBalancerFacts:
    check = balancers.HealthCheckFacts(
        enabled=True,
        protocol="HTTP",
        port="traffic-port",
        path="/health",
        matcher="200",
        timeout_seconds=3,
        interval_seconds=15,
        healthy_after=2,
        unhealthy_after=3,
    )
    target = balancers.TargetFacts(
        id="10.7.1.21",
        port=9000,
        zone="eu-north-1a",
        state=balancers.State.HEALTHY,
        reason=balancers.Reason.NONE,
    )
    return balancers.LoadBalancerFacts(
        name="news-search",
        group=balancers.GroupFacts(
            name="news-search",
            id="targetgroup/news-search/1",
            kind="ip",
            protocol="HTTP",
            port=9000,
            vpc="vpc-1",
            balancers=("news-edge",),
            check=check,
        ),
        targets=(target,),
        targets_total=1,
        metrics={"requests": _minutes(50.0), "p95": _minutes(0.1), "target_5xx": ()},
    )


def _tasks() -> compute.ComputeFacts:
    service = compute.ServiceFacts(
        status="ACTIVE",
        desired=1,
        running=1,
        pending=0,
        revision="search:3",
        minimum_healthy_percent=100,
        age_seconds=900000.0,
        controller="ECS",
        subnets=("subnet-1",),
        security_groups=("sg-1",),
        registries=(),
        target_groups=(),
        deployments=(
            compute.DeploymentFacts(
                id="d1",
                status="PRIMARY",
                rollout="COMPLETED",
                revision="search:3",
                desired=1,
                running=1,
                pending=0,
                failed_tasks=0,
                age_seconds=90000.0,
            ),
        ),
    )
    return compute.ComputeFacts(cluster="news", name="search", service=service, tasks=(), stopped=())


SEEN: Mapping[str, Mapping[str, Any]] = {
    "http": {
        "front-page": _page("/"),
        "find": _page("/find"),
        "find-suggestions": _page("/find/suggestions"),
        "search-direct": _page("/health", "search.news.internal", "10.7.1.21", 9000),
    },
    "compute": {"search-tasks": _tasks()},
    "load_balancer": {"edge": _edge(), "search-group": _group()},
}


def _observation(family: str, target: str, facts: Any) -> Observation[Any]:
    names = ("name", "tcp", "request", "first_byte", "transfer") if family == "http" else ("query",)
    phases = tuple(
        PhaseTiming(phase=Phase(name), start_ms=float(n), duration_ms=1.0, ok=True) for n, name in enumerate(names)
    )
    return Observation(family=family, target=target, slot=SLOT, vantage=VANTAGE, facts=to_json(facts), phases=phases)


@pytest.fixture(scope="module")
def bundle() -> str:
    runs = tuple(
        Run(
            family=family,
            shard=0,
            slot=SLOT,
            request_id=family,
            vantage=VANTAGE,
            observations=tuple(_observation(family, target, facts) for target, facts in seen.items()),
            results=(),
        )
        for family, seen in SEEN.items()
    )
    platform = compile_catalogue(loads(CATALOGUE, "news.yaml"))
    made = Bundle(schema_version=BUNDLE_VERSION, stage="test", as_of=SLOT, platform=platform, runs=runs, state=State())
    return json.dumps(to_json(made))


@pytest.fixture
def outcome_of(tmp_path: Path, bundle: str) -> Any:
    def outcome_of(deviations: str, truth: str = "{ roots: [] }") -> Outcome:
        (tmp_path / "bundles").mkdir(exist_ok=True)
        (tmp_path / "bundles" / "news.json").write_text(bundle)
        path = tmp_path / "X.yaml"
        path.write_text(f"title: x\nplatform: news\ndeviations:{deviations or ' {}'}\ntruth: {truth}\n")
        return replay_incident(path)

    return outcome_of


REFUSED = """
  search-group: {{ facts: {{ "targets[0].state": unhealthy, "targets[0].reason": {reason}, {more} }} }}
"""
KILLED = """
  search-tasks:
    facts:
      "service.running": 0
      stopped:
        - kind: load_balancer_health
          exit_code: 143
          container: search
          revision: "search:3"
          count: 9
          last_stopped_at: 2026-03-01T11:58:00Z
          shortest_life_seconds: 60.0
          text: "Task failed ELB health checks"
"""
UNSERVED = """
  {target}:
    facts:
      "probed[*].answer.status": {status}
      "probed[*].answer.emitter": load_balancer
      "probed[*].answer.message": {message}
"""
SLOW = """
  search-direct:
    facts: { "probed[*].answer": null, "probed[*].total_ms": 10000.0, "probed[*].failure":
      { phase: first_byte, cause: http.first_byte_timeout, detail: x } }
    fails: { phase: first_byte, cause: http.first_byte_timeout, after_ms: 10000 }
"""
CODE_308 = REFUSED.format(reason="response_code_mismatch", more='"targets[0].codes": [308]')
CODE_404 = REFUSED.format(reason="response_code_mismatch", more='"targets[0].codes": [404]')
TIMEOUT = REFUSED.format(reason="timeout", more='"targets[0].port": 9000')
TO_SITE = "[{ group: news-site, weight: 1 }]"

KINDS: dict[str, tuple[str, str, set[str]]] = {
    "H01 a status that the check does not accept": (
        CODE_308
        + KILLED
        + "".join(
            UNSERVED.format(target=target, status=503, message="no_healthy_target")
            for target in ("find", "find-suggestions")
        ),
        "{ roots: [{ component: tg.search, fault: HEALTHCHECK_MATCHER_MISMATCH }], must_not_blame: [app.search] }",
        {"ecs.search", "app.search"},
    ),
    "P16 a page that does not exist, and users who are served": (
        CODE_404 + KILLED.replace('"service.running": 0', '"service.running": 1'),
        "{ roots: [{ component: tg.search, fault: HEALTHCHECK_PATH_WRONG }], must_not_blame: [app.search] }",
        set(),
    ),
    "M01 a page that waits while others are quick": (
        TIMEOUT + SLOW,
        "{ roots: [{ component: code.health_page, fault: HEALTHCHECK_DEEP_TIMEOUT }], must_not_blame: [tg.search] }",
        {"tg.search"},
    ),
    "H10 the rule leads to another group": (
        f"""
  edge: {{ facts: {{ "listeners[port=443].rules[0].outcome.forwards": {TO_SITE} }} }}
"""
        + "".join(
            UNSERVED.format(target=target, status=404, message="not_found_page").replace("load_balancer", "service")
            for target in ("find", "find-suggestions")
        ),
        "{ roots: [{ component: listener.edge, fault: LISTENER_RULE_WRONG_TARGET }], must_not_blame: [app.search] }",
        {"app.search"},
    ),
    "H20 no rules on the listener": (
        """
  edge:
    facts:
      "listeners[port=443].rules[1].outcome": { kind: fixed_response, status: 404 }
    remove: ["listeners[port=443].rules[0]"]
"""
        + "".join(
            UNSERVED.format(target=target, status=404, message="not_found_default")
            for target in ("front-page", "find", "find-suggestions")
        ),
        "{ roots: [{ component: listener.edge, fault: LISTENER_RULE_MISSING }], must_not_blame: [app.site] }",
        {"app.site", "app.search"},
    ),
    "H07 nothing runs and nothing is registered": (
        """
  search-group: { facts: { targets: [], targets_total: 0 } }
  search-tasks: { facts: { "service.running": 0 } }
"""
        + UNSERVED.format(target="find", status=503, message="no_healthy_target"),
        "{ roots: [{ component: ecs.search, fault: NO_RUNNING_TASKS }], must_not_blame: [alb.edge, tg.search] }",
        {"tg.search", "app.search"},
    ),
    "H07 where ECS does not let itself be asked": (
        """
  search-group: { facts: { targets: [], targets_total: 0 } }
  search-tasks: { could_not_tell: { phase: query, cause: aws.denied } }
"""
        + UNSERVED.format(target="find", status=503, message="no_healthy_target"),
        "{ roots: [{ component: ecs.search, fault: NO_RUNNING_TASKS }], must_not_blame: [alb.edge] }",
        {"tg.search"},
    ),
    "P14 the certificate is over, its record gone": (
        """
  edge:
    facts:
      "certificates[0].status": EXPIRED
      "certificates[0].days_left": -1.0
      "certificates[0].renewal": FAILED
      "certificates[0].unvalidated": ["*.news.example"]
  front-page:
    facts: { "probed[*].answer": null, "probed[*].failure": { phase: tls, cause: tls.expired, detail: x } }
    fails: { phase: tls, cause: tls.expired }
""",
        "{ roots: [{ component: acm.news, fault: TLS_CERT_EXPIRED }], must_not_blame: [app.site, alb.edge] }",
        {"app.site"},
    ),
    "a group that nothing forwards to": (
        """
  search-group:
    facts:
      "group.balancers": []
      "targets[0].state": unused
      "targets[0].reason": not_attached
""",
        "{ roots: [{ component: tg.search, fault: TARGET_GROUP_NOT_ATTACHED }], must_not_blame: [app.search] }",
        set(),
    ),
    "a zone that is not served": (
        """
  search-group:
    facts:
      "targets[0].zone": eu-north-1c
      "targets[0].state": unused
      "targets[0].reason": zone_not_enabled
      served_zones: [eu-north-1a, eu-north-1b]
"""
        + UNSERVED.format(target="find", status=503, message="no_healthy_target"),
        "{ roots: [{ component: alb.edge, fault: ALB_AZ_NOT_ENABLED }], must_not_blame: [app.search, ecs.search] }",
        {"app.search"},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_outage_is_traced_to_its_root(outcome_of: Any, kind: str) -> None:
    deviations, truth, victims = KINDS[kind]
    outcome = outcome_of(deviations, truth)
    assert outcome.why == ()
    assert not outcome.diagnosis.undecided
    assert {victim.component for victim in outcome.diagnosis.victims} >= victims


@pytest.mark.parametrize(
    "deviations",
    [
        "",
        # B01: a rolling deployment
        """
  search-group:
    facts:
      targets_total: 3
      targets:
        - { id: 10.7.1.9, port: 9000, zone: eu-north-1a, state: draining, reason: draining }
        - { id: 10.7.1.22, port: 9000, zone: eu-north-1a, state: initial, reason: first_checks }
        - { id: 10.7.1.21, port: 9000, zone: eu-north-1a, state: healthy, reason: "" }
""",
        # B05: ACM renews by itself
        """
  edge: { facts: { "certificates[0].days_left": 45.0, "certificates[0].renewal": PENDING_AUTO_RENEWAL } }
""",
        # Nobody came: nothing was measured
        """
  edge: { facts: { metrics: {} } }
  search-group: { facts: { metrics: {} } }
""",
        # Health checks pass and few answers are errors
        f"""
  search-group: {{ facts: {{ "metrics.target_5xx": [{{ at: {SLOT:%Y-%m-%dT%H:%M:%SZ}, value: 2.0 }}] }} }}
""",
    ],
    ids=["healthy", "B01 rolls", "B05 renews", "no traffic", "two errors"],
)
def test_what_is_meant_opens_nothing(outcome_of: Any, deviations: str) -> None:
    outcome = outcome_of(deviations)
    assert outcome.why == ()
    assert outcome.diagnosis.roots == ()
    assert not outcome.diagnosis.undecided
    assert outcome.coverage_gaps == ()


def test_an_entrance_that_lets_nothing_through_is_no_page_that_waits(outcome_of: Any) -> None:
    """As behind a security group without egress: the task answers at once, and the balancer says 504."""
    silent = "".join(
        UNSERVED.format(target=target, status=504, message="target_timeout") for target in ("find", "find-suggestions")
    )
    outcome = outcome_of(TIMEOUT + silent)
    assert outcome.diagnosis.roots == ()
    assert outcome.diagnosis.undecided


def test_a_service_that_is_slow_everywhere_has_no_too_impatient_check(outcome_of: Any) -> None:
    slow = "".join(SLOW.replace("search-direct", target) for target in ("search-direct", "find", "find-suggestions"))
    outcome = outcome_of(TIMEOUT + slow)
    assert outcome.diagnosis.roots == ()
