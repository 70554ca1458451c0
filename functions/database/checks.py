"""The questions asked of a database's observation; a later one has its turn only where the earlier ones went well."""

from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, failed, passed, skipped, unknown
from auditor.domain.target import Target
from functions.database import remedies
from functions.database.facts import DatabaseFacts, ServerFacts
from functions.database.family import DatabaseSpec

SLOW_AFTER_MS = 2000.0

DatabaseTarget = Target[DatabaseSpec]
DatabaseObservation = Observation[DatabaseFacts]

_REACHABLE = "database.reachable"
_LOGIN_ACCEPTED = "database.login_accepted"
_ANSWERS_QUERY = "database.answers_query"
_STEPS = (_REACHABLE, _LOGIN_ACCEPTED, _ANSWERS_QUERY)

_STEP_OF_PHASE = {
    Phase.NAME: _REACHABLE,
    Phase.TCP: _REACHABLE,
    Phase.TLS: _REACHABLE,
    Phase.PREPARE: _LOGIN_ACCEPTED,
    Phase.LOGIN: _LOGIN_ACCEPTED,
    Phase.QUERY: _ANSWERS_QUERY,
}
_AUDITORS_OWN = frozenset({"pg.auth_unsupported", "pg.ca_file_unusable"})

_DID = {
    "tcp.refused": "refused the connection",
    "tcp.timeout": "did not answer the connection attempt",
    "pg.tls_refused": "offers no TLS, which the catalogue requires",
    "pg.login_timeout": "took the connection and did not finish the login",
    "pg.query_timeout": "accepted the login and did not answer the query",
}


