"""What is asked of the lists that a platform uses as queues: how much they hold, and whether they move. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Severity, passed, skipped, unknown
from functions.cache import remedies
from functions.cache.facts import CacheFacts, QueueFacts
from functions.cache.family import CacheSpec, QueueSpec
from functions.cache.judged import QUEUES, CacheObservation, CacheTarget, bad, facts_of, problem, unproven

SMALL_BACKLOG = 10
"""So few messages that wait long are information: what is left over from a test hurts nobody."""
NEW_WITHIN = timedelta(hours=1)
"""Dead letters whose newest message is no older than this still grow."""
_AHEAD = timedelta(minutes=5)
"""A message from further in the future says that a clock is wrong, not how long it waits."""

_Pairs = Sequence[tuple[QueueSpec, QueueFacts]]


def _queues_below_limit(target: CacheTarget, observation: CacheObservation) -> Answer:
    queues = _read(target, observation)
    if isinstance(queues, Answer):
        return queues
    refused = _refused(queues, target)
    if refused is not None:
        return refused
    evidence: dict[str, Scalar] = {}
    for queue, facts in queues:
        evidence |= {f"{queue.name} depth": facts.depth}
        if queue.processing is not None:
            evidence |= {f"{queue.name} processing": facts.processing}
    for queue, facts in queues:
        if facts.depth is None or (facts.processing is None and queue.processing is not None):
            return unproven(QUEUES, target)
        if facts.depth > queue.max_depth:
            return bad("redis.queue_deep", f"{_holds(queue.name, facts.depth, queue.max_depth)}.", evidence)
    for queue, facts in queues:
        if facts.processing is not None and facts.processing > queue.max_processing:
            summary = f"{_holds(str(queue.processing), facts.processing, queue.max_processing)}: consumers took them "
            return bad("redis.processing_high", f"{summary}and did not finish.", evidence)
    told = ", ".join(f"{queue.name} {facts.depth}" for queue, facts in queues)
    return passed(f"The queues at {target.spec.place} hold no more than they may: {told}.", **evidence)


def _dead_letters_below_limit(target: CacheTarget, observation: CacheObservation) -> Answer:
    queues = _read(target, observation)
    if isinstance(queues, Answer):
        return queues
    queues = [(queue, facts) for queue, facts in queues if queue.dead_letters is not None]
    evidence: dict[str, Scalar] = {f"{queue.name} dead letters": facts.dead_letters for queue, facts in queues}
    if any(facts.dead_letters is None for _, facts in queues):
        return _refused(queues, target) or unproven("cache.dead_letters_below_limit", target)
    over = [(queue, facts) for queue, facts in queues if (facts.dead_letters or 0) > queue.max_dead_letters]
    for queue, facts in over:
        newest = facts.newest_dead_letter_at
        if newest is not None and observation.slot - newest <= NEW_WITHIN:
            summary = f"{_holds(str(queue.dead_letters), facts.dead_letters, queue.max_dead_letters)}, and new ones "
            age = _words(observation.slot - newest)
            return bad("redis.dead_letters_growing", f"{summary}come: the newest is {age} old.", evidence)
    for queue, facts in over:
        newest = facts.newest_dead_letter_at
        age = "of unknown age" if newest is None else f"{_words(observation.slot - newest)} old"
        summary = f"{_holds(str(queue.dead_letters), facts.dead_letters, queue.max_dead_letters)}, the newest {age}."
        return bad("redis.dead_letters_high", summary, evidence)
    return passed(f"No more dead letters than allowed lie at {target.spec.place}.", **evidence)


def _queues_move(target: CacheTarget, observation: CacheObservation) -> Answer:
    queues = _read(target, observation)
    if isinstance(queues, Answer):
        return queues
    queues = [(queue, facts) for queue, facts in queues if queue.max_age is not None]
    refused = _refused(queues, target)
    if refused is not None:
        return skipped(f"Not asked of {target.spec.place}, because {QUEUES} failed.", failed_check=QUEUES)
    told: list[str] = []
    evidence: dict[str, Scalar] = {}
    unread = None
    for queue, facts in queues:
        if facts.oldest == "none":
            told.append(f"{queue.name} is empty")
            continue
        waited = None if facts.oldest_at is None else observation.slot - facts.oldest_at
        if waited is None or waited < -_AHEAD:
            unread = unread or _unread(queue, facts, target)
            continue
        waited = max(waited, timedelta(0))
        if facts.depth is None:
            return unproven("cache.queues_move", target)
        evidence |= {f"{queue.name} oldest seconds": waited.total_seconds(), f"{queue.name} depth": facts.depth}
        words = f"the oldest of {facts.depth} messages in {queue.name} waits for {_words(waited)}"
        if queue.max_age is not None and waited > queue.max_age and facts.depth > SMALL_BACKLOG:
            summary = f"{words[0].upper()}{words[1:]}; allowed are {_words(queue.max_age)}."
            return bad("redis.queue_stalled", summary, evidence)
        told.append(words)
    if unread is not None:
        return unread
    said = "; ".join(told)
    return passed(f"The queues at {target.spec.place} move: {said}.", **evidence)


def _read(target: CacheTarget, observation: CacheObservation) -> list[tuple[QueueSpec, QueueFacts]] | Answer:
    """Each declared queue with what was read of it, or the answer of a question whose turn did not come."""
    found = problem(QUEUES, target, observation)
    if found is not None:
        return found
    by_name = {facts.name: facts for facts in facts_of(observation).queues}
    if any(queue.name not in by_name for queue in target.spec.queues):
        return unproven(QUEUES, target)
    return [(queue, by_name[queue.name]) for queue in target.spec.queues]


def _refused(queues: _Pairs, target: CacheTarget) -> Answer | None:
    """What the server said in place of a number, if it did."""
    for queue, facts in queues:
        if facts.refused is None:
            continue
        cause = "redis.query_failed" if facts.refused == "other" else f"redis.{facts.refused}"
        summary = f"The cache at {target.spec.place} does not tell how much {queue.name} holds ({cause})."
        if cause in ("redis.not_permitted", "redis.moved"):
            failure = Failure(phase=Phase.QUERY, cause=cause, detail=summary)
            return unknown(failure, remedy=remedies.for_cause(cause), queue=queue.name)
        evidence: dict[str, Scalar] = {"queue": queue.name, "declared_kind": queue.kind}
        return bad(cause, summary, evidence, phase=Phase.QUERY)
    return None


def _unread(queue: QueueSpec, facts: QueueFacts, target: CacheTarget) -> Answer:
    why = {
        "too_large": "a message is too large to be read for its time",
        "read": "its time lies in the future",
        "refused": "the server does not let the auditor read messages",
        "not_read": "a message before it was too large to be read",
    }.get(facts.oldest, f"its envelope holds no time at {queue.timestamp}")
    detail = f"how long the oldest message in {queue.name} at {target.spec.place} waits cannot be told: {why}"
    failure = Failure(phase=Phase.ANSWER, cause="redis.timestamp_unreadable", detail=detail)
    return unknown(failure, remedy=remedies.for_cause("redis.timestamp_unreadable"), queue=queue.name)


def _holds(key: str, held: int | None, limit: int) -> str:
    return f"{key} holds {held} messages, {limit} are allowed"


def _words(time: timedelta) -> str:
    """``3 d``, ``2 h``, ``5 min`` or ``40 s``: a number of at most three digits where that can be."""
    seconds = max(0.0, time.total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


CHECKS: tuple[Check[CacheSpec, CacheFacts], ...] = (
    Check(
        id=QUEUES,
        severity=Severity.MEDIUM,
        judge=_queues_below_limit,
        asks=lambda target: bool(target.spec.queues),
        remediation="See whether the consumers run and what they wait for; a queue that nobody reads fills the memory.",
    ),
    Check(
        id="cache.dead_letters_below_limit",
        severity=Severity.MEDIUM,
        judge=_dead_letters_below_limit,
        asks=lambda target: any(queue.dead_letters is not None for queue in target.spec.queues),
        remediation="Read the newest dead letters and the consumer's log; mend what refuses them, then retry.",
    ),
    Check(
        id="cache.queues_move",
        severity=Severity.MEDIUM,
        judge=_queues_move,
        asks=lambda target: any(queue.max_age is not None for queue in target.spec.queues),
        remediation="See whether the consumers run and what they wait for.",
    ),
)
