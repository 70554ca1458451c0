"""What on-call can do, by cause: text only."""

from auditor.domain.remedy import AWS_CALLS

_BY_CAUSE = {
    **AWS_CALLS,
    "queue.absent": "See who deleted it (CloudTrail: DeleteQueue) and create it again from its template; if it was "
    "renamed, correct the senders' settings and the catalogue.",
    "queue.not_consumed": "See whether the consumer's tasks run and why the last one stopped; if they run, whether "
    "they still may and do poll this queue. Messages are kept for the queue's retention time.",
    "queue.never_done": "Read the consumer's log: it takes messages and fails on each of them, so a dependency of it "
    "or its newest revision is at fault rather than one message.",
    "queue.consumed_late": "Add consumers, or see why each message takes longer than before.",
    "queue.too_old": "See whether the consumer's tasks run, and what its log says of the messages.",
    "queue.too_deep": "See whether more comes than usual or less is handled; add consumers.",
    "queue.dead_letters_grow": "Look at one of the newest dead letters and at the consumer's log for it; mend the "
    "handler, then redrive them. Do not purge: they are the users' work.",
    "queue.dead_letters_many": "Redrive the dead letters once their fault is mended, or delete those that nobody "
    "misses.",
    "queue.no_redrive": "Give the queue a redrive policy: without one a message that cannot be handled comes back "
    "until its retention is over, and hides in the age of the others.",
    "queue.redrive_to_nowhere": "Create the dead-letter queue again, or name one that exists in the redrive policy.",
    "queue.redrive_differs": "Correct the redrive policy, or the catalogue if the new place is meant.",
    "queue.not_measured": "Nothing to do for a single run: CloudWatch begins to report some minutes after a queue is "
    "first used. If it stays, ask SQS's console for the metric.",
    "aws.not_found": "It was deleted while it was read; the next run says more.",
}


def for_cause(cause: str) -> str | None:
    """The remedy of a cause; None leaves the check's own text."""
    return _BY_CAUSE.get(cause)
