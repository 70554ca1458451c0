"""MLflow's stand-in against a real MLflow server: the auditor must not be able to tell them apart."""

import http.client
import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from functions.http.emitter import identify
from functions.http.message import read_message
from sandbox.dns import Dns
from sandbox.fargate.authority import issue
from sandbox.fargate.dialling import Dialler
from sandbox.fargate.estate import RAW_PORT_OFFSET, auditor_side, platform_side, private_address
from sandbox.fargate.front import TlsFront
from sandbox.fargate.serving import serve
from sandbox.fargate.task import Task
from sandbox.hokusai import mlflow
from sandbox.hokusai.estate import (
    APPLICATION_ROLE,
    DATABASE,
    DATABASE_NAME,
    MLFLOW_NAME,
    MLFLOW_PORT,
    REGISTRY,
    hokusai_estate,
)
from sandbox.hokusai.real_mlflow import installed, start_mlflow
from sandbox.postgres import Postgres, Role
from tests.functional.sandbox_fargate.staging import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not installed(), reason="NOT MEASURED: no real MLflow is installed (make mlflow)"),
]

NETWORK = 73
INTERNAL = f"{MLFLOW_NAME}:{MLFLOW_PORT}"
SEARCH = "/api/2.0/mlflow/experiments/search"
BY_NAME = "/api/2.0/mlflow/experiments/get-by-name"
AJAX = "/mlflow/ajax-api/2.0/mlflow/experiments/search"

REQUESTS = [
    # What the catalogue's targets ask, directly and through the balancer.
    ("GET", "/mlflow", INTERNAL, ""),
    ("GET", "/mlflow", REGISTRY, ""),
    ("GET", "/mlflow/", INTERNAL, ""),
    ("GET", "/mlflow/", REGISTRY, ""),
    ("GET", "/mlflow/health", INTERNAL, ""),
    ("GET", "/health", INTERNAL, ""),
    ("GET", f"{SEARCH}?max_results=1", INTERNAL, ""),
    ("GET", SEARCH, INTERNAL, ""),
    ("GET", f"{SEARCH}?max_results=0", INTERNAL, ""),
    ("GET", f"{SEARCH}?max_results=many", INTERNAL, ""),
    ("GET", f"{SEARCH}?max_results=50001", INTERNAL, ""),
    ("POST", SEARCH, INTERNAL, '{"max_results": 1}'),
    ("POST", SEARCH, INTERNAL, "{}"),
    ("GET", f"{AJAX}?max_results=1", REGISTRY, ""),
    # What the API's health check asks.
    ("GET", f"{BY_NAME}?experiment_name=Default", INTERNAL, ""),
    ("GET", f"{BY_NAME}?experiment_name=nobody", INTERNAL, ""),
    ("GET", BY_NAME, INTERNAL, ""),
    # Where nothing is: the prefix left out, or put before what has none.
    ("GET", "/", INTERNAL, ""),
    ("GET", "/mlflow/version", INTERNAL, ""),
    ("GET", "/version", INTERNAL, ""),
    ("GET", f"/mlflow{SEARCH}?max_results=1", INTERNAL, ""),
    ("GET", "/ajax-api/2.0/mlflow/experiments/search?max_results=1", INTERNAL, ""),
    ("GET", "/api/mlflow/api/2.0/mlflow/experiments/search?max_results=1", INTERNAL, ""),
    # Hosts that it does not allow: another name, the name without its port, the address.
    ("GET", "/mlflow", "elsewhere.example", ""),
    ("GET", "/mlflow/health", "elsewhere.example", ""),
    ("GET", "/health", "elsewhere.example", ""),
    ("GET", f"{SEARCH}?max_results=1", MLFLOW_NAME, ""),
    ("GET", f"{SEARCH}?max_results=1", f"10.{NETWORK}.1.221:{MLFLOW_PORT}", ""),
]


@dataclass(frozen=True)
class Pair:
    """Stand-in and real server on one database."""

    postgres: Postgres
    standing_in: tuple[str, int]
    addresses: tuple[tuple[str, int], ...]
    process: subprocess.Popen[bytes]

    @property
    def real(self) -> tuple[str, int]:
        return self.addresses[0]


