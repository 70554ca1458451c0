"""Verdicts: what a target's checks, and a service's targets, add up to (design.md section 7, term "verdict")."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from auditor.domain.observation import Phase
from auditor.domain.result import Result, Severity, Status

STALE_PERIODS = 2
"""An answer older than this many periods of its family speaks no longer (design.md section 5)."""


class Verdict(StrEnum):
    """The state of a target or a service."""

    HEALTHY = "HEALTHY"
    DEGRADED = "DEGRADED"
    DOWN = "DOWN"
    UNKNOWN = "UNKNOWN"
    NOT_DEPLOYED = "NOT_DEPLOYED"

    @property
    def bad(self) -> bool:
        """Whether users are, or may be, harmed."""
        return self in (Verdict.DEGRADED, Verdict.DOWN)


_WORST_FIRST = (Verdict.DOWN, Verdict.DEGRADED, Verdict.UNKNOWN, Verdict.HEALTHY)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckMemory:
    """The last judged answer of one check: it stands for two periods, then it is forgotten."""

    status: Status
    severity: Severity
    slot: datetime
    phase: Phase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """A target's verdict, since when, since when it is bad, and what its checks said last."""

    verdict: Verdict
    since: datetime
    bad_since: datetime | None = None
    judged_at: datetime | None = None
    checks: Mapping[str, CheckMemory] = field(default_factory=dict)


def remember(
    previous: Mapping[str, CheckMemory],
    judged: Iterable[Result],
    asked: Iterable[str],
    as_of: datetime,
    period: timedelta,
) -> dict[str, CheckMemory]:
    """Per check the latest judged answer that is not stale; checks that are asked no more are dropped."""
    still_asked = set(asked)
    memory = {check: entry for check, entry in previous.items() if check in still_asked}
    for result in judged:
        known = memory.get(result.check)
        if known is None or known.slot <= result.slot:
            memory[result.check] = CheckMemory(
                status=result.status, severity=result.severity, slot=result.slot, phase=result.phase
            )
    return {check: entry for check, entry in memory.items() if not is_stale(entry.slot, as_of, period)}


def is_stale(slot: datetime, as_of: datetime, period: timedelta) -> bool:
    """Whether what was seen in ``slot`` is too old to speak of ``as_of``."""
    return as_of - slot > STALE_PERIODS * period


def target_verdict(memory: Mapping[str, CheckMemory], asked: Mapping[str, Severity]) -> Verdict:
    """What was seen adds up to this; HEALTHY only when every high or critical check that is asked was seen."""
    moving = {check: entry for check, entry in memory.items() if entry.severity is not Severity.ADVISORY}
    failing = [entry for entry in moving.values() if entry.status is Status.FAIL]
    if any(entry.severity.takes_down for entry in failing):
        return Verdict.DOWN
    if failing or any(entry.status is Status.WARN for entry in moving.values()):
        return Verdict.DEGRADED
    unseen = [c for c, severity in asked.items() if severity.takes_down and c not in memory]
    if not moving or unseen:
        return Verdict.UNKNOWN
    return Verdict.HEALTHY


def service_verdict(critical: Iterable[Verdict], others: Iterable[Verdict]) -> Verdict:
    """The worst of the critical targets; non-critical ones degrade at most. Without a deployed target: NOT_DEPLOYED."""
    critical, others = list(critical), list(others)
    deployed: list[Verdict] = [verdict for verdict in critical if verdict is not Verdict.NOT_DEPLOYED]
    capped: list[Verdict] = [
        Verdict.DEGRADED if v is Verdict.DOWN else v for v in others if v is not Verdict.NOT_DEPLOYED
    ]
    if not deployed:
        deployed, capped = capped, []
    if not deployed:
        return Verdict.NOT_DEPLOYED if critical or others else Verdict.UNKNOWN
    worst = min(deployed, key=_WORST_FIRST.index)
    if worst in (Verdict.HEALTHY, Verdict.UNKNOWN) and any(verdict.bad for verdict in capped):
        return Verdict.DEGRADED
    return worst
