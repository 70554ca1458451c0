"""Rules about the clients of a key-value store that is well: no or another password, the other language."""

from collections.abc import Iterator

from auditor.domain.diagnosis.cache_claims import (
    CountGrows,
    CredentialInjected,
    EncryptionSwitched,
    StoreAdmits,
    StoreServes,
)
from auditor.domain.diagnosis.cache_complaints import complaining
from auditor.domain.diagnosis.cache_words import Admission, Counted
from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import NameResolves, SecretChanged, SettingMissing, SettingPointsTo
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.task_claims import TasksStarted
from auditor.domain.diagnosis.words import KEY_VALUE_STORE, NameOutcome, Role
from auditor.domain.instants import format_instant

_ENCRYPTED_SCHEMES, _PLAIN_SCHEMES = ("rediss", "valkeys"), ("redis", "valkey")


def client_without_password(evidence: Evidence) -> Iterator[Candidate]:
    """A store asks for a password, a service that is led to it is given none, and says that its store fails."""
    for login in evidence.of(StoreAdmits):
        demanded = login.outcome is Admission.PASSWORD_DEMANDED or login.asks_for_password
        for service, complaints in complaining(evidence, login.component) if demanded else ():
            # A URL may hold the password itself; what a plain host holds is all there.
            led = [c for c in _led(evidence, service, login.host) if not c.scheme]
            absent = [c for c in evidence.of(SettingMissing) if evidence.service_of(c.component) == service]
            if not led or _injected(evidence, service, login) or any(c.role is Role.CREDENTIAL for c in absent):
                continue
            yield Candidate(
                component=led[0].component,
                fault=Fault.REDIS_AUTH_MISSING,
                statement=f"{led[0].setting} leads {led[0].component} to {login.host}, which asks for a password, and "
                "no secret of that store is given to it.",
                first_action=f"Add a reference to the secret of {login.component} to the task definition, under the "
                "name that the code reads, and deploy the service again.",
                confidence=Confidence.MEDIUM,
                proof=proof_of(login, *led, *complaints),
                shows=proof_of(*led, *complaints),
                harms=frozenset({service}),
                named=True,
                ruled_out=_store_is_fine(login),
            )


def client_with_other_password(evidence: Evidence) -> Iterator[Candidate]:
    """A store lets the secret's current value in, and one service that says its store fails holds another one."""
    for login in evidence.of(StoreAdmits):
        secret = evidence.bound_to("secret", login.secret)
        unwell = list(complaining(evidence, login.component))
        if login.outcome is not Admission.ACCEPTED or not login.asks_for_password or not login.of_platform:
            continue
        refused = [
            claim
            for claim in evidence.of(CountGrows)
            if claim.counted is Counted.REFUSED_LOGINS and claim.component == login.component
        ]
        for service, complaints in unwell:
            started = [claim for claim in evidence.of(TasksStarted) if evidence.service_of(claim.component) == service]
            changed = [claim for claim in evidence.of(SecretChanged) if claim.component == secret != ""]
            old = [(task, change) for task in started for change in changed if task.at < change.at]
            uses = _injected(evidence, service, login)
            if _led_away(evidence, service, login.host):
                continue  # what it holds is tried at another place, if at any
            if old and (uses or not evidence.settings_read(service)):
                task, change = old[0]
                yield Candidate(
                    component=task.component,
                    fault=Fault.SECRET_STALE_IN_TASK,
                    statement=f"{secret} was changed at {format_instant(change.at)} and its value works, but the tasks "
                    f"of {task.component} run since {format_instant(task.at)} and hold the old one.",
                    first_action="Force a new deployment of every service that injects this secret.",
                    confidence=Confidence.HIGH,
                    proof=proof_of(login, task, change, *uses, *complaints, *refused),
                    shows=proof_of(*complaints),
                    harms=frozenset({service}),
                    named=True,
                    ruled_out=_store_is_fine(login),
                )
            elif refused and len(unwell) == 1 and (led := _led(evidence, service, login.host)):
                yield Candidate(
                    component=led[0].component,
                    fault=Fault.REDIS_AUTH_MISSING,
                    statement=f"{login.host} lets the current value of {secret or 'its secret'} in and refuses "
                    f"{refused[0].last - refused[0].first:.0f} logins with another one in {refused[0].slots} slots; "
                    f"{led[0].component} is the only client that says its store fails.",
                    first_action=f"See which value {led[0].component} gives to its client, and deploy it with the "
                    "secret's current one.",
                    confidence=Confidence.MEDIUM,
                    proof=proof_of(login, *refused, *led, *complaints),
                    shows=proof_of(*complaints),
                    harms=frozenset({service}),
                    named=True,
                    ruled_out=_store_is_fine(login),
                )