@dataclass(frozen=True)
class Fingerprint:
    """What the http family keeps of an answer, and what its conditions look at."""

    status: int
    kind: str
    location: str
    emitter: tuple[str, str]
    message: tuple[str | None, str]
    keys: tuple[str, ...]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("mlflow")
    estate = hokusai_estate(NETWORK)
    database, service = estate.database.store, estate.service("mlflow")
    raw = platform_side(database.address, database.port + RAW_PORT_OFFSET)
    task = Task(image_tag="", environment=service.variables)
    certificates = issue(folder, (DATABASE_NAME,))
    with ExitStack() as ends:
        resolver = ("127.0.0.1", free_port(socket.SOCK_DGRAM))
        dns = Dns(address=resolver[0], port=resolver[1], names=estate.names)
        dns.start()
        ends.callback(dns.stop)
        owner = Role(name=APPLICATION_ROLE, password=estate.credentials.application_password)
        postgres = Postgres(folder / "postgres", address=raw[0], port=raw[1], database=DATABASE, owner=owner)
        ends.enter_context(postgres)
        at = platform_side(database.address, database.port)
        front = TlsFront(at, raw, certificates.server_context(DATABASE_NAME), postgres=True)
        ends.callback(front.close)
        dialler = Dialler(resolver=resolver, own_address="127.0.0.1", trusted=certificates.client_context())
        addresses = tuple(side(service.address, service.port) for side in (auditor_side, platform_side))
        process = start_mlflow(task, dialler, addresses, folder)
        ends.callback(process.wait)
        ends.callback(process.kill)
        standing_in = auditor_side(private_address(NETWORK, "1.222"), MLFLOW_PORT)
        serve(standing_in, mlflow.SERVER, mlflow.MlflowService(task, dialler))
        yield Pair(postgres, standing_in, addresses, process)


def ask(at: tuple[str, int], method: str, path: str, host: str, body: str) -> Fingerprint:
    connection = http.client.HTTPConnection(*at, timeout=20)
    try:
        headers = {"Host": host} | ({"Content-Type": "application/json"} if body else {})
        connection.request(method, path, body=body or None, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        found = {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()
    emitter, evidence = identify(answer.status, found, content)
    kind = found.get("content-type", "")
    document = json.loads(content) if kind == "application/json" else {}
    return Fingerprint(
        status=answer.status,
        kind=kind,
        location=found.get("location", ""),
        emitter=(str(emitter), evidence),
        message=read_message(answer.status, emitter, found, content),
        keys=tuple(sorted(document)),
    )


@pytest.mark.parametrize(("method", "path", "host", "body"), REQUESTS)
def test_the_stand_in_answers_as_the_real_server_does(pair: Pair, method: str, path: str, host: str, body: str) -> None:
    assert ask(pair.standing_in, method, path, host, body) == ask(pair.real, method, path, host, body)


def test_the_real_server_answers_as_the_platform_was_recorded(pair: Pair) -> None:
    def status(path: str, host: str = INTERNAL) -> int:
        return ask(pair.real, "GET", path, host, "").status

    assert (status("/mlflow"), status("/mlflow/health"), status("/health")) == (308, 200, 404)
    assert (status(f"{SEARCH}?max_results=1"), status(SEARCH)) == (200, 400)
    assert ask(pair.real, "GET", "/mlflow", "elsewhere.example", "").message == ("host_rejected", "")


def test_both_say_the_same_of_a_database_that_refuses_them_and_of_one_that_is_gone(pair: Pair) -> None:
    password = pair.postgres.owner.password

    def of_both() -> tuple[Fingerprint, Fingerprint]:
        search, health = f"{SEARCH}?max_results=1", "/mlflow/health"
        assert ask(pair.real, "GET", health, INTERNAL, "") == ask(pair.standing_in, "GET", health, INTERNAL, "")
        return ask(pair.standing_in, "GET", search, INTERNAL, ""), ask(pair.real, "GET", search, INTERNAL, "")

    pair.postgres.set_password(APPLICATION_ROLE, "not-what-the-task-has")
    # The real server keeps connections; only a new one has to log in.
    pair.postgres.execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{APPLICATION_ROLE}'"
    )
    try:
        standing_in, real = of_both()
        assert standing_in == real
        assert (real.status, real.keys) == (503, ("error_code", "message"))
    finally:
        pair.postgres.set_password(APPLICATION_ROLE, password)
    pair.postgres.stop()
    try:
        standing_in, real = of_both()
        assert standing_in == real
        assert real.status == 503
    finally:
        pair.postgres.start()
    assert [each.status for each in of_both()] == [200, 200]


def test_it_serves_both_sides_in_one_process_that_is_not_root_and_bounded(pair: Pair) -> None:
    assert [ask(at, "GET", "/mlflow/health", INTERNAL, "").status for at in pair.addresses] == [200, 200]
    status = Path(f"/proc/{pair.process.pid}/status").read_text(encoding="utf-8")
    fields = dict(line.split(":", 1) for line in status.splitlines())
    assert int(fields["Uid"].split()[0]) != 0
    assert int(fields["VmRSS"].split()[0]) < 400_000
    limits = Path(f"/proc/{pair.process.pid}/limits").read_text(encoding="utf-8")
    assert next(line for line in limits.splitlines() if line.startswith("Max data size")).split()[3] == str(2 * 1024**3)
    assert Path(f"/proc/{pair.process.pid}/task/{pair.process.pid}/children").read_text(encoding="utf-8") == ""
