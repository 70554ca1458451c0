"""What AWS says of an RDS instance or an ElastiCache cluster, as facts, and which of its words mean what: pure."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from functions.vpc.facts import (
    MAX_EVENTS,
    CacheFacts,
    DatabaseFacts,
    EventFacts,
    EventKind,
    MaintenanceFacts,
    NodeFacts,
)

SERVES = "serves"
_DATABASE_STATUS = {
    **dict.fromkeys(
        (
            "available",
            "backing-up",
            "configuring-enhanced-monitoring",
            "configuring-iam-database-auth",
            "configuring-log-exports",
            "delete-precheck",
            "insufficient-capacity",
            "modifying",
            "resetting-master-credentials",
            "storage-config-upgrade",
            "storage-initialization",
            "storage-optimization",
        ),
        SERVES,
    ),
    **dict.fromkeys(
        (
            "backtracking",
            "maintenance",
            "moving-to-vpc",
            "converting-to-vpc",
            "rebooting",
            "renaming",
            "starting",
            "upgrading",
        ),
        "vpc.store_restarting",
    ),
    "storage-full": "vpc.storage_full",
    **dict.fromkeys(("stopped", "stopping"), "vpc.store_stopped"),
    **dict.fromkeys(("creating", "deleting", "restoring"), "vpc.store_gone"),
    **dict.fromkeys(
        (
            "failed",
            "inaccessible-encryption-credentials",
            "inaccessible-encryption-credentials-recoverable",
            "incompatible-create",
            "incompatible-network",
            "incompatible-option-group",
            "incompatible-parameters",
            "incompatible-restore",
            "restore-error",
        ),
        "vpc.store_broken",
    ),
}
"""Amazon RDS User Guide, "Viewing Amazon RDS DB instance status"."""
_CACHE_STATUS = {
    **dict.fromkeys(("available", "modifying", "snapshotting"), SERVES),
    **dict.fromkeys(("rebooting cluster nodes",), "vpc.store_restarting"),
    **dict.fromkeys(("create-failed", "incompatible-network", "restore-failed"), "vpc.store_broken"),
    **dict.fromkeys(("creating", "deleting", "deleted"), "vpc.store_gone"),
}
"""ElastiCache API Reference: Status of ReplicationGroup, CacheClusterStatus of CacheCluster."""

_CATEGORIES = {
    "failover": EventKind.FAILOVER,
    "availability": EventKind.RESTART,
    "recovery": EventKind.RESTART,
    "low storage": EventKind.STORAGE,
    "maintenance": EventKind.MAINTENANCE,
    "failure": EventKind.FAILURE,
}
"""Amazon RDS User Guide, "Amazon RDS event categories and event messages"; the first that an event has counts."""
_PHRASES = (
    ("failover from", EventKind.FAILOVER),
    ("test failover api called", EventKind.FAILOVER),
    ("recover", EventKind.RESTART),
    ("restart", EventKind.RESTART),
    ("reboot", EventKind.RESTART),
    ("maintenance", EventKind.MAINTENANCE),
    ("fail", EventKind.FAILURE),
)
"""ElastiCache has no categories: phrases of its messages, from TestFailover of its API Reference and its User Guide."""


def database_means(status: str) -> str:
    """SERVES, the cause that a status of RDS stands for, or an empty text for one that nobody knows."""
    return _DATABASE_STATUS.get(status, "")


def cache_means(status: str) -> str:
    """As ``database_means``, for a status of ElastiCache."""
    return _CACHE_STATUS.get(status, "")


def database(raw: Any) -> DatabaseFacts:
    """An RDS instance."""
    endpoint = raw.get("Endpoint") or {}
    return DatabaseFacts(
        id=raw["DBInstanceIdentifier"],
        status=raw.get("DBInstanceStatus", ""),
        engine=f"{raw.get('Engine', '')} {raw.get('EngineVersion', '')}".strip(),
        host=endpoint.get("Address", ""),
        port=endpoint.get("Port"),
        multi_az=bool(raw.get("MultiAZ")),
        storage_gib=raw.get("AllocatedStorage") or 0,
        max_storage_gib=raw.get("MaxAllocatedStorage"),
        groups=tuple(sorted(group["VpcSecurityGroupId"] for group in raw.get("VpcSecurityGroups") or [])),
    )


def replication_group(raw: Any) -> CacheFacts:
    """An ElastiCache replication group."""
    shards = raw.get("NodeGroups") or []
    endpoint = raw.get("ConfigurationEndpoint") or (shards[0].get("PrimaryEndpoint") if shards else None) or {}
    members = [member for shard in shards for member in shard.get("NodeGroupMembers") or []]
    return CacheFacts(
        id=raw["ReplicationGroupId"],
        status=raw.get("Status", ""),
        host=endpoint.get("Address", ""),
        port=endpoint.get("Port"),
        automatic_failover=raw.get("AutomaticFailover") in ("enabled", "enabling"),
        encrypted=bool(raw.get("TransitEncryptionEnabled")),
        nodes=tuple(
            NodeFacts(
                id=member.get("CacheClusterId", ""),
                role=member.get("CurrentRole") or "",
                zone=member.get("PreferredAvailabilityZone") or "",
            )
            for member in members
        ),
    )


def cluster(raw: Any) -> CacheFacts:
    """An ElastiCache cluster that belongs to no replication group."""
    nodes = raw.get("CacheNodes") or []
    endpoint = raw.get("ConfigurationEndpoint") or (nodes[0].get("Endpoint") if nodes else None) or {}
    return CacheFacts(
        id=raw["CacheClusterId"],
        status=raw.get("CacheClusterStatus", ""),
        host=endpoint.get("Address", ""),
        port=endpoint.get("Port"),
        automatic_failover=False,
        encrypted=bool(raw.get("TransitEncryptionEnabled")),
        nodes=tuple(
            NodeFacts(id=node.get("CacheNodeId", ""), role="", zone=node.get("CustomerAvailabilityZone") or "")
            for node in nodes
        ),
    )


def events(raws: Iterable[Any], now: datetime) -> tuple[EventFacts, ...]:
    """The last events, the newest first; of their texts only the kind."""
    dated = sorted((raw for raw in raws if raw.get("Date")), key=lambda raw: str(raw["Date"]), reverse=True)
    return tuple(
        EventFacts(kind=_kind(raw), at=raw["Date"].astimezone(UTC), age_seconds=_seconds(now - raw["Date"]))
        for raw in dated[:MAX_EVENTS]
    )


def maintenance(raws: Iterable[Any], now: datetime) -> tuple[MaintenanceFacts, ...]:
    """The updates that AWS has ready."""
    details = (detail for raw in raws for detail in raw.get("PendingMaintenanceActionDetails") or [])
    found = []
    for detail in details:
        # An update is applied at the first of these that is set; an opt-in waits for a person.
        forced = min((detail[k] for k in ("AutoAppliedAfterDate", "ForcedApplyDate") if detail.get(k)), default=None)
        found.append(
            MaintenanceFacts(
                action=str(detail.get("Action", ""))[:60],
                forced_at=forced.astimezone(UTC) if forced else None,
                forced_in_seconds=_seconds(forced - now) if forced else None,
            )
        )
    return tuple(found[:MAX_EVENTS])


def _kind(raw: Any) -> EventKind:
    for category in raw.get("EventCategories") or []:
        if category in _CATEGORIES:
            return _CATEGORIES[category]
    if raw.get("EventCategories"):
        return EventKind.OTHER
    text = str(raw.get("Message", "")).lower()
    return next((kind for phrase, kind in _PHRASES if phrase in text), EventKind.OTHER)


def _seconds(difference: Any) -> float:
    return round(float(difference.total_seconds()), 1)
