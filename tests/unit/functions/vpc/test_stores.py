"""What AWS's words about stores become."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.vpc import stores
from functions.vpc.facts import MAX_EVENTS, EventKind

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def event(minutes: int = 5, **more: Any) -> dict[str, Any]:
    return {"Date": NOW - timedelta(minutes=minutes), **more}


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ({"EventCategories": ["failover"], "Message": "Multi-AZ instance failover completed"}, EventKind.FAILOVER),
        ({"EventCategories": ["availability"], "Message": "DB instance restarted"}, EventKind.RESTART),
        ({"EventCategories": ["recovery"]}, EventKind.RESTART),
        ({"EventCategories": ["notification", "low storage"]}, EventKind.STORAGE),
        ({"EventCategories": ["backup"], "Message": "failover from nothing"}, EventKind.OTHER),
        ({"Message": "Failover from primary node a-001 to replica node a-002 completed"}, EventKind.FAILOVER),
        ({"Message": "Failover from master node a-001 to replica node a-002 completed"}, EventKind.FAILOVER),
        ({"Message": "Test Failover API called for node group 0001"}, EventKind.FAILOVER),
        ({"Message": "Recovering cache nodes 0001"}, EventKind.RESTART),
        ({"Message": "Snapshot succeeded"}, EventKind.OTHER),
        ({}, EventKind.OTHER),
    ],
)
def test_an_event_is_read_by_its_category_or_its_phrase(raw: dict[str, Any], kind: EventKind) -> None:
    (read,) = stores.events([event(**raw)], NOW)
    assert (read.kind, read.age_seconds) == (kind, 300.0)


def test_the_newest_events_are_kept_first_and_no_more_than_so_many() -> None:
    read = stores.events([event(minutes) for minutes in range(50)], NOW)
    assert [each.age_seconds for each in read] == [60.0 * minutes for minutes in range(MAX_EVENTS)]
    assert stores.events([{"Message": "without a date"}], NOW) == ()


def test_an_update_is_forced_at_the_first_of_its_dates_and_an_offer_never() -> None:
    day = timedelta(days=1)
    details = [
        {"Action": "system-update", "AutoAppliedAfterDate": NOW + 5 * day, "ForcedApplyDate": NOW + 2 * day},
        {"Action": "db-upgrade"},
    ]
    forced, offered = stores.maintenance([{"PendingMaintenanceActionDetails": details}], NOW)
    assert (forced.action, forced.forced_at, forced.forced_in_seconds) == ("system-update", NOW + 2 * day, 172800.0)
    assert (offered.forced_at, offered.forced_in_seconds) == (None, None)


def test_a_status_that_nobody_knows_means_nothing() -> None:
    assert stores.database_means("available") == stores.cache_means("available") == stores.SERVES
    assert stores.database_means("re-imagining") == stores.cache_means("") == ""


def test_a_replication_group_in_cluster_mode_is_reached_by_its_configuration_endpoint() -> None:
    shard = {
        "PrimaryEndpoint": {"Address": "primary", "Port": 6379},
        "NodeGroupMembers": [{"CacheClusterId": "s-001", "CurrentRole": "primary"}],
    }
    raw = {"ReplicationGroupId": "s", "Status": "available", "NodeGroups": [shard]}
    assert stores.replication_group(raw).host == "primary"
    cluster = stores.replication_group(raw | {"ConfigurationEndpoint": {"Address": "configuration", "Port": 6380}})
    assert (cluster.host, cluster.port) == ("configuration", 6380)
    assert stores.replication_group({"ReplicationGroupId": "s"}).nodes == ()


def test_a_cluster_of_one_node_has_no_roles() -> None:
    node = {"CacheNodeId": "0001", "Endpoint": {"Address": "node", "Port": 6379}, "CustomerAvailabilityZone": "a"}
    read = stores.cluster({"CacheClusterId": "s", "CacheClusterStatus": "available", "CacheNodes": [node]})
    assert (read.host, read.nodes[0].role, read.nodes[0].zone) == ("node", "", "a")
