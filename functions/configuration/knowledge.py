"""What a running configuration says in the diagnosis's vocabulary: facts to claims, pure."""

from collections.abc import Iterator

from auditor.domain.diagnosis import claims as says
from auditor.domain.diagnosis import words
from auditor.domain.observation import Observation
from auditor.domain.target import Target
from functions.configuration.facts import ConfigurationFacts, ContainerFacts, SettingFacts
from functions.configuration.family import ConfigurationSpec

_USER = ("_USERNAME", "_USER")
_NAME_OF_DATABASE = ("_DATABASE_NAME", "_DB_NAME", "_DATABASE", "_DBNAME", "_NAME", "_DB")
_HOST = ("_HOSTNAME", "_HOST", "_ENDPOINT", "_SERVER")
_STORES = ("DB", "DATABASE", "POSTGRES", "POSTGRESQL", "PG", "RDS", "SQL")
_CREDENTIALS = ("PASSWORD", "PASSWD", "SECRET", "TOKEN", "KEY", "CREDENTIAL")
_SCHEMES = ("postgres", "postgresql")
_ABSENT = {"nxdomain": words.NameOutcome.NXDOMAIN, "nodata": words.NameOutcome.NODATA}
_OUTCOMES = _ABSENT | {
    "resolved": words.NameOutcome.RESOLVED,
    "servfail": words.NameOutcome.SERVFAIL,
    "refused": words.NameOutcome.REFUSED,
    "timeout": words.NameOutcome.TIMEOUT,
}


def claims(target: Target[ConfigurationSpec], observation: Observation[ConfigurationFacts]) -> tuple[says.Claim, ...]:
    """Where settings lead and whether that exists, which are absent or unusable, and as whom the store is used."""
    facts = observation.facts
    if facts is None or facts.container is None:
        return ()
    container, component = facts.container, target.component
    proof = (says.observation_id(observation),)
    found: list[says.Claim] = [*_missing(target, container, proof), *_settings(target, container, proof)]
    found += _references(component, container, proof)
    found += _logins(component, container.settings, proof)
    found += _lookups(facts, container, proof)
    return tuple(dict.fromkeys(found))


def _missing(target: Target[ConfigurationSpec], container: ContainerFacts, proof: says.Proof) -> Iterator[says.Claim]:
    if container.environment_files:
        return  # a file that the auditor does not read may hold it
    present = {*container.variables, *(reference.variable for reference in container.references)}
    endpoints = [expected.variable for expected in target.spec.expected_hosts]
    for variable in dict.fromkeys((*target.spec.required, *endpoints)):
        if variable not in present:
            role = words.Role.ENDPOINT if variable in endpoints else _role(variable)
            yield says.SettingMissing(component=target.component, setting=variable, role=role, proof=proof)


def _role(variable: str) -> words.Role:
    name = variable.upper()
    if any(word in name for word in _CREDENTIALS):
        return words.Role.CREDENTIAL
    if name.endswith(_USER):
        return words.Role.LOGIN_USER
    if _stem(name, _NAME_OF_DATABASE) in _STORES:
        return words.Role.NAME_OF_DATABASE
    return words.Role.OTHER


def _settings(target: Target[ConfigurationSpec], container: ContainerFacts, proof: says.Proof) -> Iterator[says.Claim]:
    component = target.component
    declared = {expected.variable: expected.host for expected in target.spec.expected_hosts}
    for setting in container.settings:
        if setting.problem:
            yield says.SettingUnusable(
                component=component, setting=setting.variable, problem=setting.problem, proof=proof
            )
        # A bare word is kept as a host, too; only what a client could resolve is one.
        elif setting.host and ("." in setting.host or setting.form != "word" or setting.is_loopback):
            yield says.SettingPointsTo(
                component=component,
                setting=setting.variable,
                host=setting.host,
                port=setting.port,
                scheme=setting.scheme,
                declared_host=declared.get(setting.variable, ""),
                proof=proof,
            )


def _lookups(facts: ConfigurationFacts, container: ContainerFacts, proof: says.Proof) -> Iterator[says.Claim]:
    for lookup in facts.lookups or ():
        outcome = _OUTCOMES.get(lookup.outcome)
        # What DNS does not know such a container may still reach by that name.
        if outcome is not None and not (container.names_beside_dns and lookup.outcome in _ABSENT):
            yield says.NameResolves(name=lookup.host, outcome=outcome, addresses=lookup.addresses, proof=proof)


def _references(component: str, container: ContainerFacts, proof: says.Proof) -> Iterator[says.Claim]:
    for reference in container.references:
        if reference.exists is False or reference.shape in ("placeholder", "fields", "service"):
            yield says.ReferenceLeadsNowhere(
                component=component,
                setting=reference.variable,
                reference=reference.reference,
                to_parameter=reference.kind == "parameter",
                proof=proof,
            )


def _logins(component: str, settings: tuple[SettingFacts, ...], proof: says.Proof) -> Iterator[says.Claim]:
    """Variables with one stem belong together (DB_HOST, DB_USER, DB_NAME); a database's URL says it alone."""
    by_stem: dict[str, dict[str, SettingFacts]] = {}
    for setting in settings:
        name = setting.variable.upper()
        if setting.database or setting.scheme.partition("+")[0] in _SCHEMES:
            yield says.ConnectsAs(
                component=component,
                host=setting.host,
                database=setting.database,
                database_setting=setting.variable if setting.database else "",
                proof=proof,
            )
            continue
        for part, endings in (("user", _USER), ("name", _NAME_OF_DATABASE), ("host", _HOST)):
            stem = _stem(name, endings)
            if stem in _STORES:
                by_stem.setdefault(stem, {}).setdefault(part, setting)
                break
    for parts in by_stem.values():
        if "user" in parts or "name" in parts:
            yield says.ConnectsAs(
                component=component,
                host=parts["host"].host if "host" in parts else "",
                user=parts["user"].text if "user" in parts else "",
                database=parts["name"].text if "name" in parts else "",
                user_setting=parts["user"].variable if "user" in parts else "",
                database_setting=parts["name"].variable if "name" in parts else "",
                proof=proof,
            )


def _stem(name: str, endings: tuple[str, ...]) -> str:
    """What stands before the first ending that fits; empty where none does."""
    return next((name.removesuffix(ending) for ending in endings if name.endswith(ending)), "")
