"""Rules about queues of messages: which part of the way a message takes is at fault."""

from collections.abc import Iterator

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.queue_claims import DeadLettersGrow
from auditor.domain.diagnosis.task_claims import RunningCounts


def some_messages_cannot_be_handled(evidence: Evidence) -> Iterator[Candidate]:
    """Dead letters become more while the other messages are handled: who handles them fails on some of them only.

    Where the others wait too, the consumer is gone or fails on everything, and something else explains that.
    """
    for grown in evidence.of(DeadLettersGrow):
        component = grown.consumer
        if not component or grown.drains is False:
            continue
        counts = [c for c in evidence.of(RunningCounts) if c.component == evidence.sibling(component, "ecs")]
        yield Candidate(
            component=component,
            fault=Fault.POISON_MESSAGES,
            statement=f"{component} fails on some messages of {grown.component} again and again: {grown.grown_by:g} "
            f"more were put aside within half an hour ({grown.count} now), while the others are handled.",
            first_action="Look at one of the newest dead letters and at the consumer's log for it; mend the handler, "
            "then redrive them. Do not purge.",
            confidence=Confidence.HIGH if grown.drains else Confidence.MEDIUM,
            proof=proof_of(grown, *counts),
            shows=grown.proof,
            named=True,
            ruled_out=(
                RuledOut(
                    subject="a consumer that is gone",
                    why="messages are received: none could be put aside otherwise",
                    proof=grown.proof,
                ),
            ),
        )


RULES = (some_messages_cannot_be_handled,)
