"""How far a probe came, and the answers of a question whose turn did not come: what all checks share."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Status, failed, skipped, unknown
from auditor.domain.target import Target
from functions.cache import remedies
from functions.cache.facts import CAUSES, CacheFacts, ServerFacts
from functions.cache.family import CacheSpec

CacheTarget = Target[CacheSpec]
CacheObservation = Observation[CacheFacts]

REACHABLE: Final = "cache.reachable"
AUTHENTICATED: Final = "cache.authenticated"
ANSWERS_PING: Final = "cache.answers_ping"
ROLE: Final = "cache.role_as_declared"
WRITES: Final = "cache.accepts_writes"
QUEUES: Final = "cache.queues_below_limit"

MEANINGS = {cause.id: cause.meaning for cause in CAUSES}
_AUDITORS_OWN = frozenset({"redis.ca_file_unusable", "redis.not_permitted", "redis.moved"})
_OF_LOGIN = frozenset({"redis.wrongpass", "redis.no_password"})
"""Refusals that speak of the login; where that is the auditor's own, they harm nobody else."""
_DID = {
    "tcp.refused": "refused the connection",
    "tcp.timeout": "did not answer the connection attempt",
    "redis.tls_missing": "speaks plain text where the catalogue says TLS",
    "redis.tls_demanded": "speaks TLS where the catalogue says plain text",
    "redis.login_timeout": "took the connection and did not answer",
    "redis.query_timeout": "took the login and did not answer a command",
}


def problem(step: str, target: CacheTarget, observation: CacheObservation) -> Answer | None:
    """What keeps a step from passing: its own failure, or that of an earlier one; None if there is none.

    A step after a failure is skipped. After something that the auditor could not tell, it can tell no more than before.
    """
    steps = steps_of(target)
    for current in steps[: steps.index(step) + 1]:
        failure = next((f for f in observation.failures if _step_of(f, target, observation) == current), None)
        if failure is None:
            continue
        answer = _refused(failure, target, observation)
        if current != step and answer.status is Status.FAIL:
            return skipped(f"Not asked of {target.spec.place}, because {current} failed.", failed_check=current)
        return answer
    return None


def steps_of(target: CacheTarget) -> tuple[str, ...]:
    """The checks that the probe's steps decide, in the order in which they are asked."""
    writes = (WRITES,) if target.spec.write_check else ()
    queues = (QUEUES,) if target.spec.queues else ()
    return (REACHABLE, AUTHENTICATED, ANSWERS_PING, ROLE, *writes, *queues)


def told(target: CacheTarget, observation: CacheObservation) -> ServerFacts | Answer:
    """What INFO said, or the answer of a question that has no turn without it."""
    found = problem(ROLE, target, observation)
    if found is None:
        return _info(target, observation)
    if found.status is Status.FAIL:
        return skipped(f"Not asked of {target.spec.place}, because {ROLE} failed.", failed_check=ROLE)
    return found


def _info(target: CacheTarget, observation: CacheObservation) -> ServerFacts | Answer:
    facts = facts_of(observation)
    if facts.server is not None:
        return facts.server
    if facts.info_refused is None:
        return unproven(ROLE, target)
    # Who serves PING may keep INFO to itself, as proxies do: that harms no client.
    cause = "redis.not_permitted" if facts.info_refused == "not_permitted" else "redis.not_told"
    detail = f"{target.spec.place} answered PING and refused INFO, so nothing of its state is known"
    return unknown(Failure(phase=Phase.QUERY, cause=cause, detail=detail), remedy=remedies.for_cause(cause))


def untold(what: str, target: CacheTarget) -> Answer:
    """That INFO lacks what a question needs."""
    detail = f"INFO of {target.spec.place} does not say {what}"
    return unknown(Failure(phase=Phase.ANSWER, cause="redis.not_told", detail=detail))


