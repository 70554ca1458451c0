"""The `cache` family's schedule, permissions and target type: a Redis or Valkey that should serve its clients."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from auditor.domain.target import Target
from auditor.family import AwsScope, Cost, Family, Permission, Plane, secret_permission

MAX_TIMEOUT = timedelta(seconds=20)
MOST_QUEUES = 20
_LONGEST_KEY = 200

QueueKind = Literal["list", "sorted_set"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSpec:
    """One queue by its key, the keys beside it and what each may hold; all its keys are of one ``kind``.

    ``processing`` holds what consumers have taken and not finished, ``dead_letters`` what they gave up. ``max_age``:
    how long the oldest message may wait; an envelope says since when in JSON, at ``timestamp`` (names joined by dots).
    """

    name: str
    kind: QueueKind = "list"
    processing: str | None = None
    dead_letters: str | None = None
    max_depth: int = 1000
    max_processing: int = 100
    max_dead_letters: int = 10
    max_age: timedelta | None = None
    timestamp: str = "timestamp"

    def __post_init__(self) -> None:
        for key in ("name", "processing", "dead_letters"):
            value = getattr(self, key)
            if value is not None and (not value or not value.isprintable() or len(value) > _LONGEST_KEY):
                raise ValueError(
                    f"{key} is {value!r:.100}; allowed is a key of at most {_LONGEST_KEY} characters, none of control"
                )
        keys = [key for key in (self.name, self.processing, self.dead_letters) if key is not None]
        if len(set(keys)) < len(keys):
            raise ValueError(f"queue {self.name!r} names one key twice; its three lists need three keys")
        for limit in ("max_depth", "max_processing", "max_dead_letters"):
            if getattr(self, limit) < 0:
                raise ValueError(f"{limit} is {getattr(self, limit)}; allowed is 0 or more")
        if self.max_age is not None and self.max_age <= timedelta(0):
            raise ValueError(f"max_age is {self.max_age.total_seconds():g} s; allowed is more than 0 s")
        if not all(self.timestamp.split(".")):
            raise ValueError(
                f"timestamp is {self.timestamp!r:.100}; allowed are names joined by dots, e.g. meta.sent_at"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSpec:
    """One Redis or Valkey server, and the login that the probe makes.

    ``secret``: name or ARN in Secrets Manager; its value is the password (ElastiCache: auth token) alone, or JSON that
    holds it under ``secret_key``; left out, the server is meant to ask for none. ``user``: an ACL user; left out, the
    server's default user. ``login``: ``application`` is what the platform's clients use, and its refusal is the cache's
    failure; ``own`` is a user of the auditor's, whose refusal is its own limit. ``tls``: as of clients; ``require``
    encrypts and verifies nothing, ``verify`` also verifies chain and host name, against ``ca_file`` where one is given.
    ``role`` and ``replicas``: what the server should be, and how many replicas a primary should have at least.
    ``write_check``: write one key of the auditor's own that lives a minute; without it INFO has to tell. ``timeout`` is
    one deadline for the whole probe; a third of it is kept for a port that seems to speak the other of TLS and text.
    """

    host: str
    port: int = 6379
    tls: Literal["require", "verify", "disable"] = "require"
    ca_file: str | None = None
    secret: str | None = None
    secret_key: str | None = None
    user: str | None = None
    login: Literal["application", "own"] = "application"
    role: Literal["primary", "replica"] = "primary"
    replicas: int = 0
    write_check: bool = False
    max_memory_percent: float = 80
    queues: tuple[QueueSpec, ...] = ()
    timeout: timedelta = timedelta(seconds=5)

    def __post_init__(self) -> None:
        for name in ("host", "secret", "secret_key", "user"):
            value = getattr(self, name)
            if value is not None and (not value or not value.isprintable()):
                raise ValueError(
                    f"{name} is {value!r:.100}; allowed is a text that is not empty and has no control characters"
                )
        if any(character in self.host for character in ":/@ "):
            raise ValueError(
                f"host is {self.host!r:.200}; allowed is a host name or IPv4 address without scheme, password or port"
            )
        if not 1 <= self.port <= 65535:
            raise ValueError(f"port is {self.port}; allowed is 1 to 65535")
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")
        if not 0 < self.max_memory_percent <= 100:
            raise ValueError(
                f"max_memory_percent is {self.max_memory_percent:g}; allowed is more than 0 and at most 100"
            )
        if self.ca_file is not None and self.tls != "verify":
            raise ValueError(f"ca_file is given and tls is {self.tls!r}, which verifies nothing; write tls: verify")
        self._refuse_contradictions()

    def _refuse_contradictions(self) -> None:
        if self.secret is None and (self.secret_key or self.user or self.login == "own"):
            raise ValueError("secret is missing, and secret_key, user or login: own speaks of a login; name the secret")
        if self.role == "replica" and (self.write_check or self.replicas):
            raise ValueError(
                "role is replica, which takes no writes and has no replicas; leave out write_check, replicas"
            )
        if self.replicas < 0:
            raise ValueError(f"replicas is {self.replicas}; allowed is 0 or more")
        if len(self.queues) > MOST_QUEUES:
            raise ValueError(f"queues lists {len(self.queues)}; allowed are at most {MOST_QUEUES} a target")
        names = [queue.name for queue in self.queues]
        if len(set(names)) < len(names):
            raise ValueError("queues names one queue twice; each needs a name of its own")

    @property
    def place(self) -> str:
        """``host:port``, as every message names the server."""
        return f"{self.host}:{self.port}"


def _permissions(targets: Sequence[Target[CacheSpec]], scope: AwsScope) -> tuple[Permission, ...]:
    reason = "the password of each cache that the catalogue names, and of no other"
    secrets = (target.spec.secret for target in targets if target.spec.secret is not None)
    return secret_permission(secrets, scope, reason=reason)


FAMILY: Family[CacheSpec] = Family(
    name="cache",
    title="Redis and Valkey",
    plane=Plane.DATA,
    spec_type=CacheSpec,
    period=timedelta(minutes=1),
    timeout=timedelta(seconds=30),
    memory_mb=256,
    # 1.3 ms for login, INFO and a queue; 1.2 more for TLS
    cost=Cost(cpu_ms=3.0),
    permissions=_permissions,
    destinations=lambda target: (target.spec.place,),
)