def _reachable(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    problem = _problem(_REACHABLE, target, observation)
    if problem is not None:
        return problem
    facts = _facts(observation)
    phases = (Phase.TCP,) if target.spec.tls == "disable" else (Phase.TCP, Phase.TLS)
    if not all(_succeeded(observation, phase) for phase in phases):
        return _unproven(_REACHABLE, target)
    encryption = "with TLS" if facts.encrypted else "without TLS"
    return passed(
        f"PostgreSQL at {target.spec.place} takes connections {encryption}.", **_evidence(target, observation)
    )


def _login_accepted(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    problem = _problem(_LOGIN_ACCEPTED, target, observation)
    if problem is not None:
        return problem
    if not _succeeded(observation, Phase.LOGIN):
        return _unproven(_LOGIN_ACCEPTED, target)
    return passed(f"{_login_words(target)} was accepted by {target.spec.place}.", **_evidence(target, observation))


def _answers_query(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    problem = _problem(_ANSWERS_QUERY, target, observation)
    if problem is not None:
        return problem
    server = _facts(observation).server
    if server is None:
        return _unproven(_ANSWERS_QUERY, target)
    return passed(
        f"PostgreSQL {server.version} at {target.spec.place} answered a query in database {server.database}.",
        server_version=server.version,
        **_evidence(target, observation),
    )


def _role_primary(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    server = _server(target, observation)
    if isinstance(server, Answer):
        return server
    if not server.in_recovery:
        return passed(f"PostgreSQL at {target.spec.place} is a primary and takes writes.", in_recovery=False)
    summary = f"PostgreSQL at {target.spec.place} is in recovery: a standby, which refuses writes (pg.read_only)."
    failure = Failure(phase=Phase.ANSWER, cause="pg.read_only", detail=summary)
    return replace(failed(failure, in_recovery=True), remedy=remedies.for_cause("pg.read_only"))


def _connections_below_limit(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    server = _server(target, observation)
    if isinstance(server, Answer):
        return server
    used, allowed = server.connections_used, server.connections_max
    if allowed <= 0:
        detail = f"{target.spec.place} says that it allows {allowed} connections, of which no share can be taken"
        return unknown(Failure(phase=Phase.ANSWER, cause="pg.protocol", detail=detail))
    percent, limit = 100 * used / allowed, target.spec.max_connections_percent
    evidence: dict[str, Scalar] = {
        "connections_used": used,
        "connections_max": allowed,
        "connections_percent": round(percent, 1),
        "threshold_percent": limit,
        "connections_of_own_role": server.connections_of_own_role,
    }
    summary = (
        f"{used} of {allowed} connections of PostgreSQL at {target.spec.place} are taken ({percent:.0f} %); "
        f"the threshold is {limit:g} %."
    )
    if percent <= limit:
        return passed(summary, **evidence)
    return _warned(Failure(phase=Phase.ANSWER, cause="pg.connections_high", detail=summary), evidence)


def _responds_in_time(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    server = _server(target, observation)
    if isinstance(server, Answer):
        return server
    # The reading of the secret is the auditor's own time and not the database's.
    timings = [timing for timing in observation.phases if timing.phase is not Phase.PREPARE]
    if not timings:
        return _unproven("database.responds_in_time", target)
    total = sum(timing.duration_ms for timing in timings)
    slowest = max(timings, key=lambda timing: timing.duration_ms)
    evidence: dict[str, Scalar] = {f"{timing.phase.value}_ms": round(timing.duration_ms, 1) for timing in timings}
    evidence |= {"total_ms": round(total, 1), "slow_after_ms": SLOW_AFTER_MS}
    summary = (
        f"PostgreSQL at {target.spec.place} took {total:.0f} ms from name to answer, most of it in the phase "
        f"{slowest.phase.value}; the limit is {SLOW_AFTER_MS:.0f} ms."
    )
    if total <= SLOW_AFTER_MS:
        return passed(summary, **evidence)
    return _warned(Failure(phase=slowest.phase, cause="pg.slow", detail=summary), evidence)


def _problem(step: str, target: DatabaseTarget, observation: DatabaseObservation) -> Answer | None:
    """What keeps a step from passing: its own failure, or that of an earlier step; None if there is none.

    A step after a failure is skipped. After something that the auditor could not tell, it can tell no more than before.
    """
    for current in _STEPS[: _STEPS.index(step) + 1]:
        failure = next((f for f in observation.failures if _step_of(f) == current), None)
        if failure is None:
            continue
        answer = _refused(failure, target, observation)
        if current != step and answer.status is Status.FAIL:
            return _not_asked(target, current)
        return answer
    return None


def _step_of(failure: Failure) -> str:
    """The step that a failure stops; one of a phase that no step has stops the last."""
    return _REACHABLE if failure.cause == "pg.ca_file_unusable" else _STEP_OF_PHASE.get(failure.phase, _ANSWERS_QUERY)


def _refused(failure: Failure, target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    """The answer about a step's own failure: the target's, or the auditor's own limit."""
    evidence = _evidence(target, observation)
    if failure.cause in _AUDITORS_OWN or failure.phase is Phase.PREPARE or failure.cause.startswith(("self.", "aws.")):
        return unknown(failure, None, remedy=remedies.for_cause(failure.cause), **evidence)
    summary = _summary(failure, target, observation)
    if target.spec.login == "own":
        remedy = remedies.for_own_login(failure.cause, target.spec)
        if remedy is not None:
            own = replace(failure, cause="self.credentials")
            return unknown(own, summary, remedy=remedy, refused_with=failure.cause, **evidence)
    return replace(failed(failure, summary, **evidence), remedy=remedies.for_cause(failure.cause))


def _summary(failure: Failure, target: DatabaseTarget, observation: DatabaseObservation) -> str:
    timing = next((t for t in observation.phases if t.phase is failure.phase and not t.ok), None)
    after = f" after {timing.duration_ms:.1f} ms" if timing is not None else ""
    did = _DID.get(failure.cause)
    if did is not None:
        return f"PostgreSQL at {target.spec.place} {did} ({failure.cause}){after}."
    if failure.phase is Phase.LOGIN:
        what = f"{_login_words(target)} was not accepted by {target.spec.place}"
    else:
        what = f"PostgreSQL at {target.spec.place} failed in the phase {failure.phase.value}"
    return f"{what} ({failure.cause}){after}: {failure.detail.rstrip('.')}."


def _login_words(target: DatabaseTarget) -> str:
    whose = "the auditor's own" if target.spec.login == "own" else "the application's"
    return f"The login of {target.spec.user} ({whose} role) to database {target.spec.database}"


def _server(target: DatabaseTarget, observation: DatabaseObservation) -> ServerFacts | Answer:
    """What the server said, or the answer of a question that has no turn without it."""
    problem = _problem(_ANSWERS_QUERY, target, observation)
    if problem is not None:
        if problem.status is Status.FAIL:
            return _not_asked(target, _ANSWERS_QUERY)
        return problem
    server = _facts(observation).server
    return server if server is not None else _unproven(_ANSWERS_QUERY, target)


def _not_asked(target: DatabaseTarget, check: str) -> Answer:
    return skipped(f"Not asked of {target.spec.place}, because {check} failed.", failed_check=check)


def _evidence(target: DatabaseTarget, observation: DatabaseObservation) -> dict[str, Scalar]:
    facts = _facts(observation)
    evidence: dict[str, Scalar] = {
        "host": target.spec.host,
        "port": target.spec.port,
        "addresses": ", ".join(facts.addresses),
        "encrypted": facts.encrypted,
        "user": target.spec.user,
        "login": facts.login,
        "sqlstate": facts.sqlstate or None,
        "secret_user_agrees": facts.secret_agrees.user,
        "secret_host_agrees": facts.secret_agrees.host,
        "secret_port_agrees": facts.secret_agrees.port,
        "secret_database_agrees": facts.secret_agrees.database,
    }
    return {name: value for name, value in evidence.items() if value is not None and value != ""}


def _warned(failure: Failure, evidence: dict[str, Scalar]) -> Answer:
    return Answer(
        status=Status.WARN, summary=failure.detail, cause=failure.cause, phase=failure.phase, evidence=evidence
    )


def _unproven(check: str, target: DatabaseTarget) -> Answer:
    detail = f"the probe of {target.spec.place} recorded neither that {check} holds nor why not"
    return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))


def _succeeded(observation: DatabaseObservation, phase: Phase) -> bool:
    return any(timing.phase is phase and timing.ok for timing in observation.phases)


def _facts(observation: DatabaseObservation) -> DatabaseFacts:
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


CHECKS: tuple[Check[DatabaseSpec, DatabaseFacts], ...] = (
    Check(
        id=_REACHABLE,
        severity=Severity.CRITICAL,
        judge=_reachable,
        remediation="See whether the name, the connection or TLS failed; look at the instance's status first.",
    ),
    Check(
        id=_LOGIN_ACCEPTED,
        severity=Severity.CRITICAL,
        judge=_login_accepted,
        remediation="Compare role, password and database of the secret and the catalogue with the server's.",
    ),
    Check(
        id=_ANSWERS_QUERY,
        severity=Severity.CRITICAL,
        judge=_answers_query,
        remediation="Look for locks, long transactions and exhausted resources on the server.",
    ),
    Check(
        id="database.role_primary",
        severity=Severity.HIGH,
        judge=_role_primary,
        remediation="See that the name leads to the primary, and whether a failover has just happened.",
    ),
    Check(
        id="database.connections_below_limit",
        severity=Severity.MEDIUM,
        judge=_connections_below_limit,
        remediation="See who holds the connections (SELECT usename, application_name, state, count(*) FROM "
        "pg_stat_activity GROUP BY 1, 2, 3); end leaked idle ones and bound the pools of the clients.",
    ),
    Check(
        id="database.responds_in_time",
        severity=Severity.LOW,
        judge=_responds_in_time,
        remediation="See which phase took the time: name (resolver), tcp (network), tls and login (the server's CPU), "
        "query (load, locks).",
    ),
)
