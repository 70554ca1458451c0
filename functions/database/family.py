"""The `database` family's schedule, permissions and target type: a PostgreSQL that should answer its clients."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from auditor.domain.target import Target
from auditor.family import AwsScope, Cost, Family, Permission, Plane, secret_permission

MAX_TIMEOUT = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSpec:
    """One PostgreSQL server and the login that the probe makes.

    ``secret``: name or ARN in Secrets Manager; its value is the password alone, or JSON that holds it under
    ``password_key``. ``login``: ``own`` is the auditor's monitoring role, whose refusal is the auditor's own limit;
    ``application`` is the platform's login, whose refusal is the database's failure. ``tls``: ``require`` encrypts and
    verifies nothing; ``verify`` also verifies chain and host name, against ``ca_file`` where one is given.
    ``timeout`` is one deadline for the whole probe.
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
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")
        if not 0 < self.max_connections_percent <= 100:
            raise ValueError(
                f"max_connections_percent is {self.max_connections_percent:g}; allowed is more than 0 and at most 100"
            )
        if self.ca_file is not None and self.tls != "verify":
            raise ValueError(f"ca_file is given and tls is {self.tls!r}, which verifies nothing; write tls: verify")

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
    # 2.8 ms for a login and its queries, most of it SCRAM; 1.2 more for TLS
    cost=Cost(cpu_ms=4.0, blocking=True),
    permissions=_permissions,
    destinations=lambda target: (target.spec.place,),
)
