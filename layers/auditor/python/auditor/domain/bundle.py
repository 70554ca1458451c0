"""The evidence bundle: one JSON document that holds a moment whole. The same bundle always gives the same report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from auditor.domain.change import ReportDigest
from auditor.domain.history import ServiceHistory, TrendPoint
from auditor.domain.incident import Incidents
from auditor.domain.muting import Silence
from auditor.domain.observation import Observation, Vantage
from auditor.domain.result import Result
from auditor.domain.topology import Platform
from auditor.domain.tracked import Series
from auditor.domain.verdict import TargetState, Verdict

BUNDLE_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One scheduled execution of a family for a shard: what it saw and what its checks said. Facts are plain JSON."""

    family: str
    shard: int
    slot: datetime
    request_id: str
    vantage: Vantage
    observations: tuple[Observation[Any], ...]
    results: tuple[Result, ...]
    extra: bool = False
    object_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """A service's verdict, and whether it is at fault for something: if not, it fails only because of others."""

    verdict: Verdict
    since: datetime
    at_fault: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the aggregator remembers from slot to slot. ``version`` counts its writes.

    ``merged_requests``: ids of people's requests of the last hours, so that each is carried out once. ``tracked``: the
    last values of each tracked fact by name.
    """

    version: int = 0
    as_of: datetime | None = None
    targets: Mapping[str, TargetState] = field(default_factory=dict)
    services: Mapping[str, ServiceState] = field(default_factory=dict)
    incidents: Incidents = field(default_factory=Incidents)
    silences: tuple[Silence, ...] = ()
    merged_requests: tuple[str, ...] = ()
    tracked: Mapping[str, Series] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A moment whole. ``runs`` holds the latest run of every expected (family, shard) that ever reported.

    ``state`` is what was known before this moment; ``rollups`` and ``trend`` are what the past adds up to, without this
    moment, and ``last_report`` is a digest of the last one that was kept. ``tracked`` are the last values of the facts
    that families mark as such, this moment's included.
    """

    schema_version: int
    stage: str
    as_of: datetime
    platform: Platform
    runs: tuple[Run, ...]
    state: State
    seconds_per_minute: float | None = None
    rollups: tuple[ServiceHistory, ...] = ()
    counted: tuple[str, ...] = ()
    """Keys of those of ``runs`` that the roll-ups hold already: this moment counts them no second time."""
    trend: tuple[TrendPoint, ...] = ()
    tracked: Mapping[str, Series] = field(default_factory=dict)
    last_report: ReportDigest | None = None
