"""Rules about what a store of data says or shows of itself: locks, storage, slots, schema, certificate."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.domain.diagnosis.candidate import Candidate, Confidence
from auditor.domain.diagnosis.claims import Claim, LoginAnswered, SlotsUsed
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.log_claims import LogSaying, LogSays
from auditor.domain.diagnosis.own_ends import broken_pages, own_ends
from auditor.domain.diagnosis.store_claims import LocksHeld, SchemaRevision, StoreCertificate
from auditor.domain.diagnosis.store_words import Holding, StoreTrouble, Trust
from auditor.domain.diagnosis.stores import (
    certificates_for,
    complaining,
    logins_at,
    logins_for,
    one_store,
    store_of,
    users_of,
    uses,
)
from auditor.domain.diagnosis.words import LoginOutcome

_HOLDING = {
    Holding.WORKING: ("still works", "Wait for it or cancel its statement, and see why it takes so long."),
    Holding.IDLE: ("is idle in its transaction", "End it, since its client does not; then mend that client."),
    Holding.PREPARED: ("was prepared and never ended", "Ask its owner, then roll it back or commit it."),
    Holding.UNKNOWN: ("", "See who waits for whom, and end the session at the head of the queue."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wrong:
    fault: Fault
    words: str
    first_action: str
    confidence: Confidence


_WRONG = {
    Trust.EXPIRED: _Wrong(
        fault=Fault.TLS_CERT_EXPIRED,
        words="has expired",
        first_action="Renew it; for RDS rotate to a current certificate authority.",
        confidence=Confidence.HIGH,
    ),
    Trust.OTHER_NAME: _Wrong(
        fault=Fault.TLS_NAME_MISMATCH,
        words="is for another name",
        first_action="Let clients use the name that the certificate lists (for RDS the endpoint, no alias), or show "
        "one that lists this name.",
        # Which of the two is wrong, the certificate or the way there, takes a look at where the name leads.
        confidence=Confidence.MEDIUM,
    ),
}


def locks_hold_up(evidence: Evidence) -> Iterator[Candidate]:
    """The server itself shows sessions that wait for locks for too long."""
    for locks in evidence.of(LocksHeld):
        store = store_of(evidence, locks.component)
        does, first_action = _HOLDING[locks.holding]
        who = f"process {locks.process}" if locks.process else "a transaction"
        whose = f"{who} of {locks.role}" if locks.role else who
        since = f" and is open for {locks.held_for:.0f} s" if locks.held_for is not None else ""
        yield Candidate(
            component=store,
            fault=Fault.DB_LOCK_CONTENTION,
            statement=f"{locks.waiting} sessions of {store} ({locks.host}) wait for locks, the longest for "
            f"{locks.longest_wait:.0f} s" + (f"; in their way is {whose}, which {does}{since}." if does else "."),
            first_action=first_action,
            confidence=Confidence.HIGH if does else Confidence.MEDIUM,
            proof=locks.proof,
            shows=locks.proof,
            harms=users_of(evidence, locks.component),
            named=True,
        )


def storage_full(evidence: Evidence) -> Iterator[Candidate]:
    """The server says, to the auditor or to its clients, that it has no space left."""
    for login in evidence.of(LoginAnswered):
        if login.outcome is LoginOutcome.STORAGE_FULL:
            yield _full(evidence, login, [login])
    for service, complaints in complaining(evidence, StoreTrouble.STORAGE_FULL):
        for login in one_store(logins_for(evidence, service)):
            yield _full(evidence, login, [*complaints])


def slots_full_for_clients(evidence: Evidence) -> Iterator[Candidate]:
    """A client is refused for want of a slot: they come and go, so the auditor's own login may just have got one."""
    for service, complaints in complaining(evidence, StoreTrouble.SLOTS_FULL):
        for login in one_store(logins_for(evidence, service)):
            store = store_of(evidence, login.component)
            used = [claim for claim in evidence.of(SlotsUsed) if evidence.same_service(claim.component, store)]
            yield Candidate(
                component=store,
                fault=Fault.DB_CONNECTIONS_EXHAUSTED,
                statement=f"{store} ({login.host}) refuses clients because all of its connection slots are taken.",
                first_action="See who holds the slots (pg_stat_activity by user and application), end idle sessions or "
                "restart the client that leaks them, then bound the clients' pools.",
                confidence=Confidence.HIGH,
                proof=proof_of(*complaints, *used),
                shows=proof_of(*complaints),
                harms=users_of(evidence, login.component),
                named=True,
            )


