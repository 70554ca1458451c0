"""What the rules about stores of data share: which store a login speaks of, who is let in there, who uses it."""

from collections.abc import Iterator, Sequence

from auditor.domain.diagnosis.candidate import RuledOut
from auditor.domain.diagnosis.claims import Claim, ConnectsAs, LoginAnswered
from auditor.domain.diagnosis.evidence import Evidence
from auditor.domain.diagnosis.log_claims import LogSaying, LogSays
from auditor.domain.diagnosis.network_claims import StoreIs
from auditor.domain.diagnosis.network_words import StoreState
from auditor.domain.diagnosis.store_claims import StoreCertificate, StoreComplaint
from auditor.domain.diagnosis.store_words import StoreTrouble
from auditor.domain.diagnosis.words import LoginOutcome


def store_of(evidence: Evidence, component: str) -> str:
    """The server itself: a login's target may stand for the secret that it uses."""
    return evidence.sibling(component, "rds") or component


def is_full(evidence: Evidence, store: str) -> bool:
    """Whether the cloud says of a store, or of one of the same service, that its storage is used up."""
    return any(
        claim.state is StoreState.STORAGE_FULL
        and (claim.component == store or evidence.same_service(claim.component, store))
        for claim in evidence.of(StoreIs)
    )


def logins_at(evidence: Evidence, host: str) -> list[LoginAnswered]:
    """All logins that were tried at a host."""
    return [login for login in evidence.of(LoginAnswered) if login.host.lower() == host.lower()]


def accepted(login: LoginAnswered) -> bool:
    """Whether the server let it in."""
    return login.outcome is LoginOutcome.ACCEPTED


def refused(login: LoginAnswered) -> bool:
    """Whether the server refused user or password."""
    return login.outcome is LoginOutcome.CREDENTIALS_REFUSED


def users_of(evidence: Evidence, component: str) -> frozenset[str]:
    """The store's own service; who needs it follows from the catalogue's dependencies."""
    return frozenset({evidence.service_of(component)} - {""})


def settings_for(evidence: Evidence, service: str, host: str) -> list[ConnectsAs]:
    """The settings of a service that lead to a host."""
    connects = [claim for claim in evidence.of(ConnectsAs) if claim.host.lower() == host.lower()]
    return [claim for claim in connects if evidence.service_of(claim.component) == service]


def logins_for(evidence: Evidence, service: str) -> list[LoginAnswered]:
    """The platform's logins, tried at the stores that a service uses.

    Those that its settings name; where none was read, those of what it needs by the catalogue.
    """
    hosts = _hosts_of(evidence, service)
    needs = evidence.needs.get(service, frozenset())
    return [
        login
        for login in evidence.of(LoginAnswered)
        if login.of_platform
        and (login.host.lower() in hosts if hosts else evidence.service_of(login.component) in needs)
    ]


def store_is_fine(evidence: Evidence, login: LoginAnswered) -> RuledOut:
    """The store, which lets the platform's login in."""
    why = f"it accepts {login.user} with the current value of its secret, in database {login.database}"
    return RuledOut(subject=store_of(evidence, login.component), why=why, proof=login.proof)


def said_of_store(evidence: Evidence, service: str, trouble: StoreTrouble) -> tuple[StoreComplaint, ...]:
    """What a service passes on of its store's refusals, of one kind.

    The body of an error may be that of a neighbour which was asked on the caller's behalf: such words count only where
    no neighbour uses a store.
    """
    alone = not neighbours_with_store(evidence, service)
    return tuple(
        complaint
        for complaint in evidence.of(StoreComplaint)
        if complaint.trouble is trouble
        and evidence.service_of(complaint.component) == service
        and (complaint.of_itself or alone)
    )


def login_refusals(evidence: Evidence, service: str) -> tuple[Claim, ...]:
    """What a service passes on, or writes into its log, of a store that refuses its login."""
    written = (
        claim
        for claim in evidence.of(LogSays)
        if claim.saying is LogSaying.LOGIN_REFUSED and evidence.service_of(claim.component) == service
    )
    return (*said_of_store(evidence, service, StoreTrouble.LOGIN_REFUSED), *written)


def login_refused_to_all(evidence: Evidence, service: str) -> bool:
    """Whether a service's log tells of a login that is refused, and its store refuses the platform's own as well."""
    written = any(isinstance(claim, LogSays) for claim in login_refusals(evidence, service))
    return written and any(refused(login) for login in logins_for(evidence, service))


def complaining(evidence: Evidence, trouble: StoreTrouble) -> Iterator[tuple[str, tuple[StoreComplaint, ...]]]:
    """Services that pass on this trouble with their store, with their words."""
    for service in evidence.platform.services:
        complaints = said_of_store(evidence, service.id, trouble)
        if complaints:
            yield service.id, complaints


def one_store(logins: Sequence[LoginAnswered]) -> Sequence[LoginAnswered]:
    """One login of the only store; none where there are two, since nobody can say which of them is meant."""
    return logins[:1] if len({login.host.lower() for login in logins}) == 1 else ()


def uses(evidence: Evidence, service: str, login: LoginAnswered) -> bool:
    """Whether a service uses the store that a login was tried at."""
    return bool(service) and any(own.host.lower() == login.host.lower() for own in logins_for(evidence, service))


def certificates_for(evidence: Evidence, service: str) -> list[StoreCertificate]:
    """What was seen of the certificates of the stores that a service uses."""
    hosts = _hosts_of(evidence, service)
    needs = evidence.needs.get(service, frozenset())
    return [
        claim
        for claim in evidence.of(StoreCertificate)
        if (claim.host.lower() in hosts if hosts else evidence.service_of(claim.component) in needs)
    ]


def _hosts_of(evidence: Evidence, service: str) -> frozenset[str]:
    """The stores that a service's settings name."""
    settings = [claim for claim in evidence.of(ConnectsAs) if evidence.service_of(claim.component) == service]
    return frozenset(claim.host.lower() for claim in settings if claim.host)


def neighbours_with_store(evidence: Evidence, service: str) -> bool:
    """Whether a service needs another one that itself needs a store."""
    needs = evidence.needs
    stores = {evidence.service_of(login.component) for login in evidence.of(LoginAnswered)}
    return any(needs.get(needed, frozenset()) & stores for needed in needs.get(service, frozenset()) - stores)
