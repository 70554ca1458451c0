"""Rules about stores that a cloud manages: what it says of them itself explains who cannot use them."""

from collections.abc import Iterator, Sequence

from auditor.domain.diagnosis.cache_words import NodeRole
from auditor.domain.diagnosis.candidate import Candidate, Confidence
from auditor.domain.diagnosis.claims import (
    Claim,
    HealthReports,
    LoginAnswered,
    PortAnswers,
    SettingPointsTo,
)
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.network_claims import EdgeAdmits, FailedOver, NodeStands, StoreIs, WentDown
from auditor.domain.diagnosis.network_words import StoreState
from auditor.domain.diagnosis.task_claims import TasksStarted
from auditor.domain.diagnosis.words import KEY_VALUE_STORE, MESSAGE_QUEUE, LoginOutcome, PortOutcome
from auditor.domain.instants import format_instant


def storage_full(evidence: Evidence) -> Iterator[Candidate]:
    """A database has no storage left."""
    for store in _stores(evidence, "rds", StoreState.STORAGE_FULL):
        yield _candidate(
            evidence,
            store,
            [
                login
                for login in evidence.of(LoginAnswered)
                if login.outcome is LoginOutcome.STARTING and evidence.same_service(login.component, store.component)
            ],
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
            [],
            fault=Fault.DB_RESTARTING,
            statement=f"{store.component} is {store.word}.",
            first_action="Follow its events; wait for it unless they do not advance.",
        )


def away_after_shutdown(evidence: Evidence) -> Iterator[Candidate]:
    """A store went down lately by the cloud's own word, and nothing answers where it should, though nothing forbids it.

    What the cloud says of it meanwhile may be anything: a change of its host is called modifying, before and after.
    """
    for down in evidence.of(WentDown):
        for store in (c for c in evidence.of(StoreIs) if c.component == down.component):
            ways = [way for way in evidence.of(EdgeAdmits) if _leads_to(evidence, way, store)]
            addresses = {address for way in ways for address in way.addresses}
            tried = [c for c in evidence.of(PortAnswers) if c.host.lower() == store.host or c.address in addresses]
            silent = [c for c in tried if c.outcome in (PortOutcome.TIMEOUT, PortOutcome.REFUSED)]
            if not silent or len(silent) < len(tried) or any(way.stopped_by for way in ways):
                continue
            yield _candidate(
                evidence,
                store,
                [down, *silent],
                fault=Fault.DB_RESTARTING,
                statement=f"{store.component} went down at {format_instant(down.at)} (AWS calls it {store.word}), and "
                f"nothing answers at {silent[0].host} since.",
                first_action="See in its events what is being done to it and by whom; wait for it unless they do not "
                "advance.",
                # Where AWS calls it available, something else may keep everybody away from it.
                confidence=Confidence.MEDIUM if store.word == "available" else Confidence.HIGH,
            )


def client_of_demoted_node(evidence: Evidence) -> Iterator[Candidate]:
    """A setting names one node of a replicated cache in place of its primary, and that node is a replica now."""
    for setting in evidence.of(SettingPointsTo):
        service = evidence.service_of(setting.component)
        for node in evidence.of(NodeStands):
            if not service or node.role is not NodeRole.REPLICA or setting.host.partition(".")[0] != node.node:
                continue
            complaints = [
                report
                for report in evidence.of(HealthReports)
                if not report.healthy
                and evidence.service_of(report.component) == service
                and report.dependency in (KEY_VALUE_STORE, MESSAGE_QUEUE)
            ]
            moved = [claim for claim in evidence.of(FailedOver) if claim.component == node.component]
            since = f" since {format_instant(max(c.at for c in moved))}" if moved else ""
            instead = setting.declared_host or "the primary's endpoint"
            yield Candidate(
                component=setting.component,
                fault=Fault.REDIS_STALE_PRIMARY,
                statement=f"{setting.setting} in {setting.component} names {setting.host}, a node of {node.component} "
                f"that is a replica{since}: it answers and reads, and refuses every write.",
                first_action=f"Set {setting.setting} to {instead} and deploy the service again: that name follows the "
                "primary.",
                confidence=Confidence.HIGH if complaints else Confidence.MEDIUM,
                proof=proof_of(setting, node, *moved, *complaints),
                shows=proof_of(*complaints),
                harms=frozenset({service}),
                named=bool(complaints),
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


def _leads_to(evidence: Evidence, way: EdgeAdmits, store: StoreIs) -> bool:
    """Whether a declared connection is one to this database."""
    return way.destination_kind == "rds" and evidence.bound_to("rds", way.destination) == store.component


def _stores(evidence: Evidence, kind: str, state: StoreState) -> list[StoreIs]:
    return [c for c in evidence.of(StoreIs) if c.state is state and c.component.partition(".")[0] == kind]


def _candidate(
    evidence: Evidence,
    store: StoreIs,
    shown_by: Sequence[Claim],
    *,
    fault: Fault,
    statement: str,
    first_action: str,
    confidence: Confidence = Confidence.HIGH,
) -> Candidate:
    service = frozenset({evidence.service_of(store.component)} - {""})
    return Candidate(
        component=store.component,
        fault=fault,
        statement=statement,
        first_action=first_action,
        confidence=confidence,
        proof=proof_of(store, *shown_by),
        shows=proof_of(store, *shown_by),
        harms=service,
        cuts=service,
        named=True,
    )


RULES = (storage_full, restarting, away_after_shutdown, client_of_demoted_node, old_primary)
