"""What leaves for people: reports in S3, stories on SNS."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from auditor.adapters.notifier import Notifier
from auditor.adapters.reports import ReportBucket
from auditor.domain.codec import from_json
from auditor.domain.result import Severity
from auditor.domain.story import Story
from tests.fakes import T0

FILES = {"report.html": "<p>ä</p>", "report.json": "{}", "report.md": "# ä", "bundle.json": "[]", "odd": "?"}


def bucket_of(aws: Any) -> ReportBucket:
    return ReportBucket(stage="test", s3=aws.s3, bucket="observations", region="us-east-1")


@pytest.mark.parametrize(
    ("instant", "folder"), [(None, "latest"), (datetime(2026, 11, 23, 16, 47, tzinfo=UTC), "2026-11-23T16:47:00Z")]
)
def test_files_are_published_with_their_types(aws: Any, instant: datetime | None, folder: str) -> None:
    bucket_of(aws).publish(FILES, instant)
    assert set(aws.keys()) == {f"reports/test/{folder}/{name}" for name in FILES}
    found = {n: aws.s3.get_object(Bucket="observations", Key=f"reports/test/{folder}/{n}") for n in FILES}
    assert {name: answer["ContentType"] for name, answer in found.items()} == {
        "report.html": "text/html; charset=utf-8",
        "report.json": "application/json",
        "bundle.json": "application/json",
        "report.md": "text/markdown; charset=utf-8",
        "odd": "application/octet-stream",
    }
    assert found["report.html"]["Body"].read().decode() == "<p>ä</p>"


def test_the_bundle_alone_is_packed_and_says_so(aws: Any) -> None:
    bucket_of(aws).publish(FILES, None)
    found = {n: aws.s3.get_object(Bucket="observations", Key=f"reports/test/latest/{n}") for n in FILES}
    assert {n for n, answer in found.items() if answer.get("ContentEncoding") == "gzip"} == {"bundle.json"}
    assert gzip.decompress(found["bundle.json"]["Body"].read()) == b"[]"
    assert found["report.json"]["Body"].read() == b"{}"


def test_latest_is_overwritten_and_the_dated_one_stays(aws: Any) -> None:
    bucket_of(aws).publish({"report.md": "one"}, T0)
    bucket_of(aws).publish({"report.md": "one"}, None)
    bucket_of(aws).publish({"report.md": "two"}, None)
    read = {key: aws.s3.get_object(Bucket="observations", Key=key)["Body"].read() for key in (*aws.keys(),)}
    assert read == {
        "reports/test/2026-11-23T16:00:00Z/report.md": b"one",
        "reports/test/latest/report.md": b"two",
    }


def test_the_link_leads_to_the_object(aws: Any) -> None:
    link = bucket_of(aws).link("report.html", T0)
    assert link.startswith("https://us-east-1.console.aws.amazon.com/s3/object/observations?")
    assert link.endswith("prefix=reports/test/2026-11-23T16:00:00Z/report.html")


def test_a_bucket_that_refuses_is_not_hidden(refuse: Any) -> None:
    denied = ReportBucket(stage="t", s3=refuse("AccessDenied", 403).client("s3"), bucket="b", region="r")
    with pytest.raises(ClientError, match="AccessDenied"):
        denied.publish(FILES, None)


def told(
    aws: Any, story: Story, subscription: dict[str, str] | None = None, listens: str = "stories"
) -> list[dict[str, Any]]:
    """What a queue receives that subscribes to a topic."""
    topics = {name: aws.sns.create_topic(Name=name)["TopicArn"] for name in ("stories", "pages")}
    topic = topics[listens]
    queue = aws.sqs.create_queue(QueueName="machines")["QueueUrl"]
    arn = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=subscription or {})
    Notifier(sns=aws.sns, **topics).tell(story)
    messages = aws.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


TOPIC = "arn:aws:sns:us-east-1:123456789012"
STORY = Story(
    id="test/database/opened/2026-11-23T16:00:00Z",
    kind="opened",
    incident="test/database/2026-11-23T16:00:00Z",
    service="database",
    severity=Severity.CRITICAL,
    at=T0,
    subject="[test] Datenbank für\nBestellungen – " + "x" * 200,
    text="Datenbank für Bestellungen is DOWN\n",
)


def test_a_machine_gets_the_story_with_attributes_to_filter_by(aws: Any) -> None:
    (message,) = told(aws, STORY)
    assert from_json(Story, json.loads(message["Message"])) == STORY
    assert {name: value["Value"] for name, value in message["MessageAttributes"].items()} == {
        "kind": "opened",
        "service": "database",
        "severity": "critical",
        "id": STORY.id,
        "incident": STORY.incident,
    }


@pytest.mark.parametrize(("wakes", "pages"), [(False, 0), (True, 1)])
def test_only_what_wakes_somebody_goes_to_the_pages_too(aws: Any, wakes: bool, pages: int) -> None:
    assert len(told(aws, replace(STORY, wakes=wakes), listens="pages")) == pages


def test_what_wakes_somebody_is_a_story_all_the_same(aws: Any) -> None:
    assert len(told(aws, replace(STORY, wakes=True))) == 1


def test_the_subject_is_what_sns_allows(aws: Any) -> None:
    (message,) = told(aws, STORY)
    subject = message["Subject"]
    assert subject.startswith("[test] Datenbank f?r Bestellungen ? xxx")
    assert subject.isascii()
    assert subject.isprintable()
    assert len(subject) == 100


@pytest.mark.parametrize(("kinds", "arrives"), [(["opened"], True), (["resolved"], False)])
def test_a_filter_policy_by_kind_works(aws: Any, kinds: list[str], arrives: bool) -> None:
    policy = {"FilterPolicy": json.dumps({"kind": kinds, "severity": ["high", "critical"]})}
    assert bool(told(aws, STORY, policy)) is arrives


def test_a_topic_that_refuses_is_not_hidden(refuse: Any) -> None:
    denied = refuse("AuthorizationError", 403)
    with pytest.raises(ClientError):
        Notifier(sns=denied.client("sns"), stories=f"{TOPIC}:stories", pages=f"{TOPIC}:pages").tell(STORY)
    assert len(denied.calls) == 1
