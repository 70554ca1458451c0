"""The nine kinds of incident as files about an invented shop: checks, attribution and diagnosis from facts alone."""

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
from functions.configuration import facts as configuration
from functions.database import facts as database
from functions.discovery import facts as discovery
from functions.dns import facts as dns
from functions.http import facts as http
from functions.journey import facts as journey

SLOT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VANTAGE = Vantage(kind="function", name="auditor", region="eu-west-1", in_vpc=True)
BASKET, STORE, TASK = "basket.shop-prod.internal", "orders.db.shop.example", "10.7.1.21"

CATALOGUE = """\
schema_version: 1
platform: { name: shop, title: A shop, region: eu-west-1 }
services:
  - { id: front, title: Storefront, owner: front-team }
  - { id: basket, title: Basket, owner: basket-team }
  - { id: orders, title: Orders database, owner: data-team }
  - { id: cache, title: Cache, owner: data-team }
components:
  - { id: app.front, service: front }
  - { id: taskdef.front, service: front, aws_name: shop-front }
  - { id: taskdef.basket, service: basket }
  - { id: code.front, service: front }
  - { id: app.basket, service: basket }
  - { id: ecs.basket, service: basket }
  - { id: cloudmap.basket, service: basket }
  - { id: rds, service: orders }
  - { id: secret.shop, service: orders, aws_name: shop/orders }
  - { id: redis, service: cache }
targets:
  - id: front-search
    family: http
    service: front
    component: app.front
    private: false
    spec: { url: "https://shop.example/api/basket", credential: { secret: shop/canary } }
  - id: front-no-key
    family: http
    service: front
    component: app.front
    private: false
    spec: { url: "https://shop.example/api/basket", expect: { status: [401] } }
  - id: front-ready
    family: http
    service: front
    component: app.front
    private: false
    proves: [orders-watch, orders-login]
    spec: { url: "https://shop.example/ready", health: { status: $.status, services: $.services } }
  - id: front-upstream
    family: http
    service: front
    component: app.front
    private: false
    critical: false
    spec:
      url: https://shop.example/health/basket
      health: { status: $.connected, breaker: $.breaker, upstream_url: $.url }
  - id: front-registers
    family: journey
    service: front
    component: app.front
    critical: false
    private: false
    spec: { url: "https://shop.example/models", enabled: true, credential: { secret: shop/canary } }
  - id: basket-registers
    family: journey
    service: basket
    component: app.basket
    critical: false
    spec: { url: "http://basket.shop-prod.internal:7000", enabled: true }
  - id: basket-live
    family: http
    service: basket
    component: app.basket
    proves: [orders-login]
    spec: { url: "http://basket.shop-prod.internal:7000/live" }
  - id: basket-name
    family: dns
    service: basket
    component: cloudmap.basket
    spec: { name: basket.shop-prod.internal }
  - id: basket-registered
    family: discovery
    service: basket
    component: cloudmap.basket
    spec: { namespace: shop-prod.internal, service: basket, port: 7000 }
  - id: basket-tasks
    family: compute
    service: basket
    component: ecs.basket
    spec: { cluster: shop, service: basket }
  - id: front-settings
    family: configuration
    service: front
    component: taskdef.front
    spec:
      cluster: shop
      service: front
      expected_hosts: [{ variable: BASKET_URL, host: basket.shop-prod.internal, port: 7000 }]
      required: [BASKET_URL, DB_USER]
      read_variables: [DB_HOST, DB_USER, DB_NAME, DATABASE_USER, CACHE_HOST]
  - id: orders-watch
    family: database
    service: orders
    component: rds
    spec: { host: orders.db.shop.example, database: orders, user: watcher, secret: watch/orders, tls: disable }
  - id: orders-login
    family: database
    service: orders
    component: secret.shop
    spec:
      host: orders.db.shop.example
      database: orders
      user: clerk
      secret: shop/orders
      login: application
      tls: disable
dependencies:
  - { service: front, needs: basket }
  - { service: front, needs: orders }
  - { service: front, needs: cache }
  - { service: basket, needs: orders }
"""


