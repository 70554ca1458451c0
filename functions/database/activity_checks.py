"""The questions asked of what others' sessions do: who waits for locks, and which transactions stay open. Pure."""

from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Severity, failed, passed
from functions.database import remedies
from functions.database.facts import ActivityFacts, DatabaseFacts, OpenTransaction
from functions.database.family import DatabaseSpec
from functions.database.judged import (
    DatabaseObservation,
    DatabaseTarget,
    own_limit,
    server_of,
    span,
    unproven,
    warned,
)

_DOES = {
    "active": "runs a statement",
    "idle_in_transaction": "is idle in its transaction",
    "prepared": "was prepared and never ended",
    "other": "holds its transaction open",
}


def _no_session_blocked(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    """Sessions that wait for locks for too long, and what holds them up in the end."""
    activity = _activity(target, observation, "who waits for whom")
    if isinstance(activity, Answer):
        return activity
    spec, limit = target.spec, target.spec.max_lock_wait.total_seconds()
    blocked = [waiting for waiting in activity.waiting if waiting.seconds > limit]
    longest = max((waiting.seconds for waiting in activity.waiting), default=0.0)
    evidence: dict[str, Scalar] = {
        "waiting": len(activity.waiting),
        "blocked": len(blocked),
        "longest_wait_s": round(longest, 1),
        "max_lock_wait_s": limit,
        "max_blocked": spec.max_blocked,
    }
    if len(blocked) <= spec.max_blocked:
        words = f"{len(blocked)} sessions of PostgreSQL at {spec.place} wait for a lock for longer than {limit:g} s."
        return passed(words, **evidence)
    blocker = activity.blockers[0] if activity.blockers else None
    told = ""
    if blocker is not None:
        told = f" What holds them up is {_who(blocker)}, which {_DOES[blocker.state]}{_since(blocker)}."
        evidence |= _blocker(blocker)
    summary = (
        f"{len(blocked)} sessions of PostgreSQL at {spec.place} wait for a lock for longer than {limit:g} s, the "
        f"longest for {span(longest)} (pg.sessions_blocked).{told}"
    )
    failure = Failure(phase=Phase.ANSWER, cause="pg.sessions_blocked", detail=summary)
    return replace(failed(failure, None, **evidence), remedy=remedies.for_blocker(blocker))


def _transactions_short(target: DatabaseTarget, observation: DatabaseObservation) -> Answer:
    """The oldest transaction of a client; it keeps what it locked, and the server from cleaning up behind it."""
    activity = _activity(target, observation, "how old transactions are")
    if isinstance(activity, Answer):
        return activity
    place, limit = target.spec.place, target.spec.max_transaction.total_seconds()
    oldest = activity.oldest[0] if activity.oldest else None
    if oldest is None:
        return passed(f"No client of PostgreSQL at {place} has a transaction open.", max_transaction_s=limit)
    if oldest.seconds is None:
        return unproven("database.transactions_short", target)
    age = oldest.seconds
    evidence: dict[str, Scalar] = {
        "oldest_s": round(age, 1),
        "max_transaction_s": limit,
        "pid": oldest.pid,
        "role": oldest.role,
        "state": oldest.state,
    }
    summary = (
        f"The oldest transaction at {place} is open for {span(age)}, {span(limit)} are allowed: that of "
        f"{_who(oldest)}, which {_DOES[oldest.state]}."
    )
    if age <= limit:
        return passed(summary, **evidence)
    answer = warned(Failure(phase=Phase.ANSWER, cause="pg.transaction_long", detail=summary), evidence)
    return replace(answer, remedy=remedies.for_blocker(oldest))


def _activity(target: DatabaseTarget, observation: DatabaseObservation, what: str) -> ActivityFacts | Answer:
    server = server_of(target, observation)
    if isinstance(server, Answer):
        return server
    if server.activity is not None:
        return server.activity
    detail = f"the role {target.spec.user} may not see {what}: it is no member of pg_monitor"
    own = own_limit(Failure(phase=Phase.ANSWER, cause="pg.no_privilege", detail=detail), target, None)
    assert own is not None, "a lacking privilege of the own role is the auditor's limit"
    return own


def _blocker(blocker: OpenTransaction) -> dict[str, Scalar]:
    evidence: dict[str, Scalar] = {
        "blocker_pid": blocker.pid,
        "blocker_role": blocker.role,
        "blocker_state": blocker.state,
        "blocker_open_s": None if blocker.seconds is None else round(blocker.seconds, 1),
        "blocks": blocker.blocks,
    }
    return {name: value for name, value in evidence.items() if value is not None and value != ""}


def _who(transaction: OpenTransaction) -> str:
    process = f"process {transaction.pid}" if transaction.pid else "a transaction without a process"
    return f"{process} of role {transaction.role}" if transaction.role else process


def _since(transaction: OpenTransaction) -> str:
    return f" and is open for {span(transaction.seconds)}" if transaction.seconds is not None else ""


def _asked(target: DatabaseTarget) -> bool:
    """The platform's own login need not see into the sessions of others."""
    return target.spec.login == "own"


CHECKS: tuple[Check[DatabaseSpec, DatabaseFacts], ...] = (
    Check(
        id="database.no_session_blocked",
        severity=Severity.MEDIUM,
        judge=_no_session_blocked,
        remediation="See who waits for whom (pg_blocking_pids(pid) for each session of pg_stat_activity whose "
        "wait_event_type is Lock), and end the session at the head of the queue.",
        asks=_asked,
    ),
    Check(
        id="database.transactions_short",
        severity=Severity.ADVISORY,
        judge=_transactions_short,
        remediation="See whose transaction it is and what for; end what was forgotten, and let "
        "idle_in_transaction_session_timeout end the next one.",
        asks=_asked,
    ),
)
