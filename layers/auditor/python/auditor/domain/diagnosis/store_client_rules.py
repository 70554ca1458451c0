"""Rules about clients of a store that is fine: what they bring along is wrong, and they pass on how it refuses them."""

from collections.abc import Iterator

from auditor.domain.diagnosis.cache_claims import CredentialInjected
from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import Claim, ConnectsAs, LoginAnswered, SettingUnusable
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.own_ends import own_ends
from auditor.domain.diagnosis.role_claims import PasswordInPlain
from auditor.domain.diagnosis.store_claims import DemandsEncryption, PasswordUnfitForUrl
from auditor.domain.diagnosis.store_words import Encryption, StoreTrouble, Trust
from auditor.domain.diagnosis.stores import (
    accepted,
    certificates_for,
    complaining,
    login_refusals,
    logins_at,
    logins_for,
    one_store,
    said_of_store,
    store_is_fine,
    uses,
)
from auditor.domain.diagnosis.words import RELATIONAL_STORE, LoginOutcome

_OF_AUTHORITY = (Trust.TRUSTED, Trust.UNKNOWN_AUTHORITY)
_NOT_ENCRYPTED = (Encryption.OFF, Encryption.UNSAID)


def encryption_switched_off(evidence: Evidence) -> Iterator[Candidate]:
    """A setting switches encryption off to a store that takes nobody without."""
    for connects in evidence.of(ConnectsAs):
        demands = _demands(evidence, connects.host)
        if connects.encryption is Encryption.OFF and demands and evidence.service_of(connects.component):
            yield _without_encryption(evidence, connects.component, connects, [connects, *demands])


def encryption_demanded(evidence: Evidence) -> Iterator[Candidate]:
    """A client says itself that the store takes it only with encryption.

    Settings that say nothing prove nothing, since most drivers encrypt by themselves; its own words do.
    """
    for service, complaints in complaining(evidence, StoreTrouble.ENCRYPTION_DEMANDED):
        settings = [c for c in evidence.of(ConnectsAs) if evidence.service_of(c.component) == service and c.host]
        without = [claim for claim in settings if claim.encryption in _NOT_ENCRYPTED]
        if settings and not without:
            continue  # what runs is not what is set: somebody else's fault
        connects = without[0] if without else None
        component = connects.component if connects else evidence.sibling(complaints[0].component, "taskdef")
        if component:
            told: list[Claim] = [*complaints, *without[:1], *(_demands(evidence, connects.host) if connects else ())]
            yield _without_encryption(evidence, component, connects, told)


def own_wrong_password(evidence: Evidence) -> Iterator[Candidate]:
    """A client brings a login of its own and is refused, while the secret's value works."""
    for connects in evidence.of(ConnectsAs):
        service = evidence.service_of(connects.component)
        if not service or not connects.login_setting:
            continue
        said = login_refusals(evidence, service)
        logins = [login for login in logins_at(evidence, connects.host) if accepted(login) and login.of_platform]
        if not said or not logins:
            continue
        yield Candidate(
            component=connects.component,
            fault=Fault.DB_BAD_PASSWORD,
            statement=f"{connects.login_setting} in {connects.component} carries a login of its own, which "
            f"{connects.host} refuses; that of the secret works.",
            first_action=f"Take the login out of {connects.login_setting} and reference the secret in its place, then "
            "deploy the service again.",
            confidence=Confidence.HIGH,
            proof=proof_of(connects, *said, *logins),
            shows=proof_of(connects, *said, *evidence.complaints(service, RELATIONAL_STORE)),
            harms=frozenset({service}),
            named=True,
            ruled_out=(store_is_fine(evidence, logins[0]),),
        )


def own_password_in_place_of_the_secret(evidence: Evidence) -> Iterator[Candidate]:
    """A client's password is a plain setting and is refused, while the secret's, which it does not take, works."""
    for plain in evidence.of(PasswordInPlain):
        service = evidence.service_of(plain.component)
        said = login_refusals(evidence, service)
        logins = [login for login in one_store(logins_for(evidence, service)) if accepted(login)]
        if not service or not said or not logins:
            continue
        taken = [c for c in evidence.of(CredentialInjected) if evidence.same_service(c.component, plain.component)]
        secret = evidence.bound_to("secret", logins[0].secret)
        if any(evidence.bound_to("secret", claim.secret) == secret for claim in taken):
            continue  # then it may be another store's
        yield Candidate(
            component=plain.component,
            fault=Fault.DB_BAD_PASSWORD,
            statement=f"{plain.setting} in {plain.component} is a password of its own, which {logins[0].host} "
            f"refuses; that of {secret or 'the secret'} works, and the service does not take it.",
            first_action=f"Reference {secret or 'the secret'} in {plain.setting} in place of the plain value, then "
            "deploy the service again.",
            confidence=Confidence.HIGH,
            proof=proof_of(plain, *said, *logins),
            shows=proof_of(*said, *evidence.complaints(service, RELATIONAL_STORE)),
            harms=frozenset({service}),
            named=True,
            ruled_out=(store_is_fine(evidence, logins[0]),),
        )