def _answer(**more: Any) -> http.AnswerFacts:
    values: dict[str, Any] = {
        "status": 200,
        "http_version": "1.1",
        "emitter": http.Emitter.SERVICE,
        "emitter_evidence": "server: uvicorn",
        "server": "uvicorn",
        "content_type": "application/json",
        "retry_after": "",
        "body_bytes": 60,
        "conditions": (),
    }
    return http.AnswerFacts(**(values | more))


def _page(host: str, address: str, *, credential: Any = "none", **answer: Any) -> http.HttpFacts:
    probed = http.AddressFacts(address=address, answer=_answer(**answer), failure=None, hops=(), total_ms=20.0)
    return http.HttpFacts(
        method="GET",
        scheme="http" if "internal" in host else "https",
        host=host,
        port=7000 if "internal" in host else 443,
        path="/",
        query_names=(),
        resolved=(address,),
        probed=(probed,),
        credential=credential,
    )


def _health(upstream: str = "", **words: str) -> http.HealthFacts:
    states = tuple(http.DependencyState(name=name, state=state) for name, state in words.items())  # type: ignore[arg-type]
    return http.HealthFacts(
        status="healthy", dependencies=states, breaker="closed" if upstream else None, upstream=upstream
    )


def _store(user: str, *, own: bool) -> database.DatabaseFacts:
    return database.DatabaseFacts(
        addresses=("10.7.2.9",),
        resolver="10.7.0.2:53",
        encrypted=False,
        login="own" if own else "application",
        secret_agrees=database.SecretAgreement(user=True),
        server=database.ServerFacts(
            version="15.4",
            user=user,
            database="orders",
            in_recovery=False,
            connections_used=9,
            connections_max=97,
            connections_of_own_role=1,
            role_is_monitor=own,
        ),
    )


def _setting(variable: str, **parts: Any) -> configuration.SettingFacts:
    return configuration.SettingFacts(variable=variable, **parts)


def _settings() -> configuration.ConfigurationFacts:
    settings = (
        _setting("BASKET_URL", form="url", scheme="http", host=BASKET, port=7000),
        _setting("DB_HOST", form="address", host=STORE),
        _setting("DB_USER", form="word", host="clerk", text="clerk"),
        _setting("DB_NAME", form="word", host="orders", text="orders"),
        _setting("CACHE_HOST", form="address", host="cache.shop-prod.internal"),
    )
    return configuration.ConfigurationFacts(
        wanted_revision="shop-front:7",
        container=configuration.ContainerFacts(
            revision="shop-front:7",
            registered_at=SLOT - timedelta(days=2),
            name="front",
            image="shop-front:1.2",
            architecture="X86_64",
            execution_role="shop-exec",
            task_role="shop-task",
            variables=tuple(setting.variable for setting in settings),
            settings=settings,
            references=(),
        ),
        lookups=tuple(
            configuration.LookupFacts(
                host=setting.host, outcome="resolved", addresses=(TASK if setting.host == BASKET else "10.7.2.9",)
            )
            for setting in settings
            if setting.form != "word"
        ),
    )


def _tasks() -> compute.ComputeFacts:
    deployment = compute.DeploymentFacts(
        id="d1",
        status="PRIMARY",
        rollout="COMPLETED",
        revision="shop-basket:3",
        desired=1,
        running=1,
        pending=0,
        failed_tasks=0,
        age_seconds=90000.0,
    )
    return compute.ComputeFacts(
        cluster="shop",
        name="basket",
        service=compute.ServiceFacts(
            status="ACTIVE",
            desired=1,
            running=1,
            pending=0,
            revision="shop-basket:3",
            minimum_healthy_percent=100,
            age_seconds=900000.0,
            controller="ECS",
            subnets=("subnet-1",),
            security_groups=("sg-1",),
            registries=(),
            target_groups=(),
            deployments=(deployment,),
        ),
        tasks=(
            compute.TaskFacts(
                id="t1",
                revision="shop-basket:3",
                status="RUNNING",
                health="HEALTHY",
                address=TASK,
                subnet="subnet-1",
                interface="eni-1",
                started_at=SLOT - timedelta(days=1),
                containers=(),
            ),
        ),
        stopped=(),
        definition=compute.DefinitionFacts(
            revision="shop-basket:3", images={"basket": "b:1"}, architecture="X86_64", execution_role="", task_role=""
        ),
    )


