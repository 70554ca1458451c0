"""A sandboxed platform for a test: started with an incident, on an emulator that forgot everything before."""

import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.fargate.estate import Estate
from sandbox.fargate.platform import FargatePlatform
from sandbox.instance import Instance
from sandbox.platforms import FARGATE
from sandbox.supervisor import start_emulator
from tests.functional.sandbox_fargate.vantage import Vantage

PATIENCE = 1.0


@dataclass(frozen=True)
class World:
    """A platform at work, and the auditor's side of it."""

    platform: FargatePlatform
    vantage: Vantage

    @property
    def estate(self) -> Estate:
        return self.platform.estate

    def container(self, service: str) -> dict[str, Any]:
        """The container of a service's running revision, as the control plane tells it."""
        ecs = self.platform.aws("ecs")
        name = self.estate.service(service).ecs_name
        (found,) = ecs.describe_services(cluster=self.estate.cluster, services=[name])["services"]
        revision = ecs.describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"]
        container: dict[str, Any] = revision["containerDefinitions"][0]
        return container

    def variables(self, service: str) -> dict[str, str]:
        return {entry["name"]: entry["value"] for entry in self.container(service)["environment"]}

    def secret(self, name: str) -> str:
        return str(self.platform.aws("secretsmanager").get_secret_value(SecretId=name)["SecretString"])


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def new_instance(folder: Path, network: int, **more: Any) -> Instance:
    return Instance(
        folder=str(folder),
        network=network,
        emulator_port=free_port(),
        dns_port=free_port(socket.SOCK_DGRAM),
        control_port=free_port(),
        seconds_per_minute=10.0,
        auth=True,
        **more,
    )


def emulator_fixture(network: int) -> Any:
    """The fixture of a module: one emulator for all of its tests."""

    @pytest.fixture(scope="module")
    def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
        instance = new_instance(tmp_path_factory.mktemp("emulator"), network)
        with ExitStack() as ends:
            start_emulator(instance, ends)
            yield instance

    return emulator


def stage_fixture(kind: str) -> Any:
    """The fixture of a module: starts the platform of this kind, with an incident if one is named."""

    @pytest.fixture
    def stage(emulator: Instance, tmp_path: Path) -> Iterator[Callable[..., World]]:
        with ExitStack() as ends:
            yield lambda incident=None: staged(kind, emulator, tmp_path, ends, incident)

    return stage


def staged(kind: str, emulator: Instance, folder: Path, ends: ExitStack, incident: str | None) -> World:
    """A platform of this kind, started on an emulator that is as new; it ends with ``ends``."""
    reset = urllib.request.Request(f"{emulator.endpoint}/_ministack/reset", method="POST", data=b"")
    with urllib.request.urlopen(reset, timeout=10):
        pass
    instance = replace(emulator, folder=str(folder), estate=kind)
    estate = FARGATE[kind].estate(emulator.network)
    platform = FargatePlatform(instance, estate, patience=PATIENCE)
    ends.callback(platform.stop)
    platform.prepare()
    if incident:
        FARGATE[kind].incidents[incident].produce(platform)
    platform.run()
    return World(platform, Vantage(instance, estate))
