"""The questions asked of a store that AWS manages: what AWS itself says of it. Planned work is information."""

from auditor.domain.check import Check
from auditor.domain.observation import Observation
from auditor.domain.result import Answer, Scalar, Severity, passed
from auditor.domain.target import Target
from functions.vpc import stores
from functions.vpc.answering import cannot_tell, facts_of, fails, not_read, warns
from functions.vpc.facts import EventKind, VpcFacts
from functions.vpc.family import VpcSpec

VpcTarget = Target[VpcSpec]
VpcObservation = Observation[VpcFacts]

LATELY_SECONDS = 3600.0
SOON_SECONDS = 7 * 86400.0

_MEANINGS = {
    "vpc.storage_full": "its storage is used up: it takes no writes",
    "vpc.store_restarting": "it restarts, or an update is being applied",
    "vpc.store_stopped": "somebody stopped it",
    "vpc.store_broken": "AWS cannot bring it up by itself",
    "vpc.store_gone": "it is being created, restored or deleted",
}
_FOR_A_WHILE = "vpc.store_restarting"


def _database_available(_target: VpcTarget, observation: VpcObservation) -> Answer:
    facts = facts_of(observation)
    if facts.database is None:
        return not_read("database", facts)
    found = facts.database
    evidence = _lately(facts) | {"multi_az": found.multi_az, "storage_gib": found.storage_gib}
    return _by_status(found.id, found.status, stores.database_means(found.status), evidence)


def _cache_available(_target: VpcTarget, observation: VpcObservation) -> Answer:
    facts = facts_of(observation)
    if facts.cache is None:
        return not_read("cache", facts)
    evidence = _lately(facts) | {"nodes": len(facts.cache.nodes)}
    return _by_status(facts.cache.id, facts.cache.status, stores.cache_means(facts.cache.status), evidence)


def _by_status(name: str, status: str, meaning: str, evidence: dict[str, Scalar]) -> Answer:
    evidence = {"status": status, **evidence}
    if meaning == stores.SERVES:
        return passed(f"{name} is {status}.", **evidence)
    if not meaning:
        detail = f"AWS reports the status {status[:40]!r} of {name}, which the auditor does not know."
        return cannot_tell("vpc.status_not_known", detail, **evidence)
    # Restarting passes; whether users feel it is told by who connects.
    answer = warns if meaning == _FOR_A_WHILE else fails
    return answer(meaning, f"{name} is {status}: {_MEANINGS[meaning]}.", **evidence)


def _primary_stays(target: VpcTarget, observation: VpcObservation) -> Answer:
    facts = facts_of(observation)
    if facts.events is None:
        return not_read("events", facts)
    name = target.spec.database or target.spec.cache or ""
    failovers = [event for event in facts.events if event.kind is EventKind.FAILOVER]
    recent = [event for event in failovers if event.age_seconds <= LATELY_SECONDS]
    if recent:
        minutes = recent[0].age_seconds / 60
        summary = (
            f"The primary of {name} changed {minutes:.0f} minutes ago; connections from before may be to the old one."
        )
        return warns("vpc.failed_over", summary, failovers=len(recent), age_seconds=recent[0].age_seconds)
    return passed(f"The primary of {name} did not change within the hour.", failovers_within_a_day=len(failovers))


def _maintenance_not_forced(target: VpcTarget, observation: VpcObservation) -> Answer:
    facts = facts_of(observation)
    if facts.maintenance is None:
        return not_read("maintenance", facts)
    forced = [m for m in facts.maintenance if m.forced_in_seconds is not None and m.forced_in_seconds <= SOON_SECONDS]
    if forced:
        first = min(forced, key=lambda m: m.forced_in_seconds or 0.0)
        days = max(0.0, (first.forced_in_seconds or 0.0) / 86400)
        summary = f"AWS applies {first.action} to {target.spec.database} by itself in {days:.0f} days, in its window."
        return warns("vpc.maintenance_forced", summary, action=first.action, days=round(days, 1))
    offered = len(facts.maintenance)
    return passed(f"{offered} updates are offered to {target.spec.database}, none is forced soon.", offered=offered)


def _lately(facts: VpcFacts) -> dict[str, Scalar]:
    """What AWS says has happened within the hour, as evidence."""
    kinds = [e.kind for e in facts.events or () if e.age_seconds <= LATELY_SECONDS and e.kind is not EventKind.OTHER]
    return {"within_the_hour": ", ".join(dict.fromkeys(kinds))} if kinds else {}


STORE_CHECKS: tuple[Check[VpcSpec, VpcFacts], ...] = (
    Check(
        id="vpc.database_available",
        severity=Severity.HIGH,
        judge=_database_available,
        asks=lambda target: target.spec.database is not None,
        remediation="Read the instance's events in RDS; they say what AWS does and what it waits for.",
    ),
    Check(
        id="vpc.cache_available",
        severity=Severity.HIGH,
        judge=_cache_available,
        asks=lambda target: target.spec.cache is not None,
        remediation="Read the cluster's events in ElastiCache; they say what AWS does and what it waits for.",
    ),
    Check(
        id="vpc.primary_stays",
        severity=Severity.ADVISORY,
        judge=_primary_stays,
        asks=lambda target: target.spec.vpc is None,
        remediation="Connect by the primary endpoint's name, and let clients reconnect when a write is refused.",
    ),
    Check(
        id="vpc.maintenance_not_forced",
        severity=Severity.ADVISORY,
        judge=_maintenance_not_forced,
        asks=lambda target: target.spec.database is not None,
        remediation="Apply the update at a time of your own choice, or see that its window suits.",
    ),
)