def _registered() -> discovery.DiscoveryFacts:
    return discovery.DiscoveryFacts(
        namespaces=(discovery.NamespaceFacts(name="shop-prod.internal", id="ns-1", type="DNS_PRIVATE"),),
        services=("basket",),
        service=discovery.RegistryFacts(
            name="basket",
            id="srv-1",
            arn="arn:x",
            namespace_id="ns-1",
            record_types=("A",),
            ttl_seconds=10,
            health_check="custom",
        ),
        instances=(discovery.InstanceFacts(id="t1", address=TASK, port=7000, health="HEALTHY", ecs_service="basket"),),
        instances_total=1,
    )


def _registers(host: str, address: str, **more: Any) -> journey.JourneyFacts:
    return journey.JourneyFacts(
        enabled=True,
        scheme="http" if "internal" in host else "https",
        host=host,
        port=7000 if "internal" in host else 443,
        prefix="",
        resolved=(address,),
        stages=tuple(journey.StageFacts(name=name, outcome="done", requests=3) for name in journey.STAGES),
        remains=journey.RemainsFacts(looked=True, removed=2),
        **more,
    )


PUBLIC = ("shop.example", "203.0.113.7")
SEEN: Mapping[str, Mapping[str, Any]] = {
    "http": {
        "front-search": _page(*PUBLIC, credential="canary"),
        "front-no-key": _page(*PUBLIC, status=401),
        "front-ready": _page(*PUBLIC, health=_health(database="healthy", basket="healthy", cache="healthy")),
        "front-upstream": _page(*PUBLIC, health=_health(upstream=f"{BASKET}:7000")),
        "basket-live": _page(BASKET, TASK),
    },
    "database": {"orders-watch": _store("watcher", own=True), "orders-login": _store("clerk", own=False)},
    "dns": {
        "basket-name": dns.DnsFacts(
            name=BASKET,
            type="A",
            resolver="10.7.0.2:53",
            rcode="NOERROR",
            records=(dns.RecordFacts(type="A", value=TASK, ttl=10),),
        )
    },
    "discovery": {"basket-registered": _registered()},
    "compute": {"basket-tasks": _tasks()},
    "configuration": {"front-settings": _settings()},
    "journey": {
        "front-registers": _registers(*PUBLIC, credential="canary"),
        "basket-registers": _registers(BASKET, TASK),
    },
}
PHASES = {
    "http": ("name", "tcp", "request", "first_byte", "transfer"),
    "database": ("prepare", "name", "tcp", "login", "query"),
    "dns": ("name",),
    "journey": ("name", "tcp", "first_byte", "transfer"),
}


def _observation(family: str, target: str, facts: Any) -> Observation[Any]:
    phases = tuple(
        PhaseTiming(phase=Phase(phase), start_ms=float(n), duration_ms=1.0, ok=True)
        for n, phase in enumerate(PHASES.get(family, ("query",)))
    )
    return Observation(family=family, target=target, slot=SLOT, vantage=VANTAGE, facts=to_json(facts), phases=phases)


@pytest.fixture(scope="module")
def shop_bundle() -> str:
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
    platform = compile_catalogue(loads(CATALOGUE, "shop.yaml"))
    bundle = Bundle(
        schema_version=BUNDLE_VERSION, stage="test", as_of=SLOT, platform=platform, runs=runs, state=State()
    )
    return json.dumps(to_json(bundle))


@pytest.fixture
def outcome_of(tmp_path: Path, shop_bundle: str) -> Any:
    def outcome_of(deviations: str, truth: str = "{ roots: [] }") -> Outcome:
        (tmp_path / "bundles").mkdir(exist_ok=True)
        (tmp_path / "bundles" / "shop.json").write_text(shop_bundle)
        path = tmp_path / "X.yaml"
        path.write_text(f"title: x\nplatform: shop\ndeviations:{deviations or ' {}'}\ntruth: {truth}\n")
        return replay_incident(path)

    return outcome_of


