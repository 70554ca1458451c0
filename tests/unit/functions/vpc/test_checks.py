"""What the questions make of facts; the fault lab asks them of whole situations."""

from dataclasses import replace
from typing import Any

import pytest

from auditor.domain.check import judge
from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.domain.result import Result, Status
from auditor.domain.target import Target
from functions.vpc.checks import CHECKS
from functions.vpc.facts import EndFacts, SubnetFacts, VpcFacts
from functions.vpc.family import EdgeSpec, VpcSpec
from tests.knowing import SLOT
from tests.unit.functions.vpc.network import ALL_OUT, IN, STORE, TASK, healthy, rule, with_rules

DENIED = Failure(phase=Phase.QUERY, cause="aws.denied", detail="the role may not call ec2:DescribeNetworkAcls on VPC v")
EDGE = EdgeSpec(source="ecs:shop/orders", to="rds:orders", port=5432)
OWN = EdgeSpec(source="auditor", to="rds:orders", port=5432)
SPEC = VpcSpec(vpc="shop", edges=(EDGE, OWN))
FACTS = VpcFacts(
    network=healthy(),
    ends=(
        EndFacts(end="ecs:shop/orders", interfaces=("eni-task",), addresses=(TASK,), total=1),
        EndFacts(end="rds:orders", interfaces=("eni-store",), addresses=(STORE,), total=1),
        EndFacts(end="auditor", interfaces=("eni-task",), addresses=(TASK,), total=1),
    ),
    names={"sg-store": "stores", "sg-old": "old-tasks"},
    attached={"sg-tasks": 1, "sg-store": 1},
)


def ask(check: str, facts: VpcFacts, spec: VpcSpec = SPEC) -> Result:
    target = Target(id="t", family="vpc", service="s", component="vpc.dns", spec=spec)
    vantage = Vantage(kind="function", name="auditor")
    observation = Observation(family="vpc", target="t", slot=SLOT, vantage=vantage, facts=facts)
    (found,) = (result for result in judge(CHECKS, target, observation) if result.check == f"vpc.{check}")
    return found


def without_end(end: str, **facts: Any) -> VpcFacts:
    ends = tuple(
        replace(each, interfaces=(), addresses=(), total=0) if each.end == end else each for each in FACTS.ends or ()
    )
    return replace(FACTS, ends=ends, **facts)


OLD = with_rules(healthy(), "sg-store", ALL_OUT, rule(IN, 5432, group="sg-old"))


def test_the_line_is_named_with_the_group_that_nothing_has_any_more() -> None:
    result = ask("edges_admitted", replace(FACTS, network=OLD))
    assert (result.status, result.cause) == (Status.FAIL, "vpc.group_does_not_admit")
    assert result.summary == (
        "ecs:shop/orders -> rds:orders:5432: no ingress rule of stores (sg-store) admits tcp 5432 from ecs:shop/orders "
        "(they name old-tasks (sg-old), which nothing has)."
    )
    assert ask("references_live", replace(FACTS, network=OLD)).status is Status.WARN


def test_what_stops_the_auditor_is_no_failure_of_the_platform_and_the_reverse() -> None:
    network = with_rules(healthy(), "sg-store", ALL_OUT)
    alone = replace(SPEC, edges=(OWN,))
    result = ask("auditor_admitted", replace(FACTS, network=network), alone)
    assert (result.status, result.cause) == (Status.UNKNOWN, "vpc.auditor_not_admitted")
    assert "stores (sg-store)" in result.summary
    assert "stack's output" in result.remediation


def test_a_service_without_a_task_has_nothing_to_ask() -> None:
    facts = without_end("ecs:shop/orders")
    assert ask("edges_admitted", facts, replace(SPEC, edges=(EDGE,))).status is Status.SKIPPED


def test_an_end_that_is_not_seen_is_no_pass() -> None:
    result = ask("edges_admitted", without_end("rds:orders"))
    assert (result.status, result.cause) == (Status.UNKNOWN, "vpc.no_interface")
    assert "rds:orders" in result.summary


def test_one_edge_that_could_not_be_told_is_no_pass_of_all() -> None:
    other = EdgeSpec(source="ecs:other/web", to="rds:orders", port=5432)
    facts = replace(FACTS, unread={"ecs:other/web": DENIED})
    result = ask("edges_admitted", facts, replace(SPEC, edges=(EDGE, other)))
    assert (result.status, result.cause) == (Status.UNKNOWN, "aws.denied")


def test_a_stopped_edge_is_told_whatever_else_could_not_be() -> None:
    other = EdgeSpec(source="ecs:other/web", to="rds:orders", port=5432)
    facts = replace(FACTS, network=OLD, unread={"ecs:other/web": DENIED})
    assert ask("edges_admitted", facts, replace(SPEC, edges=(other, EDGE))).status is Status.FAIL


@pytest.mark.parametrize(
    "check", ["edges_admitted", "auditor_admitted", "routes_active", "references_live", "addresses_free"]
)
def test_what_was_not_read_is_unknown_and_names_the_action(check: str) -> None:
    unread = dict.fromkeys(("network", "subnets"), DENIED)
    result = ask(check, VpcFacts(unread=unread))
    assert (result.status, result.cause) == (Status.UNKNOWN, "aws.denied")
    assert "ec2:DescribeNetworkAcls" in result.summary
    assert "Grant the action" in result.remediation


@pytest.mark.parametrize("spec", [SPEC, VpcSpec(database="orders"), VpcSpec(cache="sessions")])
def test_facts_without_anything_pass_nothing(spec: VpcSpec) -> None:
    target = Target(id="t", family="vpc", service="s", component="rds", spec=spec)
    vantage = Vantage(kind="function", name="auditor")
    observation = Observation(family="vpc", target="t", slot=SLOT, vantage=vantage, facts=VpcFacts())
    results = judge(CHECKS, target, observation)
    assert results
    assert {result.status for result in results} <= {Status.UNKNOWN, Status.SKIPPED}


def test_a_small_subnet_that_nothing_uses_is_no_finding_unless_it_is_full() -> None:
    used = SubnetFacts(id="subnet-a", name="private", zone="a", cidr="10.0.1.0/24", free=200, used=True)
    small = SubnetFacts(id="subnet-t", name="transit", zone="a", cidr="10.0.8.0/28", free=3, used=False)
    assert ask("addresses_free", replace(FACTS, subnets=(used, small))).status is Status.PASS
    full = ask("addresses_free", replace(FACTS, subnets=(used, replace(small, free=0))))
    assert (full.status, full.cause) == (Status.FAIL, "vpc.no_addresses")
    assert "transit" in full.summary


def test_the_platforms_checks_of_the_network_move_no_verdict() -> None:
    judged = {check.id for check in CHECKS if check.severity != "advisory"}
    assert judged == {"vpc.resolver_enabled", "vpc.database_available", "vpc.cache_available"}
