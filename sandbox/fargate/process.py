"""All of a platform's services in one process, started by ``FargatePlatform`` from its estate's ``services_module``.

Its first line of input says where it stands; it ends when its input does, so it never outlives who started it. Like
tasks of ECS the services read their configuration once, at their start: a new revision needs a new process.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.fargate import balancer
from sandbox.fargate.authority import Certificates, certificates_in
from sandbox.fargate.dialling import Dialler
from sandbox.fargate.estate import Estate, Service, auditor_side, platform_side
from sandbox.fargate.owner import owner_client
from sandbox.fargate.serving import Application, serve
from sandbox.fargate.task import Aws, Task, runs, start_task
from sandbox.fargate.traffic import publish_each_minute

READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the services stand. ``patience``: seconds that one waits for a neighbour; ``real``: as in ``Instance``."""

    network: int
    endpoint: str
    resolver_port: int
    folder: str
    canary_key: str = field(repr=False)
    patience: float
    real: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """One service that serves: under which Server header, and how it answers."""

    service: Service
    server: str
    application: Application


class Host:
    """What a service gets where it runs: its task, and its network."""

    def __init__(self, place: Place, estate: Estate, aws: Aws, certificates: Certificates) -> None:
        self.place = place
        self.estate = estate
        self._aws = aws
        self._resolver = ("127.0.0.1", place.resolver_port)
        self._trusted = certificates.client_context()

    def task(self, name: str) -> Task:
        """The task of a service's running revision."""
        return start_task(self._aws, self.estate.cluster, self.estate.service(name).ecs_name)

    def dialler(self, name: str) -> Dialler:
        """How this service reaches others."""
        return Dialler(resolver=self._resolver, own_address=self.estate.service(name).address, trusted=self._trusted)


def main(estate_in: Callable[[int], Estate], stands: Callable[[Host], Iterable[Stand]]) -> None:
    """Starts every service of the estate and its load balancers, says so, and serves until the input ends."""
    place = Place(**json.loads(sys.stdin.readline()))
    estate = estate_in(place.network)
    aws = {
        service: owner_client(place.endpoint, service)
        for service in ("cloudwatch", "ecs", "elbv2", "secretsmanager", "ssm")
    }
    certificates = certificates_in(Path(place.folder))
    for stand in stands(Host(place, estate, aws, certificates)):
        if not runs(aws, estate.cluster, stand.service.ecs_name):
            continue
        for side in (auditor_side, platform_side):
            serve(side(stand.service.address, stand.service.port), stand.server, stand.application)
    traffics = set()
    for declared in estate.load_balancers:
        for listener in balancer.listeners_of(aws["elbv2"], declared.name):
            tls = certificates.server_context(estate.certificate) if listener.port == 443 else None
            traffics.add(listener.traffic)
            serve(auditor_side(declared.address, listener.port), balancer.SERVER, balancer.Balancer(listener), tls)
    publish_each_minute(aws["cloudwatch"], place.endpoint, traffics)
    print(READY, flush=True)
    sys.stdin.read()
    os._exit(0)