PROXY_FAILS = """
  front-search:
    facts:
      "probed[*].answer.status": 502
      "probed[*].answer.emitter": proxy
      "probed[*].answer.message": upstream_connect_failed
      "probed[*].answer.names_upstream": "{upstream}"
  front-upstream:
    facts:
      "probed[*].answer.health.status": unhealthy
      "probed[*].answer.health.breaker": open
      "probed[*].answer.health.upstream": "{page}"
"""
LOGIN_REFUSED = """
  orders-login:
    facts: { sqlstate: 28P01, server: null }
    fails: { phase: login, cause: pg.auth_failed }
"""
NOT_READY = """
  front-ready:
    facts:
      "probed[*].answer.status": 503
      "probed[*].answer.health.status": unhealthy
      "probed[*].answer.health.dependencies[name=database].state": unhealthy
"""
NO_SUCH_NAMESPACE = (
    PROXY_FAILS.format(upstream="basket.shop.internal:7000", page="10.7.1.99:7000")
    + """
  front-settings:
    facts:
      "container.settings[variable=BASKET_URL].host": basket.shop.internal
      "lookups[host=basket.shop-prod.internal]": { host: basket.shop.internal, outcome: nxdomain }
"""
)

STOPPED = """
  {target}-registers:
    facts:
      remains: null
      "stages[name={stage}].outcome": failed
      "stages[name={stage}].stopped_at": {{ call: it, status: {status}, says: {says} }}
"""

