"""What the aggregator keeps of the past: it is read before a moment is judged, and written after it was told."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from auditor.adapters.runs import PackedRun
from auditor.domain.assessment import Assessment, Knowledge
from auditor.domain.bundle import Bundle, Run
from auditor.domain.change import ReportDigest
from auditor.domain.closing import close_hour, due_days, due_hours, open_since
from auditor.domain.digest import digest_of
from auditor.domain.history import DAY
from auditor.domain.instants import floor_to
from auditor.domain.past import Past, service_histories, trend
from auditor.domain.report import Report
from auditor.domain.rollup import Rollup, TargetRollup, day_of, merged_target
from auditor.domain.tally import RunTally, Tally, run_key, tally_late, tally_runs

_LATE_LOOK = timedelta(minutes=10)
"""Late runs are looked for this often, and so also when an hour is closed: a look reads every commit of an hour."""


class History(Protocol):
    """Keeps what was counted; every item is written once."""

    def past(self, as_of: datetime, longest: timedelta) -> Past:
        """What a moment's windows need."""

    def tallies(self, begin: datetime, end: datetime) -> Sequence[Tally]:
        """All tallies of a time, as they are stored now."""

    def target_hours(self, day: datetime) -> Iterable[Mapping[str, TargetRollup]]:
        """The targets' roll-ups of a day's hours."""

    def append_tally(self, tally: Tally) -> None:
        """Keeps what a slot counted."""

    def append_hour(self, rollup: Rollup, targets: Mapping[str, TargetRollup]) -> None:
        """Closes an hour."""

    def append_day(self, rollup: Rollup, targets: Mapping[str, TargetRollup]) -> None:
        """Closes a day."""

    def append_report(self, digest: ReportDigest) -> None:
        """Keeps what the next reports are compared with."""


class Commits(Protocol):
    """Reads what probes committed."""

    def between(self, family: str, shard: int, first: datetime, last: datetime) -> Sequence[PackedRun]:
        """The scheduled runs of a shard, both slots included."""


def remembered(bundle: Bundle, past: Past) -> Bundle:
    """The bundle with what the past adds up to."""
    counted = {run.key for run in past.runs}
    return replace(
        bundle,
        rollups=service_histories(past, bundle.as_of, bundle.platform),
        counted=tuple(sorted(counted & {_key(run) for run in bundle.runs})),
        trend=trend(past),
        last_report=past.last_report,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A judged moment; ``dated``: its report is kept under its instant."""

    bundle: Bundle
    assessment: Assessment
    report: Report
    dated: bool


def keep(history: History, commits: Commits, past: Past, moment: Moment, knowledge: Knowledge) -> None:
    """Keeps what this moment counted, and closes what is due. Repeating it changes nothing. Raises AwsError."""
    bundle, report = moment.bundle, moment.report
    if moment.dated:
        history.append_report(digest_of(report))
    runs = tally_runs(bundle, moment.assessment.readings, knowledge.periods)
    before = bundle.state.as_of
    if before is None or floor_to(before, _LATE_LOOK) != floor_to(bundle.as_of, _LATE_LOOK):
        runs += _late(commits, past, bundle, knowledge, {run.key for run in runs})
    score = report.score.value if report.score else None
    history.append_tally(Tally(as_of=bundle.as_of, score=score, runs=runs))
    _close(history, past, bundle, knowledge)


def _late(
    commits: Commits, past: Past, bundle: Bundle, knowledge: Knowledge, counting: Set[str]
) -> tuple[RunTally, ...]:
    """The runs of hours that are still open that no slot has counted."""
    counted = counting | {run.key for run in past.runs}
    since = open_since(bundle.as_of, [hour.begin for hour in past.hours])
    return tuple(
        tally_late(bundle, knowledge, family=shard.family, shard=shard.number, slot=found.slot, results=found.results)
        for shard in bundle.platform.shards
        for found in commits.between(shard.family, shard.number, since, bundle.as_of)
        if run_key(shard.family, shard.number, found.slot) not in counted
    )


def _close(history: History, past: Past, bundle: Bundle, knowledge: Knowledge) -> None:
    """Closes the hours and days that are over for ten minutes."""
    hours = list(past.hours)
    for begin in due_hours(bundle.as_of, [hour.begin for hour in hours], past.runs):
        tallies = history.tallies(begin, bundle.as_of)
        rollup, targets = close_hour(
            begin, tallies, bundle.platform, knowledge.periods, first_of_all=not past.hours and not past.days
        )
        history.append_hour(rollup, targets)
        hours.append(rollup)
    for begin in due_days(bundle.as_of, [hour.begin for hour in hours], [day.begin for day in past.days]):
        parts: dict[str, list[TargetRollup]] = {}
        for part in history.target_hours(begin):
            for id, rollup_of_hour in part.items():
                parts.setdefault(id, []).append(rollup_of_hour)
        of_day = [hour for hour in hours if floor_to(hour.begin, DAY) == begin]
        history.append_day(day_of(begin, of_day), {id: merged_target(found) for id, found in parts.items()})


def _key(run: Run) -> str:
    return run_key(run.family, run.shard, run.slot)
