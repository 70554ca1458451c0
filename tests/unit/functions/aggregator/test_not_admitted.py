"""Which silences the aggregator lays to the auditor by the rules that a family read, and by which rules it does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.domain.bundle import BUNDLE_VERSION, Bundle, Run, State
from auditor.domain.codec import to_json
from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.domain.result import Result, Severity, Status
from catalog.compile import compile_catalogue
from catalog.load import loads
from functions.aggregator.claims import not_admitted_in
from functions.aggregator.registry import knowledge
from functions.database.facts import DatabaseFacts, SecretAgreement
from functions.vpc.facts import EndFacts, VpcFacts
from functions.vpc.network_model import Network
from tests.unit.functions.vpc.network import ALL_OUT, IN, STORE, TASK, healthy, rule, with_rules

SLOT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VANTAGE = Vantage(kind="function", name="auditor", in_vpc=True)
PLATFORM = compile_catalogue(
    loads(
        """\
schema_version: 1
platform: { name: shop, title: A shop, region: eu-west-1 }
services: [{ id: orders, title: Orders, owner: data-team }]
components: [{ id: rds, service: orders }, { id: vpc.dns, service: orders }]
targets:
  - id: orders-db
    family: database
    service: orders
    component: rds
    spec: { host: orders.db.shop.example, database: orders, user: watcher, secret: watch/orders, tls: disable }
  - id: rules
    family: vpc
    service: orders
    component: vpc.dns
    spec:
      vpc: shop
      edges:
        - { source: auditor, to: "rds:orders", port: 5432 }
        - { source: "sg:tasks", to: "rds:orders", port: 5432 }
""",
        "shop.yaml",
    )
)
AUDITOR = "10.0.1.99"


def network(*admitted: str) -> Network:
    """The store's group admits these addresses and no others."""
    base = healthy()
    own = replace(base.interfaces[0], id="eni-auditor", addresses=(AUDITOR,))
    rules = tuple(rule(IN, 5432, cidr=f"{address}/32") for address in admitted)
    return with_rules(replace(base, interfaces=(*base.interfaces, own)), "sg-store", ALL_OUT, *rules)


def run(family: str, target: str, facts: Any, slot: datetime, failure: Failure | None = None) -> Run:
    observation = Observation(
        family=family,
        target=target,
        slot=slot,
        vantage=VANTAGE,
        facts=to_json(facts),
        failures=(failure,) if failure else (),
    )
    results = [] if failure is None else [_failed(family, target, slot, failure)]
    return Run(
        family=family,
        shard=0,
        slot=slot,
        request_id=family,
        vantage=VANTAGE,
        observations=(observation,),
        results=tuple(results),
    )


def _failed(family: str, target: str, slot: datetime, failure: Failure) -> Result:
    return Result(
        family=family,
        target=target,
        check=f"{family}.reachable",
        slot=slot,
        status=Status.FAIL,
        severity=Severity.HIGH,
        summary="-",
        cause=failure.cause,
        phase=failure.phase,
    )


def bundle(rules: Network, *, read: datetime = SLOT, cause: str = "tcp.timeout") -> Bundle:
    ends = (
        EndFacts(end="auditor", interfaces=("eni-auditor",), addresses=(AUDITOR,), total=1),
        EndFacts(end="sg:tasks", interfaces=("eni-task",), addresses=(TASK,), total=1),
        EndFacts(end="rds:orders", interfaces=("eni-store",), addresses=(STORE,), total=1),
    )
    agrees = SecretAgreement(user=True)
    database = DatabaseFacts(
        addresses=(STORE,), resolver="10.0.0.2:53", encrypted=None, login="own", secret_agrees=agrees, server=None
    )
    failure = Failure(phase=Phase.TCP, cause=cause, detail="-", address=STORE)
    runs = (
        run("database", "orders-db", database, SLOT, failure),
        run("vpc", "rules", VpcFacts(network=rules, ends=ends), read),
    )
    return Bundle(schema_version=BUNDLE_VERSION, stage="test", as_of=SLOT, platform=PLATFORM, runs=runs, state=State())


def test_a_silence_where_the_platform_is_admitted_and_the_auditor_not_is_the_auditors_own() -> None:
    found = not_admitted_in(bundle(network(TASK)))
    assert found.keys() == {"orders-db"}
    assert "no ingress rule of sg-store admits tcp 5432 from auditor" in found["orders-db"]


@pytest.mark.parametrize(
    "moment",
    [
        bundle(network(TASK, AUDITOR)),
        bundle(network()),
        bundle(network(TASK), cause="tcp.refused"),
        bundle(network(TASK), read=SLOT - timedelta(minutes=20)),
    ],
    ids=["admitted", "the platform is stopped too", "refused", "rules of long ago"],
)
def test_any_other_failure_stays_with_its_target(moment: Bundle) -> None:
    assert not_admitted_in(moment) == {}


def test_a_bug_of_a_familys_knowledge_excuses_nobody_and_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError("x")

    moment = bundle(network(TASK))
    assert knowledge().not_admitted(moment)
    monkeypatch.setattr("functions.vpc.knowledge.claims", broken)
    assert knowledge().not_admitted(moment) == {}
