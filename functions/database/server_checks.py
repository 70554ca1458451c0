"""The questions asked of what a server says about itself: role, writes, connections, schema. Pure."""

from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Severity, failed, passed, unknown
from functions.database import remedies
from functions.database.facts import DatabaseFacts, SchemaFacts
from functions.database.family import DatabaseSpec, SchemaVersion
from functions.database.judged import (
    DatabaseObservation,
    DatabaseTarget,
    facts_of,
    own_limit,
    server_of,
    span,
    unproven,
    warned,
)

_UNREAD = {
    "denied": "the own role may not read the column {column}",
    "failed": "its reading failed; a migration may hold it",
    "unfit": "what its column {column} holds are no revisions",
}


def _role_as_declared(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    """A primary takes writes; a replica should be none."""
    server = server_of(target, observation)
    if isinstance(server, Answer):
        return server
    place = target.spec.place
    evidence: dict[str, Scalar] = {
        "in_recovery": server.in_recovery,
        "replicas": server.replicas,
        "replicas_lag_s": server.replicas_lag_seconds,
    }
    if server.in_recovery == (target.spec.role == "replica"):
        told = "is a replica" if server.in_recovery else "is a primary and takes writes"
        return passed(f"PostgreSQL at {place} {told}.", **evidence)
    if server.in_recovery:
        cause, told = "pg.read_only", "is in recovery: a standby, which refuses writes"
    else:
        cause, told = "pg.not_replica", "is a primary, and the catalogue declares a replica"
    return _failed(cause, f"PostgreSQL at {place} {told} ({cause}).", evidence)


def _writes_allowed(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    """A login that is read-only of its own is meant so; a whole database that is, is not."""
    server = server_of(target, observation)
    if isinstance(server, Answer):
        return server
    spec = target.spec
    evidence: dict[str, Scalar] = {
        "read_only_by_default": server.read_only_by_default,
        "read_only_is_of_role": server.read_only_is_of_role,
    }
    if not server.read_only_by_default:
        return passed(f"Transactions of {spec.user} in database {spec.database} may write.", **evidence)
    if server.read_only_is_of_role:
        return passed(f"Only the role {spec.user} itself is set to read only, which is meant.", **evidence)
    summary = (
        f"Transactions in database {spec.database} of {spec.place} are read-only unless they say otherwise "
        "(pg.read_only_default): writes of its clients fail."
    )
    return _failed("pg.read_only_default", summary, evidence)


def _connections_below_limit(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    """Of the slots that ordinary roles may use, and who holds the most of them."""
    server = server_of(target, observation)
    if isinstance(server, Answer):
        return server
    used, allowed = server.connections_used, server.connections_max
    if allowed <= 0:
        detail = f"{target.spec.place} says that it allows {allowed} connections, of which no share can be taken"
        return unknown(Failure(phase=Phase.ANSWER, cause="pg.protocol", detail=detail))
    percent, limit = 100 * used / allowed, target.spec.max_connections_percent
    idle = sum(role.idle_in_transaction or 0 for role in server.roles) if server.role_is_monitor else None
    evidence: dict[str, Scalar] = {
        "connections_used": used,
        "connections_max": allowed,
        "connections_percent": round(percent, 1),
        "threshold_percent": limit,
        "connections_of_own_role": server.connections_of_own_role,
        "connections_by_role": ", ".join(f"{role.role} {role.connections}" for role in server.roles),
        "idle_in_transaction": idle,
    }
    summary = (
        f"{used} of {allowed} connections of PostgreSQL at {target.spec.place} are taken ({percent:.0f} %); "
        f"the threshold is {limit:g} %."
    )
    if percent <= limit:
        return passed(summary, **evidence)
    most = server.roles[0] if server.roles else None
    held = f" The role {most.role} holds {most.connections} of them." if most is not None else ""
    return warned(Failure(phase=Phase.ANSWER, cause="pg.connections_high", detail=summary + held), evidence)


def _replicas_in_time(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    """How far a replica is behind its primary."""
    server = server_of(target, observation)
    if isinstance(server, Answer):
        return server
    place, limit = target.spec.place, target.spec.max_replica_lag
    if limit is None or not server.in_recovery or server.replay_lag_seconds is None:
        detail = f"{place} does not say how far it is behind its primary"
        remedy = remedies.for_cause("pg.lag_not_told")
        return unknown(Failure(phase=Phase.ANSWER, cause="pg.lag_not_told", detail=detail), remedy=remedy)
    lag, allowed = server.replay_lag_seconds, limit.total_seconds()
    evidence: dict[str, Scalar] = {"lag_s": round(lag, 1), "max_replica_lag_s": allowed}
    summary = f"The replica at {place} is {span(lag)} behind its primary; {span(allowed)} are allowed."
    if lag <= allowed:
        return passed(summary, **evidence)
    return warned(Failure(phase=Phase.ANSWER, cause="pg.replica_behind", detail=summary), evidence)


def _schema_as_declared(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    """Whether each declared version table holds exactly the declared revisions; the first that does not is told."""
    server = server_of(target, observation)
    if isinstance(server, Answer):
        return server
    found = {schema.table: schema for schema in facts_of(observation).schema}
    evidence: dict[str, Scalar] = {}
    for version in target.spec.schema_versions:
        schema = found.get(version.table)
        if schema is None:
            return unproven("database.schema_as_declared", target)
        evidence[version.table] = ", ".join(schema.revisions) or schema.outcome
    for version in target.spec.schema_versions:
        answer = _schema(target, version, found[version.table], evidence)
        if answer is not None:
            return answer
    return passed(f"The schema of database {target.spec.database} has the declared revisions.", **evidence)


def _schema(
    target: DatabaseTarget, version: SchemaVersion, schema: SchemaFacts, evidence: dict[str, Scalar]
) -> Answer | None:
    where = f"{version.table} in database {target.spec.database} of {target.spec.place}"
    if schema.outcome == "read":
        if set(schema.revisions) == set(version.expected):
            return None
        wanted, held = ", ".join(version.expected), ", ".join(schema.revisions) or "no revision"
        detail = f"{where} holds {held}, and {wanted} is declared (pg.schema_differs)."
        return warned(Failure(phase=Phase.ANSWER, cause="pg.schema_differs", detail=detail), evidence)
    if schema.outcome == "absent":
        detail = f"{where} does not exist (pg.schema_absent)."
        return warned(Failure(phase=Phase.ANSWER, cause="pg.schema_absent", detail=detail), evidence)
    detail = f"{where} could not be read: {_UNREAD[schema.outcome].format(column=version.column)}"
    if schema.outcome == "denied" and target.spec.login == "own":
        failure = Failure(phase=Phase.ANSWER, cause="pg.no_privilege", detail=detail)
        own = own_limit(failure, target, None, **evidence)
        if own is not None:
            return own
    failure = Failure(phase=Phase.ANSWER, cause="pg.schema_unread", detail=detail)
    return unknown(failure, None, remedy=remedies.for_cause("pg.schema_unread"), **evidence)


def _failed(cause: str, summary: str, evidence: dict[str, Scalar]) -> Answer:
    failure = Failure(phase=Phase.ANSWER, cause=cause, detail=summary)
    return replace(failed(failure, None, **evidence), remedy=remedies.for_cause(cause))


CHECKS: tuple[Check[DatabaseSpec, DatabaseFacts], ...] = (
    Check(
        id="database.role_as_declared",
        severity=Severity.HIGH,
        judge=_role_as_declared,
        remediation="See that the name leads to the server that is meant, and whether a failover has just happened.",
    ),
    Check(
        id="database.writes_allowed",
        severity=Severity.HIGH,
        judge=_writes_allowed,
        remediation="See who set default_transaction_read_only (\\drds in psql, the parameter group), and why.",
        # The auditor's own role is read-only by its own setting, which hides everybody else's.
        asks=lambda target: target.spec.login == "application" and target.spec.role == "primary",
    ),
    Check(
        id="database.connections_below_limit",
        severity=Severity.MEDIUM,
        judge=_connections_below_limit,
        remediation="See who holds the connections (SELECT usename, application_name, state, count(*) FROM "
        "pg_stat_activity GROUP BY 1, 2, 3); end leaked idle ones and bound the pools of the clients.",
    ),
    Check(
        id="database.replicas_in_time",
        severity=Severity.MEDIUM,
        judge=_replicas_in_time,
        remediation="See whether the replica's disk and processor keep up, whether a long query on it holds the replay "
        "up, and whether its primary writes more than usual.",
        asks=lambda target: target.spec.max_replica_lag is not None,
    ),
    Check(
        id="database.schema_as_declared",
        severity=Severity.ADVISORY,
        judge=_schema_as_declared,
        remediation="See whether the last migration ran and whether the running code is of the same release; then "
        "apply the migration, or correct the revision in the catalogue.",
        asks=lambda target: bool(target.spec.schema_versions),
    ),
)
