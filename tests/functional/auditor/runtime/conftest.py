"""A function of a made-up family in-process: its environment, its compiled catalogue and AWS in memory."""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from auditor import names
from auditor.adapters import aws as aws_adapter
from auditor.domain.check import Check
from auditor.domain.codec import to_json
from auditor.domain.instants import floor_to, format_instant
from auditor.domain.observation import Failure, Observation
from auditor.domain.result import Severity, failed, passed
from auditor.domain.target import Target
from auditor.family import Cost, Family, Plane
from auditor.net.probe import Probe
from auditor.runtime import probe_handler as handler_module
from auditor.runtime.run_family import FamilyRunner
from tests.fakes import platform, target


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSpec:
    """``mode`` is what the probe does."""

    mode: str
    port: int = 0
    timeout: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    reached: bool


async def observe(target: Target[PageSpec], probe: Probe) -> Observation[PageFacts]:
    if target.spec.mode == "raises":
        raise LookupError("hunter2")
    stream = await probe.connect("127.0.0.1", target.spec.port)
    if isinstance(stream, Failure):
        return probe.observation(PageFacts(reached=False), (stream,))
    if target.spec.mode == "hangs":
        await stream.receive()
    return probe.observation(PageFacts(reached=True))


def _reachable(target: Target[PageSpec], observation: Observation[PageFacts]) -> Any:
    assert observation.facts is not None
    return passed("reached") if observation.facts.reached else failed(observation.failures[0])


RUNNER = FamilyRunner(
    Family(
        name="page",
        title="Pages",
        plane=Plane.DATA,
        spec_type=PageSpec,
        period=timedelta(minutes=1),
        timeout=timedelta(seconds=30),
        memory_mb=128,
        cost=Cost(cpu_ms=1.0),
    ),
    observe,
    (Check(id="page.reachable", severity=Severity.HIGH, judge=_reachable, remediation="Mend it."),),
)

# CloudWatch takes two weeks of the past only, and powertools warns beyond them.
SLOT = floor_to(datetime.now(UTC), timedelta(minutes=1)) - timedelta(hours=1)


@dataclass
class Context:
    """What Lambda gives beside the event."""

    aws_request_id: str = "request-1"
    milliseconds: int = 30_000

    def get_remaining_time_in_millis(self) -> int:
        """Until Lambda ends the function."""
        return self.milliseconds


@dataclass
class Deployed:
    """The function, and the stores behind it."""

    handler: Callable[[Any, Any], dict[str, Any]]
    dynamodb: Any
    s3: Any

    def invoke(self, **change: Any) -> dict[str, Any]:
        """Delivers one event."""
        context = Context(**{k: change.pop(k) for k in ("aws_request_id", "milliseconds") if k in change})
        event = {"stage": "test", "shard": 0, "time": format_instant(SLOT + timedelta(seconds=7)), **change}
        return self.handler(event, context)

    def items(self) -> list[dict[str, Any]]:
        """The commit records."""
        found: list[dict[str, Any]] = self.dynamodb.Table("runs").scan()["Items"]
        return found


def _forget() -> None:
    for cached in (
        aws_adapter._client,
        aws_adapter.dynamodb,
        aws_adapter._session,
        handler_module._settings,
        handler_module._network,
        handler_module._secrets,
    ):
        cached.cache_clear()


@pytest.fixture
def listening() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        yield server.getsockname()[1]


@pytest.fixture
def deploy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., Deployed]]:
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_NAME": "auditor-page",
        "LAMBDA_TASK_ROOT": str(tmp_path),
        names.ENV_STAGE: "test",
        names.ENV_CATALOGUE: "catalogue.json",
        names.ENV_TABLE: "runs",
        names.ENV_BUCKET: "observations",
        names.ENV_IN_VPC: "true",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", names.ENV_SANDBOX_NETWORK, names.ENV_SANDBOX_PACE):
        monkeypatch.delenv(name, raising=False)
    _forget()
    with mock_aws():
        dynamodb, s3 = boto3.resource("dynamodb"), boto3.client("s3")

        def start(*, table: bool = True, bucket: bool = True, **specs: PageSpec) -> Deployed:
            pages = platform([target(id, "page", "web") for id in specs])
            pages = replace(pages, targets=tuple(replace(t, spec=to_json(specs[t.id])) for t in pages.targets))
            shard = tmp_path / names.shard_file("page", 0)
            shard.parent.mkdir()
            shard.write_text(json.dumps(to_json(pages.targets)))
            if table:
                dynamodb.create_table(
                    TableName="runs",
                    BillingMode="PAY_PER_REQUEST",
                    AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in ("pk", "sk")],
                    KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                )
            if bucket:
                s3.create_bucket(Bucket="observations")
            return Deployed(handler_module.probe_handler(RUNNER), dynamodb, s3)

        yield start
    _forget()
