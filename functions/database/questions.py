"""What the server is asked about itself: one message of read-only statements, and its rows to facts. Pure."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from functions.database.facts import ActivityFacts, OpenTransaction, RoleUse, ServerFacts, WaitingSession

State = Literal["active", "idle_in_transaction", "prepared", "other"]

_WITHHELD = "<withheld>"
"""In place of a name that is no honest one, or that holds the password."""
_LONGEST_NAME = 63
_VERSION = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){0,3}(?![0-9.])")
_STATES: dict[str, State] = {
    "active": "active",
    "idle in transaction": "idle_in_transaction",
    "idle in transaction (aborted)": "idle_in_transaction",
    "prepared": "prepared",
}

# One message, one round trip; SET LOCAL and a transaction, so that nothing stays behind in a pooler's session. Every
# row begins with its kind. All of it works from PostgreSQL 10 on: what later versions added is asked by name.
# - backend_type is null for sessions that the role may not look into: then what has a database and a user is a client.
# - Times are milliseconds that fit into an integer: an overflow would fail the whole question. LEAST forgets a null.
# - pg_blocking_pids stops the lock table for a moment, so it is called for sessions that wait, and for few.
# - The lock table is read only while somebody waits: without, the EXISTS keeps the join from being run.
# - waitstart (since 14) is null in the first moment of a wait; before 14 the statement's begin is the nearest.
# - Aurora has no function for the lag of a replica, and refuses the question.
_MS = "CASE WHEN {0} > interval '24 days' THEN 2073600000 ELSE (extract(epoch FROM {0}) * 1000)::int END"
_AGES = {
    "replay_lag": "(clock_timestamp() - pg_last_xact_replay_timestamp())",
    "replicas_lag": "max(replay_lag)",
    "waited": "waited",
    "age": "age",
    "open_for": "(clock_timestamp() - since)",
}
_QUESTIONS = """
BEGIN READ ONLY;
SET LOCAL statement_timeout = {timeout_ms};
SELECT 'server', current_setting('server_version'), current_user::text, current_database()::text, pg_is_in_recovery(),
  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'
     OR (backend_type IS NULL AND datid IS NOT NULL AND usesysid IS NOT NULL))::int,
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0)
    - coalesce(nullif(current_setting('rds.rds_superuser_reserved_connections', true), '')::int, 0),
  (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user)::int,
  pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
  current_setting('ssl') = 'on',
  coalesce(current_setting('rds.force_ssl', true), '') IN ('1', 'on'),
  current_setting('default_transaction_read_only') = 'on',
  EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS setting
    WHERE r.rolname = current_user AND setting LIKE 'default_transaction_read_only=%'
      AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))),
  CASE WHEN pg_is_in_recovery() AND to_regproc('aurora_version') IS NULL THEN
    CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
        AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') THEN 0
      ELSE {replay_lag} END
    END,
  (SELECT count(*) FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup')::int,
  (SELECT {replicas_lag} FROM pg_stat_replication);
SELECT 'role', coalesce(usename::text, ''), count(*)::int,
  (count(*) FILTER (WHERE state LIKE 'idle in transaction%'))::int
  FROM pg_stat_activity WHERE usesysid IS NOT NULL AND datid IS NOT NULL
  GROUP BY usename ORDER BY 3 DESC, 2 LIMIT 8;
WITH waits AS (
  SELECT a.pid, a.usename, clock_timestamp() - CASE WHEN to_jsonb(l) ? 'waitstart'
      THEN coalesce((to_jsonb(l) ->> 'waitstart')::timestamptz, clock_timestamp()) ELSE a.query_start END AS waited
    FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND NOT l.granted
    WHERE EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')
      AND a.wait_event_type = 'Lock' AND l.locktype <> 'advisory' AND a.backend_type = 'client backend'
    ORDER BY waited DESC LIMIT 20),
  edges AS (SELECT pid, unnest(pg_blocking_pids(pid)) AS held_by FROM waits),
  blockers AS (SELECT e.held_by, count(DISTINCT e.pid)::int AS blocks FROM edges e
    WHERE e.held_by NOT IN (SELECT pid FROM waits) GROUP BY e.held_by),
  told AS (SELECT b.held_by, b.blocks, coalesce(a.usename::text, '') AS usename,
      CASE WHEN b.held_by = 0 THEN 'prepared' ELSE a.state END AS state,
      clock_timestamp() - a.xact_start AS age
    FROM blockers b LEFT JOIN pg_stat_activity a ON a.pid = b.held_by ORDER BY age DESC NULLS FIRST LIMIT 5)
SELECT 'waiting', pid, coalesce(usename::text, ''), NULL::text, {waited}, 0 FROM waits
  UNION ALL SELECT 'blocker', held_by, usename, state, {age}, blocks FROM told;
SELECT 'transaction', pid, usename, state, {open_for}
  FROM (SELECT pid, coalesce(usename::text, '') AS usename, state, xact_start AS since FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
    UNION ALL SELECT 0, owner::text, 'prepared', prepared FROM pg_prepared_xacts) AS t
  ORDER BY since LIMIT 3;
COMMIT
"""


def questions(*, timeout_ms: int) -> str:
    """The statements; the server gives each of them up by itself after ``timeout_ms``."""
    return _QUESTIONS.format(timeout_ms=timeout_ms, **{name: _MS.format(age) for name, age in _AGES.items()})


def server_facts(rows: Any, *, password: str, asked: frozenset[str]) -> ServerFacts:
    """The rows as facts; ValueError for any other row than was asked for.

    ``asked`` are the user and the database of the login. No other name that is kept holds the password.
    """
    by_kind: dict[str, list[Sequence[Any]]] = {kind: [] for kind in _MOST}
    for kind, *values in rows:
        if kind not in by_kind or len(by_kind[kind]) >= _MOST[kind]:
            raise ValueError("a row of a kind that was not asked for, or one too many")
        by_kind[kind].append(values)
    (row,) = by_kind["server"]
    server = _fields(row, _SERVER)
    number = _VERSION.match(server["version"])
    own = {server["user"], server["database"]}
    if number is None or not all(map(_is_name, own)) or any(password in name for name in own - asked):
        raise ValueError("a version or a name that no honest server has")

    def named(name: str) -> str:
        return name if _is_name(name) and password not in name else _WITHHELD

    monitor = server["role_is_monitor"]
    roles = [_fields(row, _ROLE) for row in by_kind["role"]]
    return ServerFacts(
        version=number.group(),
        user=server["user"],
        database=server["database"],
        in_recovery=server["in_recovery"],
        connections_used=server["connections_used"],
        connections_max=server["connections_max"],
        connections_of_own_role=server["connections_of_own_role"],
        role_is_monitor=monitor,
        offers_tls=server["offers_tls"],
        forces_tls=server["forces_tls"],
        read_only_by_default=server["read_only_by_default"],
        read_only_is_of_role=server["read_only_is_of_role"],
        replay_lag_seconds=_seconds(server["replay_lag_ms"]),
        replicas=server["replicas"],
        replicas_lag_seconds=_seconds(server["replicas_lag_ms"]),
        roles=tuple(
            RoleUse(
                role=named(role["role"]),
                connections=role["connections"],
                idle_in_transaction=role["idle"] if monitor else None,
            )
            for role in roles
        ),
        activity=_activity(by_kind, named) if monitor else None,
    )


def _activity(rows: Mapping[str, list[Sequence[Any]]], named: Callable[[str], str]) -> ActivityFacts:
    waiting = [_fields(row, _IN_LOCKS) for row in rows["waiting"]]
    blockers = [_fields(row, _IN_LOCKS) for row in rows["blocker"]]
    oldest = [_fields(row, _TRANSACTION) for row in rows["transaction"]]
    for rows_of_kind in (waiting, blockers, oldest):
        rows_of_kind.sort(key=lambda row: -math.inf if row["ms"] is None else -row["ms"])
    return ActivityFacts(
        waiting=tuple(WaitingSession(role=named(w["role"]), seconds=_seconds(w["ms"]) or 0.0) for w in waiting),
        blockers=tuple(_transaction(blocker, named) for blocker in blockers),
        oldest=tuple(_transaction(transaction, named) for transaction in oldest),
    )


def _transaction(fields: Mapping[str, Any], named: Callable[[str], str]) -> OpenTransaction:
    return OpenTransaction(
        pid=fields["pid"],
        role=named(fields["role"]) if fields["role"] else "",
        state=_STATES.get(fields["state"] or "", "other"),
        seconds=_seconds(fields["ms"]),
        blocks=fields.get("blocks", 0),
    )


def _fields(row: Sequence[Any], wanted: Mapping[str, tuple[type, bool]]) -> dict[str, Any]:
    for value, (kind, nullable) in zip(row, wanted.values(), strict=True):
        if type(value) is not kind and not (nullable and value is None):
            raise ValueError("the row is not of the types that were asked for")
    return dict(zip(wanted, row, strict=True))


def _is_name(name: str) -> bool:
    return name.isprintable() and 0 < len(name) <= _LONGEST_NAME


def _seconds(milliseconds: int | None) -> float | None:
    """Never negative: the server's clock may go back."""
    return None if milliseconds is None else max(0, milliseconds) / 1000


_MOST = {
    "server": 1,
    "role": 8,
    "waiting": 20,
    "blocker": 5,
    "transaction": 3,
}
"""Kinds of rows, and how many of each are asked for."""
_TEXT, _NUMBER, _TRUTH = (str, False), (int, False), (bool, False)
_SERVER: Mapping[str, tuple[type, bool]] = {
    "version": _TEXT,
    "user": _TEXT,
    "database": _TEXT,
    "in_recovery": _TRUTH,
    "connections_used": _NUMBER,
    "connections_max": _NUMBER,
    "connections_of_own_role": _NUMBER,
    "role_is_monitor": _TRUTH,
    "offers_tls": _TRUTH,
    "forces_tls": _TRUTH,
    "read_only_by_default": _TRUTH,
    "read_only_is_of_role": _TRUTH,
    "replay_lag_ms": (int, True),
    "replicas": _NUMBER,
    "replicas_lag_ms": (int, True),
}
"""Columns after the kind: type, and whether it may be null."""
_ROLE = {"role": _TEXT, "connections": _NUMBER, "idle": _NUMBER}
_TRANSACTION = {"pid": _NUMBER, "role": _TEXT, "state": (str, True), "ms": (int, True)}
_IN_LOCKS = {**_TRANSACTION, "blocks": _NUMBER}
