"""What an observation of a queue says in the diagnosis's vocabulary: facts to claims, pure."""

from collections.abc import Iterator

from auditor.domain.diagnosis.claims import Claim
from auditor.domain.diagnosis.proof import Proof, observation_id
from auditor.domain.diagnosis.queue_claims import DeadLettersGrow, QueueWaits
from auditor.domain.observation import Observation
from auditor.domain.target import Target
from functions.queue.facts import SINGLE, QueueFacts, StoredFacts, TrendFacts, growth, newest, recently
from functions.queue.family import QueueSpec


def claims(target: Target[QueueSpec], observation: Observation[QueueFacts]) -> tuple[Claim, ...]:
    """What waits too long and what cannot be handled; of what was not read, nothing."""
    facts = observation.facts
    if facts is None or facts.stored is None or facts.trend is None:
        return ()
    proof = (observation_id(observation),)
    return (
        *_waits(target, facts.stored, facts.trend, proof),
        *_dead_letters(target, facts, facts.trend, proof),
    )


def _waits(target: Target[QueueSpec], stored: StoredFacts, trend: TrendFacts, proof: Proof) -> Iterator[QueueWaits]:
    age = newest(trend.oldest_seconds)
    if stored.waiting and age is not None and age > target.spec.max_age.total_seconds():
        yield QueueWaits(
            component=target.component,
            consumer=target.spec.consumer or "",
            waiting=stored.waiting,
            oldest_seconds=age,
            received=recently(trend.received),
            done=recently(trend.deleted),
            proof=proof,
        )


def _dead_letters(
    target: Target[QueueSpec], facts: QueueFacts, trend: TrendFacts, proof: Proof
) -> Iterator[DeadLettersGrow]:
    letters = facts.dead_letters
    grown = growth(trend.dead_letters, letters.waiting) if letters is not None else None
    if letters is not None and grown is not None and grown > SINGLE:
        yield DeadLettersGrow(
            component=target.component,
            consumer=target.spec.consumer or "",
            count=letters.waiting,
            grown_by=grown,
            drains=_drains(target, facts, trend),
            proof=proof,
        )


def _drains(target: Target[QueueSpec], facts: QueueFacts, trend: TrendFacts) -> bool | None:
    if facts.stored is not None and facts.stored.waiting == 0:
        return True
    age = newest(trend.oldest_seconds)
    return None if age is None else age <= target.spec.max_age.total_seconds()
