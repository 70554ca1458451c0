"""History: what rolling up, reporting with a past and keeping it cost. A check is one probe of one target here."""

import gc
import math
import random
import time
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from statistics import median
from typing import Any

from auditor.adapters.rollups import RollupStore
from auditor.adapters.runs import RunStore
from auditor.adapters.state import StateStore
from auditor.domain.assessment import assess
from auditor.domain.bundle import Run, State
from auditor.domain.closing import close_hour
from auditor.domain.digest import digest_of
from auditor.domain.histogram import Histogram, buckets_of
from auditor.domain.history import DAY, HOUR, MINUTE
from auditor.domain.instants import floor_to
from auditor.domain.observation import Phase
from auditor.domain.past import Past
from auditor.domain.reporting import build_report
from auditor.domain.result import Status
from auditor.domain.rollup import Counts, Rollup, Span, TargetRollup, day_of, merged_target, pack, unpack
from auditor.domain.tally import RunTally, Tally, tally_runs
from auditor.domain.topology import Platform
from functions.aggregator.aggregate import rendered
from functions.aggregator.claims import diagnosis_of
from functions.aggregator.history import remembered
from tests.bench.row import Row
from tests.fakes import KNOWLEDGE, Says, bundle, platform, runs, target

_MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
_NOW = _MIDNIGHT + 16 * HOUR
_CHECKS = 8
_ROUNDS = 3
_LAMBDA_SHARE = 1769 / 512
"""A function of 512 MB has this part of a core less (performance.md): CPU seconds times it are its wall seconds."""
_PERCENTILES = (50.0, 90.0, 95.0, 99.0, 99.9)


def rows() -> list[Row]:
    """All rows of this module. Like the aggregator's handler, nothing is garbage-collected within what is measured."""
    gc.disable()
    try:
        return [*_roll_up(), *_reports(), _write_units()]
    finally:
        gc.enable()


def _ids(targets: int) -> list[str]:
    return [f"service-{number // 10:03d}-target-{number:05d}" for number in range(targets)]


def _platform(targets: int) -> Platform:
    return platform([target(id, "page", id[: id.index("-target")]) for id in _ids(targets)])


def _latencies(chance: random.Random, base: list[float]) -> list[float]:
    """One slot: each target around its own latency, two in a hundred slow."""
    return [b * chance.lognormvariate(0, 0.2) * (chance.uniform(3, 10) if chance.random() < 0.02 else 1) for b in base]


def _tally(where: Platform, slot: datetime, latencies: list[float], services: Mapping[str, Counts]) -> Tally:
    ids = where.shards[0].targets
    run = RunTally(
        family="page",
        shard=0,
        slot=slot,
        minutes=1,
        targets=ids,
        outcomes="P" * len(ids),
        buckets=tuple(buckets_of(latencies)),
        services=services,
    )
    return Tally(as_of=slot, score=100.0, runs=(run,))


def _services(where: Platform) -> dict[str, Counts]:
    return {service.id: Counts(passed=10) for service in where.services}


def _roll_up() -> Iterator[Row]:
    rounds = [_rolled_up(seed) for seed in range(_ROUNDS)]
    used = [cpu for cpu, _, _ in rounds]
    worst, size = max(error for _, error, _ in rounds), max(size for _, _, size in rounds)
    yield Row(
        "roll-up of 1.44 million results to hours and a day, 5 percentiles each",
        "1 s CPU",
        f"{median(used):.2f} s CPU ({min(used):.2f} to {max(used):.2f} in {_ROUNDS} rounds)",
        "reached" if median(used) <= 1 else "missed",
    )
    yield Row(
        "percentiles of the day against the nearest rank, 1,000 targets",
        "1 %",
        f"{100 * worst:.3f} % at worst",
        "reached" if worst <= 0.01 else "missed",
    )
    yield Row(
        "roll-up per check and hour, before gzip",
        "120 bytes",
        f"{size:.0f} bytes",
        "reached" if size <= 120 else "missed",
    )