def schema_behind_code(evidence: Evidence) -> Iterator[Candidate]:
    """The database has another revision than the code needs, and who uses it says that something of it is not there.

    Neither alone is enough: a catalogue may be late, and a missing table may be the code's own mistake.
    """
    for schema in evidence.of(SchemaRevision):
        logins = [login for login in logins_at(evidence, schema.host) if login.database == schema.database]
        for service, complaints in complaining(evidence, StoreTrouble.SCHEMA_DIFFERS):
            if not any(uses(evidence, service, login) for login in logins):
                continue
            found = f"holds {', '.join(schema.found)}" if schema.found else "holds no revision"
            yield Candidate(
                component=evidence.bound_to("rds", schema.database) or store_of(evidence, schema.component),
                fault=Fault.DB_SCHEMA_NOT_MIGRATED,
                statement=f"{schema.table} in database {schema.database} {found}, and the code needs "
                f"{', '.join(schema.expected)}.",
                first_action="Run the migration that is missing, or deploy the code of the schema's revision.",
                confidence=Confidence.HIGH,
                proof=proof_of(schema, *complaints),
                shows=proof_of(*complaints),
                harms=frozenset({service}),
                named=True,
            )


def log_misses_schema(evidence: Evidence) -> Iterator[Candidate]:
    """A service's log says that a table, a column or a revision is not there, and its tasks end at it or answer 500.

    The catalogue may still name the schema that the release before needs, so that the database looks as declared.
    """
    for said in (claim for claim in evidence.of(LogSays) if claim.saying is LogSaying.SCHEMA_MISSING):
        service = evidence.service_of(said.component)
        ends, broken = own_ends(evidence, service), broken_pages(evidence, service)
        for login in one_store(logins_for(evidence, service)):
            if not (ends.claims or broken):
                continue
            yield Candidate(
                component=evidence.bound_to("rds", login.database) or store_of(evidence, login.component),
                fault=Fault.DB_SCHEMA_NOT_MIGRATED,
                statement=f"Tasks of {service} {'end' if ends.claims else 'answer 500'}, and their log says "
                f"{said.count} times that database {login.database} lacks what their code needs: it was not migrated "
                "to this release.",
                first_action="Run the migration that this release needs, or deploy the release before again.",
                confidence=Confidence.HIGH,
                proof=proof_of(said, login, *ends.claims, *broken),
                shows=proof_of(said, *ends.claims, *broken),
                harms=frozenset({service}),
                cuts=ends.cuts,
                named=True,
            )


def certificate_wrong(evidence: Evidence) -> Iterator[Candidate]:
    """The store's certificate has expired or is for another name: who verifies it cannot connect."""
    for shown in evidence.of(StoreCertificate):
        wrong = _WRONG.get(shown.trust)
        if wrong is None:
            continue
        turned_away = [
            complaint
            for service, complaints in complaining(evidence, StoreTrouble.CERTIFICATE_REFUSED)
            if shown in certificates_for(evidence, service)
            for complaint in complaints
        ]
        store = store_of(evidence, shown.component)
        yield Candidate(
            component=store,
            fault=wrong.fault,
            statement=f"The certificate that {store} shows as {shown.host} {wrong.words}.",
            first_action=wrong.first_action,
            confidence=wrong.confidence,
            proof=proof_of(shown, *turned_away),
            shows=proof_of(shown, *turned_away),
            harms=frozenset({evidence.service_of(complaint.component) for complaint in turned_away}),
            named=True,
        )


def _full(evidence: Evidence, login: LoginAnswered, told: list[Claim]) -> Candidate:
    store = store_of(evidence, login.component)
    return Candidate(
        component=store,
        fault=Fault.DB_STORAGE_FULL,
        statement=f"{store} ({login.host}) has no space left on its disk.",
        first_action="Give it more storage now; then find what grew.",
        confidence=Confidence.HIGH,
        proof=proof_of(*told),
        shows=proof_of(*told),
        harms=users_of(evidence, login.component),
        named=True,
    )


RULES = (locks_hold_up, storage_full, slots_full_for_clients, schema_behind_code, log_misses_schema, certificate_wrong)
