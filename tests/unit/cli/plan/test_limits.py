"""Every limit: exactly at it fits, one more is refused by its name and no other."""

from bisect import bisect_left
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from auditor.domain.topology import Shard
from auditor.family import RESERVE, Cost, Family
from catalog.families import declared_families
from catalog.shards import shard_ids
from cli.plan import effort
from cli.plan.limits import limits
from cli.plan.model import AggregatorLoad, FamilyLoad, Limit, ShardLoad, StackCounts
from cli.plan.plan import plan
from tests.unit.cli.plan.platforms import FAMILIES, platform, sized, target

STACK = StackCounts(
    services=1,
    functions=2,
    rules=2,
    most_rules_of_a_function=1,
    alarms=5,
    composite_alarms=0,
    metrics=6,
    log_groups=2,
    egress_ports=1,
    resources=33,
)
SHARD = ShardLoad(targets=1, calls=0, secrets=0, probing_seconds=1.0, storing_seconds=0.1)
PAGES = FamilyLoad(
    name="page",
    period=timedelta(minutes=1),
    timeout=timedelta(seconds=30),
    memory_mb=512,
    cost=Cost(cpu_ms=1.5, descriptors=8),
    shards=(SHARD,),
    policy_bytes=2000,
)
AGGREGATOR = AggregatorLoad(
    memory_mb=512, timeout=timedelta(seconds=60), waiting_seconds=1, working_seconds=1, longest_seconds=2
)


def exceeded(
    stack: StackCounts = STACK,
    family: FamilyLoad = PAGES,
    aggregator: AggregatorLoad = AGGREGATOR,
    dollars: float = 10,
    budget: float | None = None,
) -> list[str]:
    found = limits([family], aggregator, stack, dollars=dollars, budget=budget)
    return [limit.name for limit in found if limit.exceeded]


def shards(*targets: int, seconds: float = 1) -> FamilyLoad:
    return replace(PAGES, shards=tuple(replace(SHARD, targets=number, probing_seconds=seconds) for number in targets))


TABLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "services of a catalogue": (
        {"stack": replace(STACK, services=90)},
        {"stack": replace(STACK, services=91)},
    ),
    "resources of a stack": (
        {"stack": replace(STACK, resources=500)},
        {"stack": replace(STACK, resources=501)},
    ),
    "rules of an event bus": ({"stack": replace(STACK, rules=300)}, {"stack": replace(STACK, rules=301)}),
    # 42 statements of 480 bytes are 20,160 of 20,480
    "bytes of a function's resource policy": (
        {"stack": replace(STACK, most_rules_of_a_function=42)},
        {"stack": replace(STACK, most_rules_of_a_function=43)},
    ),
    "children of a composite alarm": (
        {"stack": replace(STACK, composite_alarms=100)},
        {"stack": replace(STACK, composite_alarms=101)},
    ),
    "rules of the security group": (
        {"stack": replace(STACK, egress_ports=60)},
        {"stack": replace(STACK, egress_ports=61)},
    ),
    # and the aggregator
    "functions at work at once": ({"family": shards(*[1] * 999)}, {"family": shards(*[1] * 1000)}),
    # 450 + 24 x 17,047 = 409,578 of 409,600
    "bytes of a commit record": ({"family": shards(17_047)}, {"family": shards(17_048)}),
    "bytes of a role's policy": (
        {"family": replace(PAGES, policy_bytes=10_000)},
        {"family": replace(PAGES, policy_bytes=10_001)},
    ),
    # 450 + 8 x 437,443 = 3,499,994; in shards that fit by themselves
    "bytes of the aggregator's state": (
        {"family": shards(*[10_000] * 43, 7_443)},
        {"family": shards(*[10_000] * 43, 7_444)},
    ),
    # a limit of 30 s, of which 4 s are kept for storing
    "seconds of a run of page": ({"family": shards(1, seconds=26)}, {"family": shards(1, seconds=26.01)}),
    "seconds of the aggregator": (
        {"aggregator": replace(AGGREGATOR, longest_seconds=60)},
        {"aggregator": replace(AGGREGATOR, longest_seconds=60.01)},
    ),
    "budget.dollars_a_month": ({"dollars": 50, "budget": 50}, {"dollars": 50.01, "budget": 50}),
}


