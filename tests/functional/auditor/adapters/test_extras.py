"""Extra runs are queued with Lambda: what is sent, and what a refusal becomes."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest

from auditor.adapters.aws import AwsError
from auditor.adapters.extras import ExtraRuns
from tests.fakes import T0


@dataclass
class Queue:
    """A server that accepts every invocation, as Lambda does for ``Event``."""

    url: str = ""
    events: list[tuple[str, str, Any]] = field(default_factory=list)


@pytest.fixture
def queue() -> Iterator[Queue]:
    found = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.events.append((self.path, self.headers["X-Amz-Invocation-Type"], json.loads(body)))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield found
        server.shutdown()
        thread.join(5)


def test_an_extra_run_is_queued_for_the_slot_with_the_function_of_its_family(
    queue: Queue, session: boto3.Session
) -> None:
    functions = session.client("lambda", endpoint_url=queue.url)
    ExtraRuns(stage="test", functions=functions).ask("load_balancer", 2, T0)
    assert queue.events == [
        (
            "/2015-03-31/functions/health-auditor-test-load-balancer/invocations",
            "Event",
            {"stage": "test", "shard": 2, "time": "2026-11-23T16:00:00Z", "extra": True},
        )
    ]


def test_a_refusal_is_an_error_of_aws(refuse: Any) -> None:
    functions = refuse("AccessDeniedException", 403).client("lambda")
    with pytest.raises(AwsError, match=r"AccessDenied|403"):
        ExtraRuns(stage="test", functions=functions).ask("compute", 0, T0)
