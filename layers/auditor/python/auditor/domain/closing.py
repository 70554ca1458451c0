"""Closing an hour: its tallies become the roll-ups that are written once, ten minutes after the hour."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

from auditor.domain.histogram import Histogram, histogram_of
from auditor.domain.history import DAY, HOUR
from auditor.domain.instants import ceil_to, floor_to
from auditor.domain.rollup import Counts, Outcome, Rollup, Span, TargetRollup, added, counts_of
from auditor.domain.tally import RunTally, Tally, covered_minutes, distinct, run_key
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
    letters, buckets = _columns(runs)
    for id, slots in missing.items():
        letters[id] = letters.get(id, "") + Outcome.UNKNOWN * slots
    targets = {id: TargetRollup(counts_of(seen), histogram_of(buckets.get(id, ()))) for id, seen in letters.items()}
    scores = [t.score for t in tallies if t.score is not None and begin <= t.as_of < begin + HOUR]
    return (
        Rollup(
            begin=begin,
            services=_spans(targets, covered_minutes(runs, begin, begin + HOUR), platform),
            latencies=_latencies(buckets, platform),
            score_sum=sum(scores),
            scored=len(scores),
        ),
        targets,
    )


def _columns(runs: Sequence[RunTally]) -> tuple[dict[str, str], dict[str, tuple[int | None, ...]]]:
    """Per target its outcomes and its buckets. Runs of the same targets are turned round at once, not one by one."""
    groups: dict[tuple[str, ...], list[RunTally]] = {}
    for run in runs:
        groups.setdefault(run.targets, []).append(run)
    letters: dict[str, str] = {}
    buckets: dict[str, tuple[int | None, ...]] = {}
    for ids, group in groups.items():
        outcomes = map("".join, zip(*(run.outcomes for run in group), strict=True))
        taken = zip(*(run.buckets for run in group), strict=True)
        for id, outcome_column, bucket_column in zip(ids, outcomes, taken, strict=True):
            letters[id] = letters.get(id, "") + outcome_column
            buckets[id] = buckets.get(id, ()) + bucket_column
    return letters, buckets


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


def _spans(targets: Mapping[str, TargetRollup], minutes: Mapping[str, int], platform: Platform) -> dict[str, Span]:
    counts: dict[str, list[Counts]] = {}
    for target in platform.targets:
        if target.critical and target.id in targets:
            counts.setdefault(target.service, []).append(targets[target.id].counts)
    return {service: Span(added(parts), minutes.get(service, 0)) for service, parts in counts.items()}


def _latencies(buckets: Mapping[str, tuple[int | None, ...]], platform: Platform) -> dict[str, Histogram]:
    by_service: dict[str, list[tuple[int | None, ...]]] = {}
    for target in platform.targets:
        if target.critical and target.id in buckets:
            by_service.setdefault(target.service, []).append(buckets[target.id])
    found = {service: histogram_of(chain.from_iterable(columns)) for service, columns in by_service.items()}
    return {service: latency for service, latency in found.items() if latency.counts}
