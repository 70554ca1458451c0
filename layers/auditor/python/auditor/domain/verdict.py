"""Verdicts: what a target's checks, and a service's targets, add up to (design.md section 7, term "verdict")."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
_SEVERITIES = tuple(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Majority:
    """``n`` of the last ``of`` judged slots."""

    n: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What it takes for a verdict to turn bad, and to turn well again: one lost packet is no outage."""

    bad: Majority = Majority(n=2, of=3)
    well: Majority = Majority(n=2, of=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one slot said of a target. ``phase``: that of its worst failure; None where nothing failed."""

    slot: datetime
    verdict: Verdict
    phase: Phase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """A target's verdict, since when, since when it is bad, and what its last judged slots said, oldest first."""

    verdict: Verdict
    since: datetime
    bad_since: datetime | None = None
    judged_at: datetime | None = None
    recent: tuple[Seen, ...] = ()

    @property
    def suspect(self) -> bool:
        """Whether it is DOWN, or was when it was last judged and the majority is not reached yet."""
        return self.verdict is Verdict.DOWN or (bool(self.recent) and self.recent[-1].verdict is Verdict.DOWN)

    @property
    def failing_phase(self) -> Phase | None:
        """The phase in which it last failed, as far as that is remembered."""
        return next((seen.phase for seen in reversed(self.recent) if seen.verdict.bad), None)


def next_target_state(
    previous: TargetState | None,
    judged: Sequence[Result],
    asked: Mapping[str, Severity],
    judging: Judging,
    *,
    as_of: datetime,
    period: timedelta,
) -> TargetState:
    """The state of a deployed target after this moment.

    ``judged``: the answers of its newest run that speak of it; ``asked``: every check of that run. Within a family's
    period the same run is judged again and again: what was concluded from its slot before is replaced.
    """
    longest = max(judging.bad.of, judging.well.of)
    remembered = {seen.slot: seen for seen in (previous.recent if previous else ())}
    for slot in {result.slot for result in judged}:
        remembered.pop(slot, None)
        verdict = slot_verdict([r for r in judged if r.slot == slot], asked)
        if verdict is not Verdict.UNKNOWN:
            remembered[slot] = Seen(slot=slot, verdict=verdict, phase=_worst_phase(judged))
    oldest = as_of - (longest + STALE_PERIODS) * period
    recent = tuple(remembered[slot] for slot in sorted(remembered) if slot >= oldest)[-longest:]
    verdict = _majority(previous, recent, judging, as_of, period)
    bad = [seen.slot for seen in recent if seen.verdict.bad]
    bad_since = previous.bad_since if previous and previous.verdict.bad else min(bad, default=as_of)
    return TargetState(
        verdict=verdict,
        since=previous.since if previous and previous.verdict is verdict else as_of,
        bad_since=(bad_since or as_of) if verdict.bad else None,
        judged_at=recent[-1].slot if recent else previous.judged_at if previous else None,
        recent=recent,
    )


def _majority(
    previous: TargetState | None, recent: Sequence[Seen], judging: Judging, as_of: datetime, period: timedelta
) -> Verdict:
    """The verdict changes only towards what was seen last, and only when enough of the last slots agree."""
    if not recent or is_stale(recent[-1].slot, as_of, period):
        return Verdict.UNKNOWN
    last = recent[-1].verdict
    if previous is None or previous.judged_at is None:
        return last  # the first look at all: there is nothing that it could be weighed against
    before, bad, well = previous.verdict, recent[-judging.bad.of :], recent[-judging.well.of :]
    if last is Verdict.DOWN and _enough(bad, judging.bad, Verdict.DOWN):
        return Verdict.DOWN
    if last.bad and before is not Verdict.DOWN and _enough(bad, judging.bad, Verdict.DOWN, Verdict.DEGRADED):
        return Verdict.DEGRADED
    if last is Verdict.HEALTHY and (not before.bad or _enough(well, judging.well, Verdict.HEALTHY)):
        return Verdict.HEALTHY
    if before is Verdict.DOWN and last is not Verdict.DOWN:
        milder = _enough(well, judging.well, Verdict.HEALTHY, Verdict.DEGRADED)
        return Verdict.DEGRADED if milder else Verdict.DOWN
    return before


def _enough(seen: Sequence[Seen], majority: Majority, *verdicts: Verdict) -> bool:
    return sum(each.verdict in verdicts for each in seen) >= majority.n


def _worst_phase(judged: Iterable[Result]) -> Phase | None:
    """The phase of the worst failure that moves a verdict."""
    failures = [r for r in judged if r.status is not Status.PASS and r.severity is not Severity.ADVISORY]
    failures.sort(key=lambda result: (result.status is Status.FAIL, _SEVERITIES.index(result.severity)))
    return failures[-1].phase if failures else None


def is_stale(slot: datetime, as_of: datetime, period: timedelta) -> bool:
    """Whether what was seen in ``slot`` is too old to speak of ``as_of``."""
    return as_of - slot > STALE_PERIODS * period


def slot_verdict(judged: Iterable[Result], asked: Mapping[str, Severity]) -> Verdict:
    """What one slot's answers add up to; HEALTHY only when every high or critical check that was asked was seen.

    A target of which nothing but advice is asked can never turn bad: it is HEALTHY once any of it was seen.
    """
    judged = tuple(judged)
    moving = {result.check: result for result in judged if result.severity is not Severity.ADVISORY}
    if judged and all(severity is Severity.ADVISORY for severity in asked.values()):
        return Verdict.HEALTHY
    failing = [result for result in moving.values() if result.status is Status.FAIL]
    if any(result.severity.takes_down for result in failing):
        return Verdict.DOWN
    if failing or any(result.status is Status.WARN for result in moving.values()):
        return Verdict.DEGRADED
    unseen = [check for check, severity in asked.items() if severity.takes_down and check not in moving]
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
