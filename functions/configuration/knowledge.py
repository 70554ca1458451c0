"""What a running configuration says in the diagnosis's vocabulary: facts to claims, pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from auditor.domain.diagnosis import cache_claims as caches
from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import words
from auditor.domain.diagnosis.proof import Proof, observation_id
from auditor.domain.diagnosis.role_claims import HoldsPassword, PasswordInPlain
from auditor.domain.diagnosis.store_words import Encryption
from auditor.domain.observation import Observation
from auditor.domain.target import Target
from functions.configuration.facts import ChangeFacts, ConfigurationFacts, ContainerFacts, SettingFacts
from functions.configuration.family import ConfigurationSpec
from functions.configuration.hosts import places_of
from functions.configuration.naming import (
    Part,
    is_store_password,
    is_switch_for_encryption,
    role_of,
    store_kind,
    store_part,
    tells_of_store,
)
from functions.configuration.values import is_relational

_ABSENT = {"nxdomain": words.NameOutcome.NXDOMAIN, "nodata": words.NameOutcome.NODATA}
_SWITCHES = dict.fromkeys(("true", "1", "yes", "on"), True) | dict.fromkeys(("false", "0", "no", "off"), False)
_OUTCOMES = _ABSENT | {
    "resolved": words.NameOutcome.RESOLVED,
    "servfail": words.NameOutcome.SERVFAIL,
    "refused": words.NameOutcome.REFUSED,
    "timeout": words.NameOutcome.TIMEOUT,
}

_ENCRYPTION = {
    "disable": Encryption.OFF,
    **dict.fromkeys(("allow", "prefer", "require"), Encryption.ON),
    **dict.fromkeys(("verify-ca", "verify-full"), Encryption.VERIFIED),
}
"""By libpq's sslmode; ``allow`` and ``prefer`` encrypt where the server demands it."""


def claims(target: Target[ConfigurationSpec], observation: Observation[ConfigurationFacts]) -> tuple[says.Claim, ...]:
    """Where settings lead and whether that exists, which are absent or unusable, and as whom the store is used."""
    facts = observation.facts
    if facts is None or facts.container is None:
        return ()
    container, component = facts.container, target.component
    proof = (observation_id(observation),)
    found: list[says.Claim] = [*_missing(target, container, proof), *_settings(target, container, proof)]
    found += _references(component, container, facts.change, proof)
    found += _logins(component, container.settings, proof)
    found += (
        HoldsPassword(component=component, setting=setting.variable, host=setting.host, proof=proof)
        for setting in container.settings
        if setting.has_credentials and setting.host and is_relational(setting.scheme)
    )
    found += (
        PasswordInPlain(component=component, setting=variable, proof=proof)
        for variable in container.variables
        if is_store_password(variable)
    )
    found += _lookups(facts, container, proof)
    return tuple(dict.fromkeys(found))


def _missing(target: Target[ConfigurationSpec], container: ContainerFacts, proof: Proof) -> Iterator[says.Claim]:
    if container.environment_files:
        return  # a file that the auditor does not read may hold it
    present = {*container.variables, *(reference.variable for reference in container.references)}
    endpoints = [expected.variable for expected in target.spec.expected_hosts]
    for variable in dict.fromkeys((*target.spec.required, *endpoints)):
        if variable not in present:
            role = words.Role.ENDPOINT if variable in endpoints else role_of(variable)
            yield says.SettingMissing(component=target.component, setting=variable, role=role, proof=proof)


def _settings(target: Target[ConfigurationSpec], container: ContainerFacts, proof: Proof) -> Iterator[says.Claim]:
    component = target.component
    declared = {expected.variable: expected.host for expected in target.spec.expected_hosts}
    for setting in container.settings:
        if setting.problem:
            yield says.SettingUnusable(
                component=component,
                setting=setting.variable,
                problem=setting.problem,
                holds_login=setting.has_credentials and is_relational(setting.scheme),
                proof=proof,
            )
        on = _SWITCHES.get(setting.text.lower())
        if on is not None and is_switch_for_encryption(setting.variable):
            yield caches.EncryptionSwitched(component=component, setting=setting.variable, on=on, proof=proof)
        for place in places_of(setting, declared):
            yield says.SettingPointsTo(
                component=component,
                setting=setting.variable,
                host=place.host,
                port=place.port,
                scheme=setting.scheme,
                declared_host=declared.get(setting.variable, ""),
                store=store_kind(setting.variable),
                proof=proof,
            )


