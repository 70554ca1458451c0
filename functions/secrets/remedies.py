"""What on-call can do, by cause: text only."""

from auditor.domain.remedy import AWS_CALLS

_BY_CAUSE = {
    **AWS_CALLS,
    "secrets.absent": "Compare the name with the secrets that exist; if it was deleted for good, create it again under "
    "the same name and correct the references, whose six last characters are new.",
    "secrets.deleted": "Restore it (aws secretsmanager restore-secret): until the day of its deletion nothing is lost. "
    "Then see who deleted it (CloudTrail: DeleteSecret).",
    "secrets.no_current": "Give the version that should be read the label AWSCURRENT "
    "(update-secret-version-stage); tasks that start meanwhile fail.",
    "secrets.not_json": "Write the secret as a JSON object with the declared keys, then force a deployment of the "
    "services that inject it.",
    "secrets.key_missing": "Put the missing key into the secret, then force a deployment of the services that inject "
    "it; running tasks hold what they read at their start.",
    "secrets.key_empty": "Give the key its value, then force a deployment of the services that inject it.",
    "secrets.user_differs": "Compare it with the user that the server knows and with the clients' settings, and "
    "correct whichever is wrong.",
    "secrets.rotation_off": "Switch rotation on, or correct the catalogue if it is not meant to rotate.",
    "secrets.rotation_overdue": "Read the rotation function's log: it did not run or did not end. Then let it rotate "
    "(rotate-secret).",
    "secrets.rotation_failed": "Read the rotation function's log for the step that failed. See which password the "
    "server takes before you rotate again: between setSecret and finishSecret it is the pending one.",
    "aws.not_found": "It was deleted while it was read; the next run says more.",
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)
