"""Whether a configuration agrees with itself, and with the revision before it. Pure."""

from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.result import Answer, Scalar, Severity, Status, passed, skipped
from functions.configuration.facts import ConfigurationFacts, SettingFacts
from functions.configuration.family import ConfigurationSpec
from functions.configuration.judged import (
    ConfigurationObservation,
    ConfigurationTarget,
    facts_of,
    failing,
    not_read,
    untold,
    who,
)

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "postgresql": 5432, "postgres": 5432, "mysql": 3306} | {
    "redis": 6379,
    "rediss": 6379,
}
"""Where a URL without a port leads, by its scheme."""


def _settings_agree(target: ConfigurationTarget, observation: ConfigurationObservation) -> Answer:
    facts = facts_of(observation)
    container = facts.container
    if container is None:
        return not_read("container", facts)
    settings = {setting.variable: setting for setting in container.settings}
    referenced = {reference.variable for reference in container.references}
    evidence: dict[str, Scalar] = {}
    apart, unseen, compared = [], [], 0
    for group in target.spec.agreeing:
        known = [settings[v] for v in group if v in settings and _comparable(settings[v])]
        hidden = [v for v in group if v in referenced or (v in settings and not _comparable(settings[v]))]
        if container.environment_files:
            hidden += [v for v in group if v not in settings and v not in referenced]
        evidence |= {setting.variable: _words(setting) for setting in known}
        if any(_differ(known[0], other) for other in known[1:]):
            apart.append(", ".join(f"{setting.variable} leads to {_words(setting)}" for setting in known))
        elif hidden and known:
            unseen += hidden
        compared += len(known) > 1
    if apart:
        summary = f"In {who(container)} {'; '.join(apart)}: they should lead to one place."
        return replace(failing("configuration.settings_disagree", summary, **evidence), status=Status.WARN)
    if unseen:
        detail = f"{', '.join(unseen)} of {who(container)} cannot be compared: its value is not read or names no host"
        return untold("configuration.value_not_seen", detail, **evidence)
    if not compared:
        return skipped(f"{who(container)} sets no two of the variables that should agree.", **evidence)
    return passed(f"The settings of {who(container)} that should lead to one place do.", **evidence)


def _nothing_dropped(_target: ConfigurationTarget, observation: ConfigurationObservation) -> Answer:
    facts = facts_of(observation)
    container = facts.container
    if container is None:
        return not_read("container", facts)
    if facts.change is None:
        if "change" in facts.unread:
            return not_read("change", facts)
        return skipped(f"There is no earlier revision to compare {who(container)} with.")
    removed = facts.change.removed
    if not removed:
        return passed(f"{who(container)} has all that {facts.change.revision} had.", before=facts.change.revision)
    names = ", ".join(removed[:_MAX_NAMED]) + (", …" if len(removed) > _MAX_NAMED else "")
    summary = f"{who(container)} lacks {names}, which {facts.change.revision} had."
    answer = failing("configuration.setting_dropped", summary, dropped=names, before=facts.change.revision)
    return replace(answer, status=Status.WARN)


_MAX_NAMED = 20


def _comparable(setting: SettingFacts) -> bool:
    return bool(setting.host) and not setting.problem


def _differ(one: SettingFacts, other: SettingFacts) -> bool:
    """Whether two settings lead to two places; a port that nobody can tell is no difference."""
    ports = {_port(one), _port(other)} - {None}
    return one.host != other.host or len(ports) > 1


def _port(setting: SettingFacts) -> int | None:
    return setting.port or _PORTS.get(setting.scheme.removeprefix("jdbc:").partition("+")[0])


def _words(setting: SettingFacts) -> str:
    port = _port(setting)
    return setting.host if port is None else f"{setting.host}:{port}"


CHECKS: tuple[Check[ConfigurationSpec, ConfigurationFacts], ...] = (
    Check(
        id="configuration.settings_agree",
        severity=Severity.MEDIUM,
        judge=_settings_agree,
        asks=lambda target: bool(target.spec.agreeing),
        remediation="Set both variables to the one place that is meant, and deploy.",
    ),
    Check(
        id="configuration.nothing_dropped",
        severity=Severity.ADVISORY,
        judge=_nothing_dropped,
        remediation="Compare the two revisions: what went may have been meant, or lost.",
    ),
)
