"""All of the platform's services in one process: ``python -m sandbox.hokusai.services``.

Its first line of input says where it stands; it ends when its input does, so it never outlives who started it. Like
tasks of ECS the services read their configuration once, at their start: a new revision needs a new process.
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import boto3

from sandbox.hokusai import api, auth, balancer, mlflow
from sandbox.hokusai.authority import certificates_in
from sandbox.hokusai.dialling import Dialler
from sandbox.hokusai.estate import (
    API_PORT,
    AUTH_PORT,
    MLFLOW_PORT,
    PUBLIC_NAMES,
    HokusaiEstate,
    auditor_side,
    platform_side,
)
from sandbox.hokusai.seed import API_SERVICE, BALANCERS, MLFLOW_SERVICE, RELEASE_WITH_HARD_CODED_ADDRESS
from sandbox.hokusai.serving import Application, serve
from sandbox.hokusai.task import Aws, start_task
from sandbox.instance import REGION

READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the services stand. ``patience``: seconds that the API waits for MLflow."""

    network: int
    endpoint: str
    resolver_port: int
    folder: str
    canary_key: str
    patience: float


def clients(endpoint: str) -> Aws:
    """Clients of the emulator with the owner's rights."""
    return {
        service: boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        for service in ("ecs", "elbv2", "secretsmanager", "ssm")
    }


def start(place: Place) -> None:
    """Starts every service; returns when all of them listen."""
    estate = HokusaiEstate(network=place.network)
    aws = clients(place.endpoint)
    certificates = certificates_in(Path(place.folder))
    trusted = certificates.client_context()
    resolver = ("127.0.0.1", place.resolver_port)

    def dialler(own_address: str) -> Dialler:
        return Dialler(resolver=resolver, own_address=own_address, trusted=trusted)

    task = start_task(aws, API_SERVICE)
    stale = task.image_tag == RELEASE_WITH_HARD_CODED_ADDRESS
    image = api.Image(hard_coded_tracking_uri=f"http://{estate.hard_coded_mlflow}:{MLFLOW_PORT}" if stale else None)
    tasks: list[tuple[str, int, str, Application]] = [
        (estate.auth, AUTH_PORT, auth.SERVER, auth.AuthService(place.canary_key)),
        (
            estate.mlflow,
            MLFLOW_PORT,
            mlflow.SERVER,
            mlflow.MlflowService(start_task(aws, MLFLOW_SERVICE), dialler(estate.mlflow)),
        ),
        (estate.api, API_PORT, api.SERVER, api.ApiService(task, image, dialler(estate.api), place.patience)),
    ]
    for address, port, server, application in tasks:
        serve(auditor_side(address, port), server, application)
        serve(platform_side(address, port), server, application)
    for name in PUBLIC_NAMES:
        for listener in balancer.listeners_of(aws["elbv2"], BALANCERS[name]):
            tls = certificates.server_context() if listener.port == 443 else None
            serve(auditor_side(estate.names[name], listener.port), balancer.SERVER, balancer.Balancer(listener), tls)


def main() -> None:
    """Serves until the input ends."""
    start(Place(**json.loads(sys.stdin.readline())))
    print(READY, flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
