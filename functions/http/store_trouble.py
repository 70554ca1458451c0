"""What an answer passes on of a driver's words about its relational store, as one word of a closed list: pure.

No text is kept: what a driver complains of may hold a part of a password.
"""

import re
from collections.abc import Iterator
from typing import Any

from functions.http.facts import StoreTrouble
from functions.http.jsonpath import MISSING, load

_PREFIX_BYTES = 65_536
_MOST_NODES, _DEEPEST = 2000, 8
_STORE_WORDS = frozenset(("postgres", "postgresql", "database", "db", "mysql", "rds", "sql"))
_NAMES = ("name", "id", "component")
_QUOTED = r"\\?[\"'`]?[^\"'`\\\s]{1,130}\\?[\"'`]?"
# In this order, in lower case. Where a server demands TLS and refuses a login for another reason, libpq tries again
# without TLS and reports both (measured): the demand is the reason only where nothing else is one.
_WORDS: tuple[tuple[re.Pattern[str], StoreTrouble], ...] = (
    (re.compile(r"password authentication failed for user|\b28p01\b"), "login_refused"),
    (re.compile(rf"\bdatabase {_QUOTED} does not exist|\b3d000\b"), "no_such_database"),
    (
        re.compile(r"remaining connection slots are reserved|sorry, too many clients already"),
        "slots_full",
    ),
    (
        re.compile(r"could not (?:extend|write|write to) file [^\n]{0,200}no space left on device|\b53100\b"),
        "storage_full",
    ),
    (
        re.compile(r"pg_hba\.conf (?:entry for|rejects connection for) [^\n]{0,400}?(?:no encryption|ssl off)"),
        "encryption_demanded",
    ),
    (
        re.compile(
            r"ssl error: certificate verify failed"
            r"|root certificate file [^\n]{0,200} does not exist"
            r"|(?:psycopg|asyncpg|pg8000|sqlalchemy|postgresql)[^\n]{0,300}"
            r"(?:certificate[_ ]verify[_ ]failed|unable to find valid certification path)"
        ),
        "certificate_refused",
    ),
    (
        re.compile(
            r"invalid integer value [^\n]{0,100} for connection option"
            r"|could not translate host name"
            r"|port could not be cast to integer value"
            r"|could not parse (?:rfc1738 |sqlalchemy )url"
            r"|invalid percent-encoded token"
        ),
        "address_unusable",
    ),
    (
        re.compile(
            rf"\b(?:relation|column) {_QUOTED} does not exist|\b42p01\b|\b42703\b"
            r"|out-of-date database schema|can't locate revision identified by"
        ),
        "schema_differs",
    ),
)


def of_health_page(body: bytes) -> StoreTrouble | None:
    """Of a health document: from texts that stand under the name of a relational store."""
    document = load(body)
    return None if document is MISSING else _first("\n".join(_texts(document)))


def of_error(status: int, body: bytes) -> StoreTrouble | None:
    """Of the body of an error of the application's own."""
    return _first(body[:_PREFIX_BYTES].decode("utf-8", errors="replace")) if status >= 500 else None


def _first(text: str) -> StoreTrouble | None:
    lowered = text[:_PREFIX_BYTES].lower()
    return next((trouble for pattern, trouble in _WORDS if pattern.search(lowered)), None)


def _texts(document: Any) -> Iterator[str]:
    """The texts under a name that tells of a relational store; no more nodes than an honest page has."""
    waiting: list[tuple[Any, bool, int]] = [(document, False, 0)]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node, of_store, depth = waiting.pop()
        if isinstance(node, str) and of_store:
            yield node
        elif isinstance(node, dict) and depth < _DEEPEST:
            named = of_store or any(_tells(node[name]) for name in _NAMES if name in node)
            waiting += [(value, named or _tells(key), depth + 1) for key, value in node.items()]
        elif isinstance(node, list) and depth < _DEEPEST:
            waiting += [(value, of_store, depth + 1) for value in node]


def _tells(name: Any) -> bool:
    return isinstance(name, str) and not _STORE_WORDS.isdisjoint(re.findall(r"[a-z0-9]+", name[:100].lower()))
