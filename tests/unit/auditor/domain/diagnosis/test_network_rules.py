"""Lines that stop a connection: a root where somebody feels it, a finding where nobody does."""

from typing import Any

import pytest

from auditor.domain.diagnosis.claims import AnswerSays, Claim, HealthReports, NameResolves, PortAnswers
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.diagnosis.network_claims import EdgeAdmits, FailedOver, ResolverOff, StoreIs, SubnetFull
from auditor.domain.diagnosis.network_words import StoppedBy, StoreState
from auditor.domain.diagnosis.task_claims import RunningCounts, TasksStarted, TaskStopped
from auditor.domain.diagnosis.words import (
    KEY_VALUE_STORE,
    RELATIONAL_STORE,
    Emitter,
    NameOutcome,
    PortOutcome,
    Saying,
    StopReason,
)
from auditor.domain.observation import Phase
from auditor.domain.target import Target
from auditor.domain.topology import Component, Dependency
from tests.unit.auditor.domain.diagnosis.conftest import SHOP, SLOT, seen

STORE, CACHE, TASK, BALANCER = "10.7.2.9", "10.7.2.8", "10.7.1.5", "alb.web"
GROUND = {
    "sg.store": ("orders", "stores"),
    "sg.cache": ("orders", "caches"),
    "sg.alb": ("ground", "balancers"),
    "sg.tasks": ("ground", "tasks"),
    "nacl.private": ("ground", "private-list"),
    "egress.nat": ("ground", "nat-1"),
    "subnet.private": ("ground", "private-subnet"),
    "vpc.dns": ("ground", "shop"),
    "redis": ("orders", "sessions"),
    "alb.web": ("storefront", "web"),
}
NAMED = {"ecs.front": "shop/front", "ecs.basket": "shop/basket", "rds": "orders"}
COMPONENTS = (
    *(Component(id=c.id, service=c.service, aws_name=NAMED.get(c.id, c.aws_name)) for c in SHOP.components),
    *(Component(id=id, service=service, aws_name=name) for id, (service, name) in GROUND.items()),
)
TARGETS = (
    *SHOP.targets,
    Target(id="cache-ping", family="probe", service="orders", component="redis", spec={}),
    Target(id="rules", family="probe", service="ground", component="vpc.dns", spec={}),
)
DEPENDENCIES = (*SHOP.dependencies, Dependency(service="storefront", needs="ground"))


def diagnose(shop: Any, claims: list[Claim], readings: list[Any]) -> Diagnosis:
    diagnosis: Diagnosis = shop.diagnose(
        claims, readings, components=COMPONENTS, targets=TARGETS, dependencies=DEPENDENCIES
    )
    return diagnosis


def edge(**more: Any) -> EdgeAdmits:
    """The basket's connection to its database, which a group stops unless ``more`` says otherwise."""
    base: dict[str, Any] = {
        "source_kind": "ecs",
        "source": "shop/basket",
        "destination_kind": "rds",
        "destination": "orders",
        "port": 5432,
        "addresses": (STORE,),
        "stopped_by": StoppedBy.INGRESS_RULE,
        "stopped_at": ("stores", "sg-1"),
        "line": "no ingress rule of stores admits it",
        "proof": seen("rules"),
    }
    return EdgeAdmits(**(base | more))


def says(healthy: bool, dependency: str = RELATIONAL_STORE) -> Claim:
    return HealthReports(component="app.basket", dependency=dependency, healthy=healthy, proof=seen("basket-page"))


def silence(address: str = STORE, port: int = 5432, target: str = "orders-own") -> Claim:
    return PortAnswers(host="h", address=address, port=port, outcome=PortOutcome.TIMEOUT, proof=seen(target))


