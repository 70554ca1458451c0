"""The report of one moment: one model, several renderings. Every number in it is traced to results by id."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from auditor.domain.change import Change
from auditor.domain.history import TrendPoint
from auditor.domain.incident import TimelineEntry
from auditor.domain.observation import Phase, PhaseTiming
from auditor.domain.result import Scalar, Severity
from auditor.domain.score import Score
from auditor.domain.slo import ServiceLevel
from auditor.domain.suites import SuiteLine
from auditor.domain.verdict import Verdict

REPORT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetLine:
    """One probed thing on the dashboard."""

    id: str
    family: str
    component: str
    critical: bool
    verdict: Verdict
    since: datetime
    judged_at: datetime | None
    latency_ms: float | None
    summary: str
    result_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLine:
    """One service on the dashboard. ``victim_of`` names the targets whose failure explains this service's."""

    id: str
    title: str
    owner: str
    contact: str
    runbook: str
    verdict: Verdict
    since: datetime
    at_fault: bool
    victim_of: tuple[str, ...]
    targets: tuple[TargetLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One failing or warning result that was laid to its target."""

    service: str
    target: str
    component: str
    check: str
    severity: Severity
    status: str
    phase: Phase | None
    cause: str | None
    cause_meaning: str
    summary: str
    evidence: Mapping[str, Scalar]
    remediation: str
    since: datetime
    victim_of: tuple[str, ...]
    """Empty for a problem of its own; otherwise the targets whose failure explains this one."""
    result_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RootCause:
    """A fault that explains failing results; ``explains`` holds their ids, ``proof`` those of the observations."""

    component: str
    service: str
    fault: str
    fault_meaning: str
    statement: str
    confidence: str
    first_action: str
    proof: tuple[str, ...]
    ruled_out: tuple[str, ...]
    """What could have been blamed and is not at fault, each with its reason."""
    explains: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLine:
    """An incident that is open, or that ended a short while ago (``closed``).

    ``since``: the first bad slot; ``opened``: when it was judged to be one. ``roots``: ``component FAULT``, empty while
    it is undecided. ``paging``: whether the alarm of its service is raised. ``earlier``: the last incident before it of
    ``recurrences`` that had one of its roots. ``merged``: ids of incidents that became this one. ``well_since``: all of
    it has been seen healthy from then on, and if
    that lasts it ends at ``ends``.
    """

    id: str
    service: str
    since: datetime
    opened: datetime
    closed: datetime | None
    well_since: datetime | None
    ends: datetime | None
    paging: bool
    targets: tuple[str, ...]
    roots: tuple[str, ...]
    acknowledged_by: str
    acknowledged_at: datetime | None
    muted_because: str
    """Why nothing is told of it now; empty when it is told."""
    turns: int
    """How often it turned bad."""
    flapping: bool
    recurrences: int
    earlier: str
    merged: tuple[str, ...]
    timeline: tuple[TimelineEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageGap:
    """Something that the auditor could not see, why, and what would let it see."""

    service: str
    target: str
    critical: bool
    cause: str
    cause_meaning: str
    phase: Phase | None
    summary: str
    reason: str
    """Why this is the auditor's limit and not the target's failure."""
    remedy: str
    result_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTime:
    """The phases of one probe of one address. ``address`` is empty where a family knows one address only."""

    service: str
    target: str
    address: str
    total_ms: float
    ok: bool
    phases: tuple[PhaseTiming, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """The checks of one family by answer; the five numbers add up to ``total``.

    ``unknown`` counts what the auditor could not tell, also a FAIL that was laid to its vantage or came too late.
    """

    family: str
    passed: int
    warned: int
    failed: int
    unknown: int
    skipped: int

    @property
    def total(self) -> int:
        """All checks of the family."""
        return self.passed + self.warned + self.failed + self.unknown + self.skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One expected run and the slot it last reported for; ``slot`` is None when it never did."""

    family: str
    shard: int
    slot: datetime | None
    stale: bool
    object_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The aggregated document. ``coverage_percent`` is judged checks of those that were not skipped."""

    schema_version: int
    title: str
    platform: str
    stage: str
    region: str
    as_of: datetime
    seconds_per_minute: float | None
    """Wall seconds that a minute took while this was measured; None in real time."""
    vantages: tuple[str, ...]
    verdict: Verdict
    headline: str
    coverage_percent: float
    critical_targets: int
    critical_targets_judged: int
    services: tuple[ServiceLine, ...]
    problems: tuple[Problem, ...]
    roots: tuple[RootCause, ...] = ()
    noticed: tuple[RootCause, ...] = ()
    """Defects, and planes that disagree, which explain no failing result: findings, never an incident."""
    unexplained: tuple[str, ...] = ()
    """Ids of failing results that no root explains: the evidence does not decide."""
    next_observation: str = ""
    """The cheapest observation that could decide them; empty when nothing is undecided."""
    incidents: tuple[IncidentLine, ...] = ()
    """Open ones first, the oldest leading; then those of the last day that ended, the newest leading."""
    muted: Mapping[str, str] = field(default_factory=dict)
    """Service to why nothing is told of it now."""
    coverage_gaps: tuple[CoverageGap, ...]
    response_times: tuple[ResponseTime, ...]
    categories: tuple[Category, ...]
    runs: tuple[RunLine, ...]
    reproduce: tuple[str, ...]
    score: Score | None = None
    levels: tuple[ServiceLevel, ...] = ()
    change: Change | None = None
    """Since the last report that was kept; None when there is none."""
    trend: tuple[TrendPoint, ...] = ()
    suites: tuple[SuiteLine, ...] = ()
    """What other people's test suites said: apart from the platform's health, counted into nothing."""
