"""The plan's sizes, held to what the real code stores and publishes for the recorded bundles of 36 and 30 targets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from auditor.adapters.metrics import emit
from auditor.adapters.runs import RunStore
from auditor.adapters.state import StateStore
from auditor.domain.assessment import assess
from auditor.domain.bundle import Bundle, Run, State
from auditor.domain.reporting import build_report
from auditor.domain.topology import Shard
from auditor.family import MAX_IN_FLIGHT, WORKER_THREADS, Cost
from cli.plan import effort
from cli.replay import read_bundle
from functions.aggregator.aggregate import rendered
from functions.aggregator.claims import diagnosis_of
from functions.aggregator.registry import knowledge

BUNDLE = Path(__file__).resolve().parents[3] / "incidents" / "bundles" / "hokusai-development.json"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read_bundle(BUNDLE)


@dataclass
class Kept:
    """Stands for bucket, table and DynamoDB resource; keeps what was written last."""

    body: bytes = b""
    item: Mapping[str, Any] = field(default_factory=dict)
    meta: Any = None

    def put_object(self, *, Body: bytes, **_: Any) -> None:  # noqa: N803 - boto3's names
        self.body = Body

    def put_item(self, *, Item: Mapping[str, Any], **_: Any) -> None:  # noqa: N803
        self.item = Item


def item_size(item: Mapping[str, Any]) -> int:
    """Bytes as DynamoDB counts them: names and values; a number is some eight."""
    return sum(len(name) + (8 if isinstance(value, int) else len(value)) for name, value in item.items())


def stored(run: Run) -> Kept:
    kept = Kept()
    assert RunStore(stage="development", table=kept, s3=kept, bucket="b").append(run)
    return kept


def test_objects_and_commit_records_are_about_as_large_as_planned(bundle: Bundle) -> None:
    runs = [(len(run.observations), stored(run)) for run in bundle.runs]
    assert sum(targets for targets, _ in runs) == 36
    for targets, kept in runs:
        assert item_size(kept.item) == pytest.approx(effort.item_bytes(targets), rel=0.35)
    planned = sum(effort.object_bytes(targets) for targets, _ in runs)
    assert sum(len(kept.body) for _, kept in runs) == pytest.approx(planned, rel=0.25)


def published(bundle: Bundle) -> int:
    """Bytes of a report in all its files."""
    assessment = assess(bundle, knowledge(), partial(diagnosis_of, bundle))
    files = rendered(build_report(bundle, assessment, knowledge()), bundle)
    assert len(files) == effort.REPORT_FILES
    return sum(len(text.encode()) for text in files.values())


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
    assert published(bundle) == pytest.approx(effort.report_bytes(36), rel=0.15)
    assert published(repeated(bundle, "http", 20)) == pytest.approx(effort.report_bytes(400), rel=0.15)


def test_the_state_is_about_as_large_as_planned(bundle: Bundle) -> None:
    written: list[Mapping[str, Any]] = []

    class Client:
        def transact_write_items(self, *, TransactItems: list[Mapping[str, Any]]) -> None:  # noqa: N803
            written.extend(TransactItems)

    class Resource(Kept):
        def Table(self, _name: str) -> None:  # noqa: N802
            return None

    resource = Resource()
    resource.meta = type("Meta", (), {"client": Client()})()
    assessment = assess(bundle, knowledge(), partial(diagnosis_of, bundle))
    StateStore(stage="development", dynamodb=resource, table_name="t").save(assessment.next_state(bundle), ())
    (put,) = written
    assert item_size(put["Put"]["Item"]) == pytest.approx(effort.state_bytes(36), rel=0.25)


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
