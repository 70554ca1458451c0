"""What every question of this family needs: whose turn it is, whose fault a failure is, what is shown of it. Pure."""

from dataclasses import replace
from datetime import timedelta

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Status, failed, skipped, unknown
from auditor.domain.target import Target
from functions.database import remedies
from functions.database.facts import DatabaseFacts, ServerFacts
from functions.database.family import DatabaseSpec

DatabaseTarget = Target[DatabaseSpec]
DatabaseObservation = Observation[DatabaseFacts]

REACHABLE = "database.reachable"
LOGIN_ACCEPTED = "database.login_accepted"
ANSWERS_QUERY = "database.answers_query"
_STEPS = (REACHABLE, LOGIN_ACCEPTED, ANSWERS_QUERY)

_STEP_OF_PHASE = {
    Phase.NAME: REACHABLE,
    Phase.TCP: REACHABLE,
    Phase.TLS: REACHABLE,
    Phase.PREPARE: LOGIN_ACCEPTED,
    Phase.LOGIN: LOGIN_ACCEPTED,
    Phase.QUERY: ANSWERS_QUERY,
}
_AUDITORS_OWN = frozenset({"pg.auth_unsupported", "pg.ca_file_unusable"})

_DID = {
    "tcp.refused": "refused the connection",
    "tcp.timeout": "did not answer the connection attempt",
    "pg.tls_refused": "offers no TLS, which the catalogue requires",
    "pg.login_timeout": "took the connection and did not finish the login",
    "pg.query_timeout": "accepted the login and did not answer the query",
}


def problem_of(step: str, target: DatabaseTarget, observation: DatabaseObservation) -> Answer | None:
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
    return REACHABLE if failure.cause == "pg.ca_file_unusable" else _STEP_OF_PHASE.get(failure.phase, ANSWERS_QUERY)


def _refused(failure: Failure, target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    """The answer about a step's own failure: the target's, or the auditor's own limit."""
    evidence = evidence_of(target, observation)
    if failure.cause in _AUDITORS_OWN or failure.phase is Phase.PREPARE or failure.cause.startswith(("self.", "aws.")):
        return unknown(failure, None, remedy=remedies.for_cause(failure.cause), **evidence)
    summary = _summary(failure, target, observation)
    if target.spec.login == "own":
        own = own_limit(failure, target, summary, **evidence)
        if own is not None:
            return own
    return replace(failed(failure, summary, **evidence), remedy=remedies.for_cause(failure.cause))


def own_limit(failure: Failure, target: DatabaseTarget, summary: str | None, **evidence: Scalar) -> Answer | None:
    """The answer where the auditor's own role is what lacks something; None for a cause that is the target's."""
    remedy = remedies.for_own_login(failure.cause, target.spec)
    if remedy is None:
        return None
    own = replace(failure, cause="self.credentials")
    return unknown(own, summary, remedy=remedy, refused_with=failure.cause, **evidence)


def _summary(failure: Failure, target: DatabaseTarget, observation: DatabaseObservation) -> str:
    timing = next((t for t in observation.phases if t.phase is failure.phase and not t.ok), None)
    after = f" after {timing.duration_ms:.1f} ms" if timing is not None else ""
    did = _DID.get(failure.cause)
    if did is not None:
        return f"PostgreSQL at {target.spec.place} {did} ({failure.cause}){after}."
    if failure.phase is Phase.LOGIN:
        what = f"{login_words(target)} was not accepted by {target.spec.place}"
    else:
        what = f"PostgreSQL at {target.spec.place} failed in the phase {failure.phase.value}"
    return f"{what} ({failure.cause}){after}: {failure.detail.rstrip('.')}."


def login_words(target: DatabaseTarget) -> str:
    """Whose login it is, as the subject of a sentence."""
    whose = "the auditor's own" if target.spec.login == "own" else "the application's"
    return f"The login of {target.spec.user} ({whose} role) to database {target.spec.database}"


def server_of(target: DatabaseTarget, observation: DatabaseObservation) -> ServerFacts | Answer:
    """What the server said, or the answer of a question that has no turn without it."""
    problem = problem_of(ANSWERS_QUERY, target, observation)
    if problem is not None:
        if problem.status is Status.FAIL:
            return _not_asked(target, ANSWERS_QUERY)
        return problem
    server = facts_of(observation).server
    return server if server is not None else unproven(ANSWERS_QUERY, target)


def _not_asked(target: DatabaseTarget, check: str) -> Answer:
    return skipped(f"Not asked of {target.spec.place}, because {check} failed.", failed_check=check)


def evidence_of(target: DatabaseTarget, observation: DatabaseObservation) -> dict[str, Scalar]:
    """What is shown of a probe beside its answer."""
    facts = facts_of(observation)
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
        "password_breaks_url": facts.password_breaks_url or None,
    }
    return {name: value for name, value in evidence.items() if value is not None and value != ""}


def warned(failure: Failure, evidence: dict[str, Scalar]) -> Answer:
    """A finding."""
    return Answer(
        status=Status.WARN, summary=failure.detail, cause=failure.cause, phase=failure.phase, evidence=evidence
    )


def unproven(check: str, target: DatabaseTarget) -> Answer:
    """The answer where the probe recorded neither a failure nor what a pass needs."""
    detail = f"the probe of {target.spec.place} recorded neither that {check} holds nor why not"
    return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))


def succeeded(observation: DatabaseObservation, phase: Phase) -> bool:
    """Whether a phase was seen to go well."""
    return any(timing.phase is phase and timing.ok for timing in observation.phases)


def facts_of(observation: DatabaseObservation) -> DatabaseFacts:
    """The facts, which a check is only asked with."""
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


def span(seconds: float) -> str:
    """A span of time as people say it."""
    return f"{seconds:.1f} s" if seconds < 120 else str(timedelta(seconds=round(seconds)))