def _rolled_up(seed: int) -> tuple[float, float, float]:
    """CPU seconds, the worst relative error of a percentile, and bytes per check and hour."""
    where, chance = _platform(1000), random.Random(seed)
    services = _services(where)
    base = [chance.uniform(20, 500) for _ in where.targets]
    used, packed = 0.0, []
    exact = [array("d") for _ in base]  # no lists, which the garbage collector would walk in the measured time
    for hour in range(24):
        begin = _MIDNIGHT + hour * HOUR
        slots = [_latencies(chance, base) for _ in range(60)]
        for seen, column in zip(exact, zip(*slots, strict=True), strict=True):
            seen.extend(column)
        started = time.process_time()
        tallies = [_tally(where, begin + n * MINUTE, slot, services) for n, slot in enumerate(slots)]
        _, targets = close_hour(begin, tallies, where, KNOWLEDGE.periods, first_of_all=False)
        packed.append(pack(targets))
        used += time.process_time() - started
    started = time.process_time()
    parts: dict[str, list[TargetRollup]] = {}
    for part in packed:
        for id, found in unpack(part).items():
            parts.setdefault(id, []).append(found)
    day = [merged_target(found).latency for found in parts.values()]
    found = [histogram.percentiles(*_PERCENTILES) for histogram in day]
    used += time.process_time() - started
    worst = max(
        abs(seen - true) / true
        for values, of_target in zip(exact, found, strict=True)
        for seen, true in zip(of_target, (_nearest_rank(sorted(values), p) for p in _PERCENTILES), strict=True)
    )
    return used, worst, sum(map(len, packed)) / len(packed) / len(base)


def _nearest_rank(values: Sequence[float], percent: float) -> float:
    return values[max(1, math.ceil(percent / 100 * len(values))) - 1]


def _runs(where: Platform, slot: datetime, chance: random.Random) -> tuple[Run, ...]:
    """One slot in which one target in a hundred fails, and every latency is its own."""
    fine = tuple(Says(f"check{number}") for number in range(_CHECKS))
    refused = (Says("check0", Status.FAIL, "tcp.refused", Phase.TCP),)
    fails = refused + tuple(Says(f"check{number}", Status.SKIPPED) for number in range(1, _CHECKS))
    said = {t.id: fails if number % 100 == 7 else fine for number, t in enumerate(where.targets)}
    latencies = {t.id: chance.uniform(20, 500) for t in where.targets}
    return tuple(
        replace(run, results=tuple(replace(r, latency_ms=latencies[r.target]) for r in run.results))
        for run in runs(where, slot, said)
    )


def _past(where: Platform, days: int) -> Past:
    """A past of so many days as the windows read it."""
    latency = Histogram({200 + number: 5 for number in range(60)})

    def rollup(begin: datetime, minutes: int, latencies: Mapping[str, Histogram]) -> Rollup:
        span = Span(Counts(passed=minutes * 9, failed=1), minutes)
        services = {service.id: span for service in where.services}
        return Rollup(begin=begin, services=services, latencies=latencies, score_sum=99.0, scored=1)

    by_service = {service.id: latency for service in where.services}
    seen = range(16 + 24 * min(days, 4)) if days else range(0)
    first = floor_to(_NOW, DAY) - min(days, 4) * DAY
    tallies = [
        RunTally(
            family="page",
            shard=0,
            slot=_NOW - ago * MINUTE,
            minutes=1,
            targets=(),
            outcomes="",
            buckets=(),
            services=_services(where),
        )
        for ago in range(120 if days else 0, 0, -1)
    ]
    return Past(
        runs=tallies,
        hours=[rollup(first + number * HOUR, 60, by_service) for number in seen],
        days=[rollup(_MIDNIGHT - ago * DAY, 1440, {}) for ago in range(days, 0, -1)],
    )


def _reports() -> Iterator[Row]:
    used = {targets: _report_cpu(targets, 90) for targets in (100, 1_000, 10_000)}
    young = _report_cpu(1_000, 0)
    wall = used[1_000] * _LAMBDA_SHARE
    yield Row(
        "diagnosis and report (HTML, Markdown, JSON, bundle) of 1,000 targets with 90 days of history",
        "3 s at 512 MB",
        f"{wall:.2f} s ({used[1_000]:.2f} s CPU x {_LAMBDA_SHARE:.3f})",
        "reached" if wall <= 3 else "missed",
    )
    growth = [math.log10(after / before) for before, after in pairwise(used.values())]
    yield Row(
        "growth with targets: 100, 1,000, 10,000 with 90 days",
        "linear",
        ", ".join(f"{targets:,}: {seconds:.2f} s" for targets, seconds in used.items())
        + f"; exponents {growth[0]:.2f} and {growth[1]:.2f}",
        "reached" if max(growth) <= 1.15 else "missed",
    )
    yield Row(
        "growth with past results: 1,000 targets with 0 and with 90 days",
        "none beyond the windows' pieces",
        f"{young:.2f} s and {used[1_000]:.2f} s CPU",
        "reached" if used[1_000] <= 1.25 * young else "missed",
    )


