"""The real stack, really deployed on the emulator with IAM enforced, beside the sandbox of whoever runs the tests."""

import itertools
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from auditor.domain.report import Report
from sandbox import lifecycle
from sandbox.deploy import bootstrap, deploy, synthesize
from sandbox.follow import Publications, simulated_now
from sandbox.instance import REGION, Instance

_NETWORKS = itertools.count(30)
"""Each sandbox lives in a network of its own, so it meets neither another one nor the one that `make audit` left."""
SECONDS_PER_MINUTE = 10.0
PATIENCE_SECONDS = 120.0


class Deployed:
    """A deployed auditor, what it published and what it told."""

    def __init__(self, instance: Instance, outputs: dict[str, str]) -> None:
        self.instance = instance
        self.outputs = outputs
        self.publications = Publications(instance, outputs["BucketName"])
        self._queues = {topic: self._subscribe(topic) for topic in ("pages", "stories")}

    def aws(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.instance.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def break_(self, what: str) -> None:
        lifecycle.change(self.instance.path, "break", what)

    def mend(self, what: str) -> None:
        lifecycle.change(self.instance.path, "mend", what)

    def report(self, fits: Callable[[Report], bool] = lambda report: True) -> Report:
        """The first report that fits among those that judge a minute after now."""
        asked_at = simulated_now(self.instance)
        return self.publications.wait_for(
            lambda report: report.as_of > asked_at and fits(report), PATIENCE_SECONDS, progress=lambda line: None
        )

    def healthy(self) -> Report:
        return self.report(lambda report: report.verdict == "HEALTHY" and report.coverage_percent == 100.0)

    def messages(
        self, topic: str, enough: Callable[[list[dict[str, Any]]], object], seconds: float = 60.0
    ) -> list[dict[str, Any]]:
        """Messages of a topic since the last call, as soon as they are enough or the time is over."""
        sqs = self.aws("sqs")
        found: list[dict[str, Any]] = []
        until = time.monotonic() + seconds
        while not enough(found) and time.monotonic() < until:
            answer = sqs.receive_message(QueueUrl=self._queues[topic], MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self._queues[topic], ReceiptHandle=message["ReceiptHandle"])
        return found

    def failed_runs(self) -> list[dict[str, Any]]:
        """What the on-failure queue holds: each failed run with its error. It stays there."""
        answer = self.aws("sqs").receive_message(
            QueueUrl=self.outputs["FailureQueueUrl"], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def forget_messages(self) -> None:
        for topic in self._queues:
            self.messages(topic, enough=lambda found: False, seconds=2.0)

    def _subscribe(self, topic: str) -> str:
        arn = self.outputs[f"{topic.capitalize()}TopicArn"]
        sqs = self.aws("sqs")
        url: str = sqs.create_queue(QueueName=f"e2e-{topic}")["QueueUrl"]
        queue_arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": queue_arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": arn}},
                }
            ],
        }
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        self.aws("sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
        return url


@contextmanager
def deployed_beside(folder: Path, assembly: Path, *, estate: str = "minimal", incident: str = "") -> Iterator[Deployed]:
    """A sandbox with an estate, and what is wrong with it, and the auditor of a synthesized assembly deployed in it."""
    ports = _free_ports(3)
    instance = Instance(
        folder=str(folder),
        network=next(_NETWORKS),
        emulator_port=ports[0],
        dns_port=ports[1],
        control_port=ports[2],
        seconds_per_minute=SECONDS_PER_MINUTE,
        auth=True,
        estate=estate,
        incident=incident,
    )
    log = folder / "cdk.log"
    started = lifecycle.start(instance)
    try:
        bootstrap(started, log)
        yield Deployed(started, deploy(started, assembly, log))
    finally:
        assert lifecycle.down(instance.path) == "the sandbox is down"
        assert not _left_over(folder), "the sandbox left processes behind"


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthesized auditor of the minimal platform."""
    folder = tmp_path_factory.mktemp("assembly")
    synthesize(folder / "cdk.out", folder / "cdk.log")
    return folder / "cdk.out"


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory, assembly: Path) -> Iterator[Deployed]:
    """One for all tests that leave it healthy; what they broke is remembered as an incident for half an hour."""
    with deployed_beside(tmp_path_factory.mktemp("sandbox"), assembly) as world:
        world.healthy()
        yield world


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory, assembly: Path) -> Iterator[Deployed]:
    """One that remembers no incident: a second fault of a service within half an hour would be the same incident."""
    with deployed_beside(tmp_path_factory.mktemp("fresh"), assembly) as world:
        yield world


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in held]
    for sock in held:
        sock.close()
    return ports


def _left_over(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command:
            found.append(command)
    return found
