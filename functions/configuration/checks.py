"""The questions asked of a running configuration; each names the variable, what is set and what was declared."""

import re
from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, passed, unknown
from functions.configuration import agreement_checks
from functions.configuration.facts import ConfigurationFacts, ContainerFacts, SettingFacts
from functions.configuration.family import ConfigurationSpec, ExpectedHost
from functions.configuration.host_checks import hosts_resolve
from functions.configuration.judged import (
    ConfigurationObservation,
    ConfigurationTarget,
    facts_of,
    failing,
    not_read,
    untold,
    who,
)

_URL = re.compile(r"(?:.*_)?UR[LI]")
_SHAPES = {
    "placeholder": "ends in a template's word where the secret's six characters belong",
    "fields": "has another number of parts than ECS takes (name:json-key:version-stage:version-id)",
    "service": "is the ARN of something that is neither secret nor parameter",
    "no_suffix": "lacks the six characters at the end of the secret's name",
}


def _required_present(target: ConfigurationTarget, observation: ConfigurationObservation) -> Answer:
    facts = facts_of(observation)
    container = facts.container
    if container is None:
        return not_read("container", facts)
    present = {*container.variables, *(reference.variable for reference in container.references)}
    missing = [name for name in target.spec.required if name not in present]
    evidence: dict[str, Scalar] = {"required": len(target.spec.required), "missing": ", ".join(missing) or None}
    if not missing:
        return passed(f"{who(container)} has all {len(target.spec.required)} required settings.", **evidence)
    if container.environment_files:
        detail = (
            f"{who(container)} lacks {', '.join(missing)}, which a file in S3 may add that the auditor does not read"
        )
        return untold("configuration.value_not_seen", detail, **evidence)
    removed = [name for name in missing if facts.change is not None and name in facts.change.removed]
    since = f"; {', '.join(removed)} went with this revision" if removed else ""
    summary = f"{who(container)} lacks {', '.join(missing)}{since}."
    evidence["removed_by_this_revision"] = ", ".join(removed) or None
    return failing("configuration.variable_missing", summary, **evidence)


def _hosts_as_declared(target: ConfigurationTarget, observation: ConfigurationObservation) -> Answer:
    facts = facts_of(observation)
    container = facts.container
    if container is None:
        return not_read("container", facts)
    settings = {setting.variable: setting for setting in container.settings}
    referenced = {reference.variable for reference in container.references}
    evidence: dict[str, Scalar] = {}
    wrong, unset, unseen = [], [], []
    for expected in target.spec.expected_hosts:
        variable, setting = expected.variable, settings.get(expected.variable)
        evidence[f"{variable}.declared"] = _place(expected.host, expected.port)
        if setting is not None:
            evidence[f"{variable}.observed"] = _observed(setting)
            if not _points_at(setting, expected):
                wrong.append(
                    f"{variable} points at {_observed(setting)}, declared is {_place(expected.host, expected.port)}"
                )
        elif variable in referenced or container.environment_files:
            unseen.append(variable)
        else:
            unset.append(variable)
    if wrong:
        return failing("configuration.host_differs", f"In {who(container)} {'; '.join(wrong)}.", **evidence)
    if unset:
        summary = f"{who(container)} lacks {', '.join(unset)}, so its code's own default counts."
        return failing("configuration.variable_missing", summary, **evidence)
    if unseen:
        detail = f"{', '.join(unseen)} of {who(container)} comes from a reference or file, which is never read"
        return untold("configuration.value_not_seen", detail, **evidence)
    return passed(f"{who(container)} points where it was declared to.", **evidence)


def _values_well_formed(_target: ConfigurationTarget, observation: ConfigurationObservation) -> Answer:
    facts = facts_of(observation)
    container = facts.container
    if container is None:
        return not_read("container", facts)
    bad_values = {setting.variable: setting.problem for setting in container.settings if setting.problem}
    shapes = {reference.variable: str(reference.shape) for reference in container.references if reference.shape != "ok"}
    bare = {s.variable: "names a host without http:// or another scheme" for s in container.settings if _is_bare(s)}
    malformed = bad_values or {variable: _SHAPES[shape] for variable, shape in shapes.items()} or bare
    evidence: dict[str, Scalar] = {**malformed}
    words = "; ".join(f"{variable} {problem}" for variable, problem in evidence.items())
    if bad_values:
        return failing("configuration.value_malformed", f"In {who(container)} {words}.", **evidence)
    if not shapes and bare:
        answer = failing("configuration.scheme_missing", f"In {who(container)} {words}.", **evidence)
        return replace(answer, status=Status.WARN)
    if shapes:
        answer = failing("configuration.reference_malformed", f"In {who(container)} the reference {words}.", **evidence)
        # Without the suffix a reference works in some places; the others never do.
        return replace(answer, status=Status.WARN) if set(shapes.values()) == {"no_suffix"} else answer
    count = len(container.settings) + len(container.references)
    return passed(f"All {count} values and references of {who(container)} that were read are well formed.")


def _no_loopback_default(target: ConfigurationTarget, observation: ConfigurationObservation) -> Answer:
    facts = facts_of(observation)
    container = facts.container
    if container is None:
        return not_read("container", facts)
    found = [s for s in container.settings if s.is_loopback and not _is_declared(s, target)]
    return _none_found("configuration.loopback", "the container itself", found, container)


def _no_literal_address(target: ConfigurationTarget, observation: ConfigurationObservation) -> Answer:
    facts = facts_of(observation)
    container = facts.container
    if container is None:
        return not_read("container", facts)
    found = [
        s for s in container.settings if s.is_literal_address and not s.is_loopback and not _is_declared(s, target)
    ]
    answer = _none_found("configuration.literal_address", "an address in place of a name", found, container)
    return replace(answer, status=Status.WARN) if found else answer


