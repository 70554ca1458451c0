"""Everything that the auditor writes of what it saw of a family: objects, items, metrics, reports, stories, logs."""

import contextlib
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from moto import mock_aws

from auditor.adapters.metrics import emit
from auditor.adapters.runs import CommitTable, RunStore
from auditor.domain.bundle import Run
from auditor.domain.codec import to_json
from auditor.domain.result import Status
from auditor.domain.target import Target
from auditor.domain.topology import Platform
from auditor.names import DIMENSION_FAMILY, KEY_PARTITION, KEY_SORT, METRIC_FAILURES, METRIC_UNKNOWNS
from auditor.render.report_text import render_text
from functions.aggregator.aggregate import Ports, aggregate
from functions.aggregator.registry import knowledge
from tests.aws_account import Aws
from tests.fakes import HistoryOf, RequestsOf, RunsOf, StatesOf, World, platform
from tests.fault_lab.lab import SLOT, VANTAGE, FamilyOutcome, Outcome


def written(of: FamilyOutcome) -> Mapping[str, str]:
    """Texts by the place where they stand."""
    run = _one_run(of.family, of.outcomes)
    texts = {f"observation and results of {o.label.id}": _plain(o.run) + repr(o.run) for o in of.outcomes}
    texts["logs"] = of.logs
    return texts | _stored(run) | _judged(_platform(of.outcomes), run)


def _plain(value: object) -> str:
    return json.dumps(to_json(value))


def _one_run(family: str, outcomes: Sequence[Outcome]) -> Run:
    return Run(
        family=family,
        shard=0,
        slot=SLOT,
        request_id="request-1",
        vantage=VANTAGE,
        observations=tuple(outcome.observation for outcome in outcomes),
        results=tuple(result for outcome in outcomes for result in outcome.run.results),
    )


def _platform(outcomes: Sequence[Outcome]) -> Platform:
    targets: list[Target[Any]] = [
        replace(o.situation.target, id=o.label.id, spec=to_json(o.situation.target.spec)) for o in outcomes
    ]
    return platform(targets)


def _stored(run: Run) -> dict[str, str]:
    """What a probe function leaves in S3, in DynamoDB and on its standard output."""
    account, printed = Aws(), io.StringIO()
    with mock_aws():
        s3, dynamodb = account.client("s3"), account.client("dynamodb")
        s3.create_bucket(Bucket="observations")
        dynamodb.create_table(
            TableName="runs",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in (KEY_PARTITION, KEY_SORT)],
            KeySchema=[
                {"AttributeName": KEY_PARTITION, "KeyType": "HASH"},
                {"AttributeName": KEY_SORT, "KeyType": "RANGE"},
            ],
        )
        store = RunStore(stage="test", table=CommitTable(dynamodb, "runs"), s3=s3, bucket="observations")
        assert store.append(run)
        statuses = [result.status for result in run.results]
        counts = {METRIC_FAILURES: statuses.count(Status.FAIL), METRIC_UNKNOWNS: statuses.count(Status.UNKNOWN)}
        with contextlib.redirect_stdout(printed):
            emit("test", run.slot, counts, **{DIMENSION_FAMILY: run.family})
        (key,) = (found["Key"] for found in s3.list_objects_v2(Bucket="observations")["Contents"])
        body = s3.get_object(Bucket="observations", Key=key)["Body"].read()
        (item,) = dynamodb.scan(TableName="runs")["Items"]
    packed = gzip.decompress(item.pop("results")["B"]).decode()
    return {
        "key of the object": key,
        "object in S3": gzip.decompress(body).decode(),
        "item in DynamoDB": json.dumps(item) + packed,
        "metrics": printed.getvalue(),
    }


def _judged(platform: Platform, run: Run) -> dict[str, str]:
    """What the aggregator makes of it: reports, state, stories, metrics, notes."""
    world = World(stored={(run.family, 0): run})
    report = aggregate(
        stage="test",
        slot=run.slot,
        platform=platform,
        knowledge=knowledge(),
        ports=Ports(
            runs=RunsOf(world),
            states=StatesOf(world),
            requests=RequestsOf(world),
            extras=world,
            reports=world,
            stories=world,
            history=HistoryOf(world),
            emit=world.emit,
            monotonic=world.monotonic,
            sleep=world.sleep,
            note=world.notes.append,
        ),
        commit_wait_seconds=0.0,
        seconds_per_minute=None,
    )
    assert report is not None
    files = {name: text for (name, instant), text in world.files.items() if instant is None}
    return files | {
        "report in the terminal": render_text(report),
        "state": json.dumps(world.state),
        "stories": json.dumps([to_json(story) for story in world.told] + list(world.outbox.values())),
        "metrics of the aggregator": repr(world.metrics),
        "log of the aggregator": "\n".join(world.notes),
        "history": repr(world.kept),
    }
