"""A family's targets divided into shards, so that each fits one run: its processor time, its wall time, its sockets.

Each target belongs to the shard that scores highest for it (rendezvous hashing: Thaler and Ravishankar, "Using
name-based mappings to increase hit rates", 1998) among those that have room for it. So a target that comes or goes
moves hardly any other, and one shard more takes from the others only what becomes its own. As few as hold all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hashlib import blake2b
from typing import Any

from auditor.family import RESERVE, Family
from catalog.problem import CatalogueError, Problem

FULL_CORE_MB = 1769
"""Memory that gives a Lambda function one core; less memory gives its share (Lambda guide, "Configure memory")."""

SLOWER_CORE = 2.0
"""Costs are measured on the core of a desk. One in Lambda is taken to be half as fast until somebody measures it."""


def shard_ids(family: Family[Any], timeouts: Mapping[str, timedelta]) -> tuple[tuple[str, ...], ...]:
    """The ids of each shard, for targets and the time that each may take; no shard without a target.

    CatalogueError when more shards would not help: a target that takes longer than a run, or too many AWS calls.
    """
    room = _Room.of(family)
    _refuse_what_no_shard_helps(family, timeouts, room)
    if not timeouts:
        return ()
    number = max(1, room.least_shards(timeouts))
    while (shards := _divided(timeouts, number, room)) is None:
        number += 1
    return shards


@dataclass(frozen=True, slots=True)
class _Room:
    """What one run has: its processor serves so many ``targets``, and for ``seconds`` it makes ``in_flight`` probes."""

    targets: int
    seconds: float
    in_flight: int

    @classmethod
    def of(cls, family: Family[Any]) -> "_Room":
        seconds = (family.timeout - RESERVE).total_seconds()
        cpu_seconds = seconds * min(1.0, family.memory_mb / FULL_CORE_MB) / SLOWER_CORE
        return cls(max(1, int(cpu_seconds * 1000 / family.cost.cpu_ms)), seconds, family.cost.in_flight)

    def holds(self, load: "_Load") -> bool:
        # With m probes at a time, whatever their order, the last one ends at the latest after this long (Graham 1966).
        worst = (load.seconds - load.longest) / self.in_flight + load.longest
        return load.targets <= self.targets and worst <= self.seconds

    def least_shards(self, timeouts: Mapping[str, timedelta]) -> int:
        seconds = sum(timeout.total_seconds() for timeout in timeouts.values())
        return max(-(-len(timeouts) // self.targets), int(seconds / (self.seconds * self.in_flight)))


@dataclass(slots=True)
class _Load:
    """What a shard has got so far."""

    targets: int = 0
    seconds: float = 0.0
    longest: float = 0.0

    def with_one(self, seconds: float) -> "_Load":
        return _Load(self.targets + 1, self.seconds + seconds, max(self.longest, seconds))


def _divided(timeouts: Mapping[str, timedelta], number: int, room: _Room) -> tuple[tuple[str, ...], ...] | None:
    """The targets in so many shards, or None when one finds no room in any."""
    loads = [_Load() for _ in range(number)]
    chosen: dict[str, int] = {}
    for id in sorted(timeouts, key=lambda each: _score(each, -1)):
        seconds = timeouts[id].total_seconds()
        for shard in sorted(range(number), key=partial(_score, id), reverse=True):
            load = loads[shard].with_one(seconds)
            if room.holds(load):
                loads[shard] = load
                chosen[id] = shard
                break
        else:
            return None
    return tuple(tuple(id for id in timeouts if chosen[id] == shard) for shard in range(number))


def _score(id: str, shard: int) -> bytes:
    return blake2b(f"{shard}/{id}".encode(), digest_size=8).digest()


def _refuse_what_no_shard_helps(family: Family[Any], timeouts: Mapping[str, timedelta], room: _Room) -> None:
    cost, where = family.cost, f"family {family.name}"
    for id, timeout in timeouts.items():
        if timeout.total_seconds() > room.seconds:
            allowed = f"at most {room.seconds:g} s, the time of a run of this family"
            problem = f"target {id} may take {timeout.total_seconds():g} s"
            raise CatalogueError([Problem(file=where, message=problem, allowed=allowed)])
    if cost.calls and len(timeouts) > (most := int(cost.calls_per_second * room.seconds / cost.calls)):
        message = (
            f"{len(timeouts):,} targets make {cost.calls * len(timeouts):,} AWS calls in one run, all shards together"
        )
        allowed = f"at most {most:,} targets: AWS admits the account {cost.calls_per_second:g} such calls a second"
        raise CatalogueError([Problem(file=where, message=message, allowed=allowed)])