def client_speaks_otherwise(evidence: Evidence) -> Iterator[Candidate]:
    """A service's settings lead it to a store in plain text that speaks TLS, or the reverse, and it says it fails."""
    for store in evidence.of(StoreServes):
        for service, complaints in complaining(evidence, store.component):
            for setting in _led(evidence, service, store.host):
                wrong = _wrong_language(evidence, setting, encrypted=store.encrypted)
                if wrong is None:
                    continue
                name, found = wrong
                speaks = "TLS" if store.encrypted else "plain text"
                yield Candidate(
                    component=setting.component,
                    fault=Fault.REDIS_TLS_MISMATCH,
                    statement=f"{name} lets {setting.component} speak {found} to {store.host}, which speaks {speaks}.",
                    first_action=f"Set {name} so that the client speaks {speaks}, and deploy the service again.",
                    confidence=Confidence.HIGH,
                    proof=proof_of(store, setting, *complaints),
                    shows=proof_of(setting, *complaints),
                    harms=frozenset({service}),
                    named=True,
                    ruled_out=(
                        RuledOut(
                            subject=store.component,
                            why=f"it answers whoever speaks {speaks}",
                            proof=store.proof,
                        ),
                    ),
                )


def _wrong_language(evidence: Evidence, setting: SettingPointsTo, *, encrypted: bool) -> tuple[str, str] | None:
    """The setting that makes a client speak the other language, and which one that is."""
    if setting.scheme in (_PLAIN_SCHEMES if encrypted else _ENCRYPTED_SCHEMES):
        return setting.setting, "plain text" if encrypted else "TLS"
    if setting.scheme:
        return None
    stem = setting.setting.rpartition("_")[0]
    for switch in evidence.of(EncryptionSwitched):
        same = switch.component == setting.component and stem and switch.setting.startswith(f"{stem}_")
        if same and switch.on is not encrypted:
            return switch.setting, "TLS" if switch.on else "plain text"
    return None


def _led(evidence: Evidence, service: str, host: str) -> list[SettingPointsTo]:
    """A service's settings that lead to a host."""
    return [
        claim
        for claim in evidence.of(SettingPointsTo)
        if claim.host.lower() == host.lower() and evidence.service_of(claim.component) == service
    ]


def _led_away(evidence: Evidence, service: str, host: str) -> bool:
    """Whether a service's settings lead it to another place than this one: not the declared one, or none at all."""
    absent = {claim.name.lower() for claim in evidence.of(NameResolves) if claim.outcome is NameOutcome.NXDOMAIN}
    return any(
        evidence.service_of(claim.component) == service
        and claim.host.lower() != host.lower()
        and (
            claim.declared_host.lower() == host.lower()
            or (claim.store == KEY_VALUE_STORE and claim.host.lower() in absent)
        )
        for claim in evidence.of(SettingPointsTo)
    )


def _injected(evidence: Evidence, service: str, login: StoreAdmits) -> list[CredentialInjected]:
    """The settings of a service that take their value from the store's secret."""
    secret = evidence.bound_to("secret", login.secret)
    return [
        claim
        for claim in evidence.of(CredentialInjected)
        if evidence.service_of(claim.component) == service
        and secret != ""
        and evidence.bound_to("secret", _without_key(claim.secret)) == secret
    ]


def _without_key(reference: str) -> str:
    """The ARN of a secret without the key of its JSON that a reference may name behind it."""
    return ":".join(reference.split(":")[:7])


def _store_is_fine(login: StoreAdmits) -> tuple[RuledOut, ...]:
    if login.outcome is not Admission.ACCEPTED:
        return ()
    return (RuledOut(subject=login.component, why="it lets the secret's current value in", proof=login.proof),)


RULES = (client_without_password, client_with_other_password, client_speaks_otherwise)
