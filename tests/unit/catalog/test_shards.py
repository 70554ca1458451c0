"""A family's targets are divided so that each run can do its part; hardly any moves when their number changes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from auditor.family import RESERVE, Cost, Family, Plane
from catalog.families import declared_families
from catalog.problem import CatalogueError
from catalog.shards import FULL_CORE_MB, SLOWER_CORE, shard_ids
from tests.fakes import MINUTE

SECOND = timedelta(seconds=1)


def family(cost: Cost, *, run: int = 26, memory_mb: int = FULL_CORE_MB) -> Family[Any]:
    """A family whose runs have so many seconds."""
    return Family(
        name="page",
        title="Pages",
        plane=Plane.DATA,
        spec_type=object,
        period=MINUTE,
        timeout=RESERVE + run * SECOND,
        memory_mb=memory_mb,
        cost=cost,
    )


def targets(number: int, timeout: timedelta = SECOND) -> dict[str, timedelta]:
    return {f"target-{n:05}": timeout for n in range(number)}


def of_shard(shards: Sequence[Sequence[str]]) -> Mapping[str, int]:
    return {id: number for number, ids in enumerate(shards) for id in ids}


# The processor serves 26 s / 2 / 13 ms = 1,000 targets.
BUSY = family(Cost(cpu_ms=13.0))
# 256 probes at a time, 5 s each: 21 s for all but the longest, so 1,075 beside it.
SLOW = family(Cost(cpu_ms=0.1))


@pytest.mark.parametrize(("number", "shards"), [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (2000, 2), (2001, 3)])
def test_as_many_shards_as_the_processor_needs(number: int, shards: int) -> None:
    assert SLOWER_CORE == 2.0
    assert len(shard_ids(BUSY, targets(number))) == shards


@pytest.mark.parametrize(("number", "shards"), [(1076, 1), (1077, 2)])
def test_as_many_shards_as_all_timeouts_need(number: int, shards: int) -> None:
    assert len(shard_ids(SLOW, targets(number, 5 * SECOND))) == shards


def test_less_memory_is_less_of_a_processor() -> None:
    half = family(Cost(cpu_ms=13.0), memory_mb=FULL_CORE_MB // 2 + 1)
    twice = family(Cost(cpu_ms=13.0), memory_mb=FULL_CORE_MB * 2)
    assert [len(shard_ids(f, targets(501))) for f in (half, BUSY, twice)] == [2, 1, 1]


def test_sockets_and_threads_bound_what_waits_at_the_same_time() -> None:
    costs = (Cost(cpu_ms=1), Cost(cpu_ms=1, descriptors=8), Cost(cpu_ms=1, descriptors=8, blocking=True))
    assert [cost.in_flight for cost in costs] == [256, 120, 64]
    assert [len(shard_ids(family(cost), targets(1000, 5 * SECOND))) for cost in costs] == [1, 2, 4]


def test_every_target_is_in_one_shard_in_the_catalogues_order() -> None:
    every = targets(2500)
    shards = shard_ids(BUSY, every)
    assert Counter(id for ids in shards for id in ids) == dict.fromkeys(every, 1)
    assert all(list(ids) == sorted(ids) for ids in shards)


def test_ten_thousand_are_balanced() -> None:
    sizes = [len(ids) for ids in shard_ids(family(Cost(cpu_ms=15.0)), targets(10_000))]
    assert len(sizes) == 12
    assert max(sizes) <= 866
    assert min(sizes) > 0.85 * 10_000 / 12


def test_the_order_of_the_catalogue_moves_no_target() -> None:
    every = targets(3000)
    backwards = dict(reversed(every.items()))
    assert of_shard(shard_ids(BUSY, every)) == of_shard(shard_ids(BUSY, backwards))


@pytest.mark.parametrize(("number", "moved_at_most"), [(1500, 0), (2500, 25), (2999, 30)])
def test_one_target_more_moves_hardly_any(number: int, moved_at_most: int) -> None:
    before, after = (of_shard(shard_ids(BUSY, targets(n))) for n in (number, number + 1))
    assert sum(after[id] != shard for id, shard in before.items()) <= moved_at_most


def test_one_shard_more_takes_its_own_share_only() -> None:
    before, after = (of_shard(shard_ids(BUSY, targets(n))) for n in (9000, 9001))
    assert (max(before.values()), max(after.values())) == (8, 9)
    moved = [id for id, shard in before.items() if after[id] != shard]
    assert len(moved) < 0.2 * 9000


def test_targets_of_which_each_fills_a_run() -> None:
    assert [len(ids) for ids in shard_ids(family(Cost(cpu_ms=13_000.0)), targets(5))] == [1] * 5
    alone = family(Cost(cpu_ms=1.0, descriptors=960))
    assert [len(ids) for ids in shard_ids(alone, targets(3, 26 * SECOND))] == [1] * 3


def test_a_target_longer_than_a_run_is_refused() -> None:
    with pytest.raises(CatalogueError) as refused:
        shard_ids(SLOW, {"a": SECOND, "b": 27 * SECOND})
    assert str(refused.value) == (
        "family page: target b may take 27 s (allowed at most 26 s, the time of a run of this family)"
    )


def test_more_aws_calls_than_the_account_has_are_refused() -> None:
    asking = family(Cost(cpu_ms=1.0, blocking=True, calls=4, calls_per_second=20.0), run=50)
    assert len(shard_ids(asking, targets(250))) == 1
    with pytest.raises(CatalogueError) as refused:
        shard_ids(asking, targets(251))
    assert str(refused.value) == (
        "family page: 251 targets make 1,004 AWS calls in one run, all shards together "
        "(allowed at most 250 targets: AWS admits the account 20 such calls a second)"
    )


@pytest.mark.parametrize("declared", declared_families(), ids=lambda family: family.name)
def test_every_family_admits_its_own_longest_timeout(declared: Family[Any]) -> None:
    longest: timedelta = __import__(f"functions.{declared.name}.family", fromlist=["x"]).MAX_TIMEOUT
    assert shard_ids(declared, {"a": longest}) == (("a",),)
