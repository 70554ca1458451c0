"""Tallies: what one slot of the aggregator counted, run by run. They are kept for some hours and never changed.

Everything that is added up from tallies goes by run, so a run that two tallies hold counts once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from auditor.domain.assessment import Knowledge
from auditor.domain.attribution import Reading, attribute
from auditor.domain.bundle import Bundle
from auditor.domain.histogram import buckets_of
from auditor.domain.instants import format_instant
from auditor.domain.muting import in_maintenance
from auditor.domain.result import Result
from auditor.domain.rollup import Counts, Outcome, Span, added, counts_of, outcome_of
from auditor.domain.topology import Platform
from auditor.domain.verdict import is_stale

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTally:
    """One run: per target its outcome (a letter each) and the bucket of its latency, where it served.

    ``services``: the events of each service's critical targets in this run. The run speaks of ``minutes`` from its slot
    on, its family's period.
    """

    family: str
    shard: int
    slot: datetime
    minutes: int
    targets: tuple[str, ...]
    outcomes: str
    buckets: tuple[int | None, ...]
    services: Mapping[str, Counts]

    @property
    def key(self) -> str:
        """Who it is counted once by."""
        return run_key(self.family, self.shard, self.slot)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the aggregator counted at ``as_of``, and the platform's score then, if it had one."""

    as_of: datetime
    score: float | None
    runs: tuple[RunTally, ...]


def run_key(family: str, shard: int, slot: datetime) -> str:
    """What tells runs apart."""
    return f"{family}#{shard}#{format_instant(slot)}"


def tally_runs(bundle: Bundle, readings: Iterable[Reading], periods: Mapping[str, timedelta]) -> tuple[RunTally, ...]:
    """The bundle's runs that are not counted yet. One that is stale is left to be counted as a late one."""
    by_run: dict[tuple[str, datetime], dict[str, list[Reading]]] = {}
    for reading in readings:
        result = reading.result
        by_run.setdefault((result.family, result.slot), {}).setdefault(result.target, []).append(reading)
    counted = set(bundle.counted)
    tallies = []
    for run in bundle.runs:
        if run.extra or run_key(run.family, run.shard, run.slot) in counted:
            continue
        if is_stale(run.slot, bundle.as_of, periods[run.family]):
            continue
        known = by_run.get((run.family, run.slot), {})
        own = dict.fromkeys(result.target for result in run.results if result.target in known)
        tallies.append(
            tally_run(
                bundle.platform,
                family=run.family,
                shard=run.shard,
                slot=run.slot,
                period=periods[run.family],
                readings={id: known[id] for id in own},
            )
        )
    return tuple(tallies)


def tally_run(
    platform: Platform,
    *,
    family: str,
    shard: int,
    slot: datetime,
    period: timedelta,
    readings: Mapping[str, Sequence[Reading]],
) -> RunTally:
    """One run, whose readings are given by target."""
    targets = [target for target in platform.targets if target.id in readings and target.deployed]
    services = {target.service for target in targets}
    resting = {service for service in services if in_maintenance(platform.maintenance, service, slot)}
    outcomes = {t.id: outcome_of(readings[t.id], maintenance=t.service in resting) for t in targets}
    by_service: dict[str, list[str]] = {}
    for target in targets:
        if target.critical:
            by_service.setdefault(target.service, []).append(outcomes[target.id])
    return RunTally(
        family=family,
        shard=shard,
        slot=slot,
        minutes=max(1, period // _MINUTE),
        targets=tuple(target.id for target in targets),
        outcomes="".join(outcomes[target.id] for target in targets),
        buckets=tuple(buckets_of(_latency_ms(outcomes[target.id], readings[target.id]) for target in targets)),
        services={service: counts_of("".join(letters)) for service, letters in by_service.items()},
    )


def _latency_ms(outcome: Outcome, readings: Sequence[Reading]) -> float | None:
    if outcome not in (Outcome.PASSED, Outcome.WARNED):
        return None
    return max((r.result.latency_ms for r in readings if r.result.latency_ms is not None), default=None)


def tally_late(
    bundle: Bundle, knowledge: Knowledge, *, family: str, shard: int, slot: datetime, results: Sequence[Result]
) -> RunTally:
    """A run that no slot of the aggregator judged. It moves no verdict; it counts in its hour.

    It is attributed among what the other runs of the bundle say, the nearest moment that is at hand.
    """
    others = (run for run in bundle.runs if not run.extra and (run.family, run.shard) != (family, shard))
    readings = attribute(
        bundle.platform,
        [*results, *(result for run in others for result in run.results)],
        as_of=slot,
        periods=knowledge.periods,
        causes=knowledge.causes,
        contacting=knowledge.contacting,
        not_admitted=knowledge.not_admitted(bundle),
    )
    own: dict[str, list[Reading]] = {}
    for reading in readings[: len(results)]:
        own.setdefault(reading.result.target, []).append(reading)
    return tally_run(
        bundle.platform, family=family, shard=shard, slot=slot, period=knowledge.periods[family], readings=own
    )


def distinct(tallies: Iterable[Tally]) -> list[RunTally]:
    """Every run once, in the order of their slots."""
    runs: dict[str, RunTally] = {}
    for tally in tallies:
        for run in tally.runs:
            runs.setdefault(run.key, run)
    return sorted(runs.values(), key=lambda run: (run.slot, run.family, run.shard))


def spans(runs: Iterable[RunTally], begin: datetime, end: datetime) -> dict[str, Span]:
    """Per service what the runs with a slot in ``[begin, end)`` add up to."""
    counts: dict[str, list[Counts]] = {}
    within = [run for run in runs if begin <= run.slot < end]
    for run in within:
        for service, seen in run.services.items():
            counts.setdefault(service, []).append(seen)
    minutes = covered_minutes(within, begin, end)
    return {id: Span(added(seen), minutes[id]) for id, seen in counts.items()}


def covered_minutes(runs: Iterable[RunTally], begin: datetime, end: datetime) -> dict[str, int]:
    """Per service how many minutes of ``[begin, end)`` the runs speak of, each once; all begin in it."""
    masks: dict[str, int] = {}
    last = (end - begin) // _MINUTE
    for run in runs:
        first = (run.slot - begin) // _MINUTE
        mask = ((1 << min(run.minutes, last - first)) - 1) << first
        for service in run.services:
            masks[service] = masks.get(service, 0) | mask
    return {service: mask.bit_count() for service, mask in masks.items()}
