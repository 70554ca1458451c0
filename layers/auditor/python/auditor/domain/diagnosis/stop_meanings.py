"""What the reasons stand for for which tasks stop: a fault, and the component that the first right action changes."""

from dataclasses import dataclass

from auditor.domain.diagnosis.cache_claims import CredentialInjected
from auditor.domain.diagnosis.claims import LoginAnswered, SecretGone
from auditor.domain.diagnosis.evidence import Evidence
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.log_claims import LogSaying, LogSays
from auditor.domain.diagnosis.role_claims import RunsWithRoles
from auditor.domain.diagnosis.words import LoginOutcome, StopReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a reason stands for. ``shared``: the component may belong to another service when the platform has one."""

    fault: Fault
    kind: str
    words: str
    first_action: str
    shared: bool = False


MEANINGS = {
    StopReason.OUT_OF_MEMORY: Meaning(
        fault=Fault.OOM_KILLED,
        kind="ecs",
        words="is killed because it exceeds its memory limit",
        first_action="Raise the task's memory or lower its load, then see what grew.",
    ),
    StopReason.WRONG_ARCHITECTURE: Meaning(
        fault=Fault.IMAGE_ARCH_MISMATCH,
        kind="image",
        words="cannot execute its image: it was built for another processor",
        first_action="Deploy the previous image; build the new one for the task's processor.",
    ),
    StopReason.IMAGE_NOT_FOUND: Meaning(
        fault=Fault.IMAGE_NOT_FOUND,
        kind="image",
        words="cannot start: its image is not in the registry",
        first_action="Push the image or roll back to the last revision that ran.",
    ),
    StopReason.SECRET_DENIED: Meaning(
        fault=Fault.IAM_SECRET_ACCESS_DENIED,
        kind="iam",
        words="cannot start: its execution role may not read a secret",
        first_action="Grant the execution role to read exactly the secrets that the task definition references.",
        shared=True,
    ),
    StopReason.SECRET_NOT_FOUND: Meaning(
        fault=Fault.SECRET_ARN_INVALID,
        kind="taskdef",
        words="cannot start: its task definition references a secret that does not exist",
        first_action="Correct the reference in the task definition and deploy the service again.",
    ),
    StopReason.PARAMETER_NOT_FOUND: Meaning(
        fault=Fault.SSM_PARAMETER_MISSING,
        kind="ssm",
        words="cannot start: a parameter that its task definition references does not exist",
        first_action="Create the parameter (or write its value into the task definition) and deploy again.",
        shared=True,
    ),
    StopReason.FILE_MISSING: Meaning(
        fault=Fault.IMAGE_INCOMPLETE,
        kind="image",
        words="ends because its image lacks a file that its code needs",
        first_action="Roll back to the last revision that ran; then build the image with what its log names.",
    ),
    StopReason.SETTING_MISSING: Meaning(
        fault=Fault.ENV_MISSING,
        kind="taskdef",
        words="ends because a setting that its code needs is absent from the task definition",
        first_action="Compare the task definition with the revision before, put the setting back and deploy.",
    ),
    StopReason.LOGIN_REFUSED: Meaning(
        fault=Fault.DB_BAD_PASSWORD,
        kind="taskdef",
        words="ends because the database refuses its login, while the platform's login is accepted there",
        first_action="Take the password out of the task definition, reference the secret in its place and deploy.",
    ),
    StopReason.CRASHED: Meaning(
        fault=Fault.APP_CRASH_ON_START,
        kind="image",
        words="starts and ends by its own error",
        first_action="Roll back to the last revision that ran; then mend what the last lines of its log say.",
    ),
}

SECRET_WAITS_FOR_DELETION = Meaning(
    fault=Fault.SECRET_ARN_INVALID,
    kind="secret",
    words="cannot start: the deletion of a secret that its task definition references is scheduled",
    first_action="Restore the secret (aws secretsmanager restore-secret); then ECS starts tasks by itself.",
)

_SAYINGS = {
    LogSaying.WRONG_ARCHITECTURE: StopReason.WRONG_ARCHITECTURE,
    LogSaying.FILE_MISSING: StopReason.FILE_MISSING,
    LogSaying.SETTING_MISSING: StopReason.SETTING_MISSING,
    LogSaying.LOGIN_REFUSED: StopReason.LOGIN_REFUSED,
    LogSaying.OUT_OF_MEMORY: StopReason.OUT_OF_MEMORY,
    LogSaying.CRASHED: StopReason.CRASHED,
}


def log_of(evidence: Evidence, service: str) -> list[LogSays]:
    """What fatal lines of a service say."""
    return [claim for claim in evidence.of(LogSays) if evidence.service_of(claim.component) == service]


def reason_by_log(evidence: Evidence, said: list[LogSays]) -> StopReason | None:
    """The reason that a log tells, in the order in which one explains more than another: a crash is the least."""
    sayings = {claim.saying for claim in said}
    accepted = any(login.of_platform and login.outcome is LoginOutcome.ACCEPTED for login in evidence.of(LoginAnswered))
    for saying, reason in _SAYINGS.items():
        # Where no login is accepted the server or the secret may be at fault as well.
        if saying in sayings and (saying is not LogSaying.LOGIN_REFUSED or accepted):
            return reason
    return None


def gone_secrets(evidence: Evidence, stopped: str) -> list[SecretGone]:
    """The secret that waits for its deletion and is what a task lacks that stops for want of one; empty unless one is.

    It is one that the service references; where its settings were not read, one of its own or of what it needs.
    """
    service = evidence.service_of(stopped)
    taken = [c for c in evidence.of(CredentialInjected) if evidence.service_of(c.component) == service]
    referenced = {evidence.bound_to("secret", claim.secret) for claim in taken}
    near = {service, *evidence.needs.get(service, frozenset())}
    read = evidence.settings_read(service)
    gone = [
        claim
        for claim in evidence.of(SecretGone)
        if (claim.component in referenced if read else evidence.service_of(claim.component) in near)
    ]
    return gone if len(gone) == 1 else []


def component_of(evidence: Evidence, stopped: str, meaning: Meaning) -> str:
    """What a reason's first action changes, empty where the catalogue lacks it; ``stopped``: whose tasks stop."""
    own = evidence.sibling(stopped, meaning.kind)
    if own or not meaning.shared:
        return own
    if meaning.kind == "iam":
        # Of several roles it is the one that fetches what a task needs before it starts.
        roles = [claim for claim in evidence.of(RunsWithRoles) if claim.component == stopped]
        fetching = {evidence.bound_to("iam", claim.execution_role) for claim in roles} - {""}
        if len(fetching) == 1:
            return fetching.pop()
    return evidence.only(meaning.kind)