KINDS: dict[str, tuple[str, str, set[str]]] = {
    "H04 a setting is absent": (
        PROXY_FAILS.format(upstream="localhost:7000", page="localhost:7000")
        + """
  front-settings: { remove: ["container.variables[0]", "container.settings[variable=BASKET_URL]"] }
""",
        "{ roots: [{ component: taskdef.front, fault: ENV_MISSING }], must_not_blame: [app.basket, ecs.basket] }",
        {"app.front"},
    ),
    "H13 a namespace that does not exist": (
        NO_SUCH_NAMESPACE,
        """
  roots: [{ component: taskdef.front, fault: DNS_NAMESPACE_MISMATCH }]
  also_right: [{ component: code.front, fault: STALE_HARDCODED_ADDRESS }]
  must_not_blame: [rds, secret.shop, cloudmap.basket, app.basket, redis]""",
        {"app.front"},
    ),
    "H14 the wrong user": (
        NOT_READY
        + """
  front-settings: { facts: { "container.settings[variable=DB_USER].text": postgres } }
""",
        "{ roots: [{ component: taskdef.front, fault: DB_WRONG_USER }], must_not_blame: [rds, secret.shop] }",
        {"app.front"},
    ),
    "H14 the user under another name": (
        NOT_READY
        + """
  front-settings:
    facts:
      "container.variables[2]": DATABASE_USER
      "container.settings[variable=DB_USER]": { variable: DATABASE_USER, form: word, text: postgres, host: postgres }
""",
        "{ roots: [{ component: taskdef.front, fault: DB_WRONG_USER }], must_not_blame: [rds, secret.shop] }",
        {"app.front"},
    ),
    "H19 an address that moved away": (
        PROXY_FAILS.format(upstream="10.7.1.99:7000", page="10.7.1.99:7000").replace(
            "upstream_connect_failed", "upstream_timeout"
        )
        + """
  front-settings:
    facts:
      "container.settings[variable=BASKET_URL].host": 10.7.1.99
      "container.settings[variable=BASKET_URL].is_literal_address": true
""",
        "{ roots: [{ component: taskdef.front, fault: STALE_HARDCODED_ADDRESS }], must_not_blame: [app.basket] }",
        {"app.front"},
    ),
    "H27 the Host is refused": (
        STOPPED.format(target="basket", stage="experiment", status=403, says="host_rejected")
        + STOPPED.format(target="front", stage="experiment", status=403, says="host_rejected")
        + """
  basket-live: { facts: { "probed[*].answer.status": 403, "probed[*].answer.message": host_rejected } }
  front-search: { facts: { "probed[*].answer.status": 403, "probed[*].answer.message": host_rejected } }
""",
        "{ roots: [{ component: taskdef.basket, fault: HOST_HEADER_REJECTED }], must_not_blame: [app.basket, rds] }",
        {"app.front", "app.basket"},
    ),
    "a path that the proxy does not know": (
        STOPPED.format(target="front", stage="artifact", status=404, says="not_served"),
        "{ roots: [{ component: code.front, fault: PROXY_PATH_NOT_TRANSLATED }], must_not_blame: [app.basket] }",
        {"app.front"},
    ),
    "P02 all slots taken": (
        """
  orders-watch:
    facts: { sqlstate: "53300", server: null }
    fails: { phase: login, cause: pg.slots_full }
  orders-login:
    facts: { sqlstate: "53300", server: null }
    fails: { phase: login, cause: pg.slots_full }
"""
        + NOT_READY,
        "{ roots: [{ component: rds, fault: DB_CONNECTIONS_EXHAUSTED }], must_not_blame: [secret.shop] }",
        {"app.front", "secret.shop"},
    ),
    "M06 both at once": (
        NO_SUCH_NAMESPACE + LOGIN_REFUSED + NOT_READY,
        """
  roots:
    - { component: taskdef.front, fault: DNS_NAMESPACE_MISMATCH }
    - { component: secret.shop, fault: DB_PASSWORD_OUT_OF_SYNC }
  also_right: [{ component: code.front, fault: STALE_HARDCODED_ADDRESS }]
  must_not_blame: [rds, cloudmap.basket]""",
        {"app.front"},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_outage_is_traced_to_its_root(outcome_of: Any, kind: str) -> None:
    deviations, truth, victims = KINDS[kind]
    outcome = outcome_of(deviations, truth)
    assert outcome.why == ()
    assert not outcome.diagnosis.undecided
    assert {victim.component for victim in outcome.diagnosis.victims} >= victims


def test_the_namespace_is_told_with_all_that_proves_it(outcome_of: Any) -> None:
    outcome = outcome_of(*KINDS["H13 a namespace that does not exist"][:2])
    root = next(r for r in outcome.diagnosis.roots if r.fault == "DNS_NAMESPACE_MISMATCH")
    sources = {id.partition("@")[0] for id in root.proof}
    assert {"configuration/front-settings", "discovery/basket-registered", "http/front-search"} <= sources
    assert BASKET in root.first_action
    assert [r.component for r in outcome.diagnosis.roots] == ["taskdef.front", "code.front"], "what users feel first"
    assert {"rds", "secret.shop", "cloudmap.basket", "app.basket", "ecs.basket"} <= {
        out.subject for out in outcome.diagnosis.ruled_out
    }


@pytest.mark.parametrize(
    "deviations",
    [
        "",
        # B02: something that is declared as not deployed, and not used
        """
  front-ready: { facts: { "probed[*].answer.health.dependencies[name=cache].state": not_used } }
  front-settings: { remove: ["container.variables[4]", "container.settings[variable=CACHE_HOST]"] }
""",
        # B06: a protected page asks for a key, as it should
        """
  front-no-key: { facts: { "probed[*].answer.message": api_key_required } }
""",
    ],
    ids=["healthy", "B02 not deployed", "B06 asks for a key"],
)
def test_what_is_meant_opens_nothing(outcome_of: Any, deviations: str) -> None:
    outcome = outcome_of(deviations)
    assert outcome.why == ()
    assert outcome.diagnosis.roots == ()
    assert not outcome.diagnosis.undecided
    assert outcome.coverage_gaps == ()


def test_what_only_the_auditor_cannot_reach_is_a_gap_and_no_root(outcome_of: Any) -> None:
    silent = """
  orders-{name}:
    facts: {{ server: null, encrypted: null }}
    fails: {{ phase: tcp, cause: tcp.timeout, after_ms: 3000 }}
"""
    outcome = outcome_of(silent.format(name="watch") + silent.format(name="login"))
    assert outcome.why == ()
    assert outcome.diagnosis.roots == ()
    assert {gap["target"] for gap in outcome.coverage_gaps} == {"orders-watch", "orders-login"}


def test_what_the_evidence_does_not_decide_stays_undecided(outcome_of: Any) -> None:
    outcome = outcome_of(PROXY_FAILS.format(upstream=f"{BASKET}:7000", page=f"{BASKET}:7000"))
    assert outcome.diagnosis.roots == ()
    assert outcome.diagnosis.undecided
    assert outcome.diagnosis.next_observation
