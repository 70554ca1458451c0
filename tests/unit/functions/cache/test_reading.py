"""INFO and envelopes: what is read of them, and that what is not said is not guessed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.cache.envelope import sent_at
from functions.cache.facts import ServerFacts
from functions.cache.info import read_info
from functions.cache.memory import can_evict, percent_used

PRIMARY = b"""# Server\r
redis_version:7.2.4\r
valkey_version:8.1.0\r
uptime_in_seconds:300\r
# Clients\r
connected_clients:12\r
maxclients:10000\r
blocked_clients:1\r
# Memory\r
used_memory:1500\r
maxmemory:2000\r
maxmemory_policy:volatile-lru\r
mem_not_counted_for_evict:100\r
# Persistence\r
loading:0\r
# Stats\r
rejected_connections:3\r
evicted_keys:5\r
total_error_replies:9\r
# Replication\r
role:master\r
connected_slaves:2\r
slave0:ip=10.0.0.8,port=6379,state=online,offset=14,lag=0\r
slave1:ip=10.0.0.9,port=6379,state=wait_bgsave,offset=0,lag=0\r
# Errorstats\r
errorstat_OOM:count=4\r
errorstat_WRONGPASS:count=2\r
# Keyspace\r
db0:keys=10,expires=3,avg_ttl=0\r
db3:keys=1,expires=1,avg_ttl=0\r
"""


def test_a_primary_is_read_as_it_says() -> None:
    assert read_info(PRIMARY) == ServerFacts(
        engine="valkey",
        version="8.1.0",
        role="primary",
        uptime_seconds=300,
        loading=False,
        connected_clients=12,
        max_clients=10000,
        blocked_clients=1,
        rejected_connections=3,
        used_memory_bytes=1400,
        max_memory_bytes=2000,
        eviction="expiring_keys",
        evicted_keys=5,
        expiring_keys=4,
        replicas=2,
        replicas_online=1,
        refused_logins=2,
        refused_for_memory=4,
        refused_as_read_only=0,
    )


def test_a_replica_says_how_its_link_is() -> None:
    lost = read_info(b"role:slave\r\nmaster_link_status:down\r\nmaster_sync_in_progress:1\r\n")
    assert (lost.role, lost.primary_link_up, lost.syncing) == ("replica", False, True)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"role:sentinel\r\nused_memory:-1\r\nmaxmemory:1e9\r\nmaxmemory_policy:whatever\r\nloading:2\r\n",
        b"role:master \r\nused_memory:99999999999999999999\r\nredis_version:<b>1</b>\r\n",
        b"role\r\nused_memory 5\r\n",
    ],
)
def test_what_is_missing_or_no_number_is_not_guessed(text: bytes) -> None:
    assert read_info(text) == ServerFacts()


def test_errors_that_an_old_server_does_not_count_are_not_none() -> None:
    assert read_info(b"role:master\r\n").refused_logins is None


@pytest.mark.parametrize(
    ("said", "percent", "evicts"),
    [
        ({"used_memory_bytes": 50, "max_memory_bytes": 100, "eviction": "none"}, 50.0, False),
        ({"used_memory_bytes": 50, "max_memory_bytes": 0, "eviction": "all_keys"}, 0.0, True),
        ({"used_memory_bytes": 1, "max_memory_bytes": 4, "eviction": "expiring_keys", "expiring_keys": 0}, 25.0, False),
        ({"used_memory_bytes": 1, "max_memory_bytes": 4, "eviction": "expiring_keys", "expiring_keys": 1}, 25.0, True),
        ({"used_memory_bytes": 1, "eviction": "expiring_keys"}, None, None),
        ({"max_memory_bytes": 1}, None, None),
    ],
)
def test_memory_is_told_where_both_ends_are_known(said: dict[str, Any], percent: float | None, evicts: Any) -> None:
    server = ServerFacts(**said)
    assert (percent_used(server), can_evict(server)) == (percent, evicts)


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("envelope", "path"),
    [
        (b'{"timestamp": "2026-03-01T12:00:00Z", "payload": {"password": "x"}}', "timestamp"),
        (b'{"timestamp": "2026-03-01T13:00:00+01:00"}', "timestamp"),
        (b'{"timestamp": "2026-03-01T12:00:00.123456"}', "timestamp"),
        (b'{"timestamp": "2026-03-01 12:00"}', "timestamp"),
        (b'{"timestamp": 1772366400}', "timestamp"),
        (b'{"timestamp": 1772366400.75}', "timestamp"),
        (b'{"timestamp": 1772366400123}', "timestamp"),
        (b'{"meta": {"sent": {"at": 1772366400}}}', "meta.sent.at"),
    ],
)
def test_the_time_of_an_envelope_is_read_in_the_usual_ways(envelope: bytes, path: str) -> None:
    assert sent_at(envelope, path) == NOON


@pytest.mark.parametrize(
    "envelope",
    [
        b"",
        b"no json",
        b"[" * 100_000,
        b'"2026-03-01T12:00:00Z"',
        b"[1772366400]",
        b"{}",
        b'{"timestamp": null}',
        b'{"timestamp": true}',
        b'{"timestamp": {"timestamp": 1772366400}}',
        b'{"timestamp": "yesterday"}',
        b'{"timestamp": "2026-02-30T12:00:00Z"}',
        b'{"timestamp": "2026-03-01T12:00:00Z and a secret behind it"}',
        b'{"timestamp": NaN}',
        b'{"timestamp": 1e400}',
        b'{"timestamp": -5}',
        b'{"timestamp": 1' + b"0" * 400 + b"}",
        b"\xff\xfe",
    ],
)
def test_what_is_no_time_is_none(envelope: bytes) -> None:
    assert sent_at(envelope, "timestamp") is None
