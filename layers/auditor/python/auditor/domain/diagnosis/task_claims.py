"""What is said of a service's tasks: how many there are, since when, and why some stopped."""

from dataclasses import dataclass
from datetime import datetime

from auditor.domain.diagnosis.proof import Proof
from auditor.domain.diagnosis.words import StopReason


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStopped:
    """A task of a service stopped lately."""

    component: str
    reason: StopReason
    exit_code: int | None = None
    count: int = 1
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCounts:
    """How many tasks a service wants and has; ``rolling_out``: a deployment is in progress and has not failed.

    ``may_rest``: it is meant to want none now and then, or nobody has said that it should not.
    """

    component: str
    desired: int
    running: int
    may_rest: bool = False
    rolling_out: bool = False
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksStarted:
    """The oldest running task of a service started then."""

    component: str
    at: datetime
    proof: Proof = ()


TaskClaim = TaskStopped | RunningCounts | TasksStarted
