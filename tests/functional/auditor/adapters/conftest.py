"""AWS in memory (moto), and a loopback server that answers every AWS call with one error."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

REGION = "us-east-1"
TABLE = "runs"
BUCKET = "observations"


@pytest.fixture(autouse=True)
def _no_real_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@dataclass
class Aws:
    """The stores, and a way to look into them past the code under test."""

    dynamodb: Any
    s3: Any
    sns: Any
    sqs: Any
    secretsmanager: Any

    @property
    def table(self) -> Any:
        """The table resource."""
        return self.dynamodb.Table(TABLE)

    def items(self) -> list[dict[str, Any]]:
        """Everything in the table."""
        found: list[dict[str, Any]] = self.table.scan()["Items"]
        return found

    def keys(self) -> list[str]:
        """Everything in the bucket."""
        return [found["Key"] for found in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    # One for all tests: a session reads the descriptions of the services it is asked for, which takes seconds.
    return boto3.Session("testing", "testing", "testing", REGION)


@pytest.fixture(scope="session")
def clients(session: boto3.Session) -> tuple[Any, ...]:
    with mock_aws():
        services = (session.client(name) for name in ("s3", "sns", "sqs", "secretsmanager"))
        return session.resource("dynamodb"), *services


@pytest.fixture
def aws(clients: tuple[Any, ...]) -> Iterator[Aws]:
    dynamodb, s3, *others = clients
    with mock_aws():
        dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        s3.create_bucket(Bucket=BUCKET)
        yield Aws(dynamodb, s3, *others)


@dataclass
class Refuser:
    """A server that answers every call with the same error, in the protocol of the service that asks."""

    code: str
    status: int
    session: boto3.Session
    calls: list[str] = field(default_factory=list)
    url: str = ""

    def client(self, service: str) -> Any:
        """A real boto3 client in front of it."""
        return self.session.client(service, **self._where())

    def dynamodb(self) -> Any:
        """A real boto3 resource in front of it."""
        return self.session.resource("dynamodb", **self._where())

    def _where(self) -> dict[str, Any]:
        retries = {"mode": "standard", "total_max_attempts": 2}
        config = Config(connect_timeout=2, read_timeout=2, retries=retries)  # type: ignore[arg-type]
        return {"endpoint_url": self.url, "config": config}


@pytest.fixture
def refuse(session: boto3.Session) -> Iterator[Callable[..., Refuser]]:
    with contextlib.ExitStack() as stack:

        def start(code: str, status: int = 400) -> Refuser:
            refuser = Refuser(code, status, session)

            class Handler(BaseHTTPRequestHandler):
                def _answer(self) -> None:
                    self.rfile.read(int(self.headers.get("Content-Length") or 0))
                    refuser.calls.append(self.headers.get("X-Amz-Target") or f"{self.command} {self.path}")
                    if self.headers.get("X-Amz-Target"):
                        kind = "application/x-amz-json-1.0"
                        body = json.dumps({"__type": f"com.amazonaws#{code}", "message": "the raw text hunter2"})
                    else:
                        kind = "application/xml"
                        body = f"<Error><Code>{code}</Code><Message>the raw text hunter2</Message></Error>"
                    self.send_response(refuser.status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body.encode())

                do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the names of the base class

                def log_message(self, *_arguments: object) -> None:
                    """Say nothing."""

            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            server.daemon_threads = True
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            stack.callback(server.server_close)
            stack.callback(thread.join, 5)
            stack.callback(server.shutdown)
            refuser.url = f"http://127.0.0.1:{server.server_address[1]}"
            return refuser

        yield start
