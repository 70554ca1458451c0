"""INFO to facts: pure. Only what is asked for is kept; what is missing or malformed is None, never a guess."""

import re
from collections.abc import Mapping
from typing import Literal

from functions.cache.facts import ServerFacts

MOST_INFO = 64 * 1024
"""Bytes. A server without many modules or databases sends 7,000."""
_NUMBER = re.compile(r"[0-9]{1,18}")
_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}")
_EXPIRES = re.compile(r"(?:^|,)expires=([0-9]{1,18})(?:,|$)")
_DATABASE = re.compile(r"db[0-9]{1,5}")
_REPLICA = re.compile(r"slave[0-9]{1,4}")
_COUNT = re.compile(r"count=([0-9]{1,18})")
_ROLES: Mapping[str, Literal["primary", "replica"]] = {"master": "primary", "slave": "replica"}
_EVICTION: Mapping[str, Literal["none", "all_keys", "expiring_keys"]] = {
    "noeviction": "none",
    "allkeys-lru": "all_keys",
    "allkeys-lfu": "all_keys",
    "allkeys-random": "all_keys",
    "volatile-lru": "expiring_keys",
    "volatile-lfu": "expiring_keys",
    "volatile-random": "expiring_keys",
    "volatile-ttl": "expiring_keys",
}
_LINK = {"up": True, "down": False}


def read_info(text: bytes) -> ServerFacts:
    """What a server says of itself."""
    lines = text.decode("utf-8", errors="replace").split("\r\n")
    said = {name: value for name, colon, value in (line.partition(":") for line in lines) if colon}
    version = _VERSION.fullmatch(said.get("valkey_version") or said.get("redis_version", ""))
    used, excepted = _number(said, "used_memory"), _number(said, "mem_not_counted_for_evict")
    return ServerFacts(
        engine="valkey" if "valkey_version" in said else "redis",
        version=version.group() if version else "",
        role=_ROLES.get(said.get("role", "")),
        uptime_seconds=_number(said, "uptime_in_seconds"),
        loading=_flag(said, "loading"),
        connected_clients=_number(said, "connected_clients"),
        max_clients=_number(said, "maxclients"),
        blocked_clients=_number(said, "blocked_clients"),
        rejected_connections=_number(said, "rejected_connections"),
        used_memory_bytes=None if used is None else max(0, used - (excepted or 0)),
        max_memory_bytes=_number(said, "maxmemory"),
        eviction=_EVICTION.get(said.get("maxmemory_policy", "")),
        evicted_keys=_number(said, "evicted_keys"),
        expiring_keys=_expiring(said) if "# Keyspace" in lines else None,
        replicas=_number(said, "connected_slaves"),
        replicas_online=_online(said),
        primary_link_up=_LINK.get(said.get("master_link_status", "")),
        syncing=_flag(said, "master_sync_in_progress"),
        refused_logins=_errors(said, "WRONGPASS"),
        refused_for_memory=_errors(said, "OOM"),
        refused_as_read_only=_errors(said, "READONLY"),
    )


def _number(said: Mapping[str, str], name: str) -> int | None:
    text = said.get(name, "")
    return int(text) if _NUMBER.fullmatch(text) else None


def _flag(said: Mapping[str, str], name: str) -> bool | None:
    return {"0": False, "1": True}.get(said.get(name, ""))


def _expiring(said: Mapping[str, str]) -> int | None:
    """Keys with a time to live; a server without any key lists no database. None where a line cannot be read."""
    found = [_EXPIRES.search(value) for name, value in said.items() if _DATABASE.fullmatch(name)]
    return sum(int(match.group(1)) for match in found if match) if all(found) else None


def _online(said: Mapping[str, str]) -> int | None:
    """Replicas that follow; one that is still copying does not."""
    if "connected_slaves" not in said:
        return None
    states = (value.split(",") for name, value in said.items() if _REPLICA.fullmatch(name))
    return sum("state=online" in state for state in states)


def _errors(said: Mapping[str, str], word: str) -> int | None:
    """How often a server has answered this error; versions before 6.2 do not count them."""
    if "total_error_replies" not in said:
        return None
    counted = _COUNT.fullmatch(said.get(f"errorstat_{word}", "count=0"))
    return int(counted.group(1)) if counted else None