def _report_cpu(targets: int, days: int) -> float:
    where = _platform(targets)
    seen = bundle(where, _NOW, _runs(where, _NOW, random.Random(2)))
    past = _past(where, days)
    started = time.process_time()
    moment = remembered(seen, past)
    assessment = assess(moment, KNOWLEDGE, partial(diagnosis_of, moment))
    rendered(build_report(moment, assessment, KNOWLEDGE), moment)
    tally_runs(moment, assessment.readings, KNOWLEDGE.periods)
    return time.process_time() - started


class _Counted:
    """Stands for DynamoDB and S3: refuses nothing, and adds up the write units of what is put."""

    def __init__(self) -> None:
        self.units = 0
        self.meta = self
        self.client = self

    def Table(self, _name: str) -> "_Counted":  # noqa: N802 - boto3's name
        return self

    def put_object(self, **_more: Any) -> None:
        """S3 has no write units."""

    def put_item(self, **put: Any) -> None:
        self.units += _units(put["Item"])

    def transact_write_items(self, **more: Any) -> None:
        self.units += sum(2 * _units(next(iter(write.values()))["Item"]) for write in more["TransactItems"])


def _units(item: Mapping[str, Any]) -> int:
    """Begun KB of names and values (DynamoDB developer guide, "Item sizes and formats")."""
    return math.ceil(sum(len(name) + _size(value) for name, value in item.items()) / 1024)


def _size(value: Any) -> int:
    if isinstance(value, bytes):
        return len(value)
    return len(value.encode()) if isinstance(value, str) else 8


def _write_units() -> Row:
    """Of one hour of 1,000 targets: runs, state and tally of each minute, the hour, a 24th of the day, a report."""
    where, chance, minutes = _platform(1000), random.Random(3), 3
    state = State()
    spent: dict[str, float] = {}

    def count(name: str, times: float, write: Callable[[_Counted], Any]) -> None:
        counted = _Counted()
        write(counted)
        spent[name] = spent.get(name, 0.0) + counted.units * times

    for number in range(minutes):
        slot = _NOW + number * MINUTE
        made = _runs(where, slot, chance)
        moment = remembered(bundle(where, slot, made, state), Past())
        assessment = assess(moment, KNOWLEDGE, partial(diagnosis_of, moment))
        report = build_report(moment, assessment, KNOWLEDGE)
        after = state = assessment.next_state(moment)
        tally = Tally(as_of=slot, score=100.0, runs=tally_runs(moment, assessment.readings, KNOWLEDGE.periods))
        per_hour = 60 / minutes
        for run in made:
            store = partial(RunStore, stage="bench", bucket="b")
            count("runs", per_hour, lambda c, run=run, store=store: store(table=c, s3=c).append(run))
        count(
            "state",
            per_hour,
            lambda c, after=after: StateStore(stage="bench", dynamodb=c, table_name="t").save(after, ()),
        )
        count("tallies", per_hour, lambda c, tally=tally: RollupStore(stage="bench", table=c).append_tally(tally))
    count("reports", 1, lambda c: RollupStore(stage="bench", table=c).append_report(digest_of(report)))
    base = [chance.uniform(20, 500) for _ in where.targets]
    services = _services(where)
    closed = []
    for hour in range(24):
        begin = _MIDNIGHT + hour * HOUR
        tallies = [_tally(where, begin + n * MINUTE, _latencies(chance, base), services) for n in range(60)]
        closed.append(close_hour(begin, tallies, where, KNOWLEDGE.periods, first_of_all=False))
    count("hours", 1, lambda c: RollupStore(stage="bench", table=c).append_hour(*closed[0]))
    day = day_of(_MIDNIGHT, [rollup for rollup, _ in closed])
    targets = {id: merged_target([found[id] for _, found in closed]) for id in closed[0][1]}
    count("days", 1 / 24, lambda c: RollupStore(stage="bench", table=c).append_day(day, targets))
    checks = 60 * len(where.targets)
    total = sum(spent.values()) / checks
    parts = ", ".join(f"{name} {units / checks:.4f}" for name, units in spent.items())
    return Row(
        f"write units per check, 1,000 targets of {_CHECKS} checks a minute, everything included",
        "0.05",
        f"{total:.4f} ({parts})",
        "reached" if total <= 0.05 else "missed",
    )
