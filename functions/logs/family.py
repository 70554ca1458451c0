"""The `logs` family's schedule, permissions and target type: a log group and what should stand in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from auditor.domain.target import Target
from auditor.family import AwsScope, Cost, Family, Permission, Plane

MAX_TIMEOUT = timedelta(seconds=45)
MAX_WINDOW = timedelta(hours=1)
_GROUP = re.compile(r"[A-Za-z0-9_/.#-]{1,512}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsSpec:
    """One log group. The lines of the last ``window`` are looked at, at most some thousand of them.

    ``max_silence``: how old the newest line may be; None where silence is normal. ``max_error_percent``: of the lines,
    how many may be errors. At least ``min_lines`` are needed to speak of a rate.
    """

    group: str
    window: timedelta = timedelta(minutes=10)
    max_silence: timedelta | None = None
    max_error_percent: float = 5.0
    min_lines: int = 50
    timeout: timedelta = timedelta(seconds=20)

    def __post_init__(self) -> None:
        if not _GROUP.fullmatch(self.group):
            raise ValueError(f"group is {self.group!r:.200}; allowed is the name of a log group, not its ARN")
        if not timedelta(minutes=1) <= self.window <= MAX_WINDOW:
            seconds = self.window.total_seconds()
            raise ValueError(f"window is {seconds:g} s; allowed is 1 minute to {MAX_WINDOW.total_seconds() / 60:g}")
        if self.max_silence is not None and not timedelta(0) < self.max_silence <= self.window:
            seconds = self.max_silence.total_seconds()
            raise ValueError(
                f"max_silence is {seconds:g} s; allowed is more than 0 s and at most the window, since older lines are "
                "not looked at"
            )
        if not 0 < self.max_error_percent <= 100:
            raise ValueError(f"max_error_percent is {self.max_error_percent:g}; allowed is more than 0, at most 100")
        if self.min_lines < 1:
            raise ValueError(f"min_lines is {self.min_lines}; allowed is 1 or more")
        if not timedelta(0) < self.timeout <= MAX_TIMEOUT:
            seconds = self.timeout.total_seconds()
            raise ValueError(f"timeout is {seconds:g} s; allowed is more than 0 s and at most {MAX_TIMEOUT.seconds} s")


def _permissions(targets: Sequence[Target[LogsSpec]], scope: AwsScope) -> tuple[Permission, ...]:
    if not targets:
        return ()
    prefix = f"arn:{scope.partition}:logs:{scope.region}:{scope.account}:log-group"
    return (
        Permission(
            actions=("logs:FilterLogEvents",),
            # AWS writes a group's ARN in both forms and says of no action which of them it compares.
            resources=tuple(sorted({f"{prefix}:{t.spec.group}{streams}" for t in targets for streams in ("", ":*")})),
            reason="the latest lines of the declared groups; they are classified and dropped",
        ),
    )


FAMILY: Family[LogsSpec] = Family(
    name="logs",
    title="Logs",
    plane=Plane.CONTROL,
    spec_type=LogsSpec,
    period=timedelta(minutes=5),
    timeout=timedelta(seconds=60),
    memory_mb=256,
    # FilterLogEvents: 5 a second for an account and region (CloudWatch Logs quotas); a thousand lines take some 15 ms
    cost=Cost(cpu_ms=40.0, blocking=True, calls=1, calls_per_second=5.0),
    permissions=_permissions,
    calls_per_target=1,
)
