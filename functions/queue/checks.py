"""The questions asked of a queue; a later one has its turn only where the earlier ones went well."""

from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, failed, passed, skipped, unknown
from auditor.domain.target import Target
from functions.queue import remedies
from functions.queue.facts import RECENT_MINUTES, SINGLE, QueueFacts, StoredFacts, TrendFacts, growth, newest, recently
from functions.queue.family import QueueSpec

QueueTarget = Target[QueueSpec]
QueueObservation = Observation[QueueFacts]


def _exists(target: QueueTarget, observation: QueueObservation) -> Answer:
    facts, queue = _facts(observation), target.spec.queue
    if facts.exists is None:
        return _not_read("stored", facts)
    if not facts.exists:
        return _failed("queue.absent", f"No queue {queue} exists in this account and region.", queue=queue)
    if facts.stored is None:
        return _not_read("stored", facts)
    stored = facts.stored
    return passed(
        f"The queue {queue} exists; {stored.waiting} messages wait, {stored.in_flight} are being handled.",
        waiting=stored.waiting,
        in_flight=stored.in_flight,
        delayed=stored.delayed,
    )


def _consumed(target: QueueTarget, observation: QueueObservation) -> Answer:
    stored = _stored(target, observation)
    if isinstance(stored, Answer):
        return stored
    queue, limit = target.spec.queue, target.spec.max_age.total_seconds()
    if stored.waiting == 0:
        return passed(f"Nothing waits in {queue}.", waiting=0)
    facts = _facts(observation)
    if facts.trend is None:
        return _not_read("trend", facts)
    age = newest(facts.trend.oldest_seconds)
    if age is None:
        detail = f"{stored.waiting} messages wait in {queue} and CloudWatch does not tell how old the oldest is"
        return _untold(detail, waiting=stored.waiting)
    evidence: dict[str, Scalar] = {"waiting": stored.waiting, "oldest_seconds": age, "limit_seconds": limit}
    if age <= limit:
        return passed(f"The oldest of {stored.waiting} messages in {queue} waits {_time(age)}.", **evidence)
    return _too_old(queue, age, facts.trend, evidence)


def _too_old(queue: str, age: float, trend: TrendFacts, evidence: dict[str, Scalar]) -> Answer:
    received, deleted = recently(trend.received), recently(trend.deleted)
    evidence |= {"received": received, "deleted": deleted, "minutes": RECENT_MINUTES}
    waits = f"The oldest of {evidence['waiting']} messages in {queue} waits {_time(age)}"
    if received == 0:
        summary = f"{waits}, and nobody received any in {RECENT_MINUTES} minutes."
        return _failed("queue.not_consumed", summary, **evidence)
    if received and deleted == 0:
        summary = f"{waits}; {received:g} were received in {RECENT_MINUTES} minutes and none was done."
        return _failed("queue.never_done", summary, **evidence)
    if deleted:
        summary = f"{waits}; {deleted:g} were done in {RECENT_MINUTES} minutes, too few."
        return replace(_failed("queue.consumed_late", summary, **evidence), status=Status.WARN)
    return _failed("queue.too_old", f"{waits}, and CloudWatch does not tell whether any was received.", **evidence)


def _depth(target: QueueTarget, observation: QueueObservation) -> Answer:
    stored = _stored(target, observation)
    if isinstance(stored, Answer):
        return stored
    queue, limit = target.spec.queue, target.spec.max_depth
    if stored.waiting > limit:
        summary = f"{stored.waiting} messages wait in {queue}; at most {limit} may."
        return _failed("queue.too_deep", summary, waiting=stored.waiting, limit=limit)
    return passed(f"{stored.waiting} messages wait in {queue}, of {limit} that may.", waiting=stored.waiting)


def _redrive(target: QueueTarget, observation: QueueObservation) -> Answer:
    stored = _stored(target, observation)
    if isinstance(stored, Answer):
        return stored
    facts, queue, declared = _facts(observation), target.spec.queue, target.spec.dead_letters
    if facts.redrive is None:
        summary = f"{queue} has no redrive policy; declared is that dead letters go to {declared}."
        return _failed("queue.no_redrive", summary, declared=declared)
    named, receives = facts.redrive.dead_letters, facts.redrive.max_receives
    if facts.dead_letters_exist is False:
        return _failed("queue.redrive_to_nowhere", f"{queue} sends its dead letters to {named}, which is gone.")
    if named != declared:
        summary = f"{queue} sends its dead letters to {named}; declared is {declared}."
        return _failed("queue.redrive_differs", summary, named=named, declared=declared)
    if facts.dead_letters_exist is None:
        return _not_read("dead_letters", facts)
    return passed(f"After {receives} receipts a message of {queue} goes to {named}.", max_receives=receives)