def _lookups(facts: ConfigurationFacts, container: ContainerFacts, proof: Proof) -> Iterator[says.Claim]:
    for lookup in facts.lookups or ():
        outcome = _OUTCOMES.get(lookup.outcome)
        # What DNS does not know such a container may still reach by that name.
        if outcome is not None and not (container.names_beside_dns and lookup.outcome in _ABSENT):
            yield says.NameResolves(name=lookup.host, outcome=outcome, addresses=lookup.addresses, proof=proof)


def _references(
    component: str, container: ContainerFacts, change: ChangeFacts | None, proof: Proof
) -> Iterator[says.Claim]:
    changed = change.changed if change is not None else ()
    for reference in container.references:
        if reference.kind == "secret" and reference.reference:
            yield caches.CredentialInjected(
                component=component,
                setting=reference.variable,
                secret=reference.reference,
                of_store=tells_of_store(reference.variable),
                changed=reference.variable in changed,
                proof=proof,
            )
        if reference.exists is False or reference.shape in ("placeholder", "fields", "service"):
            yield says.ReferenceLeadsNowhere(
                component=component,
                setting=reference.variable,
                reference=reference.reference,
                to_parameter=reference.kind == "parameter",
                proof=proof,
            )


def _logins(component: str, settings: tuple[SettingFacts, ...], proof: Proof) -> Iterator[says.Claim]:
    """What belongs together by its names (DB_HOST, DB_USER, DB_NAME), and each URL of a store.

    Where two variables say the same thing differently, the code reads one of them: each gives a claim.
    """
    stores: dict[str, _Store] = {}
    for setting in settings:
        if setting.problem:
            continue
        named = store_part(setting.variable)
        if is_relational(setting.scheme):
            name = named.store if named else setting.variable
            stores.setdefault(name, _Store()).urls.append(setting)
        elif named is not None:
            stores.setdefault(named.store, _Store()).note(named.part, setting)
    for store in stores.values():
        for place, users in store.ways():
            for user in users or (None,):
                yield says.ConnectsAs(
                    component=component,
                    host=place.host,
                    user=user.text if user else "",
                    database=place.database,
                    user_setting=user.variable if user else "",
                    database_setting=place.database_setting,
                    login_setting=place.login_setting,
                    encryption=place.encryption,
                    encryption_setting=place.encryption_setting,
                    proof=proof,
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    host: str
    database: str = ""
    database_setting: str = ""
    login_setting: str = ""
    encryption: Encryption = Encryption.UNSAID
    encryption_setting: str = ""


class _Store:
    """The settings of one store."""

    def __init__(self) -> None:
        self.urls: list[SettingFacts] = []
        self._users: list[SettingFacts] = []
        self._databases: list[SettingFacts] = []
        self._hosts: set[str] = set()
        self._encryption = Encryption.UNSAID
        self._encryption_setting = ""

    def note(self, part: Part, setting: SettingFacts) -> None:
        """One more setting of this store that is no URL of one; what could not be read says nothing."""
        if part in ("host", "url") and setting.host:
            self._hosts.add(setting.host)
        elif part == "user" and setting.text:
            self._users.append(setting)
        elif part == "database" and setting.text:
            self._databases.append(setting)
        elif part == "sslmode":
            self._encryption = _ENCRYPTION.get(setting.text, Encryption.UNSAID)
            self._encryption_setting = setting.variable

    def ways(self) -> Iterator[tuple[_Place, list[SettingFacts]]]:
        """Where a client of this store connects to, and the settings that say as whom; none where nothing says it."""
        for url in self.urls:
            place = _Place(
                host=url.host,
                database=url.database,
                database_setting=url.variable if url.database else "",
                login_setting=url.variable if url.has_credentials else "",
                encryption=_ENCRYPTION.get(url.sslmode, self._encryption),
                encryption_setting=url.variable,
            )
            # Who stands in the URL is not kept, and goes before the user of a variable.
            yield place, [] if url.has_credentials else self._users
        if not self._databases and (not self._users or any(not url.has_credentials for url in self.urls)):
            return
        host = next(iter(self._hosts)) if len(self._hosts) == 1 else ""
        alone = _Place(host=host, encryption=self._encryption, encryption_setting=self._encryption_setting)
        places = [replace(alone, database=s.text, database_setting=s.variable) for s in self._databases]
        for place in places or [alone]:
            yield place, self._users