def unproven(check: str, target: CacheTarget) -> Answer:
    """That a probe recorded neither that a check holds nor why not."""
    detail = f"the probe of {target.spec.place} recorded neither that {check} holds nor why not"
    return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))


def bad(cause: str, summary: str, evidence: Mapping[str, Scalar], *, phase: Phase = Phase.ANSWER) -> Answer:
    """A failing answer about what was read."""
    failure = Failure(phase=phase, cause=cause, detail=summary)
    return replace(failed(failure), evidence=evidence, remedy=remedies.for_cause(cause))


def warned(failure: Failure, evidence: Mapping[str, Scalar]) -> Answer:
    """A headroom that shrinks: not wrong yet."""
    return Answer(
        status=Status.WARN,
        summary=failure.detail,
        cause=failure.cause,
        phase=failure.phase,
        evidence=evidence,
        remedy=remedies.for_cause(failure.cause),
    )


def evidence_of(target: CacheTarget, observation: CacheObservation) -> dict[str, Scalar]:
    """Whom the probe asked, and how."""
    facts = facts_of(observation)
    evidence: dict[str, Scalar] = {
        "host": target.spec.host,
        "port": target.spec.port,
        "addresses": ", ".join(facts.addresses),
        "encrypted": facts.encrypted,
        "user": target.spec.user,
        "login": target.spec.login if target.spec.secret else None,
        "speaks": facts.speaks,
    }
    return {name: value for name, value in evidence.items() if value is not None and value != ""}


def facts_of(observation: CacheObservation) -> CacheFacts:
    """The facts, which every check is given."""
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


def succeeded(observation: CacheObservation, phase: Phase) -> bool:
    """Whether a phase was finished."""
    return any(timing.phase is phase and timing.ok for timing in observation.phases)


def _step_of(failure: Failure, target: CacheTarget, observation: CacheObservation) -> str:
    """The check whose step a failure ended; of the commands after the login the first one without an answer.

    Where all have one, it is the last: no failure is lost.
    """
    if failure.phase in (Phase.NAME, Phase.TCP, Phase.TLS) or failure.cause == "redis.ca_file_unusable":
        return REACHABLE
    if failure.phase in (Phase.PREPARE, Phase.LOGIN):
        return AUTHENTICATED
    facts = facts_of(observation)
    if not facts.pinged:
        return ANSWERS_PING
    if facts.server is None and facts.info_refused is None:
        return ROLE
    if target.spec.write_check and facts.write is None:
        return WRITES
    return steps_of(target)[-1]


def _refused(failure: Failure, target: CacheTarget, observation: CacheObservation) -> Answer:
    """The answer about a step's own failure: the target's, or the auditor's own limit."""
    evidence = evidence_of(target, observation)
    own = failure.cause in _AUDITORS_OWN or failure.phase is Phase.PREPARE
    if own or failure.cause.startswith(("self.", "aws.")):
        return unknown(failure, None, remedy=remedies.for_cause(failure.cause), **evidence)
    summary = _summary(failure, target, observation)
    if target.spec.login == "own" and failure.cause in _OF_LOGIN:
        remedy = remedies.for_own_login(target.spec)
        mine = replace(failure, cause="self.credentials")
        return unknown(mine, summary, remedy=remedy, refused_with=failure.cause, **evidence)
    return replace(failed(failure, summary, **evidence), remedy=remedies.for_cause(failure.cause))


def _summary(failure: Failure, target: CacheTarget, observation: CacheObservation) -> str:
    timing = next((t for t in observation.phases if t.phase is failure.phase and not t.ok), None)
    after = f" after {timing.duration_ms:.1f} ms" if timing is not None else ""
    did = _DID.get(failure.cause)
    if did is not None:
        return f"The cache at {target.spec.place} {did} ({failure.cause}){after}."
    words = failure.detail.rstrip(".")
    return (
        f"The cache at {target.spec.place} failed in the phase {failure.phase.value} ({failure.cause}){after}: {words}."
    )