def _dead_letters_steady(target: QueueTarget, observation: QueueObservation) -> Answer:
    letters = _dead_letters(target, observation)
    if isinstance(letters, Answer):
        return letters
    if letters.waiting == 0:
        return passed(f"There are no dead letters in {letters.name}.", dead_letters=0)
    facts = _facts(observation)
    if facts.trend is None:
        return _not_read("trend", facts)
    grown = growth(facts.trend.dead_letters, letters.waiting)
    if grown is None:
        detail = f"{letters.waiting} dead letters lie in {letters.name} and CloudWatch does not tell since when"
        return _untold(detail, dead_letters=letters.waiting)
    evidence: dict[str, Scalar] = {"dead_letters": letters.waiting, "grown_by": grown, "minutes": RECENT_MINUTES}
    if grown <= 0:
        return passed(f"{letters.waiting} dead letters lie in {letters.name} and become no more.", **evidence)
    if grown <= SINGLE and letters.waiting <= target.spec.max_dead_letters:
        seen = f"{letters.waiting} dead letters lie in {letters.name}, one more than {RECENT_MINUTES} minutes ago"
        return passed(f"{seen}: that message's own fault, unless more follow.", **evidence)
    summary = f"Dead letters in {letters.name} grew by {grown:g} to {letters.waiting} in {RECENT_MINUTES} minutes."
    answer = _failed("queue.dead_letters_grow", summary, **evidence)
    return answer if letters.waiting > target.spec.max_dead_letters else replace(answer, status=Status.WARN)


def _dead_letters_below_limit(target: QueueTarget, observation: QueueObservation) -> Answer:
    letters = _dead_letters(target, observation)
    if isinstance(letters, Answer):
        return letters
    limit = target.spec.max_dead_letters
    evidence: dict[str, Scalar] = {"dead_letters": letters.waiting, "limit": limit}
    if letters.waiting > limit:
        summary = f"{letters.waiting} dead letters lie in {letters.name}; at most {limit} may unsaid."
        return _failed("queue.dead_letters_many", summary, **evidence)
    return passed(f"{letters.waiting} dead letters lie in {letters.name}, of {limit} that may.", **evidence)


def _stored(target: QueueTarget, observation: QueueObservation) -> StoredFacts | Answer:
    answer, facts = _exists(target, observation), _facts(observation)
    if answer.status is Status.PASS and facts.stored is not None:
        return facts.stored
    return skipped("Not asked, because queue.exists failed.") if answer.status is Status.FAIL else answer


def _dead_letters(target: QueueTarget, observation: QueueObservation) -> StoredFacts | Answer:
    stored = _stored(target, observation)
    if isinstance(stored, Answer):
        return stored
    facts = _facts(observation)
    if facts.redrive is None:
        return skipped(f"{target.spec.queue} has no redrive policy, so it has no dead letters.")
    if facts.dead_letters_exist is False:
        return skipped(f"{facts.redrive.dead_letters}, which should take the dead letters, does not exist.")
    return facts.dead_letters or _not_read("dead_letters", facts)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _failed(cause: str, summary: str, **evidence: Scalar) -> Answer:
    failure = Failure(phase=Phase.ANSWER, cause=cause, detail=summary)
    return replace(failed(failure, None, **evidence), remedy=remedies.for_cause(cause))


def _untold(detail: str, **evidence: Scalar) -> Answer:
    failure = Failure(phase=Phase.ANSWER, cause="queue.not_measured", detail=f"{detail}.")
    return unknown(failure, None, remedy=remedies.for_cause(failure.cause), **evidence)


def _not_read(part: str, facts: QueueFacts) -> Answer:
    failure = facts.unread.get(part)
    if failure is None:
        detail = f"the probe recorded neither {part} nor why not"
        return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))
    return unknown(failure, remedy=remedies.for_cause(failure.cause))


def _facts(observation: QueueObservation) -> QueueFacts:
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


CHECKS: tuple[Check[QueueSpec, QueueFacts], ...] = (
    Check(
        id="queue.exists",
        severity=Severity.HIGH,
        judge=_exists,
        remediation="Compare the queue's name in the catalogue and in the clients' settings with those that exist.",
    ),
    Check(
        id="queue.consumed",
        severity=Severity.HIGH,
        judge=_consumed,
        remediation="See whether the consumer runs, and what its log says of the messages.",
    ),
    Check(
        id="queue.depth_below_limit",
        severity=Severity.MEDIUM,
        judge=_depth,
        remediation="See whether more comes than usual or less is handled; add consumers.",
    ),
    Check(
        id="queue.dead_letters_steady",
        severity=Severity.MEDIUM,
        judge=_dead_letters_steady,
        remediation="Look at one of the newest dead letters and at the consumer's log for it.",
    ),
    Check(
        id="queue.dead_letters_below_limit",
        severity=Severity.ADVISORY,
        judge=_dead_letters_below_limit,
        remediation="Redrive the dead letters once their fault is mended, or delete those that nobody misses.",
    ),
    Check(
        id="queue.redrive_configured",
        severity=Severity.ADVISORY,
        judge=_redrive,
        asks=lambda target: target.spec.dead_letters is not None,
        remediation="Give the queue the redrive policy that the catalogue declares.",
    ),
)
