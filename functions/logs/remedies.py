"""What on-call can do, by cause: text only."""

from auditor.domain.remedy import AWS_CALLS

_BY_CAUSE = {
    **AWS_CALLS,
    "logs.absent": "Compare the group's name with the log configuration of the task definition; tasks whose group does "
    "not exist cannot start.",
    "logs.silent": "See whether the tasks run. If they do, see whether their log configuration still names this group "
    "and their execution role may write to it.",
    "logs.many_errors": "Read the errors in CloudWatch Logs Insights: filter @message like /ERROR/.",
    "logs.wrong_architecture": "Deploy the previous image; build the new one for the task's processor.",
    "logs.file_missing": "Go back to the last image that ran: the new one lacks a file that its code needs.",
    "logs.setting_missing": "Compare the running task definition's variables and references with the revision before.",
    "logs.login_refused": "Compare user and secret of the client with what the server takes; see when either changed.",
    "logs.schema_missing": "Run the migrations of this release, or go back to the release before.",
    "logs.bucket_denied": "Compare the task role's policy, the bucket's policy and its key's with what the code does.",
    "logs.out_of_memory": "Give the task more memory, or find what grew.",
    "logs.crashed": "Read the lines around it; if the revision is new, go back to the one before.",
    "aws.not_found": "It was deleted while it was read; the next run says more.",
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)
