"""The questions asked of a database's observation; a later one has its turn only where the earlier ones went well."""

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Severity, passed
from functions.database import activity_checks, server_checks
from functions.database.facts import DatabaseFacts
from functions.database.family import DatabaseSpec
from functions.database.judged import (
    ANSWERS_QUERY,
    LOGIN_ACCEPTED,
    REACHABLE,
    DatabaseObservation,
    DatabaseTarget,
    evidence_of,
    facts_of,
    login_words,
    problem_of,
    server_of,
    succeeded,
    unproven,
    warned,
)

SLOW_AFTER_MS = 2000.0


def _reachable(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    problem = problem_of(REACHABLE, target, observation)
    if problem is not None:
        return problem
    facts = facts_of(observation)
    phases = (Phase.TCP,) if target.spec.tls == "disable" else (Phase.TCP, Phase.TLS)
    if not all(succeeded(observation, phase) for phase in phases):
        return unproven(REACHABLE, target)
    encryption = "with TLS" if facts.encrypted else "without TLS"
    return passed(
        f"PostgreSQL at {target.spec.place} takes connections {encryption}.", **evidence_of(target, observation)
    )


def _login_accepted(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    problem = problem_of(LOGIN_ACCEPTED, target, observation)
    if problem is not None:
        return problem
    if not succeeded(observation, Phase.LOGIN):
        return unproven(LOGIN_ACCEPTED, target)
    return passed(f"{login_words(target)} was accepted by {target.spec.place}.", **evidence_of(target, observation))


def _answers_query(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    problem = problem_of(ANSWERS_QUERY, target, observation)
    if problem is not None:
        return problem
    server = facts_of(observation).server
    if server is None:
        return unproven(ANSWERS_QUERY, target)
    return passed(
        f"PostgreSQL {server.version} at {target.spec.place} answered a query in database {server.database}.",
        server_version=server.version,
        **evidence_of(target, observation),
    )


def _responds_in_time(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    server = server_of(target, observation)
    if isinstance(server, Answer):
        return server
    # The reading of the secret is the auditor's own time and not the database's.
    timings = [timing for timing in observation.phases if timing.phase is not Phase.PREPARE]
    if not timings:
        return unproven("database.responds_in_time", target)
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
    return warned(Failure(phase=slowest.phase, cause="pg.slow", detail=summary), evidence)


CHECKS: tuple[Check[DatabaseSpec, DatabaseFacts], ...] = (
    Check(
        id=REACHABLE,
        severity=Severity.CRITICAL,
        judge=_reachable,
        remediation="See whether the name, the connection or TLS failed; look at the instance's status first.",
    ),
    Check(
        id=LOGIN_ACCEPTED,
        severity=Severity.CRITICAL,
        judge=_login_accepted,
        remediation="Compare role, password and database of the secret and the catalogue with the server's.",
    ),
    Check(
        id=ANSWERS_QUERY,
        severity=Severity.CRITICAL,
        judge=_answers_query,
        remediation="Look for locks, long transactions and exhausted resources on the server.",
    ),
    *server_checks.CHECKS,
    *activity_checks.CHECKS,
    Check(
        id="database.responds_in_time",
        severity=Severity.LOW,
        judge=_responds_in_time,
        remediation="See which phase took the time: name (resolver), tcp (network), tls and login (the server's CPU), "
        "query (load, locks).",
    ),
)
