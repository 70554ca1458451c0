"""The questions asked of a secret; a later one has its turn only where the earlier ones went well."""

from dataclasses import replace
from datetime import datetime, timedelta

from auditor.domain.check import Check
from auditor.domain.instants import format_instant
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, failed, passed, skipped, unknown
from auditor.domain.target import Target
from functions.secrets import remedies
from functions.secrets.facts import SecretFacts, ValueFacts
from functions.secrets.family import SecretSpec

SecretTarget = Target[SecretSpec]
SecretObservation = Observation[SecretFacts]

ROTATION_TAKES = timedelta(hours=1)
"""A rotation's four steps take minutes; Secrets Manager tries a failed one again for some hours."""
OVERDUE_AFTER = timedelta(days=1)
"""The rotation window is at most the day on which it is due."""


def _exists(target: SecretTarget, observation: SecretObservation) -> Answer:
    facts, secret = _facts(observation), target.spec.secret
    if facts.exists is None:
        return _not_read("exists", facts)
    if not facts.exists:
        return _failed("secrets.absent", f"No secret {secret} exists in this account and region.")
    if facts.deleted:
        return _failed("secrets.deleted", f"The deletion of {secret} is scheduled, so nobody can read it.")
    return passed(f"The secret {secret} exists.")


def _has_current(target: SecretTarget, observation: SecretObservation) -> Answer:
    earlier = _unless_passed(_exists(target, observation), "secrets.exists")
    if earlier is not None:
        return earlier
    facts, secret = _facts(observation), target.spec.secret
    if facts.versions is None:
        return _not_read("versions", facts)
    if not facts.versions.current:
        return _failed("secrets.no_current", f"No version of {secret} is the current one (AWSCURRENT).")
    since = facts.versions.current_since
    when = f" since {format_instant(since)}" if since else ""
    return passed(f"{secret} has had its current value{when}.", current_since=_instant(since))


def _keys_present(target: SecretTarget, observation: SecretObservation) -> Answer:
    value = _value(target, observation)
    if isinstance(value, Answer):
        return value
    secret, wanted = target.spec.secret, ", ".join(target.spec.keys)
    missing = [key for key in value.missing_keys if key in target.spec.keys]
    empty = [key for key in value.empty_keys if key in target.spec.keys]
    if not value.is_json:
        return _failed("secrets.not_json", f"{secret} is no JSON object; declared are the keys {wanted}.")
    if missing:
        listed = ", ".join(missing)
        return _failed("secrets.key_missing", f"{secret} lacks {listed}; declared are {wanted}.", missing=listed)
    if empty:
        listed = ", ".join(empty)
        return _failed("secrets.key_empty", f"{secret} holds nothing under {listed}.", empty=listed)
    return passed(f"{secret} holds {wanted}.", keys=wanted)


def _user_agrees(target: SecretTarget, observation: SecretObservation) -> Answer:
    value = _value(target, observation)
    if isinstance(value, Answer):
        return value
    secret, key, user = target.spec.secret, target.spec.user_key, target.spec.user
    if not value.is_json:
        return _failed("secrets.not_json", f"{secret} is no JSON object; declared is the user {user} under {key}.")
    if value.user_matches is None:
        return _failed("secrets.key_missing", f"{secret} names no user under {key}; declared is {user}.", missing=key)
    if not value.user_matches:
        return _failed("secrets.user_differs", f"Another user stands in {secret} than {user}.", declared=user)
    return passed(f"The user in {secret} is {user}.", user=user)


def _rotation_on_time(target: SecretTarget, observation: SecretObservation) -> Answer:
    earlier = _unless_passed(_exists(target, observation), "secrets.exists")
    if earlier is not None:
        return earlier
    facts, secret = _facts(observation), target.spec.secret
    if facts.rotation is None:
        return _not_read("exists", facts)
    if not facts.rotation.enabled:
        return _failed("secrets.rotation_off", f"{secret} is not rotated; declared is that it is.")
    due = facts.rotation.next_rotation_at
    if due is None:
        detail = f"Secrets Manager does not tell when {secret} is rotated next"
        return unknown(Failure(phase=Phase.ANSWER, cause="aws.failed", detail=f"{detail}."))
    evidence = {"next_rotation_at": format_instant(due), "last_rotated_at": _instant(facts.rotation.last_rotated_at)}
    if observation.slot - due > OVERDUE_AFTER:
        summary = f"{secret} was to be rotated at {format_instant(due)} and was not."
        return _failed("secrets.rotation_overdue", summary, **evidence)
    return passed(f"{secret} is rotated next at {format_instant(due)}.", **evidence)


