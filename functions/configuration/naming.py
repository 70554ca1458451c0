"""What a variable is for, as far as its name tells: conventions that clients of relational stores share, pure."""

import re
from dataclasses import dataclass
from typing import Literal

from auditor.domain.diagnosis.words import KEY_VALUE_STORE, RELATIONAL_STORE, Role

Part = Literal["user", "database", "host", "url", "sslmode"]

_PARTS: dict[str, Part] = {
    **dict.fromkeys(("USER", "USERNAME", "LOGIN"), "user"),
    **dict.fromkeys(("NAME", "DBNAME", "DATABASE", "DB"), "database"),
    **dict.fromkeys(("HOST", "HOSTNAME", "HOSTADDR", "ENDPOINT", "SERVER", "ADDRESS", "ADDR"), "host"),
    **dict.fromkeys(("URL", "URI", "DSN"), "url"),
    "SSLMODE": "sslmode",
}
_TWO_WORDS = {("USER", "NAME"): "USERNAME", ("HOST", "NAME"): "HOSTNAME"}
_STORES = frozenset(
    ("DB", "DATABASE", "DATASOURCE", "JDBC", "SQL", "RDS", "AURORA", "PG", "PSQL", "PGSQL", "POSTGRES", "POSTGRESQL")
) | {"MYSQL", "MARIADB"}
_OTHER_STORES = re.compile(
    r"(REDIS|VALKEY|CACHE|MEMCACHED|MONGO|DYNAMO|ELASTIC|OPENSEARCH|CASSANDRA|NEO4J|INFLUX|KAFKA|RABBIT).*"
)
"""A user or a database of these is none of a relational store."""
_KEY_VALUE = frozenset(("REDIS", "VALKEY", "CACHE", "ELASTICACHE"))
_CREDENTIAL = re.compile(r".*(?:PASSWORDS?|PASSWD)|PWD|PASS|SECRETS?|TOKENS?|(?:API)?KEYS?|CREDENTIALS?")
_PASSWORD = re.compile(r"PASSWORD|PASSWD|PWD|PASS")
_ENCRYPTION = frozenset(("TLS", "SSL"))
_LIBPQ = re.compile(r"PG(HOST|HOSTADDR|USER|DATABASE|PASSWORD|SSLMODE)")
"""The environment of PostgreSQL's own client library: https://www.postgresql.org/docs/current/libpq-envars.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePart:
    """A variable says one thing about a store; variables of one ``store`` belong together."""

    store: str
    part: Part


def store_part(variable: str) -> StorePart | None:
    """What a variable says about which relational store; None where its name does not tell.

    ``ORDERS_DB_HOST`` and ``ORDERS_DB_USER`` speak of the store ``ORDERS_DB``; of ``POSTGRES_DB_NAME`` and
    ``POSTGRES_HOST`` both speak of ``POSTGRES``; ``APP_NAME`` and ``SMTP_USER`` of none.
    """
    words = _words(variable)
    if tuple(words[-2:]) in _TWO_WORDS:
        words[-2:] = [_TWO_WORDS[words[-2], words[-1]]]
    part = _PARTS.get(words[-1]) if words else None
    stem = words[:-1]
    if part is None or not stem or stem[-1] not in _STORES or any(_OTHER_STORES.fullmatch(word) for word in stem):
        return None
    while len(stem) > 1 and stem[-2] in _STORES:
        stem.pop()
    return StorePart(store="_".join(stem), part=part)


def role_of(variable: str) -> Role:
    """What a setting is for."""
    if any(_CREDENTIAL.fullmatch(word) for word in _words(variable)):
        return Role.CREDENTIAL
    of_store = store_part(variable)
    if of_store is None:
        return Role.OTHER
    match of_store.part:
        case "user":
            return Role.LOGIN_USER
        case "database":
            return Role.NAME_OF_DATABASE
        case "sslmode":
            return Role.OTHER
        case _:
            return Role.ENDPOINT


def store_kind(variable: str) -> str:
    """The kind of store that a variable's name tells of; empty where it tells of none."""
    if not _KEY_VALUE.isdisjoint(_words(variable)):
        return KEY_VALUE_STORE
    return RELATIONAL_STORE if store_part(variable) is not None else ""


def tells_of_store(variable: str) -> bool:
    """Whether a variable belongs to a store of data by its name: ``DB_PASSWORD``, ``REDIS_TOKEN``."""
    return any(word in _STORES or _OTHER_STORES.fullmatch(word) for word in _words(variable))


def is_store_password(variable: str) -> bool:
    """Whether a variable is a relational store's password by its name, and not its file, ARN or key."""
    words = _words(variable)
    return bool(words) and _PASSWORD.fullmatch(words[-1]) is not None and not _STORES.isdisjoint(words)


def is_switch_for_encryption(variable: str) -> bool:
    """Whether a variable switches encryption on or off by its name: ``REDIS_TLS_ENABLED``, ``CACHE_SSL``."""
    return any(word in _ENCRYPTION for word in _words(variable))


def _words(variable: str) -> list[str]:
    name = variable.upper()
    libpq = _LIBPQ.fullmatch(name)
    return ["PG", libpq.group(1)] if libpq else [word for word in re.split(r"[_.-]+", name) if word]
