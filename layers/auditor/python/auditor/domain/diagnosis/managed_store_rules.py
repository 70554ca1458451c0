"""Rules about stores that a cloud manages: what it says of them itself explains who cannot use them."""

from collections.abc import Iterator

from auditor.domain.diagnosis.candidate import Candidate, Confidence
from auditor.domain.diagnosis.claims import TasksStarted
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.network_claims import FailedOver, StoreIs
from auditor.domain.diagnosis.network_words import StoreState
from auditor.domain.diagnosis.words import KEY_VALUE_STORE
from auditor.domain.instants import format_instant


def storage_full(evidence: Evidence) -> Iterator[Candidate]:
    """A database has no storage left."""
    for store in _stores(evidence, "rds", StoreState.STORAGE_FULL):
        yield _candidate(
            evidence,
            store,
            fault=Fault.DB_STORAGE_FULL,
            statement=f"{store.component} is {store.word}: it has used up its storage and takes no writes.",
            first_action="Raise the allocated storage now, then find what grew.",
        )


def restarting(evidence: Evidence) -> Iterator[Candidate]:
    """A database restarts, or an update is being applied to it."""
    for store in _stores(evidence, "rds", StoreState.RESTARTING):
        yield _candidate(
            evidence,
            store,
            fault=Fault.DB_RESTARTING,
            statement=f"{store.component} is {store.word}.",
            first_action="Follow its events; wait for it unless they do not advance.",
        )


def old_primary(evidence: Evidence) -> Iterator[Candidate]:
    """A cache's primary changed while tasks ran on, and they say that their cache fails: a hint, no more."""
    for failover in evidence.of(FailedOver):
        for started in evidence.of(TasksStarted):
            service = evidence.service_of(started.component)
            complaints = evidence.complaints(service, KEY_VALUE_STORE)
            if not complaints or started.at >= failover.at or not failover.component.startswith("redis"):
                continue
            yield Candidate(
                component=started.component,
                fault=Fault.REDIS_STALE_PRIMARY,
                statement=f"The primary of {failover.component} changed at {format_instant(failover.at)}; the tasks of "
                f"{started.component} run since before and may still be connected to the old one.",
                first_action=f"Restart the tasks of {started.component}; let clients connect by the primary's name.",
                confidence=Confidence.LOW,
                proof=proof_of(failover, started, *complaints),
                shows=proof_of(*complaints),
                harms=frozenset({service}),
            )


def _stores(evidence: Evidence, kind: str, state: StoreState) -> list[StoreIs]:
    return [c for c in evidence.of(StoreIs) if c.state is state and c.component.partition(".")[0] == kind]


def _candidate(evidence: Evidence, store: StoreIs, *, fault: Fault, statement: str, first_action: str) -> Candidate:
    service = frozenset({evidence.service_of(store.component)} - {""})
    return Candidate(
        component=store.component,
        fault=fault,
        statement=statement,
        first_action=first_action,
        confidence=Confidence.HIGH,
        proof=store.proof,
        shows=store.proof,
        harms=service,
        cuts=service,
        named=True,
    )


RULES = (storage_full, restarting, old_primary)
