"""The plan's sizes, held to what the real code stores and publishes for the recorded bundles of 36 and 30 targets."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from auditor.adapters.metrics import emit
from auditor.adapters.reports import ReportBucket
from auditor.adapters.rollups import RollupStore
from auditor.adapters.runs import RunStore
from auditor.adapters.state import StateStore
from auditor.domain.assessment import assess
from auditor.domain.bundle import Bundle, Run, State
from auditor.domain.closing import close_hour
from auditor.domain.histogram import buckets_of
from auditor.domain.history import HOUR, MINUTE
from auditor.domain.reporting import build_report
from auditor.domain.rollup import Counts, day_of, merged_target
from auditor.domain.tally import RunTally, Tally
from auditor.domain.topology import Shard
from auditor.domain.verdict import Verdict
from auditor.family import MAX_IN_FLIGHT, WORKER_THREADS, Cost
from cli.plan import effort
from cli.replay import read_bundle
from functions.aggregator.aggregate import rendered
from functions.aggregator.claims import diagnosis_of
from functions.aggregator.registry import knowledge
from tests.fakes import KNOWLEDGE, platform, target

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)

BUNDLES = Path(__file__).resolve().parents[3] / "incidents" / "bundles"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read_bundle(BUNDLES / "hokusai-development.json")


@dataclass
class Kept:
    """Stands for bucket, table and DynamoDB resource; keeps what was written."""

    bodies: list[bytes] = field(default_factory=list)
    items: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def meta(self) -> "Kept":
        return self

    @property
    def client(self) -> "Kept":
        return self

    def Table(self, _name: str) -> "Kept":  # noqa: N802 - boto3's names
        return self

    def put_object(self, *, Body: bytes, **_: Any) -> None:  # noqa: N803
        self.bodies.append(Body)

    def put_item(self, *, Item: Mapping[str, Any], **_: Any) -> None:  # noqa: N803
        self.items.append(Item)

    def transact_write_items(self, *, TransactItems: list[Mapping[str, Any]]) -> None:  # noqa: N803
        self.items += [write["Put"]["Item"] for write in TransactItems]

    @property
    def item_bytes(self) -> int:
        return sum(item_size(item) for item in self.items)


def item_size(item: Mapping[str, Any]) -> int:
    """Bytes as DynamoDB counts them: names and values; a number is some eight."""
    return sum(len(name) + (8 if isinstance(value, int) else len(value)) for name, value in item.items())


def stored(run: Run) -> Kept:
    kept = Kept()
    assert RunStore(stage="development", table=kept, s3=kept, bucket="b").append(run)
    return kept


def test_objects_and_commit_records_are_about_as_large_as_planned(bundle: Bundle) -> None:
    runs = [(len(run.observations), stored(run)) for run in bundle.runs]
    assert sum(targets for targets, _ in runs) == len(bundle.platform.targets)
    for targets, kept in runs:
        assert kept.item_bytes == pytest.approx(effort.item_bytes(targets), rel=0.35)
    planned = sum(effort.object_bytes(targets) for targets, _ in runs)
    assert sum(len(body) for _, kept in runs for body in kept.bodies) == pytest.approx(planned, rel=0.25)


def published(bundle: Bundle) -> int:
    """Bytes of a report in all its files, as they are put into the bucket."""
    assessment = assess(bundle, knowledge(), partial(diagnosis_of, bundle))
    files = rendered(build_report(bundle, assessment, knowledge()), bundle)
    kept = Kept()
    ReportBucket(stage="development", s3=kept, bucket="b", region="us-east-1").publish(files, None)
    assert len(kept.bodies) == effort.REPORT_FILES
    return sum(len(body) for body in kept.bodies)


def repeated(bundle: Bundle, family: str, times: int) -> Bundle:
    """The bundle with the targets of one family only, each so many times under ids of its own."""
    (run,) = (run for run in bundle.runs if run.family == family)
    own = [target for target in bundle.platform.targets if target.family == family]
    numbers = range(times)
    targets = tuple(replace(t, id=f"{t.id}-{number}", proves=()) for number in numbers for t in own)
    shard = Shard(family=family, number=0, targets=tuple(target.id for target in targets))
    return replace(
        bundle,
        platform=replace(bundle.platform, targets=targets, shards=(shard,)),
        runs=(
            replace(
                run,
                observations=tuple(replace(o, target=f"{o.target}-{n}") for n in numbers for o in run.observations),
                results=tuple(replace(r, target=f"{r.target}-{n}") for n in numbers for r in run.results),
            ),
        ),
        state=State(),
    )


def test_a_report_is_about_as_large_as_planned(bundle: Bundle) -> None:
    assert published(bundle) == pytest.approx(effort.report_bytes(len(bundle.platform.targets)), rel=0.15)
    assert published(repeated(bundle, "http", 20)) == pytest.approx(effort.report_bytes(400), rel=0.15)
    # pages of a very large platform leave healthy targets out, and are counted as if they did not
    assert 0.6 * effort.report_bytes(1000) < published(repeated(bundle, "http", 50)) < effort.report_bytes(1000)


def later(run: Run) -> Run:
    """The same a minute later."""
    return replace(
        run,
        slot=run.slot + MINUTE,
        observations=tuple(replace(o, slot=o.slot + MINUTE) for o in run.observations),
        results=tuple(replace(r, slot=r.slot + MINUTE) for r in run.results),
    )


@pytest.mark.parametrize("platform", ["hokusai-development", "shop-production"])
def test_the_state_is_about_as_large_as_planned(platform: str) -> None:
    kept, moment = Kept(), replace(read_bundle(BUNDLES / f"{platform}.json"), state=State())
    for _ in range(3):
        state = assess(moment, knowledge(), partial(diagnosis_of, moment)).next_state(moment)
        runs = tuple(later(run) for run in moment.runs)
        moment = replace(moment, as_of=moment.as_of + MINUTE, runs=runs, state=state)
    assert {len(seen.recent) for seen in state.targets.values() if seen.verdict is not Verdict.NOT_DEPLOYED} == {3}
    StateStore(stage="development", dynamodb=kept, table_name="t").save(state, ())
    assert kept.item_bytes == pytest.approx(effort.state_bytes(len(moment.platform.targets)), rel=0.25)


def test_tallies_hours_and_days_are_about_as_large_as_planned() -> None:
    chance, targets = random.Random(3), 200
    where = platform(
        [target(f"service-{n // 10:02}-target-{n:04}", "page", f"service-{n // 10:02}") for n in range(targets)]
    )
    usual = [chance.uniform(20, 500) for _ in where.targets]
    services = {service.id: Counts(passed=10) for service in where.services}

    def tally(slot: datetime) -> Tally:
        # two in a hundred are slow
        slow = [chance.uniform(3, 10) if chance.random() < 0.02 else 1 for _ in usual]
        seen = buckets_of([chance.lognormvariate(0, 0.2) * a * b for a, b in zip(usual, slow, strict=True)])
        ids = where.shards[0].targets
        run = RunTally(
            family="page",
            shard=0,
            slot=slot,
            minutes=1,
            targets=ids,
            outcomes="P" * targets,
            buckets=seen,
            services=services,
        )
        return Tally(as_of=slot, score=100.0, runs=(run,))

    hours = [
        close_hour(begin, [tally(begin + n * MINUTE) for n in range(60)], where, KNOWLEDGE.periods, first_of_all=False)
        for begin in (MIDNIGHT + n * HOUR for n in range(24))
    ]
    day = {id: merged_target([found[id] for _, found in hours]) for id in hours[0][1]}
    slot, hour, whole = Kept(), Kept(), Kept()
    RollupStore(stage="s", table=slot).append_tally(tally(MIDNIGHT))
    RollupStore(stage="s", table=hour).append_hour(*hours[0])
    RollupStore(stage="s", table=whole).append_day(day_of(MIDNIGHT, [rollup for rollup, _ in hours]), day)
    assert slot.item_bytes == pytest.approx(effort.tally_bytes(targets), rel=0.25)
    assert hour.item_bytes == pytest.approx(effort.hour_bytes(targets), rel=0.25)
    assert whole.item_bytes == pytest.approx(effort.day_bytes(targets), rel=0.25)


def test_no_metric_document_is_longer_than_planned(capsys: pytest.CaptureFixture[str]) -> None:
    values = {"Runs": 1, "FailedChecks": 12, "UnknownChecks": 12}
    emit("a-stage-with-20-char", datetime.now(UTC), values, Family="configuration")
    document = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(document)["Family"] == "configuration"
    assert 0.8 * effort.METRIC_LOG_BYTES < len(document) + 26 <= effort.METRIC_LOG_BYTES


@pytest.mark.parametrize(("memory_mb", "share"), [(128, 128 / 1769), (512, 512 / 1769), (1769, 1.0), (3008, 1.0)])
def test_memory_buys_a_share_of_one_core(memory_mb: int, share: float) -> None:
    assert effort.cores(memory_mb) == pytest.approx(share)


def test_a_run_takes_its_waves_or_its_cpu() -> None:
    cheap, blocking, dear = Cost(cpu_ms=0.1), Cost(cpu_ms=0.1, blocking=True), Cost(cpu_ms=10.0)
    assert effort.probing_seconds(MAX_IN_FLIGHT, cheap, 1769) == 0.2
    assert effort.probing_seconds(MAX_IN_FLIGHT + 1, cheap, 1769) == 0.4
    assert effort.probing_seconds(WORKER_THREADS + 1, blocking, 1769) == 0.4
    # 2 x 100 x 10 ms on a quarter of a gigabyte
    assert effort.probing_seconds(100, dear, 256) == pytest.approx(2.0 / (256 / 1769))
    # two answers of 30 ms, and 2 x 1.7 ms for each
    assert effort.storing_seconds(256) == pytest.approx(2 * (0.03 + 0.0034 / (256 / 1769)))