def findings(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    return [(found.component, str(found.fault)) for found in diagnosis.findings]


MISSING = ("sg.store", "SG_MISSING_INGRESS")


def test_a_rule_that_is_missing_alone_is_a_finding(shop: Any) -> None:
    diagnosis = diagnose(shop, [edge()], [])
    assert diagnosis.roots == ()
    assert findings(diagnosis) == [MISSING]


def test_a_rule_that_is_missing_where_the_client_complains_is_the_root(shop: Any) -> None:
    diagnosis = diagnose(shop, [edge(), says(healthy=False)], [shop.failing("basket-page"), shop.failing("front-page")])
    assert shop.roots(diagnosis) == [MISSING]
    (root,) = diagnosis.roots
    assert root.confidence == "high"
    assert "from the security group that shop/basket has now" in root.first_action
    assert {victim.component for victim in diagnosis.victims} == {"app.basket", "app.front"}
    assert "rds" in {out.subject for out in diagnosis.ruled_out}


def test_a_client_that_fails_without_naming_anything_is_explained_with_less_confidence(shop: Any) -> None:
    diagnosis = diagnose(shop, [edge()], [shop.failing("basket-page")])
    assert [(r.component, r.confidence) for r in diagnosis.roots] == [("sg.store", "medium")]


def test_a_client_that_says_its_store_is_well_does_not_feel_the_missing_rule(shop: Any) -> None:
    """Connections from before the change live on; what fails there has another reason."""
    diagnosis = diagnose(shop, [edge(), says(healthy=True)], [shop.failing("basket-page")])
    assert diagnosis.roots == ()
    assert diagnosis.undecided
    assert findings(diagnosis) == [MISSING]


def test_somebody_elses_failure_is_not_explained(shop: Any) -> None:
    diagnosis = diagnose(shop, [edge()], [shop.failing("front-settings")])
    assert shop.roots(diagnosis) == [MISSING], "the storefront needs the basket"
    diagnosis = diagnose(shop, [edge()], [shop.failing("orders-login", Phase.LOGIN)])
    assert diagnosis.roots == ()


def test_an_admitted_connection_is_no_root_whoever_complains(shop: Any) -> None:
    admitted = edge(stopped_by=None, stopped_at=(), line="")
    diagnosis = diagnose(shop, [admitted, says(healthy=False)], [shop.failing("basket-page")])
    assert diagnosis.roots == ()


def test_what_stops_the_auditor_alone_is_no_root(shop: Any) -> None:
    own = edge(source_kind="auditor", source="", of_auditor=True)
    diagnosis = diagnose(shop, [own, silence()], [shop.failing("orders-own", Phase.TCP, cause="tcp.timeout")])
    assert diagnosis.roots == ()
    assert findings(diagnosis) == []


def test_the_auditors_silence_beside_the_clients_complaint_is_explained_too(shop: Any) -> None:
    readings = [shop.failing("orders-own", Phase.TCP, cause="tcp.timeout"), shop.failing("basket-page")]
    diagnosis = diagnose(shop, [edge(), says(healthy=False), silence()], readings)
    assert shop.roots(diagnosis) == [MISSING]
    assert not diagnosis.undecided


def test_an_answer_that_names_the_place_behind_the_line_names_the_root(shop: Any) -> None:
    resolved = NameResolves(name="db.shop", outcome=NameOutcome.RESOLVED, addresses=(STORE,), proof=seen("basket-name"))
    answer = AnswerSays(
        component="app.basket",
        status=504,
        saying=Saying.UPSTREAM_TIMEOUT,
        upstream_host="db.shop",
        upstream_port=5432,
        proof=seen("basket-page"),
    )
    diagnosis = diagnose(shop, [edge(), resolved, answer], [shop.failing("basket-page")])
    assert [(r.component, r.confidence) for r in diagnosis.roots] == [("sg.store", "high")]


def test_a_group_that_the_catalogue_does_not_know_is_not_blamed(shop: Any) -> None:
    diagnosis = diagnose(
        shop, [edge(stopped_at=("unknown", "sg-9")), says(healthy=False)], [shop.failing("basket-page")]
    )
    assert diagnosis.roots == ()
    diagnosis = diagnose(shop, [edge(stopped_at=("stores", "caches")), says(healthy=False)], [])
    assert findings(diagnosis) == [], "either could have the rule"


def balancer_edge(**more: Any) -> EdgeAdmits:
    return edge(
        source_kind="alb",
        source="web",
        destination_kind="ecs",
        destination="shop/basket",
        port=8080,
        addresses=(TASK,),
        stopped_by=StoppedBy.EGRESS_RULE,
        stopped_at=("balancers", "sg-2"),
        **more,
    )


@pytest.mark.parametrize(("status", "confidence"), [(504, "high"), (503, "high"), (404, "medium")])
def test_a_balancer_that_is_not_let_out_answers_for_its_targets(shop: Any, status: int, confidence: str) -> None:
    answer = AnswerSays(component="app.basket", status=status, emitter=Emitter.LOAD_BALANCER, proof=seen("basket-page"))
    diagnosis = diagnose(shop, [balancer_edge(), answer], [shop.failing("basket-page")])
    assert shop.roots(diagnosis) == [("sg.alb", "SG_MISSING_EGRESS")]
    assert diagnosis.roots[0].confidence == confidence


def dropped(**more: Any) -> EdgeAdmits:
    base = {"stopped_by": StoppedBy.LIST_OF_REPLIES, "stopped_at": ("private-list", "acl-1"), "drops_replies": True}
    return edge(**(base | {"groups_admit": True} | more))


def test_a_list_that_drops_replies_of_several_connections_is_one_root(shop: Any) -> None:
    to_cache = dropped(destination_kind="redis", destination="sessions", port=6379, addresses=(CACHE,))
    claims = [dropped(), to_cache, says(healthy=False), silence(), silence(CACHE, 6379, "cache-ping")]
    readings = [
        shop.failing("basket-page"),
        shop.failing("orders-own", Phase.TCP, cause="tcp.timeout"),
        shop.failing("cache-ping", Phase.TCP, cause="tcp.timeout"),
    ]
    diagnosis = diagnose(shop, claims, readings)
    assert shop.roots(diagnosis) == [("nacl.private", "NACL_BLOCKS_EPHEMERAL")]
    assert not diagnosis.undecided
    assert {"rds", "redis", "the security groups"} <= {out.subject for out in diagnosis.roots[0].ruled_out}


def test_a_list_that_denies_a_port_and_admits_replies_is_not_called_one_that_drops_them(shop: Any) -> None:
    one_port = dropped(stopped_by=StoppedBy.LIST_OF_REQUESTS, drops_replies=False)
    diagnosis = diagnose(shop, [one_port, says(healthy=False)], [shop.failing("basket-page")])
    assert diagnosis.roots == ()
    assert diagnosis.undecided


def test_no_way_out_is_a_root_only_of_the_way_outside(shop: Any) -> None:
    out = edge(destination_kind="outside", destination="", port=443, stopped_by=StoppedBy.ROUTE, stopped_at=("rtb-1",))
    diagnosis = diagnose(shop, [out], [shop.failing("basket-page")])
    assert shop.roots(diagnosis) == [("egress.nat", "EGRESS_ROUTE_MISSING")]
    inside = edge(stopped_by=StoppedBy.ROUTE, stopped_at=("rtb-1",))
    assert diagnose(shop, [inside], [shop.failing("basket-page")]).roots == ()
    assert findings(diagnose(shop, [out], [])) == [("egress.nat", "EGRESS_ROUTE_MISSING")]


FULL = SubnetFull(names=("private-subnet", "subnet-1"), proof=seen("rules"))


def counts(running: int) -> Claim:
    return RunningCounts(component="ecs.basket", desired=2, running=running, proof=seen("basket-tasks"))


def test_a_service_short_of_tasks_beside_a_full_subnet_is_short_of_addresses(shop: Any) -> None:
    readings = [shop.failing("basket-tasks"), shop.failing("basket-page", Phase.TCP)]
    diagnosis = diagnose(shop, [FULL, counts(0)], readings)
    assert shop.roots(diagnosis) == [("subnet.private", "SUBNET_IP_EXHAUSTED")]
    assert not diagnosis.undecided


def test_a_task_that_says_why_it_stopped_had_an_address(shop: Any) -> None:
    memory = TaskStopped(component="ecs.basket", reason=StopReason.OUT_OF_MEMORY, proof=seen("basket-tasks"))
    diagnosis = diagnose(shop, [FULL, counts(0), memory], [shop.failing("basket-tasks")])
    assert shop.roots(diagnosis) == [("ecs.basket", "OOM_KILLED")]


def test_a_full_subnet_alone_is_a_finding(shop: Any) -> None:
    diagnosis = diagnose(shop, [FULL, counts(2)], [shop.failing("front-page")])
    assert diagnosis.roots == ()
    assert findings(diagnosis) == [("subnet.private", "SUBNET_IP_EXHAUSTED")]


def test_without_a_full_subnet_nothing_that_runs_is_still_told(shop: Any) -> None:
    assert shop.roots(diagnose(shop, [counts(0)], [shop.failing("basket-tasks")])) == [
        ("ecs.basket", "NO_RUNNING_TASKS")
    ]


def test_a_resolver_that_is_off_cuts_everybody_off_once_names_do_not_answer(shop: Any) -> None:
    off = ResolverOff(names=("shop", "vpc-1"), proof=seen("rules"))
    lookup = NameResolves(name="basket.shop", outcome=NameOutcome.TIMEOUT, proof=seen("basket-name"))
    readings = [shop.failing("rules"), shop.failing("basket-name", Phase.NAME), shop.failing("front-page", Phase.NAME)]
    diagnosis = diagnose(shop, [off, lookup], readings)
    assert shop.roots(diagnosis) == [("vpc.dns", "RESOLVER_FAILURE")]
    assert not diagnosis.undecided


def store(state: StoreState, component: str = "rds") -> Claim:
    return StoreIs(component=component, host="", state=state, word=state.value, proof=seen("orders-own"))


@pytest.mark.parametrize(
    ("state", "fault"), [(StoreState.STORAGE_FULL, "DB_STORAGE_FULL"), (StoreState.RESTARTING, "DB_RESTARTING")]
)
def test_what_the_cloud_says_of_a_database_explains_who_cannot_use_it(shop: Any, state: StoreState, fault: str) -> None:
    readings = [shop.failing("orders-login", Phase.TCP, cause="tcp.refused"), shop.failing("basket-page")]
    diagnosis = diagnose(shop, [store(state)], readings)
    assert shop.roots(diagnosis) == [("rds", fault)]
    assert not diagnosis.undecided


@pytest.mark.parametrize("state", [StoreState.SERVES, StoreState.STOPPED, StoreState.BROKEN, StoreState.GONE])
def test_a_store_that_serves_or_has_no_word_in_the_list_of_faults_is_no_root(shop: Any, state: StoreState) -> None:
    assert diagnose(shop, [store(state)], [shop.failing("orders-own")]).roots == ()


def test_a_cache_that_restarts_is_not_called_a_database(shop: Any) -> None:
    assert diagnose(shop, [store(StoreState.RESTARTING, "redis")], [shop.failing("cache-ping")]).roots == ()


@pytest.mark.parametrize(("hours", "roots"), [(-1, [("ecs.basket", "REDIS_STALE_PRIMARY")]), (1, [])])
def test_a_failover_is_a_hint_where_older_tasks_complain_of_their_cache(
    shop: Any, hours: int, roots: list[Any]
) -> None:
    started = TasksStarted(component="ecs.basket", at=SLOT.replace(hour=12 + hours), proof=seen("basket-tasks"))
    failover = FailedOver(component="redis", at=SLOT, proof=seen("cache-ping"))
    claims = [started, failover, says(healthy=False, dependency=KEY_VALUE_STORE)]
    diagnosis = diagnose(shop, claims, [shop.failing("basket-page")])
    assert shop.roots(diagnosis) == roots
    assert all(root.confidence == "low" for root in diagnosis.roots)
