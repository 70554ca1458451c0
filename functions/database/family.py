"""The `database` family's schedule, permissions and target type: a PostgreSQL that should answer its clients."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from auditor.domain.target import Target
from auditor.family import AwsScope, Cost, Family, Permission, Plane, secret_permission

MAX_TIMEOUT = timedelta(seconds=20)
MAX_BLOCKED = 19
"""One less than the sessions that a probe lists."""
REVISION = re.compile(r"[A-Za-z0-9_.+-]{1,64}")
"""What a revision of a schema looks like; what does not is none and is never kept."""
_TABLE = re.compile(r"(?:[a-z_][a-z0-9_$]{0,62}\.)?[a-z_][a-z0-9_$]{0,62}")
_MOST_TABLES, _MOST_HEADS = 4, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaVersion:
    """A table in which a tool of migrations keeps what it has applied, such as Alembic's ``alembic_version``.

    ``expected``: the revisions that the running code needs, exactly these. Only the ``column`` of this ``table`` is
    read; a table without a schema is one of ``public``.
    """

    table: str
    column: str = "version_num"
    expected: tuple[str, ...]

    def __post_init__(self) -> None:
        for name, value in (("table", self.table), ("column", self.column)):
            if not _TABLE.fullmatch(value) or (name == "column" and "." in value):
                raise ValueError(
                    f"schema_versions.{name} is {value!r:.150}; allowed is a name of a-z, 0-9 and _"
                    + (", with its schema and a point before it where that is not public" if name == "table" else "")
                )
        heads = self.expected
        if not 1 <= len(set(heads)) == len(heads) <= _MOST_HEADS or not all(REVISION.fullmatch(h) for h in heads):
            raise ValueError(
                f"schema_versions.expected is {list(heads)!r:.200}; allowed are 1 to {_MOST_HEADS} different revisions "
                "of letters, digits and _ . + -"
            )

    @property
    def place(self) -> tuple[str, str]:
        """Schema and table."""
        schema, _, table = self.table.rpartition(".")
        return schema or "public", table


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSpec:
    """One PostgreSQL server and the login that the probe makes.

    ``secret``: name or ARN in Secrets Manager; its value is the password alone, or JSON that holds it under
    ``password_key``. ``login``: ``own`` is the auditor's monitoring role, whose refusal is the auditor's own limit;
    ``application`` is the platform's login, whose refusal is the database's failure. ``tls``: ``require`` encrypts and
    verifies nothing; ``verify`` also verifies chain and host name, against ``ca_file`` where one is given.
    ``timeout`` is one deadline for the whole probe. ``role``: whether the server should take writes or be a replica,
    which may be ``max_replica_lag`` behind. More than ``max_blocked`` sessions that wait for a lock for longer than
    ``max_lock_wait`` are a failure; a transaction that is open for longer than ``max_transaction`` is a finding.
    ``schema_versions``: revisions that the running code needs.
    """

    host: str
    port: int = 5432
    database: str
    user: str
    secret: str
    password_key: str = "password"  # noqa: S105 - the name of a key
    login: Literal["own", "application"] = "own"
    tls: Literal["require", "verify", "disable"] = "require"
    ca_file: str | None = None
    timeout: timedelta = timedelta(seconds=5)
    max_connections_percent: float = 80
    role: Literal["primary", "replica"] = "primary"
    max_blocked: int = 0
    max_lock_wait: timedelta = timedelta(seconds=10)
    max_transaction: timedelta = timedelta(minutes=30)
    max_replica_lag: timedelta | None = None
    schema_versions: tuple[SchemaVersion, ...] = ()

    def __post_init__(self) -> None:
        for name in ("host", "database", "user", "secret", "password_key"):
            value = getattr(self, name)
            if not value or not value.isprintable():
                raise ValueError(
                    f"{name} is {value!r:.100}; allowed is a text that is not empty and has no control characters"
                )
        if any(character in self.host for character in ":/@ "):
            raise ValueError(
                f"host is {self.host!r:.200}; allowed is a host name or IPv4 address without scheme, user or port"
            )
        if not 1 <= self.port <= 65535:
            raise ValueError(f"port is {self.port}; allowed is 1 to 65535")
        if self.ca_file is not None and self.tls != "verify":
            raise ValueError(f"ca_file is given and tls is {self.tls!r}, which verifies nothing; write tls: verify")
        self._refuse_limits()
        self._refuse_tables()

    def _refuse_limits(self) -> None:
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")
        if not 0 < self.max_connections_percent <= 100:
            raise ValueError(
                f"max_connections_percent is {self.max_connections_percent:g}; allowed is more than 0 and at most 100"
            )
        if not 0 <= self.max_blocked <= MAX_BLOCKED:
            raise ValueError(f"max_blocked is {self.max_blocked}; allowed is 0 to {MAX_BLOCKED}")
        for name in ("max_lock_wait", "max_transaction", "max_replica_lag"):
            limit: timedelta | None = getattr(self, name)
            if limit is not None and limit <= timedelta(0):
                raise ValueError(f"{name} is {limit.total_seconds():g} s; allowed is more than 0 s")
        if self.max_replica_lag is not None and self.role != "replica":
            raise ValueError(f"max_replica_lag is given and role is {self.role!r}, which lags behind nobody")

    def _refuse_tables(self) -> None:
        tables = [version.place for version in self.schema_versions]
        if len(set(tables)) < len(tables) or len(tables) > _MOST_TABLES:
            raise ValueError(f"schema_versions names {len(tables)} tables; allowed are {_MOST_TABLES} different ones")

    @property
    def place(self) -> str:
        """``host:port``, as every message names the server."""
        return f"{self.host}:{self.port}"


def _permissions(targets: Sequence[Target[DatabaseSpec]], scope: AwsScope) -> tuple[Permission, ...]:
    reason = "the password of each database login that the catalogue names, and of no other"
    return secret_permission((target.spec.secret for target in targets), scope, reason=reason)


FAMILY: Family[DatabaseSpec] = Family(
    name="database",
    title="PostgreSQL databases",
    plane=Plane.DATA,
    spec_type=DatabaseSpec,
    period=timedelta(minutes=1),
    timeout=timedelta(seconds=30),
    memory_mb=256,
    # 3.1 ms for a login and its questions, most of it SCRAM; 1.2 more for TLS
    cost=Cost(cpu_ms=4.3, blocking=True),
    permissions=_permissions,
    destinations=lambda target: (target.spec.place,),
)
