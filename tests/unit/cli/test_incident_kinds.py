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
from functions.cache import facts as cache
from functions.compute import facts as compute
from functions.configuration import facts as configuration
from functions.database import facts as database
from functions.discovery import facts as discovery
from functions.dns import facts as dns
from functions.http import facts as http
from functions.journey import facts as journey
from functions.network import facts as network
from functions.tls import facts as tls
from functions.vpc import facts as vpc
from functions.vpc import network_model as model

SLOT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VANTAGE = Vantage(kind="function", name="auditor", region="eu-west-1", in_vpc=True)
BASKET, STORE, TASK = "basket.shop-prod.internal", "orders.db.shop.example", "10.7.1.21"
CACHE = "cache.shop-prod.internal"

CATALOGUE = """\
schema_version: 1
platform: { name: shop, title: A shop, region: eu-west-1 }
services:
  - { id: front, title: Storefront, owner: front-team }
  - { id: basket, title: Basket, owner: basket-team }
  - { id: orders, title: Orders database, owner: data-team }
  - { id: cache, title: Cache, owner: data-team }
  - { id: ground, title: Names and network of the account, owner: cloud-team }
components:
  - { id: app.front, service: front }
  - { id: taskdef.front, service: front, aws_name: shop-front }
  - { id: taskdef.basket, service: basket }
  - { id: code.front, service: front }
  - { id: ecs.front, service: front, aws_name: shop/front }
  - { id: app.basket, service: basket }
  - { id: ecs.basket, service: basket }
  - { id: cloudmap.basket, service: basket }
  - { id: rds, service: orders, aws_name: orders }
  - { id: secret.shop, service: orders, aws_name: shop/orders }
  - { id: sg.store, service: orders, aws_name: stores }
  - { id: nacl.data, service: orders, aws_name: data-subnets }
  - { id: redis, service: cache }
  - { id: tls.front, service: front, aws_name: shop.example }
  - { id: acm, service: ground, aws_name: shop.example }
  - { id: secret.cache, service: cache, aws_name: shop/cache }
  - { id: ssm.cache, service: cache, aws_name: /shop/cache }
  - { id: dns.private, service: ground, aws_name: shop-prod.internal }
  - { id: dns.public, service: ground, aws_name: shop.example }
  - { id: vpc.dns, service: ground }
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
  - id: front-certificate
    family: tls
    service: front
    component: tls.front
    private: false
    spec: { host: shop.example }
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
  - id: basket-name-watched
    family: dns
    service: ground
    component: dns.private
    critical: false
    spec: { name: basket.shop-prod.internal }
  - id: shop-name-watched
    family: dns
    service: ground
    component: dns.public
    critical: false
    private: false
    spec: { name: shop.example, public_resolver: "203.0.113.53:53" }
  - id: basket-port
    family: network
    service: basket
    component: app.basket
    critical: false
    spec: { host: basket.shop-prod.internal, port: 7000 }
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
  - id: rules
    family: vpc
    service: orders
    component: sg.store
    critical: false
    spec:
      vpc: shop
      edges:
        - { source: "ecs:shop/front", to: "rds:orders", port: 5432 }
        - { source: auditor, to: "rds:orders", port: 5432 }
  - id: cache-main
    family: cache
    service: cache
    component: redis
    spec: { host: cache.shop-prod.internal, secret: shop/cache, queues: [{ name: mails, dead_letters: "mails:dead" }] }
dependencies:
  - { service: front, needs: basket }
  - { service: front, needs: orders }
  - { service: front, needs: cache }
  - { service: basket, needs: orders }
  - { service: front, needs: ground }
  - { service: basket, needs: ground }
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
            activity=database.ActivityFacts() if own else None,
        ),
    )


def _cache() -> cache.CacheFacts:
    return cache.CacheFacts(
        addresses=("10.7.2.10",),
        resolver="10.7.0.2:53",
        encrypted=True,
        open_to_all=False,
        pinged=True,
        server=cache.ServerFacts(
            role="primary", used_memory_bytes=40, max_memory_bytes=100, eviction="none", replicas=0, replicas_online=0
        ),
        queues=(cache.QueueFacts(name="mails", depth=3, dead_letters=0),),
    )


def _setting(variable: str, **parts: Any) -> configuration.SettingFacts:
    return configuration.SettingFacts(variable=variable, **parts)


def _settings() -> configuration.ConfigurationFacts:
    settings = (
        _setting("BASKET_URL", form="url", scheme="http", host=BASKET, port=7000),
        _setting("DB_HOST", form="address", host=STORE),
        _setting("DB_USER", form="word", host="clerk", text="clerk"),
        _setting("DB_NAME", form="word", host="orders", text="orders"),
        _setting("CACHE_HOST", form="address", host=CACHE),
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
            references=(
                configuration.ReferenceFacts(
                    variable="CACHE_TOKEN",
                    kind="secret",
                    reference="arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/cache-AbC123:token::",
                    shape="ok",
                ),
            ),
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
                containers=(compute.ContainerFacts(name="app", image="web:1", digest="", health="UNKNOWN"),),
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


def _certificate(host: str, address: str) -> tls.TlsFacts:
    certificate = tls.CertificateFacts(
        names=(host,),
        names_total=1,
        covers_name=True,
        issuer="Public CA",
        issued_by_itself=False,
        not_before=SLOT - timedelta(days=100),
        not_after=SLOT + timedelta(days=97),
        days_left=97.0,
    )
    probed = tls.AddressFacts(
        address=address,
        version="TLSv1.3",
        cipher="TLS_AES_128_GCM_SHA256",
        certificate=certificate,
        chain_length=2,
        issuer_presented=True,
        verified=True,
        client_certificate_demanded=False,
        without_name=tls.WithoutNameFacts(certificate="same", names=(host,), covers_name=True),
    )
    return tls.TlsFacts(host=host, port=443, name=host, resolved=(address,), probed=(probed,))


def _rules() -> vpc.VpcFacts:
    """Tasks and auditor in one subnet, the store in another one; the store's group admits both of theirs."""
    directions = (model.Direction.INGRESS, model.Direction.EGRESS)
    everything = tuple(
        model.AclEntry(number=100, direction=direction, protocol=-1, cidr="0.0.0.0/0", allow=True)
        for direction in directions
    )
    out = model.GroupRule(direction=model.Direction.EGRESS, protocol=-1, cidr="0.0.0.0/0")
    local = model.Route(destination="10.7.0.0/16", kind=model.TargetKind.LOCAL, target="local")
    places = (
        ("eni-front", "tasks", "10.7.1.20"),
        ("eni-auditor", "tasks", "10.7.1.99"),
        ("eni-store", "data", "10.7.2.9"),
    )
    ends = {"ecs:shop/front": places[0], "rds:orders": places[2], "auditor": places[1]}
    groups = {
        "eni-front": (out,),
        "eni-auditor": (out,),
        "eni-store": tuple(_from_group(f"sg-{name}") for name in ("front", "auditor")),
    }
    return vpc.VpcFacts(
        network=model.Network(
            interfaces=tuple(
                model.Interface(id=id, subnet=subnet, addresses=(address,), security_groups=(id.replace("eni", "sg"),))
                for id, subnet, address in places
            ),
            subnets=(
                model.Subnet(id="tasks", cidrs=("10.7.1.0/24",), network_acl="acl-tasks", route_table="rtb"),
                model.Subnet(id="data", cidrs=("10.7.2.0/24",), network_acl="acl-data", route_table="rtb"),
            ),
            security_groups=tuple(
                model.SecurityGroup(id=id.replace("eni", "sg"), rules=rules) for id, rules in groups.items()
            ),
            network_acls=tuple(model.NetworkAcl(id=f"acl-{name}", entries=everything) for name in ("tasks", "data")),
            route_tables=(model.RouteTable(id="rtb", routes=(local,)),),
        ),
        ends=tuple(
            vpc.EndFacts(end=end, interfaces=(place[0],), addresses=(place[2],), total=1) for end, place in ends.items()
        ),
        vpc=vpc.SettingsFacts(
            id="vpc-1", name="shop", cidrs=("10.7.0.0/16",), dns_support=True, dns_hostnames=True, name_servers=()
        ),
        subnets=tuple(
            vpc.SubnetFacts(id=name, name=name, zone="a", cidr=cidr, free=200, used=True)
            for name, cidr in (("tasks", "10.7.1.0/24"), ("data", "10.7.2.0/24"))
        ),
        names={"sg-store": "stores", "acl-data": "data-subnets", "sg-old": "front-before"},
        attached={"sg-store": 1, "sg-front": 1, "sg-auditor": 1},
    )