def _no_version_pending(target: SecretTarget, observation: SecretObservation) -> Answer:
    earlier = _unless_passed(_has_current(target, observation), "secrets.has_current")
    if earlier is not None:
        return earlier
    versions, secret = _facts(observation).versions, target.spec.secret
    assert versions is not None, "has_current passed"
    if not versions.pending:
        return passed(f"No rotation of {secret} waits for its end.")
    if versions.pending_since is None:
        detail = f"a version of {secret} is pending (AWSPENDING) and Secrets Manager does not tell since when"
        return unknown(Failure(phase=Phase.ANSWER, cause="aws.failed", detail=f"{detail}."))
    since = format_instant(versions.pending_since)
    if observation.slot - versions.pending_since > ROTATION_TAKES:
        summary = f"A version of {secret} is pending (AWSPENDING) since {since}: its rotation began and did not end."
        return _failed("secrets.rotation_failed", summary, pending_since=since)
    return passed(f"A rotation of {secret} goes on since {since}.", pending_since=since)


def _value(target: SecretTarget, observation: SecretObservation) -> ValueFacts | Answer:
    earlier = _unless_passed(_has_current(target, observation), "secrets.has_current")
    facts = _facts(observation)
    if earlier is not None and (earlier.status is not Status.UNKNOWN or facts.value is None):
        return earlier
    return facts.value or _not_read("value", facts)


def _unless_passed(answer: Answer, check: str) -> Answer | None:
    if answer.status is Status.FAIL:
        return skipped(f"Not asked, because {check} failed.", failed_check=check)
    return None if answer.status is Status.PASS else answer


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)


def _failed(cause: str, summary: str, **evidence: Scalar) -> Answer:
    failure = Failure(phase=Phase.ANSWER, cause=cause, detail=summary)
    return replace(failed(failure, None, **evidence), remedy=remedies.for_cause(cause))


def _not_read(part: str, facts: SecretFacts) -> Answer:
    failure = facts.unread.get(part)
    if failure is None:
        detail = f"the probe recorded neither {part} nor why not"
        return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))
    return unknown(failure, remedy=remedies.for_cause(failure.cause))


def _facts(observation: SecretObservation) -> SecretFacts:
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


CHECKS: tuple[Check[SecretSpec, SecretFacts], ...] = (
    Check(
        id="secrets.exists",
        severity=Severity.HIGH,
        judge=_exists,
        remediation="Compare the name with the secrets that exist; restore it if its deletion is scheduled.",
    ),
    Check(
        id="secrets.has_current",
        severity=Severity.HIGH,
        judge=_has_current,
        remediation="Give the version that should be read the label AWSCURRENT.",
    ),
    Check(
        id="secrets.keys_present",
        severity=Severity.HIGH,
        judge=_keys_present,
        asks=lambda target: bool(target.spec.keys),
        remediation="Put the missing keys into the secret, then force a deployment of the services that inject it.",
    ),
    Check(
        id="secrets.user_agrees",
        severity=Severity.MEDIUM,
        judge=_user_agrees,
        asks=lambda target: target.spec.user is not None,
        remediation="Compare the user in the secret with the one that the server knows and the clients name.",
    ),
    Check(
        id="secrets.no_version_pending",
        severity=Severity.ADVISORY,
        judge=_no_version_pending,
        remediation="Read the rotation function's log, then let it rotate again.",
    ),
    Check(
        id="secrets.rotation_on_time",
        severity=Severity.ADVISORY,
        judge=_rotation_on_time,
        asks=lambda target: target.spec.rotates,
        remediation="Read the rotation function's log and its schedule.",
    ),
)
