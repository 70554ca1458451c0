"""Rules about key-value stores themselves: full, demoted, locked with another password, speaking otherwise."""

from collections.abc import Iterator

from auditor.domain.diagnosis.cache_claims import (
    CountGrows,
    MemoryUsed,
    QueueHolds,
    StoreAdmits,
    StoreServes,
    StoreSpeaks,
    WritesRefused,
)
from auditor.domain.diagnosis.cache_words import Admission, Counted, NodeRole, WriteRefusal
from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import SecretChanged, SettingPointsTo
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.instants import format_instant


def memory_full(evidence: Evidence) -> Iterator[Candidate]:
    """A store refuses a write for want of memory, or its memory is full and it may evict nothing."""
    refused = [c for c in evidence.of(WritesRefused) if c.why is WriteRefusal.MEMORY_FULL]
    full = [c for c in evidence.of(MemoryUsed) if c.full and c.may_evict is False]
    saying: list[WritesRefused | MemoryUsed] = [*refused, *full]
    for component in sorted({claim.component for claim in saying}):
        shown = [claim for claim in saying if claim.component == component]
        queues = [claim for claim in evidence.of(QueueHolds) if claim.component == component and claim.waiting > 0]
        deepest = max(queues, key=lambda claim: (claim.waiting, claim.queue), default=None)
        rising = [
            claim
            for claim in evidence.of(CountGrows)
            if deepest is not None and claim.queue == deepest.queue and claim.counted is Counted.QUEUED
        ]
        filled = _filled_by(deepest, rising[0] if rising else None) if deepest else ""
        answers = [claim for claim in evidence.of(StoreServes) if claim.component == component]
        yield Candidate(
            component=component,
            fault=Fault.REDIS_MAXMEMORY,
            statement=f"{component} has reached its memory limit and may evict nothing: it answers PING and reads, and "
            f"refuses writes.{filled}",
            first_action=f"{_freed_by(deepest)}; then give the store more memory or a policy that may evict.",
            confidence=Confidence.HIGH,
            proof=proof_of(*shown, *answers, *([deepest] if deepest else []), *rising),
            shows=proof_of(*shown),
            harms=_own_service(evidence, component),
            named=True,
            ruled_out=tuple(
                RuledOut(
                    subject="password, security groups and network",
                    why="the store lets the auditor in and answers",
                    proof=each.proof,
                )
                for each in answers[:1]
            ),
        )


def _freed_by(queue: QueueHolds | None) -> str:
    return f"Start the consumer of {queue.queue}, or trim it" if queue else "Delete what nobody reads"


def _filled_by(queue: QueueHolds, grows: CountGrows | None) -> str:
    more = f", {grows.last - grows.first:.0f} more than {grows.slots - 1} slots before" if grows else ""
    return f" Its deepest queue, {queue.queue}, holds {queue.waiting} messages{more}."


def demoted_node(evidence: Evidence) -> Iterator[Candidate]:
    """Where the catalogue says a primary answers, a replica does; its clients' writes are refused."""
    serves = evidence.of(StoreServes)
    for node in serves:
        if node.role is not NodeRole.REPLICA or node.declared_role is not NodeRole.PRIMARY:
            continue
        primaries = [
            each
            for each in serves
            if each.role is NodeRole.PRIMARY and evidence.same_service(each.component, node.component)
        ]
        led = [each for each in evidence.of(SettingPointsTo) if each.host.lower() == node.host.lower()]
        clients = sorted({each.component for each in led if evidence.service_of(each.component)})
        # With the primary known under another name, it is the clients that name the wrong node.
        component = clients[0] if primaries and len(clients) == 1 else node.component
        instead = f" The primary is {primaries[0].host}." if primaries else ""
        yield Candidate(
            component=component,
            fault=Fault.REDIS_STALE_PRIMARY,
            statement=f"{node.host} leads to a replica of {node.component}, which refuses every write.{instead}",
            first_action=f"Write {primaries[0].host} in place of {node.host} and deploy the clients again."
            if component != node.component
            else "See where the primary is since the last failover, let the name lead there, and restart clients that "
            "hold old connections.",
            confidence=Confidence.HIGH,
            proof=proof_of(node, *primaries, *led),
            shows=node.proof,
            harms=_own_service(evidence, node.component) | _own_service(evidence, component),
            named=True,
        )


def other_password(evidence: Evidence) -> Iterator[Candidate]:
    """The platform's own login is refused: the store and the secret hold two passwords, or the store has lost its."""
    for login in evidence.of(StoreAdmits):
        if not login.of_platform or login.outcome not in (Admission.REFUSED, Admission.NO_PASSWORD_THERE):
            continue
        lost = login.outcome is Admission.NO_PASSWORD_THERE
        secret = evidence.bound_to("secret", login.secret)
        component = login.component if lost else secret or login.component
        changed = [claim for claim in evidence.of(SecretChanged) if claim.component == secret != ""]
        when = f"; the secret was changed at {format_instant(max(c.at for c in changed))}" if changed else ""
        name = secret or "the secret"
        yield Candidate(
            component=component,
            fault=Fault.REDIS_AUTH_MISSING,
            statement=f"{login.host} has no password, and refuses clients that send the one of {name}."
            if lost
            else f"{login.host} refuses the current value of {name}: store and secret hold two passwords{when}.",
            first_action=f"Set the password of {name} on the store again."
            if lost
            else f"Set the store's password and {name} to one value (first see which of the two was changed last), "
            "then deploy the services that hold the old one again.",
            confidence=Confidence.HIGH if lost or changed else Confidence.MEDIUM,
            proof=proof_of(login, *changed),
            shows=login.proof,
            harms=_own_service(evidence, login.component),
            named=True,
            ruled_out=(
                RuledOut(subject="security groups and network", why="the store answers, if only no", proof=login.proof),
            ),
        )


def store_speaks_otherwise(evidence: Evidence) -> Iterator[Candidate]:
    """A store speaks TLS where the catalogue says plain text, or the reverse: so do its clients, who follow that."""
    for speaks in evidence.of(StoreSpeaks):
        found, declared = ("TLS", "plain text") if speaks.encrypted else ("plain text", "TLS")
        yield Candidate(
            component=speaks.component,
            fault=Fault.REDIS_TLS_MISMATCH,
            statement=f"{speaks.host}:{speaks.port} speaks {found}, where {declared} is declared: clients as declared "
            "cannot talk to it.",
            first_action=f"See who changed the encryption in transit of {speaks.component}; change it back, or set all "
            "clients and the catalogue to what it is now.",
            confidence=Confidence.HIGH,
            proof=speaks.proof,
            shows=speaks.proof,
            harms=_own_service(evidence, speaks.component),
            named=True,
            ruled_out=(RuledOut(subject="security groups and network", why="the port answers", proof=speaks.proof),),
        )


def _own_service(evidence: Evidence, component: str) -> frozenset[str]:
    """The component's own service; who needs it follows from the catalogue's dependencies."""
    return frozenset({evidence.service_of(component)} - {""})


RULES = (memory_full, demoted_node, other_password, store_speaks_otherwise)
