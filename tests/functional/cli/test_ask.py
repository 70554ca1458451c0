"""``audit ack`` and ``audit silence`` against a deployed stack's outputs and table."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import boto3
import pytest
from moto import mock_aws

from auditor.adapters import aws as aws_adapter
from auditor.adapters.requests import RequestStore
from auditor.domain.request import Request, RequestKind
from cli.main import main

STACKS = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>
<Stacks><member><StackName>{name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>
<CreationTime>2026-11-23T16:00:00Z</CreationTime><Outputs>{outputs}</Outputs></member></Stacks>
</DescribeStacksResult></DescribeStacksResponse>"""
NO_STACK = """<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>
<Code>ValidationError</Code><Message>Stack with id {name} does not exist</Message></Error></ErrorResponse>"""
DENIED = '{"__type": "com.amazonaws#AccessDeniedException", "message": "ada may not"}'


@dataclass
class Account:
    """CloudFormation with the stacks of ``outputs``, and a DynamoDB that permits nothing, at one URL."""

    url: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)

    def answer(self, target: str | None, body: str) -> tuple[int, str]:
        """Status and body of the answer to one call."""
        if target is not None:
            return 400, DENIED
        (name,) = parse_qs(body)["StackName"]
        if name not in self.outputs:
            return 400, NO_STACK.format(name=name)
        members = (
            f"<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
            for key, value in self.outputs[name].items()
        )
        return 200, STACKS.format(name=name, outputs="".join(members))


def _forget() -> None:
    for cached in (aws_adapter._client, aws_adapter.dynamodb, aws_adapter._session):
        cached.cache_clear()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    made = Account(outputs={"HealthAuditor-test": {"TableName": "runs", "Services": "web,database"}})

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, body = made.answer(self.headers.get("X-Amz-Target"), sent)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    _forget()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, mock_aws():
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", made.url)
        boto3.resource("dynamodb").create_table(
            TableName="runs",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        yield made
        server.shutdown()
        thread.join(5)
    _forget()


def pending() -> tuple[Request, ...]:
    """What the aggregator of the stage would read."""
    table: Any = boto3.resource("dynamodb").Table("runs")
    return RequestStore(stage="test", table=table).pending()


def test_both_are_written_where_the_stages_aggregator_reads_them(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    assert main(["ack", "database", "--stage", "test", "--by", "Ada"]) == 0
    arguments = ["--stage", "test", "--by", "Ada", "--for", "90m", "--reason", "übung"]
    assert main(["silence", "web", *arguments]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "database of stage test is acknowledged by Ada with the aggregator's next slot",
        "web of stage test is silenced for 1:30:00 by Ada with the aggregator's next slot",
    ]
    ack, silence = sorted(pending(), key=lambda request: request.kind)
    assert (ack.kind, ack.service, ack.by, ack.duration) == (RequestKind.ACK, "database", "Ada", None)
    assert (silence.kind, silence.service, silence.reason) == (RequestKind.SILENCE, "web", "übung")
    assert silence.duration == timedelta(minutes=90)
    assert ack.id != silence.id
    assert datetime.fromisoformat(ack.id.rpartition("-")[0]) >= before, "ids sort by time"


def test_a_service_that_the_stage_has_not_is_refused_with_those_that_it_has(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ack", "Database", "--stage", "test", "--by", "ada"]) == 2
    assert capsys.readouterr().err == "service 'Database' is unknown; stage test has web, database\n"
    assert pending() == ()


def test_a_stage_that_is_not_deployed_here_is_named(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ack", "web", "--stage", "prod", "--by", "ada"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("stack HealthAuditor-prod was not found")
    assert "is it this account and region?" in said


def test_a_stack_of_an_older_version_is_named(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.outputs["HealthAuditor-test"] = {"TableName": "runs"}
    assert main(["ack", "web", "--stage", "test", "--by", "ada"]) == 2
    assert "has no outputs TableName and Services; deploy it again" in capsys.readouterr().err


def test_who_may_not_write_is_told_so(
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", account.url)
    assert main(["ack", "web", "--stage", "test", "--by", "ada"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "stage test: the request was not written" in told.err
    assert "AccessDenied" in told.err


def test_without_a_region_the_reason_is_told(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    assert main(["ack", "web", "--stage", "test", "--by", "ada"]) == 2
    assert "region" in capsys.readouterr().err
