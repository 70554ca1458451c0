"""The `queue` family's schedule, permissions and target type: a queue of SQS and how much may wait in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from auditor.domain.target import Target
from auditor.family import AwsScope, Cost, Family, Permission, Plane

MAX_TIMEOUT = timedelta(seconds=45)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,75}(\.fifo)?")
_COMPONENT = re.compile(r"[a-z0-9_]+(\.[a-z0-9_-]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSpec:
    """One queue of the stage's account and region.

    ``dead_letters``: the queue that its redrive policy should name; None where no policy is wanted. ``max_depth``:
    messages that may wait. ``max_age``: how old the oldest may be. ``max_dead_letters``: how many may lie there before
    it is said. ``consumer``: the component of the code that handles its messages, which is at fault when some of them
    can never be handled.
    """

    queue: str
    dead_letters: str | None = None
    max_depth: int = 1000
    max_age: timedelta = timedelta(minutes=15)
    max_dead_letters: int = 10
    consumer: str | None = None
    timeout: timedelta = timedelta(seconds=20)

    def __post_init__(self) -> None:
        for field_name, name in (("queue", self.queue), ("dead_letters", self.dead_letters)):
            if name is not None and not _NAME.fullmatch(name):
                raise ValueError(
                    f"{field_name} is {name!r:.200}; allowed is a queue's name of letters, digits, - and _ (and .fifo "
                    "at the end), neither its URL nor its ARN"
                )
        if self.dead_letters == self.queue:
            raise ValueError(f"dead_letters is {self.queue}, the queue itself; allowed is another queue")
        if self.consumer is not None and not _COMPONENT.fullmatch(self.consumer):
            raise ValueError(f"consumer is {self.consumer!r:.200}; allowed is a component's id, such as code.worker")
        for field_name, limit in (("max_depth", self.max_depth), ("max_dead_letters", self.max_dead_letters)):
            if limit < 0:
                raise ValueError(f"{field_name} is {limit}; allowed is 0 or more")
        if self.max_age <= timedelta(0):
            raise ValueError(f"max_age is {self.max_age.total_seconds():g} s; allowed is more than 0 s")
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")


def _permissions(targets: Sequence[Target[QueueSpec]], scope: AwsScope) -> tuple[Permission, ...]:
    if not targets:
        return ()
    prefix = f"arn:{scope.partition}:sqs:{scope.region}:{scope.account}"
    names = {name for t in targets for name in (t.spec.queue, t.spec.dead_letters) if name is not None}
    return (
        Permission(
            actions=("sqs:GetQueueUrl", "sqs:GetQueueAttributes"),
            resources=tuple(sorted(f"{prefix}:{name}" for name in names)),
            reason="how much waits in the declared queues, and where their redrive policies lead; no message is read",
        ),
        Permission(
            actions=("cloudwatch:GetMetricData",),
            resources=("*",),
            reason="CloudWatch knows no narrower resource for it; how old the oldest message is stands nowhere else",
        ),
    )


FAMILY: Family[QueueSpec] = Family(
    name="queue",
    title="Queues",
    plane=Plane.CONTROL,
    spec_type=QueueSpec,
    period=timedelta(minutes=5),
    timeout=timedelta(seconds=60),
    memory_mb=256,
    # CloudWatch admits an account 50 GetMetricData a second (its service quotas); SQS far more; a call takes 2 ms
    cost=Cost(cpu_ms=12.0, blocking=True, calls=1, calls_per_second=50.0),
    permissions=_permissions,
    calls_per_target=5,
)
