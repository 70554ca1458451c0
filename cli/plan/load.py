"""What the auditor does for a compiled catalogue: the runs of its families, and the aggregator's."""

import json
import math
from collections.abc import Sequence
from datetime import timedelta
from statistics import mean
from typing import Any

from auditor.domain.target import Target
from auditor.domain.topology import Platform, Shard
from auditor.family import AwsScope, Family
from auditor.runtime.catalogue import decoded
from cli.plan.effort import aggregate_seconds, probing_seconds, storing_seconds
from cli.plan.model import AggregatorLoad, FamilyLoad, ShardLoad

# These are infra's and the aggregator's own; tests/infra/test_plan.py holds them to the template and the code.
AGGREGATOR_PERIOD = timedelta(minutes=1)
AGGREGATOR_TIMEOUT = timedelta(seconds=60)
COMMIT_WAIT_SECONDS = 20.0
POLL_SECONDS = 0.5

OWN_POLICY_BYTES = 2000
"""Statements of every family's role: its log group, network interfaces, commits, the table's key, observations."""
_SID_BYTES = 91

_READ_SECRET = "secretsmanager:GetSecretValue"  # noqa: S105 - the name of an action
_ANYWHERE = AwsScope(partition="aws", region="us-east-1", account="123456789012")
"""Permissions are asked for their number and length only."""


def family_loads(platform: Platform, families: Sequence[Family[Any]]) -> tuple[FamilyLoad, ...]:
    """Every family that has a shard, in the order given. CodecError when a spec is not of its family's type."""
    by_name = {family.name: [shard for shard in platform.shards if shard.family == family.name] for family in families}
    targets = {target.id: target for target in platform.targets}
    return tuple(
        FamilyLoad(
            name=family.name,
            period=family.period,
            timeout=family.timeout,
            memory_mb=family.memory_mb,
            cost=family.cost,
            shards=tuple(_shard_load(family, shard, targets) for shard in by_name[family.name]),
            policy_bytes=_policy_bytes(family, [t for t in platform.targets if t.family == family.name]),
        )
        for family in families
        if by_name[family.name]
    )


def _shard_load(family: Family[Any], shard: Shard, targets: dict[str, Target[Any]]) -> ShardLoad:
    # what is declared not to be deployed is not probed
    probed = [decoded(targets[id], family) for id in shard.targets if targets[id].deployed]
    secrets = {
        resource
        for permission in family.permissions(probed, _ANYWHERE)
        if _READ_SECRET in permission.actions
        for resource in permission.resources
    }
    return ShardLoad(
        targets=len(probed),
        calls=family.calls_per_target * len(probed),
        secrets=len(secrets),
        probing_seconds=probing_seconds(len(probed), family.cost, family.memory_mb),
        storing_seconds=storing_seconds(family.memory_mb),
    )


def _policy_bytes(family: Family[Any], targets: Sequence[Target[Any]]) -> int:
    """The statements that every role has, and those of the family's permissions."""
    permissions = family.permissions([decoded(target, family) for target in targets], _ANYWHERE)
    statements = [
        {"Action": p.actions, "Effect": "Allow", "Resource": p.resources, "Sid": "x" * _SID_BYTES} for p in permissions
    ]
    return OWN_POLICY_BYTES + sum(len(json.dumps(statement, separators=(",", ":"))) for statement in statements)


def aggregator_memory_mb(targets: int) -> int:
    """What the aggregator gets for a catalogue of so many targets."""
    return min(512 + 128 * (targets // 1000), 10_240)


def aggregator_load(platform: Platform, families: Sequence[FamilyLoad]) -> AggregatorLoad:
    """The aggregator starts with the families and asks for each commit until it is there or its patience ends."""
    waits = [_wait(families, minute) for minute in range(60)]
    shards = sum(len(family.shards) for family in families)
    targets = sum(family.targets for family in families)
    memory_mb = aggregator_memory_mb(len(platform.targets))
    working = aggregate_seconds(targets, shards, memory_mb)
    return AggregatorLoad(
        memory_mb=memory_mb,
        timeout=AGGREGATOR_TIMEOUT,
        waiting_seconds=mean(waits),
        working_seconds=working,
        longest_seconds=max(waits) + working,
    )


def _wait(families: Sequence[FamilyLoad], minute: int) -> float:
    """Seconds until it sees the last run of the families that are due in a minute of the hour."""
    due = (family.slowest_seconds for family in families if minute % (family.period.total_seconds() / 60) == 0)
    return POLL_SECONDS * questions_in_vain(max(due, default=0.0))


def questions_in_vain(seconds: float) -> int:
    """How often the aggregator asks for a commit that comes after so long, before it sees it or gives up."""
    return math.ceil(min(COMMIT_WAIT_SECONDS, seconds) / POLL_SECONDS)
