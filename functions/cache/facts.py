"""What a probe of a Redis or Valkey keeps, and why it can fail. Nothing of a secret or of a message's content."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from auditor.domain.cause import Cause

Refusal = Literal[
    "noauth",
    "wrongpass",
    "no_password",
    "not_permitted",
    "max_clients",
    "protected_mode",
    "loading",
    "master_down",
    "busy",
    "oom",
    "read_only",
    "not_persisted",
    "no_replicas",
    "moved",
    "cluster_down",
    "wrong_type",
    "other",
]
"""What an error answer means; its words are dropped, because servers repeat in them what they were sent."""

Envelope = Literal["read", "none", "too_large", "unreadable", "refused", "not_read"]
"""Whether the time of an envelope was found; ``none`` is an empty list, ``not_read`` that its turn did not come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What INFO says, None where it says nothing.

    ``max_memory_bytes`` 0 is no limit. ``used_memory_bytes`` is what counts towards it, without the buffers that the
    server excepts. ``expiring_keys``: keys with a time to live, which alone a ``volatile`` policy may evict.
    ``refused_*``, ``rejected_connections`` and ``evicted_keys`` count since the server started; the auditor's own first
    PING adds nothing to them.
    """

    engine: Literal["redis", "valkey"] = "redis"
    version: str = ""
    role: Literal["primary", "replica"] | None = None
    uptime_seconds: int | None = None
    loading: bool | None = None
    connected_clients: int | None = None
    max_clients: int | None = None
    blocked_clients: int | None = None
    rejected_connections: int | None = None
    used_memory_bytes: int | None = None
    max_memory_bytes: int | None = None
    eviction: Literal["none", "all_keys", "expiring_keys"] | None = None
    evicted_keys: int | None = None
    expiring_keys: int | None = None
    replicas: int | None = None
    replicas_online: int | None = None
    primary_link_up: bool | None = None
    syncing: bool | None = None
    refused_logins: int | None = None
    refused_for_memory: int | None = None
    refused_as_read_only: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFacts:
    """One queue of the catalogue by its name: how much each of its lists holds, None where that was not told.

    ``refused``: what the server said in place of a number. ``oldest`` says what became of reading ``oldest_at``, the
    time in the envelope that waits longest; ``newest_dead_letter_at`` is read where there are more than allowed.
    """

    name: str
    depth: int | None = None
    processing: int | None = None
    dead_letters: int | None = None
    refused: Refusal | None = None
    oldest: Envelope = "not_read"
    oldest_at: datetime | None = None
    newest_dead_letter_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheFacts:
    """One probe, as far as it came.

    ``addresses`` holds every address of the name; the first one was asked. ``encrypted`` is None until the phase that
    decides it is over. ``speaks``: what the port was found to speak where it does not speak as declared.
    ``open_to_all``: whether it answered before any password was given. ``refusal``: the error that ended login or PING.
    ``info_refused``: what the server said in place of INFO. ``write``: what became of the auditor's own key; None where
    none was written.
    """

    addresses: tuple[str, ...] = ()
    resolver: str = ""
    encrypted: bool | None = None
    speaks: Literal["tls", "plain_text"] | None = None
    open_to_all: bool | None = None
    refusal: Refusal | None = None
    pinged: bool = False
    server: ServerFacts | None = None
    info_refused: Refusal | None = None
    write: Literal["accepted"] | Refusal | None = None
    queues: tuple[QueueFacts, ...] = ()


def _cause(id: str, meaning: str) -> Cause:
    # Each of these needs an established connection, so packets went there and back.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("redis.tls_missing", "TLS is declared and the server speaks plain text"),
    _cause("redis.tls_demanded", "plain text is declared and the server speaks TLS"),
    _cause("redis.noauth", "the server demands a password and none was given"),
    _cause("redis.wrongpass", "wrong password, unknown user or user switched off; the server does not say which"),
    _cause("redis.no_password", "a password was given and the server has none"),
    _cause("redis.open_to_all", "the server serves clients that give no password"),
    _cause("redis.not_permitted", "the auditor's user may not run the command"),
    _cause("redis.max_clients", "all connections that the server allows are taken"),
    _cause("redis.protected_mode", "the server has no password and admits its own host only"),
    _cause("redis.login_timeout", "the server took the connection and did not answer the login in time"),
    _cause("redis.login_failed", "the server refused the login for another reason"),
    _cause("redis.loading", "the server loads its data and serves nobody yet"),
    _cause("redis.master_down", "a replica without its primary that serves nothing stale"),
    _cause("redis.busy", "a script keeps the server from serving anybody"),
    _cause("redis.query_timeout", "the login succeeded and a command was not answered in time"),
    _cause("redis.query_failed", "the server refused a command for another reason"),
    _cause("redis.protocol", "what the peer sent is not the Redis protocol"),
    _cause("redis.not_told", "the server's INFO does not say what is asked"),
    _cause("redis.oom", "the memory limit is reached and nothing may be evicted: writes are refused"),
    _cause("redis.read_only", "the server is a replica and refuses writes"),
    _cause("redis.not_persisted", "the server cannot save its data and refuses writes"),
    _cause("redis.no_replicas", "the server has fewer replicas than it wants for a write"),
    _cause("redis.moved", "the key belongs to another node of the cluster"),
    _cause("redis.cluster_down", "the cluster does not serve the key's slot"),
    _cause("redis.write_failed", "the server refused a write for another reason"),
    _cause("redis.wrong_role", "the server is a replica where a primary is declared, or the reverse"),
    _cause("redis.memory_high", "more memory is used than the catalogue's threshold allows, and it may not be evicted"),
    _cause("redis.replica_link_down", "the replica has lost its primary"),
    _cause("redis.replicas_missing", "the primary has fewer replicas than declared"),
    _cause("redis.wrong_type", "a queue's key holds another type than declared"),
    _cause("redis.queue_deep", "a queue holds more messages than its threshold allows"),
    _cause("redis.processing_high", "more messages are in processing than the threshold allows"),
    _cause("redis.dead_letters_high", "more dead letters than the threshold allows, none of them new"),
    _cause("redis.dead_letters_growing", "more dead letters than the threshold allows, and new ones come"),
    _cause("redis.queue_stalled", "a backlog waits longer than the threshold allows"),
    _cause("redis.timestamp_unreadable", "an envelope holds no time where the catalogue says it does"),
    _cause("redis.slow", "the whole probe took longer than a healthy cache needs"),
    Cause(
        id="redis.ca_file_unusable",
        meaning="the auditor cannot use the CA file that the catalogue names",
        proves_path=False,
    ),
)

FACTS = CacheFacts
"""What an observation of this family holds; a replay reads it back by this name."""


def tracked(facts: CacheFacts) -> Mapping[str, float]:
    """The numbers whose course says more than one moment, by name."""
    server = facts.server or ServerFacts()
    values: dict[str, int | None] = {
        "used_memory_bytes": server.used_memory_bytes,
        "evicted_keys": server.evicted_keys,
        "refused_logins": server.refused_logins,
        "refused_for_memory": server.refused_for_memory,
        "refused_as_read_only": server.refused_as_read_only,
    }
    for queue in facts.queues:
        values[f"{queue.name} depth"] = queue.depth
        values[f"{queue.name} processing"] = queue.processing
        values[f"{queue.name} dead_letters"] = queue.dead_letters
    return {name: value for name, value in values.items() if value is not None}