def _references_exist(_target: ConfigurationTarget, observation: ConfigurationObservation) -> Answer:
    facts = facts_of(observation)
    container = facts.container
    if container is None:
        return not_read("container", facts)
    parameters = [r for r in container.references if r.kind == "parameter" and r.reference]
    if not parameters:
        return passed(f"{who(container)} refers to no SSM parameter.", parameters=0)
    if "parameters" in facts.unread:
        return not_read("parameters", facts)
    missing = {r.variable: r.reference for r in parameters if r.exists is False}
    if missing:
        words = ", ".join(f"{reference} (for {variable})" for variable, reference in missing.items())
        summary = f"{who(container)} refers to SSM parameters that do not exist: {words}."
        return failing("configuration.parameter_missing", summary, **missing)
    if any(r.exists is None for r in parameters):
        detail = f"not every parameter of {who(container)} was looked up"
        return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))
    return passed(f"All {len(parameters)} SSM parameters of {who(container)} exist.")


def _secrets_exist(_target: ConfigurationTarget, observation: ConfigurationObservation) -> Answer:
    facts = facts_of(observation)
    container = facts.container
    if container is None:
        return not_read("container", facts)
    secrets = [r for r in container.references if r.kind == "secret" and r.reference]
    if not secrets:
        return passed(f"{who(container)} refers to no secret.", secrets=0)
    if "secrets" in facts.unread:
        return not_read("secrets", facts)
    gone = {r.variable: r.reference for r in secrets if r.exists is False}
    if gone:
        words = ", ".join(f"{reference} (for {variable})" for variable, reference in gone.items())
        summary = f"{who(container)} refers to secrets that do not exist: {words}."
        return failing("configuration.secret_missing", summary, **gone)
    unasked = [r.variable for r in secrets if r.exists is None]
    if unasked:
        detail = f"the secrets of {', '.join(unasked)} of {who(container)} were not asked for"
        return untold("configuration.secrets_not_asked", detail)
    return passed(f"All {len(secrets)} secrets that {who(container)} refers to exist.")


def _is_bare(setting: SettingFacts) -> bool:
    """Whether a client that expects a URL finds a host without a scheme, which most of them refuse."""
    named_url = _URL.fullmatch(setting.variable.upper()) is not None
    return named_url and setting.form in ("address", "word") and not setting.problem


def _none_found(cause: str, what: str, found: list[SettingFacts], container: ContainerFacts) -> Answer:
    if not found:
        read = sum(1 for setting in container.settings if setting.host or setting.items)
        return passed(f"None of {read} addresses in {who(container)} is {what}.", addresses=read)
    evidence: dict[str, Scalar] = {setting.variable: _observed(setting) for setting in found}
    words = ", ".join(f"{variable} names {place}" for variable, place in evidence.items())
    return failing(cause, f"In {who(container)} {words}: {what}.", **evidence)


def _points_at(setting: SettingFacts, expected: ExpectedHost) -> bool:
    if setting.host != expected.host.rstrip(".").lower():
        return False
    return expected.port is None or setting.port == expected.port


def _is_declared(setting: SettingFacts, target: ConfigurationTarget) -> bool:
    return any(e.variable == setting.variable and _points_at(setting, e) for e in target.spec.expected_hosts)


def _observed(setting: SettingFacts) -> str:
    if setting.items:
        return ", ".join(setting.items)
    if setting.host:
        return _place(setting.host, setting.port)
    return f"nothing that can be read (it {setting.problem})" if setting.problem else "no host"


def _place(host: str, port: int | None) -> str:
    return host if port is None else f"{host}:{port}"


CHECKS: tuple[Check[ConfigurationSpec, ConfigurationFacts], ...] = (
    Check(
        id="configuration.required_present",
        severity=Severity.HIGH,
        judge=_required_present,
        asks=lambda target: bool(target.spec.required),
        remediation="Compare the running revision with the one before it, and with what the code reads.",
    ),
    Check(
        id="configuration.hosts_as_declared",
        severity=Severity.HIGH,
        judge=_hosts_as_declared,
        asks=lambda target: bool(target.spec.expected_hosts),
        remediation="Set the variable to the declared host and deploy; or correct the catalogue.",
    ),
    Check(
        id="configuration.hosts_resolve",
        severity=Severity.MEDIUM,
        judge=hosts_resolve,
        asks=lambda target: bool(target.spec.readable),
        remediation="Set the variable to a name that exists, and deploy; or register the name that it has.",
    ),
    Check(
        id="configuration.values_well_formed",
        severity=Severity.MEDIUM,
        judge=_values_well_formed,
        remediation="Write the value or the reference as the evidence says, and deploy.",
    ),
    Check(
        id="configuration.no_loopback_default",
        severity=Severity.HIGH,
        judge=_no_loopback_default,
        asks=lambda target: bool(target.spec.readable),
        remediation="Set the variable to the name of the service that is meant, and deploy.",
    ),
    Check(
        id="configuration.no_literal_address",
        severity=Severity.MEDIUM,
        judge=_no_literal_address,
        asks=lambda target: bool(target.spec.readable) and not target.spec.literal_ok,
        remediation="Put the name in place of the address: a task's address changes with every start.",
    ),
    Check(
        id="configuration.references_exist",
        severity=Severity.HIGH,
        judge=_references_exist,
        remediation="Create the missing parameters, or correct the references.",
    ),
    Check(
        id="configuration.secrets_exist",
        severity=Severity.HIGH,
        judge=_secrets_exist,
        asks=lambda target: target.spec.describe_secrets,
        remediation="Create the missing secrets, or correct the references.",
    ),
    *agreement_checks.CHECKS,
)
