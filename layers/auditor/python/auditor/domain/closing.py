"""Closing an hour: its tallies become the roll-ups that are written once, ten minutes after the hour."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from auditor.domain.histogram import Histogram, histogram_of, merged
from auditor.domain.history import DAY, HOUR
from auditor.domain.instants import ceil_to, floor_to
from auditor.domain.rollup import Counts, Outcome, Rollup, Span, TargetRollup, added, counts_of
from auditor.domain.tally import RunTally, Tally, distinct, run_key, spans
from auditor.domain.topology import Platform

GRACE = timedelta(minutes=10)
"""How long after its end an hour still takes late runs."""
REACH = timedelta(hours=2)
"""How far back late runs are looked for, and hours that nobody closed are closed."""


def due_hours(as_of: datetime, closed: Iterable[datetime], runs: Iterable[RunTally]) -> list[datetime]:
    """The hours that can be closed: over for ten minutes, within reach, not closed, and something was counted in."""
    seen = {floor_to(run.slot, HOUR) for run in runs}
    return sorted(hour for hour in seen - set(closed) if as_of - REACH - HOUR <= hour <= as_of - HOUR - GRACE)


def due_days(as_of: datetime, hours: Iterable[datetime], closed: Iterable[datetime]) -> list[datetime]:
    """The days that can be closed: over for ten minutes, not closed, and an hour of them was."""
    seen = {floor_to(hour, DAY) for hour in hours}
    return sorted(day for day in seen - set(closed) if day <= as_of - DAY - GRACE)


def open_since(as_of: datetime, closed: Iterable[datetime]) -> datetime:
    """The begin of the oldest hour within reach that still takes late runs: none before a closed one does."""
    reach = floor_to(as_of, HOUR) - REACH
    return max((hour + HOUR for hour in closed if hour >= reach), default=reach)


def close_hour(
    begin: datetime,
    tallies: Sequence[Tally],
    platform: Platform,
    periods: Mapping[str, timedelta],
    *,
    first_of_all: bool,
) -> tuple[Rollup, dict[str, TargetRollup]]:
    """The hour's roll-up of the platform and of each target.

    A slot in which an expected run never came counts as UNKNOWN for its targets. ``first_of_all``: no hour was closed
    before this one, so what lies before its first run was not audited at all and counts as nothing.
    """
    runs = [run for run in distinct(tallies) if begin <= run.slot < begin + HOUR]
    audited_from = min((run.slot for run in runs), default=begin) if first_of_all else begin
    missing = _missing(runs, platform, periods, audited_from, begin + HOUR)
    letters: dict[str, list[str]] = {}
    buckets: dict[str, list[int]] = {}
    for run in runs:
        for id, letter, bucket in zip(run.targets, run.outcomes, run.buckets, strict=True):
            letters.setdefault(id, []).append(letter)
            if bucket is not None:
                buckets.setdefault(id, []).append(bucket)
    for id, slots in missing.items():
        letters.setdefault(id, []).append(Outcome.UNKNOWN * slots)
    targets = {
        id: TargetRollup(counts_of("".join(seen)), histogram_of(buckets.get(id, ()))) for id, seen in letters.items()
    }
    scores = [t.score for t in tallies if t.score is not None and begin <= t.as_of < begin + HOUR]
    return (
        Rollup(
            begin=begin,
            services=_with_missing(spans(runs, begin, begin + HOUR), missing, platform),
            latencies=_latencies(targets, platform),
            score_sum=sum(scores),
            scored=len(scores),
        ),
        targets,
    )


def _missing(
    runs: Sequence[RunTally],
    platform: Platform,
    periods: Mapping[str, timedelta],
    audited_from: datetime,
    end: datetime,
) -> dict[str, int]:
    """Per deployed target the slots whose expected run never came."""
    came = {run.key for run in runs}
    deployed = {target.id for target in platform.targets if target.deployed}
    missing: dict[str, int] = {}
    for shard in platform.shards:
        period = periods[shard.family]
        first = ceil_to(audited_from, period)
        slots = (first + number * period for number in range((ceil_to(end, period) - first) // period))
        count = sum(run_key(shard.family, shard.number, slot) not in came for slot in slots)
        if count:
            missing |= dict.fromkeys(deployed.intersection(shard.targets), count)
    return missing


def _with_missing(seen: Mapping[str, Span], missing: Mapping[str, int], platform: Platform) -> dict[str, Span]:
    services = dict(seen)
    for target in platform.targets:
        if target.critical and target.id in missing:
            span = services.get(target.service, Span())
            unknown = Counts(unknown=missing[target.id])
            services[target.service] = Span(added((span.counts, unknown)), span.minutes)
    return services


def _latencies(targets: Mapping[str, TargetRollup], platform: Platform) -> dict[str, Histogram]:
    by_service: dict[str, list[Histogram]] = {}
    for target in platform.targets:
        if target.critical and target.id in targets and targets[target.id].latency.counts:
            by_service.setdefault(target.service, []).append(targets[target.id].latency)
    return {service: merged(histograms) for service, histograms in by_service.items()}