@pytest.mark.parametrize("name", TABLE)
def test_at_the_limit_fits_and_above_it_is_refused(name: str) -> None:
    at, above = TABLE[name]
    assert exceeded(**at) == []
    assert exceeded(**above) == [name]


def test_every_limit_stands_in_the_table_or_cannot_be_reached() -> None:
    names = {limit.name for limit in limits([PAGES], AGGREGATOR, STACK, dollars=1, budget=1)}
    assert names - set(TABLE) == {"targets of a rule", "descriptors of a function"}


def test_descriptors_are_bounded_by_the_probes_in_flight() -> None:
    def used(targets: int) -> Limit:
        found = limits([shards(targets)], AGGREGATOR, STACK, dollars=1, budget=None)
        return next(limit for limit in found if limit.name == "descriptors of a function")

    assert used(2).used == 64 + 2 * 8
    # so many fit, and no more are made at once
    assert used(120).used == used(10_000).used == 64 + 120 * 8 == used(120).limit == 1024


def test_each_secret_lengthens_the_policy_of_its_role_once() -> None:
    def used(*secrets: str) -> int:
        targets = [target(f"t{number}", "page", secret=secret) for number, secret in enumerate(secrets)]
        shard = Shard(family="page", number=0, targets=tuple(t.id for t in targets))
        (family,) = plan(platform(targets, [shard]), FAMILIES).families
        return family.policy_bytes

    arn = len('"arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/1-??????"')
    assert used("") == 2000
    assert used("shop/1", "shop/1") == used("shop/1")
    assert used("shop/1", "shop/2") == used("shop/1") + arn + len(",")


def test_ten_thousand_targets_are_counted_without_a_synthesis() -> None:
    stack = plan(sized(pages=[800] * 12 + [400], services=10), FAMILIES).stack
    assert (stack.functions, stack.rules, stack.most_rules_of_a_function) == (2, 14, 13)
    # fixed 14, two functions with five each, fourteen rules with permission, alarms 1 + 10 + 3
    assert (stack.alarms, stack.resources) == (14, 14 + 10 + 28 + 14)


def test_no_catalogue_has_more_services_than_messages_fit_one_transaction() -> None:
    fits, refused = (plan(sized(pages=[1], services=number), FAMILIES) for number in (90, 91))
    assert [limit.name for limit in fits.refusals] == []
    assert [(limit.name, limit.used) for limit in refused.refusals] == [("services of a catalogue", 91)]


def test_shards_fill_the_stack() -> None:
    # 14 fixed + 10 of functions + rules with their permissions, of shards and aggregator + alarms 1 + 1 + 3
    fits, refused = (plan(sized(pages=[1] * number), FAMILIES).stack.resources for number in (235, 236))
    assert (fits, refused) == (14 + 10 + 2 * 236 + 5, 14 + 10 + 2 * 237 + 5)


def test_a_shard_that_cannot_end_in_its_time_is_refused() -> None:
    assert [limit.name for limit in plan(sized(pages=[3_000]), FAMILIES).refusals] == ["seconds of a run of page"]


@pytest.mark.parametrize("family", declared_families(), ids=lambda family: family.name)
def test_the_fullest_shard_that_the_compiler_makes_fits_its_time(family: Family[Any]) -> None:
    # as many as its processor serves, none of which waits long
    unlimited = replace(family, cost=replace(family.cost, calls=0))

    def is_split(targets: int) -> bool:
        timeouts = {f"t{number}": timedelta(milliseconds=10) for number in range(targets)}
        return len(shard_ids(unlimited, timeouts)) > 1

    fullest = bisect_left(range(6_000), True, key=is_split) - 1
    seconds = effort.probing_seconds(fullest, family.cost, family.memory_mb)
    room = (family.timeout - RESERVE).total_seconds()
    assert 0.99 * room < seconds <= room
