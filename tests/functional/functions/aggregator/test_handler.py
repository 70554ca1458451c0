"""The aggregator's Lambda with its real adapters on AWS in memory: from committed runs to report, metric and story."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from auditor import names
from auditor.adapters import aws as aws_adapter
from auditor.adapters.runs import RunStore
from auditor.domain.bundle import Bundle
from auditor.domain.codec import from_json, to_json
from auditor.domain.instants import floor_to, format_instant
from auditor.domain.story import Story
from auditor.runtime.event import EventError
from cli.plan import effort
from functions.aggregator import handler as module
from tests.fakes import MINUTE, REFUSED, WRONG, Says, platform, runs, target

# Families of the registry by their place in it, with answers made by hand: no probe is called.
SHOP = platform(
    [
        target("home", "http", "web"),
        target("orders", "http", "web", proves=("db",)),
        target("db", "database", "database"),
    ],
    needs=[("web", "database")],
)
# CloudWatch takes two weeks of the past only, and powertools warns beyond them.
START = floor_to(datetime.now(UTC), timedelta(minutes=1)) - timedelta(hours=1)
DATABASE_DOWN = {"db": REFUSED, "orders": WRONG}


@dataclass
class Stage:
    """The deployed aggregator and the stores around it."""

    dynamodb: Any
    s3: Any
    sqs: Any
    queue: str

    def commit(self, slot: datetime, said: Mapping[str, Sequence[Says]]) -> None:
        """What the probe functions do."""
        store = RunStore(stage="test", table=self.dynamodb.Table("runs"), s3=self.s3, bucket="reports")
        for run in runs(SHOP, slot, said):
            assert store.append(run)

    def invoke(self, slot: datetime) -> dict[str, Any]:
        """The schedule's event."""
        return module.handler({"stage": "test", "time": format_instant(slot + timedelta(seconds=3))}, None)

    def told(self) -> list[Story]:
        """What a subscriber of the topic received since the last look."""
        messages = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [from_json(Story, json.loads(json.loads(m["Body"])["Message"])) for m in messages]

    def file(self, key: str) -> str:
        """An object's text."""
        return self.content(key).decode()

    def content(self, key: str) -> bytes:
        """An object's bytes."""
        content: bytes = self.s3.get_object(Bucket="reports", Key=key)["Body"].read()
        return content


def _forget() -> None:
    for cached in (
        aws_adapter._client,
        aws_adapter.dynamodb,
        aws_adapter._session,
        module._settings,
        module._platform,
        module._ports,
    ):
        cached.cache_clear()


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stage]:
    with mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        dynamodb, s3, sns, sqs = (
            boto3.resource("dynamodb"),
            boto3.client("s3"),
            boto3.client("sns"),
            boto3.client("sqs"),
        )
        topic = sns.create_topic(Name="stories")["TopicArn"]
        queue = sqs.create_queue(QueueName="machines")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        dynamodb.create_table(
            TableName="runs",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        s3.create_bucket(Bucket="reports")
        (tmp_path / "catalogue.json").write_text(json.dumps(to_json(SHOP)))
        for name, value in {
            names.ENV_STAGE: "test",
            names.ENV_CATALOGUE: "catalogue.json",
            names.ENV_TABLE: "runs",
            names.ENV_BUCKET: "reports",
            names.ENV_STORIES_TOPIC: topic,
            names.ENV_COMMIT_WAIT: "0.3",
            "LAMBDA_TASK_ROOT": str(tmp_path),
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv(names.ENV_SANDBOX_PACE, raising=False)
        _forget()
        yield Stage(dynamodb, s3, sqs, queue)
        _forget()


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[tuple[str, str], float]:
    """Value by metric and service, of what was printed since the last look."""
    found = {}
    for line in capsys.readouterr().out.splitlines():
        document = json.loads(line)
        if "_aws" in document:  # the rest is the log
            for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
                found[metric["Name"], document.get("Service", "")] = document[metric["Name"]][0]
    return found


def test_from_committed_runs_to_report_metric_and_story(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.commit(START, {})
    assert stage.invoke(START) == {"slot": format_instant(START), "verdict": "HEALTHY"}
    assert metrics(capsys) == {
        ("AuditorBlind", ""): 0,
        ("OpenIncidents", "web"): 0,
        ("OpenIncidents", "database"): 0,
        ("Reports", ""): 1,
    }
    broken = START + MINUTE
    stage.commit(broken, DATABASE_DOWN)
    assert stage.invoke(broken)["verdict"] == "DOWN"
    assert metrics(capsys)["OpenIncidents", "database"] == 1
    (story,) = stage.told()
    assert (story.kind, story.service, story.at) == ("opened", "database", broken)
    dated = f"reports/test/{format_instant(broken)}/"
    assert dated in story.text
    assert "tcp.refused" in stage.file(f"{dated}report.md")
    bundle = from_json(Bundle, json.loads(gzip.decompress(stage.content("reports/test/latest/bundle.json"))))
    assert bundle.as_of == broken
    assert all(run.object_key.startswith("observations/test/") for run in bundle.runs)

    assert stage.invoke(broken) == {"slot": format_instant(broken), "verdict": None}, "the same event again"
    assert (metrics(capsys), stage.told()) == ({}, [])

    mended = broken + MINUTE
    stage.commit(mended, {})
    assert stage.invoke(mended)["verdict"] == "HEALTHY"
    assert (stage.told(), metrics(capsys)["OpenIncidents", "database"]) == ([], 1), "it must be well for a minute"
    stage.commit(mended + MINUTE, {})
    assert stage.invoke(mended + MINUTE)["verdict"] == "HEALTHY"
    assert [s.kind for s in stage.told()] == ["resolved"]
    assert metrics(capsys)["OpenIncidents", "database"] == 0


def test_an_altered_object_is_unknown_and_not_green(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.commit(START, {})
    listed = stage.s3.list_objects_v2(Bucket="reports", Prefix="observations/")["Contents"]
    key = next(item["Key"] for item in listed if "/database/" in item["Key"])
    stage.s3.put_object(Bucket="reports", Key=key, Body=b"forged")
    assert stage.invoke(START)["verdict"] == "UNKNOWN"
    assert "sha256 differs" in caplog.text


def test_without_any_run_it_reports_blindness(
    stage: Stage, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert stage.invoke(START)["verdict"] == "UNKNOWN"
    assert metrics(capsys)["AuditorBlind", ""] == 1
    assert caplog.text.count("did not commit slot") == 2


def test_an_event_of_another_stage_judges_nothing(stage: Stage) -> None:
    with pytest.raises(EventError, match="belongs to stage 'test'"):
        module.handler({"stage": "prod", "time": format_instant(START)}, None)
    assert stage.dynamodb.Table("runs").scan()["Items"] == []


def test_a_healthy_slot_makes_the_calls_that_a_plan_counts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    slot = floor_to(START, timedelta(hours=1)) + 21 * MINUTE
    stage.commit(slot, {})
    stage.invoke(slot)
    stage.commit(slot + MINUTE, {})
    called: list[str] = []
    call = BaseClient._make_api_call

    def counted(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        called.append(operation)
        return call(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    assert stage.invoke(slot + MINUTE)["verdict"] == "HEALTHY"
    assert len(called) == 2 * len(SHOP.shards) + effort.OWN_CALLS + effort.REPORT_FILES, called