def _from_group(group: str) -> model.GroupRule:
    ports = model.PortRange(first=5432, last=5432)
    return model.GroupRule(direction=model.Direction.INGRESS, protocol=6, ports=ports, group=group)


def _name(name: str, address: str, *, outside: bool = False) -> dns.DnsFacts:
    records = (dns.RecordFacts(type="A", value=address, ttl=10),)
    return dns.DnsFacts(
        name=name,
        type="A",
        resolver="10.7.0.2:53",
        rcode="NOERROR",
        records=records,
        public=dns.PublicFacts(resolver="203.0.113.53:53", rcode="NOERROR", records=records) if outside else None,
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
    "cache": {"cache-main": _cache()},
    "dns": {
        "basket-name": _name(BASKET, TASK),
        "basket-name-watched": _name(BASKET, TASK),
        "shop-name-watched": _name(*PUBLIC, outside=True),
    },
    "network": {
        "basket-port": network.NetworkFacts(
            host=BASKET,
            port=7000,
            resolver="10.7.0.2:53",
            resolved=(TASK,),
            probed=(network.AddressFacts(address=TASK, outcome="open", took_ms=0.3, listened=True),),
        )
    },
    "tls": {"front-certificate": _certificate(*PUBLIC)},
    "discovery": {"basket-registered": _registered()},
    "compute": {"basket-tasks": _tasks()},
    "configuration": {"front-settings": _settings()},
    "vpc": {"rules": _rules()},
    "journey": {
        "front-registers": _registers(*PUBLIC, credential="canary"),
        "basket-registers": _registers(BASKET, TASK),
    },
}
PHASES = {
    "http": ("name", "tcp", "request", "first_byte", "transfer"),
    "database": ("prepare", "name", "tcp", "login", "query"),
    "cache": ("prepare", "name", "tcp", "tls", "login", "query"),
    "dns": ("name",),
    "tls": ("name", "tcp", "tls"),
    "network": ("name", "tcp"),
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
SILENT = """
  orders-watch:
    facts: { server: null, encrypted: null }
    fails: { phase: tcp, cause: tcp.timeout, after_ms: 3000 }
  orders-login:
    facts: { server: null, encrypted: null }
    fails: { phase: tcp, cause: tcp.timeout, after_ms: 3000 }
"""
STORES_RULES = """
  rules:
    facts:
      "network.security_groups[id=sg-store].rules":
        - {{ direction: ingress, protocol: 6, ports: {{ first: 5432, last: 5432 }}, group: {group} }}
"""
NO_REPLIES = """
  rules:
    facts:
      "network.network_acls[id=acl-data].entries":
        - { number: 1, direction: ingress, protocol: -1, cidr: 0.0.0.0/0, allow: true }
        - { number: 1, direction: egress, protocol: 6, ports: { first: 443, last: 443 }, cidr: 0.0.0.0/0, allow: true }
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

PAGES = ("front-search", "front-no-key", "front-ready", "front-upstream")


def refused(cause: str, **facts: Any) -> str:
    """Every public page, and the certificate's own target, end in the handshake."""
    failure = f'{{ phase: tls, cause: {cause}, detail: "-", address: "" }}'
    changed = json.dumps({"probed[*].verified": False, **{f"probed[*].{key}": value for key, value in facts.items()}})
    pages = "".join(
        f"""
  {page}:
    facts: {{ "probed[*].answer": null, "probed[*].failure": {failure} }}
    fails: {{ phase: tls, cause: {cause} }}"""
        for page in PAGES
    )
    return f"""{pages}
  front-certificate:
    facts: {changed}
    fails: {{ phase: tls, cause: {cause} }}
"""


CACHE_FAILS = """
  front-ready:
    facts:
      "probed[*].answer.health.status": degraded
      "probed[*].answer.health.dependencies[name=cache].state": unhealthy
"""

CANNOT_CONNECT = PROXY_FAILS.format(upstream=f"{BASKET}:7000", page=f"{BASKET}:7000")


def unresolved(cause: str, *targets: str) -> str:
    """Targets of a host whose name leads nowhere."""
    facts, fails = "facts: { resolved: [], probed: [] }", f"fails: {{ phase: name, cause: {cause} }}"
    return "".join(f"\n  {target}:\n    {facts}\n    {fails}" for target in targets)


def named(facts: str, *targets: str, fails: str = "") -> str:
    """What the look-ups of a name gave."""
    failing = f"\n    fails: {{ phase: name, cause: {fails} }}" if fails else ""
    return "".join(f"\n  {target}:\n    facts: {{ records: [], {facts} }}{failing}" for target in targets)


OF_BASKET, FRONT = (
    ("basket-name", "basket-name-watched"),
    ("front-search", "front-no-key", "front-ready", "front-upstream"),
)
NOT_LOOKED_UP = """
  front-settings: { facts: { "lookups[host=basket.shop-prod.internal].outcome": nxdomain } }
"""

STOPPED = """
  {target}-registers:
    facts:
      remains: null
      "stages[name={stage}].outcome": failed
      "stages[name={stage}].stopped_at": {{ call: it, status: {status}, says: {says} }}
"""

KINDS: dict[str, tuple[str, str, set[str]]] = {
    "P08 one of two instances is dead": (
        CANNOT_CONNECT.replace("upstream_connect_failed", "upstream_timeout")
        + """
  basket-port:
    facts:
      resolved: [10.7.1.21, 10.7.1.99]
      probed:
        - { address: 10.7.1.21, outcome: open, took_ms: 0.3, listened: true }
        - { address: 10.7.1.99, outcome: timeout, took_ms: 3000.0 }
    fails: { phase: tcp, cause: tcp.timeout, address: 10.7.1.99 }
  basket-registered:
    facts:
      instances:
        - { id: t1, address: 10.7.1.21, port: 7000, health: HEALTHY }
        - { id: t0, address: 10.7.1.99, port: 7000, health: HEALTHY }
      instances_total: 2
""",
        "{ roots: [{ component: cloudmap.basket, fault: STALE_INSTANCE }], must_not_blame: [app.basket, dns.private] }",
        {"app.front", "app.basket"},
    ),
    "P09 runs and is not registered": (
        CANNOT_CONNECT
        + unresolved("dns.nxdomain", "basket-live", "basket-port")
        + named("rcode: NXDOMAIN, soa_zone: shop-prod.internal, soa_minimum: 15", *OF_BASKET)
        + NOT_LOOKED_UP
        + """
  basket-registered: { facts: { instances: [], instances_total: 0 } }
""",
        "{ roots: [{ component: ecs.basket, fault: NOT_REGISTERED_IN_CLOUDMAP }], must_not_blame: [vpc.dns] }",
        {"app.front", "app.basket", "cloudmap.basket", "dns.private"},
    ),
    "a denial that is only remembered": (
        CANNOT_CONNECT
        + unresolved("dns.nxdomain", "basket-live", "basket-port")
        + named("rcode: NXDOMAIN, soa_zone: shop-prod.internal, soa_minimum: 60", "basket-name-watched")
        + NOT_LOOKED_UP,
        "{ roots: [{ component: dns.private, fault: NEGATIVE_CACHE }], must_not_blame: [cloudmap.basket, vpc.dns] }",
        {"app.front", "app.basket"},
    ),
    "a registry that publishes what no client asks for": (
        CANNOT_CONNECT
        + unresolved("dns.nodata", "basket-live", "basket-port")
        + named("soa_zone: shop-prod.internal, soa_minimum: 15, other_types: [SRV]", *OF_BASKET),
        "{ roots: [{ component: cloudmap.basket, fault: RECORD_TYPE_WRONG }], must_not_blame: [vpc.dns, app.basket] }",
        {"app.front", "app.basket", "dns.private"},
    ),
    "a private zone before the public one": (
        unresolved("dns.nxdomain", *FRONT)
        + named("rcode: NXDOMAIN, soa_zone: shop.example, soa_minimum: 900", "shop-name-watched"),
        "{ roots: [{ component: dns.private, fault: PRIVATE_ZONE_SHADOWS }], must_not_blame: [app.front, vpc.dns] }",
        {"app.front", "dns.public"},
    ),
    "a public name without a record": (
        unresolved("dns.nodata", *FRONT)
        + named(
            "soa_zone: shop.example, soa_minimum: 900, other_types: [],"
            ' public: { resolver: "203.0.113.53:53", rcode: NOERROR }',
            "shop-name-watched",
        ),
        "{ roots: [{ component: dns.public, fault: DNS_EMPTY_ANSWER }], must_not_blame: [app.front, vpc.dns] }",
        {"app.front"},
    ),
    "a resolver that answers for nobody": (
        unresolved("dns.timeout", *FRONT, "basket-live", "basket-port")
        + named('rcode: ""', *OF_BASKET, "shop-name-watched", fails="dns.timeout")
        + """
  orders-watch: { facts: { addresses: [], server: null }, fails: { phase: name, cause: dns.timeout } }
  orders-login: { facts: { addresses: [], server: null }, fails: { phase: name, cause: dns.timeout } }
  cache-main: { facts: { addresses: [], server: null }, fails: { phase: name, cause: dns.timeout } }
  front-certificate: { facts: { resolved: [], probed: [] }, fails: { phase: name, cause: dns.timeout } }
  front-settings:
    facts:
      "lookups[*].outcome": timeout
      "lookups[*].addresses": []
""",
        "{ roots: [{ component: vpc.dns, fault: RESOLVER_FAILURE }], must_not_blame: [dns.private, dns.public, rds] }",
        {"app.front", "app.basket", "rds", "dns.private", "dns.public"},
    ),
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
    "P14 an expired certificate": (
        refused("tls.expired", verify_code=10, **{"certificate.days_left": -2.0}),
        "{ roots: [{ component: acm, fault: TLS_CERT_EXPIRED }], must_not_blame: [app.front, tls.front] }",
        {"app.front", "tls.front"},
    ),
    "P14 six days before": (
        """
  front-certificate: { facts: { "probed[*].certificate.days_left": 6.0 } }
""",
        "{ roots: [{ component: acm, fault: TLS_CERT_EXPIRED }], must_not_blame: [app.front] }",
        {"tls.front"},
    ),
    "a certificate for another name": (
        refused("tls.name_mismatch", verify_code=62, **{"certificate.covers_name": False}),
        "{ roots: [{ component: tls.front, fault: TLS_NAME_MISMATCH }], must_not_blame: [app.front] }",
        {"app.front"},
    ),
    "https to a plain port": (
        PROXY_FAILS.format(upstream="basket.shop-prod.internal:7000", page="basket.shop-prod.internal:7000")
        + """
  front-settings: { facts: { "container.settings[variable=BASKET_URL].scheme": https } }
""",
        "{ roots: [{ component: taskdef.front, fault: SCHEME_MISMATCH }], must_not_blame: [app.basket, ecs.basket] }",
        {"app.front"},
    ),
    "H25 the store trusts the group of before": (
        STORES_RULES.format(group="sg-old") + SILENT + NOT_READY,
        "{ roots: [{ component: sg.store, fault: SG_MISSING_INGRESS }], must_not_blame: [rds, secret.shop] }",
        {"app.front", "rds"},
    ),
    "P06 a list drops the replies": (
        NO_REPLIES + SILENT + NOT_READY,
        "{ roots: [{ component: nacl.data, fault: NACL_BLOCKS_EPHEMERAL }], must_not_blame: [rds, sg.store] }",
        {"app.front", "rds"},
    ),
    "P21 a cache that is full of a queue": (
        """
  cache-main:
    facts:
      "server.used_memory_bytes": 101
      "queues[name=mails].depth": 90000
""",
        "{ roots: [{ component: redis, fault: REDIS_MAXMEMORY }], must_not_blame: [secret.cache] }",
        set(),
    ),
    "a cache whose password is another one than the secret's": (
        """
  cache-main:
    facts: { pinged: false, server: null, queues: [], refusal: wrongpass }
    fails: { phase: login, cause: redis.wrongpass }
"""
        + CACHE_FAILS,
        "{ roots: [{ component: secret.cache, fault: REDIS_AUTH_MISSING }], must_not_blame: [taskdef.front] }",
        {"redis"},
    ),
    "a cache that lost its encryption": (
        """
  cache-main:
    facts: { encrypted: null, open_to_all: null, pinged: false, server: null, queues: [], speaks: plain_text }
    fails: { phase: tls, cause: redis.tls_missing }
"""
        + CACHE_FAILS,
        "{ roots: [{ component: redis, fault: REDIS_TLS_MISMATCH }], must_not_blame: [secret.cache, taskdef.front] }",
        set(),
    ),
    "a name that leads to a demoted cache": (
        """
  cache-main:
    facts: { "server.role": replica, "server.primary_link_up": true }
""",
        "{ roots: [{ component: redis, fault: REDIS_STALE_PRIMARY }], must_not_blame: [secret.cache] }",
        set(),
    ),
    "H16 a parameter that leads to the cache": (
        """
  front-settings:
    facts:
      "container.references[0]": {
        variable: CACHE_HOST, kind: parameter, reference: /shop/cache/endpoint, shape: ok, exists: false }
    remove: ["container.variables[4]", "container.settings[variable=CACHE_HOST]"]
"""
        + CACHE_FAILS,
        "{ roots: [{ component: ssm.cache, fault: SSM_PARAMETER_MISSING }], must_not_blame: [redis, secret.cache] }",
        set(),
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
  cache-main: { deployed: false }
""",
        # B05: the renewal is due, and not late
        """
  front-certificate: { facts: { "probed[*].certificate.days_left": 45.0 } }
""",
        # a month before its end it is a finding
        """
  front-certificate: { facts: { "probed[*].certificate.days_left": 29.0 } }
""",
        # B15: who asks for no name is shown something else
        """
  front-certificate:
    facts: { "probed[*].without_name": { certificate: other, names: [x.example], covers_name: false } }
""",
        # B06: a protected page asks for a key, as it should
        """
  front-no-key: { facts: { "probed[*].answer.message": api_key_required } }
""",
    ],
    ids=["healthy", "B02 not deployed", "B05 45 days", "29 days", "B15 without a name", "B06 asks for a key"],
)
def test_what_is_meant_opens_nothing(outcome_of: Any, deviations: str) -> None:
    outcome = outcome_of(deviations)
    assert outcome.why == ()
    assert outcome.diagnosis.roots == ()
    assert not outcome.diagnosis.undecided
    assert outcome.coverage_gaps == ()


def test_what_only_the_auditor_cannot_reach_is_a_gap_and_no_root(outcome_of: Any) -> None:
    outcome = outcome_of(SILENT)
    assert outcome.why == ()
    assert outcome.diagnosis.roots == ()
    assert {gap["target"] for gap in outcome.coverage_gaps} == {"orders-watch", "orders-login"}


def test_where_the_rules_admit_the_platform_and_not_the_auditor_the_gap_names_the_line(outcome_of: Any) -> None:
    """A04. Nothing else needs to prove that the store serves: the storefront's page says so or not."""
    unwell = """
  front-ready: { facts: { "probed[*].answer.health.dependencies[name=basket].state": unhealthy } }
"""
    outcome = outcome_of(STORES_RULES.format(group="sg-front") + SILENT + unwell)
    assert outcome.diagnosis.roots == ()
    reasons = {gap["target"]: gap["reason"] for gap in outcome.coverage_gaps}
    assert reasons.keys() == {"orders-watch", "orders-login", "rules"}
    assert "the rules do not admit the auditor: no ingress rule of stores (sg-store)" in reasons["orders-watch"]


def test_a_missing_rule_that_nobody_feels_opens_nothing(outcome_of: Any) -> None:
    outcome = outcome_of(STORES_RULES.format(group="sg-auditor"))
    assert outcome.why == ()
    assert outcome.diagnosis.roots == ()


def test_what_the_evidence_does_not_decide_stays_undecided(outcome_of: Any) -> None:
    outcome = outcome_of(PROXY_FAILS.format(upstream=f"{BASKET}:7000", page=f"{BASKET}:7000"))
    assert outcome.diagnosis.roots == ()
    assert outcome.diagnosis.undecided
    assert outcome.diagnosis.next_observation
