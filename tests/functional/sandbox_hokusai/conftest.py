"""A real MLflow server and its stand-in at one PostgreSQL, started once for all tests that compare or use them."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.dns import Dns
from sandbox.fargate.authority import issue
from sandbox.fargate.dialling import Dialler
from sandbox.fargate.estate import RAW_PORT_OFFSET, auditor_side, platform_side, private_address
from sandbox.fargate.front import TlsFront
from sandbox.fargate.serving import serve
from sandbox.fargate.task import Task
from sandbox.hokusai import mlflow
from sandbox.hokusai.estate import APPLICATION_ROLE, DATABASE, DATABASE_NAME, MLFLOW_PORT, hokusai_estate
from sandbox.hokusai.real_mlflow import start_mlflow
from sandbox.postgres import Postgres, Role
from tests.functional.sandbox_fargate.staging import free_port

NETWORK = 73
OTHER_DATABASE = "standing_in"


@dataclass(frozen=True)
class Pair:
    """Stand-in and real server; each has a database of its own, and both log in as one role."""

    resolver: tuple[str, int]
    folder: Path
    postgres: Postgres
    standing_in: tuple[str, int]
    addresses: tuple[tuple[str, int], ...]
    process: subprocess.Popen[bytes]

    @property
    def real(self) -> tuple[str, int]:
        return self.addresses[0]


@pytest.fixture(scope="session")
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
        postgres.execute(f"CREATE DATABASE {OTHER_DATABASE} OWNER {APPLICATION_ROLE}")
        for statement in estate.database.schema:
            postgres.execute(statement, database=OTHER_DATABASE)
        uri = service.variables["BACKEND_STORE_URI"].replace(f"/{DATABASE}?", f"/{OTHER_DATABASE}?")
        other = Task(image_tag="", environment={**service.variables, "BACKEND_STORE_URI": uri})
        standing_in = auditor_side(private_address(NETWORK, "1.222"), MLFLOW_PORT)
        serve(standing_in, mlflow.SERVER, mlflow.MlflowService(other, dialler))
        yield Pair(resolver, folder, postgres, standing_in, addresses, process)
