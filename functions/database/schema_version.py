"""What is asked of a declared version table: whether it may be read, then its revisions. Pure."""

from typing import Any, Literal

from functions.database.facts import SchemaFacts
from functions.database.family import REVISION, SchemaVersion

_MOST = 10
_ACCESS = """
BEGIN READ ONLY;
SET LOCAL statement_timeout = {timeout_ms};
SELECT c.oid IS NOT NULL, a.attnum IS NOT NULL,
  coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT'), false)
  FROM (SELECT 1) AS one
  LEFT JOIN pg_namespace n ON n.nspname = '{schema}'
  LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = '{table}' AND c.relkind IN ('r', 'p', 'v', 'm')
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = '{column}' AND NOT a.attisdropped;
COMMIT
"""
# A migration may hold the table: its clients wait for that, the auditor does not.
_READING = """
BEGIN READ ONLY;
SET LOCAL statement_timeout = {timeout_ms};
SET LOCAL lock_timeout = {timeout_ms};
SELECT left("{column}"::text, 65) FROM "{schema}"."{table}" ORDER BY 1 LIMIT 11;
COMMIT
"""


def access(version: SchemaVersion, timeout_ms: int) -> str:
    """Asks whether table and column exist and may be read."""
    return _written(_ACCESS, version, timeout_ms)


def reading(version: SchemaVersion, timeout_ms: int) -> str:
    """Asks for the column."""
    return _written(_READING, version, timeout_ms)


def problem_of(rows: Any) -> Literal["absent", "denied", "unfit"] | None:
    """Why the column cannot be read; None where it can."""
    ((table, column, readable),) = rows
    if not all(isinstance(value, bool) for value in (table, column, readable)):
        raise ValueError("the row is not of the types that were asked for")
    if not table:
        return "absent"
    if not column:
        return "unfit"
    return None if readable else "denied"


def facts(version: SchemaVersion, rows: Any, *, password: str) -> SchemaFacts:
    """The revisions, or that what stands there are none: nothing else of a table is ever kept."""
    values = [value for (value,) in rows]
    fit = len(values) <= _MOST and all(
        isinstance(v, str) and REVISION.fullmatch(v) and password not in v for v in values
    )
    if not fit:
        return SchemaFacts(table=version.table, outcome="unfit")
    return SchemaFacts(table=version.table, outcome="read", revisions=tuple(values))


def _written(template: str, version: SchemaVersion, timeout_ms: int) -> str:
    """The names hold letters, digits and underscores only: their type sees to it."""
    schema, table = version.place
    return template.format(schema=schema, table=table, column=version.column, timeout_ms=timeout_ms)