def password_breaks_url(evidence: Evidence) -> Iterator[Candidate]:
    """A client cannot read its connection string, and the password holds a character that must be encoded there."""
    for unfit in evidence.of(PasswordUnfitForUrl):
        at_host = logins_at(evidence, unfit.host)
        logins = [login for login in at_host if accepted(login) and login.secret == unfit.secret]
        unusable = [setting for setting in evidence.of(SettingUnusable) if setting.holds_login]
        for login in logins[:1]:
            for setting in unusable:
                if uses(evidence, evidence.service_of(setting.component), login):
                    yield _broken_url(evidence, setting.component, login, [setting, unfit])
            for service, complaints in complaining(evidence, StoreTrouble.ADDRESS_UNUSABLE):
                of_client = complaints[0].component
                component = evidence.sibling(of_client, "code") or evidence.sibling(of_client, "taskdef")
                is_told = any(evidence.service_of(setting.component) == service for setting in unusable)
                if component and not is_told and uses(evidence, service, login):
                    yield _broken_url(evidence, component, login, [*complaints, unfit])


def authority_unknown_to_client(evidence: Evidence) -> Iterator[Candidate]:
    """A client does not believe the store's certificate, which is in order but for its authority."""
    for service, complaints in complaining(evidence, StoreTrouble.CERTIFICATE_REFUSED):
        logins = [login for login in one_store(logins_for(evidence, service)) if accepted(login)]
        shown = certificates_for(evidence, service)
        component = _where_the_bundle_is(evidence, complaints[0].component)
        if not component or not (logins or shown) or any(c.trust not in _OF_AUTHORITY for c in shown):
            continue
        host = (shown or logins)[0].host
        trusted = any(claim.trust is Trust.TRUSTED for claim in shown)
        told = ", while the authorities of the catalogue vouch for it" if trusted else ""
        yield Candidate(
            component=component,
            fault=Fault.DB_CA_BUNDLE_OUTDATED,
            statement=f"{complaints[0].component} does not trust the certificate of {host}{told}.",
            first_action="Put the present bundle of the store's authorities (for RDS that of the region) into the "
            "client's image and deploy it. Do not switch the verification off.",
            # Unless it was verified, something else may be wrong with the certificate.
            confidence=Confidence.HIGH if shown else Confidence.MEDIUM,
            proof=proof_of(*complaints, *shown, *logins),
            shows=proof_of(*complaints, *(claim for claim in shown if claim.trust is not Trust.TRUSTED)),
            harms=frozenset({service}),
            named=True,
            ruled_out=tuple(store_is_fine(evidence, login) for login in logins),
        )


def _without_encryption(
    evidence: Evidence, component: str, connects: ConnectsAs | None, told: list[Claim]
) -> Candidate:
    service = evidence.service_of(component)
    complaints = evidence.complaints(service, RELATIONAL_STORE)
    said = said_of_store(evidence, service, StoreTrouble.ENCRYPTION_DEMANDED)
    host = connects.host if connects else "its database"
    logins = [login for login in logins_at(evidence, host) if accepted(login)]
    where = (connects.encryption_setting if connects else "") or "the connection string"
    return Candidate(
        component=component,
        fault=Fault.DB_TLS_REQUIRED,
        statement=f"{component} connects to {host} without encryption, and the server takes no client without.",
        first_action=f"Say sslmode=require in {where} and deploy the service again. Do not lift the server's demand.",
        confidence=Confidence.HIGH,
        proof=proof_of(*told, *said, *complaints, *logins),
        shows=proof_of(*said, *complaints, *([connects] if connects else ())),
        harms=frozenset({service}),
        named=bool(said or complaints),
        ruled_out=tuple(store_is_fine(evidence, login) for login in logins[:1]),
    )


def _broken_url(evidence: Evidence, component: str, login: LoginAnswered, told: list[Claim]) -> Candidate:
    service = evidence.service_of(component)
    complaints: list[Claim] = [
        *evidence.complaints(service, RELATIONAL_STORE),
        *said_of_store(evidence, service, StoreTrouble.ADDRESS_UNUSABLE),
    ]
    settings = [claim for claim in told if isinstance(claim, SettingUnusable)]
    ends = own_ends(evidence, service)
    where = settings[0].setting if settings else "the code"
    return Candidate(
        component=component,
        fault=Fault.SECRET_BREAKS_URL,
        statement=f"The connection string of {component} is misread: the password of {login.user} holds a character "
        f"that must be percent-encoded in a URL. The password itself is right: {login.host} accepts it.",
        first_action=f"Percent-encode the password where {where} puts it into a URL (or pass host, user and password "
        "one by one) and deploy the service again.",
        confidence=Confidence.HIGH,
        proof=proof_of(*told, login, *complaints, *ends.claims),
        shows=proof_of(*settings, *complaints, *ends.claims),
        harms=frozenset({service}),
        cuts=ends.cuts,
        named=bool(complaints or ends.claims),
        ruled_out=(
            store_is_fine(evidence, login),
            RuledOut(subject="names and network", why="what a client takes for a host may be a part of the password"),
        ),
    )


def _where_the_bundle_is(evidence: Evidence, client: str) -> str:
    return evidence.sibling(client, "image") or evidence.sibling(client, "taskdef")


def _demands(evidence: Evidence, host: str) -> list[Claim]:
    """The store's own setting, or its refusal of a login without encryption."""
    settings = [claim for claim in evidence.of(DemandsEncryption) if host and claim.host.lower() == host.lower()]
    refusals = [c for c in logins_at(evidence, host) if c.outcome is LoginOutcome.ENCRYPTION_DEMANDED]
    return [*settings, *refusals]


RULES = (
    encryption_switched_off,
    encryption_demanded,
    own_wrong_password,
    own_password_in_place_of_the_secret,
    password_breaks_url,
    authority_unknown_to_client,
)
