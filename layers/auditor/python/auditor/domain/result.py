"""Results: one check's answer about one target. Immutable, and complete enough to be read on its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from auditor.domain.instants import format_instant
from auditor.domain.observation import Failure, Phase

Scalar = str | int | float | bool | None


class Status(StrEnum):
    """PASS, WARN and FAIL speak of the target; UNKNOWN of the auditor; SKIPPED of a step that had no turn."""

    PASS = "PASS"  # noqa: S105 - a status, no password
    WARN = "WARN"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
    SKIPPED = "SKIPPED"

    @property
    def judged(self) -> bool:
        """Whether this answer says something about the target."""
        return self in (Status.PASS, Status.WARN, Status.FAIL)


class Severity(StrEnum):
    """How bad a FAIL of a check is. ADVISORY makes a finding and moves no verdict."""

    ADVISORY = "advisory"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def takes_down(self) -> bool:
        """Whether a FAIL of this severity makes the target DOWN, not merely DEGRADED."""
        return self in (Severity.HIGH, Severity.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a check says, before the runner adds whom it speaks of. ``summary`` is one full sentence."""

    status: Status
    summary: str
    cause: str | None = None
    phase: Phase | None = None
    evidence: Mapping[str, Scalar] = field(default_factory=dict)
    remedy: str | None = None
    """A remedy for exactly this answer; the check's own remediation stands where this is None."""


def passed(summary: str, **evidence: Scalar) -> Answer:
    """The healthy answer."""
    return Answer(status=Status.PASS, summary=summary, evidence=evidence)


def skipped(summary: str, **evidence: Scalar) -> Answer:
    """The step had no turn, because an earlier one failed or the target is declared not deployed."""
    return Answer(status=Status.SKIPPED, summary=summary, evidence=evidence)


def failed(failure: Failure, summary: str | None = None, **evidence: Scalar) -> Answer:
    """The target failed in a named phase for a named cause."""
    return Answer(
        status=Status.FAIL,
        summary=summary or failure.detail,
        cause=failure.cause,
        phase=failure.phase,
        evidence=evidence,
    )


def unknown(failure: Failure, summary: str | None = None, *, remedy: str | None = None, **evidence: Scalar) -> Answer:
    """The auditor could not tell; ``failure`` names its own limit, ``remedy`` what removes it."""
    return Answer(
        status=Status.UNKNOWN,
        summary=summary or failure.detail,
        cause=failure.cause,
        phase=failure.phase,
        evidence=evidence,
        remedy=remedy,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One check's answer about one target in one slot."""

    family: str
    target: str
    check: str
    slot: datetime
    status: Status
    severity: Severity
    summary: str
    cause: str | None = None
    phase: Phase | None = None
    latency_ms: float | None = None
    evidence: Mapping[str, Scalar] = field(default_factory=dict)
    remediation: str = ""

    @property
    def id(self) -> str:
        """What every number of a report is traced to: unique within a bundle."""
        return f"{self.family}/{self.target}/{self.check}@{format_instant(self.slot)}"
