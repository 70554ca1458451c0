"""What the platform leaves behind while it works: queues, lines of logs, results of its own CI."""

import json
import time
from collections.abc import Callable
from typing import Any

from sandbox.fargate.estate import Estate
from sandbox.instance import ACCOUNT, REGION

_MINUTE_MS = 60_000
_LOGGED_MINUTES = 600
"""Longer than a sandbox lives: a minute takes it ten seconds."""
_TESTS = {"unit": 23, "integration": 11}
"""The suites of the platform's own CI, and how many tests each has."""

Clients = Callable[[str], Any]


def write_records(aws: Clients, estate: Estate) -> None:
    """All of it, healthy."""
    for queue, dead_letters in estate.queues.items():
        _queue(aws("sqs"), queue, dead_letters)
    _test_results(aws("s3"), *estate.test_results)
    for service in estate.services:
        _log(aws("logs"), service.log_group, service.health)


def _queue(sqs: Any, queue: str, dead_letters: str) -> None:
    sqs.create_queue(QueueName=dead_letters)
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{dead_letters}"
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
    sqs.create_queue(QueueName=queue, Attributes={"VisibilityTimeout": "120", "RedrivePolicy": policy})


def _log(logs: Any, group: str, path: str) -> None:
    """What a task writes while it lives: its own health check, once a minute of simulated time, ahead of it."""
    stream, begins = "sandbox/task", int(time.time() * 1000) - 10 * _MINUTE_MS
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    lines = [
        {"timestamp": begins + minute * _MINUTE_MS, "message": f'127.0.0.1 "GET {path} HTTP/1.1" 200'}
        for minute in range(_LOGGED_MINUTES)
    ]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=lines)


def _test_results(s3: Any, bucket: str, folder: str) -> None:
    s3.create_bucket(Bucket=bucket)
    for name, tests in _TESTS.items():
        cases = "".join(f'<testcase name="case {number}"/>' for number in range(tests))
        suite = f'<testsuite name="{name}" tests="{tests}">{cases}</testsuite>'
        s3.put_object(Bucket=bucket, Key=f"{folder}{name}.xml", Body=f"<testsuites>{suite}</testsuites>".encode())
