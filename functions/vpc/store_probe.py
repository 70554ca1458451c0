"""Reads the state of an RDS instance or an ElastiCache cluster, what happened to it and what AWS plans for it."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from auditor.adapters import calls
from auditor.domain.observation import Failure
from auditor.net.probe import Probe
from functions.vpc import stores

Client = Callable[[str], Any]
"""Gives the client of an AWS service."""

_A_DAY_MINUTES = 24 * 60


async def instance(client: Client, name: str, probe: Probe) -> Any:
    """The RDS instance of an identifier as the SDK gives it, or why it is not read."""
    answer = await calls.ask(
        probe,
        "rds:DescribeDBInstances",
        f"instance {name}",
        lambda: client("rds").describe_db_instances(DBInstanceIdentifier=name),
    )
    return answer if isinstance(answer, Failure) else answer["DBInstances"][0]


async def read_database(
    client: Client, name: str, probe: Probe, read: dict[str, Any], unread: dict[str, Failure]
) -> None:
    """The instance, its events of the last day and its pending maintenance."""
    found = await instance(client, name, probe)
    if isinstance(found, Failure):
        unread |= dict.fromkeys(("database", "events", "maintenance"), found)
        return
    # Ages are by AWS's clock and ours, never by the slot: a slot may be minutes old.
    now = datetime.now(UTC)
    read["database"] = stores.database(found)
    _keep("events", await _events(client("rds"), "rds", "db-instance", name, probe), read, unread)
    pending = await calls.pages(
        probe,
        "rds:DescribePendingMaintenanceActions",
        f"instance {name}",
        lambda **more: client("rds").describe_pending_maintenance_actions(
            ResourceIdentifier=found["DBInstanceArn"], **more
        ),
        items="PendingMaintenanceActions",
        marker=("Marker", "Marker"),
    )
    planned = pending if isinstance(pending, Failure) else stores.maintenance(pending, now)
    _keep("maintenance", planned, read, unread)


async def read_cache(client: Client, name: str, probe: Probe, read: dict[str, Any], unread: dict[str, Failure]) -> None:
    """The replication group of a name, or the cluster, and its events of the last day."""
    answer = await calls.ask(
        probe,
        "elasticache:DescribeReplicationGroups",
        f"cache {name}",
        lambda: client("elasticache").describe_replication_groups(ReplicationGroupId=name),
    )
    kind = "replication-group"
    if isinstance(answer, Failure) and answer.cause == "aws.not_found":
        kind = "cache-cluster"
        answer = await calls.ask(
            probe,
            "elasticache:DescribeCacheClusters",
            f"cache {name}",
            lambda: client("elasticache").describe_cache_clusters(CacheClusterId=name, ShowCacheNodeInfo=True),
        )
    if isinstance(answer, Failure):
        unread |= dict.fromkeys(("cache", "events"), answer)
        return
    if kind == "replication-group":
        read["cache"] = stores.replication_group(answer["ReplicationGroups"][0])
    else:
        read["cache"] = stores.cluster(answer["CacheClusters"][0])
    _keep("events", await _events(client("elasticache"), "elasticache", kind, name, probe), read, unread)


async def _events(api: Any, service: str, kind: str, name: str, probe: Probe) -> Any:
    """The events of the last day, or why they are not read."""
    listed = await calls.pages(
        probe,
        f"{service}:DescribeEvents",
        f"{kind} {name}",
        partial(api.describe_events, SourceType=kind, SourceIdentifier=name, Duration=_A_DAY_MINUTES),
        items="Events",
        marker=("Marker", "Marker"),
    )
    return listed if isinstance(listed, Failure) else stores.events(listed, datetime.now(UTC))


def _keep(field: str, found: Any, read: dict[str, Any], unread: dict[str, Failure]) -> None:
    (unread if isinstance(found, Failure) else read)[field] = found
