"""The questions asked of a cache's observation; a later one has its turn only where the earlier ones went well."""

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, passed, skipped, unknown
from functions.cache.facts import CacheFacts
from functions.cache.family import CacheSpec
from functions.cache.judged import (
    ANSWERS_PING,
    AUTHENTICATED,
    REACHABLE,
    CacheObservation,
    CacheTarget,
    bad,
    evidence_of,
    facts_of,
    problem,
    steps_of,
    succeeded,
    unproven,
    warned,
)
from functions.cache.queue_checks import CHECKS as QUEUE_CHECKS
from functions.cache.state_checks import CHECKS as STATE_CHECKS

SLOW_AFTER_MS = 1000.0


def _reachable(target: CacheTarget, observation: CacheObservation) -> Answer:
    found = problem(REACHABLE, target, observation)
    if found is not None:
        return found
    phases = (Phase.TCP,) if target.spec.tls == "disable" else (Phase.TCP, Phase.TLS)
    if not all(succeeded(observation, phase) for phase in phases):
        return unproven(REACHABLE, target)
    encryption = "with TLS" if facts_of(observation).encrypted else "without TLS"
    return passed(
        f"The cache at {target.spec.place} takes connections {encryption}.", **evidence_of(target, observation)
    )


def _authenticated(target: CacheTarget, observation: CacheObservation) -> Answer:
    found = problem(AUTHENTICATED, target, observation)
    if found is not None:
        return found
    if not succeeded(observation, Phase.LOGIN):
        return unproven(AUTHENTICATED, target)
    what = "the login" if target.spec.secret is not None else "clients without a password, as declared"
    return passed(f"The cache at {target.spec.place} accepts {what}.", **evidence_of(target, observation))


def _password_demanded(target: CacheTarget, observation: CacheObservation) -> Answer:
    open_to_all = facts_of(observation).open_to_all
    if open_to_all is None:
        found = problem(AUTHENTICATED, target, observation)
        detail = f"the first answer of {target.spec.place} does not say whether it asks for a password"
        return found or unknown(Failure(phase=Phase.LOGIN, cause="redis.not_told", detail=detail))
    if open_to_all:
        summary = f"The cache at {target.spec.place} serves whoever connects, without any password."
        return bad("redis.open_to_all", summary, {"open_to_all": True}, phase=Phase.LOGIN)
    return passed(f"The cache at {target.spec.place} asks for a password.", open_to_all=False)


def _answers_ping(target: CacheTarget, observation: CacheObservation) -> Answer:
    found = problem(ANSWERS_PING, target, observation)
    if found is not None:
        return found
    if not facts_of(observation).pinged:
        return unproven(ANSWERS_PING, target)
    return passed(f"The cache at {target.spec.place} answers PING.", **evidence_of(target, observation))


def _responds_in_time(target: CacheTarget, observation: CacheObservation) -> Answer:
    found = problem(steps_of(target)[-1], target, observation)
    if found is not None:
        unfinished = f"Not asked of {target.spec.place}, because the probe did not come to its end."
        return skipped(unfinished) if found.status is Status.FAIL else found
    # The reading of the secret is the auditor's own time and not the cache's.
    timings = [timing for timing in observation.phases if timing.phase is not Phase.PREPARE]
    if not succeeded(observation, Phase.LOGIN) or not succeeded(observation, Phase.QUERY):
        return unproven("cache.responds_in_time", target)
    total = sum(timing.duration_ms for timing in timings)
    slowest = max(timings, key=lambda timing: timing.duration_ms)
    evidence: dict[str, Scalar] = {f"{timing.phase.value}_ms": round(timing.duration_ms, 1) for timing in timings}
    evidence |= {"total_ms": round(total, 1), "slow_after_ms": SLOW_AFTER_MS}
    summary = (
        f"The cache at {target.spec.place} took {total:.0f} ms from name to answer, most of it in the phase "
        f"{slowest.phase.value}; the limit is {SLOW_AFTER_MS:.0f} ms."
    )
    if total <= SLOW_AFTER_MS:
        return passed(summary, **evidence)
    return warned(Failure(phase=slowest.phase, cause="redis.slow", detail=summary), evidence)


CHECKS: tuple[Check[CacheSpec, CacheFacts], ...] = (
    Check(
        id=REACHABLE,
        severity=Severity.CRITICAL,
        judge=_reachable,
        remediation="See whether the name, the connection or TLS failed; look at the node's status first.",
    ),
    Check(
        id=AUTHENTICATED,
        severity=Severity.CRITICAL,
        judge=_authenticated,
        remediation="Compare the password of the secret with the server's, and what the catalogue says of the login.",
    ),
    Check(
        id="cache.password_demanded",
        severity=Severity.ADVISORY,
        judge=_password_demanded,
        asks=lambda target: target.spec.secret is not None,
        remediation="Set a password on the server (ElastiCache: an auth token), and see who else may reach it.",
    ),
    Check(
        id=ANSWERS_PING,
        severity=Severity.CRITICAL,
        judge=_answers_ping,
        remediation="See in the server's log and events whether it loads data, waits for its primary or runs a script.",
    ),
    *STATE_CHECKS,
    *QUEUE_CHECKS,
    Check(
        id="cache.responds_in_time",
        severity=Severity.LOW,
        judge=_responds_in_time,
        remediation="See which phase took the time: name (resolver), tcp (network), tls and login (the server's CPU), "
        "query (slow commands: SLOWLOG GET).",
    ),
)
