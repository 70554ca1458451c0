"""Runs in MLflow's own environment: ``python mlflow_launcher.py HOST:PORT,HOST:PORT server OPTION...``.

``mlflow server`` prepares the store and then starts uvicorn as a child, on one address. That child would outlive a
killed parent; here the command becomes it instead (exec keeps the tether), and listens on all the addresses given.
"""

import os
import socket
import sys
from typing import Any

import mlflow.server
import uvicorn
from mlflow.cli import cli

_APPLICATION = "mlflow.server.fastapi_app:app"


def launch(addresses: str, command: list[str]) -> None:
    """MLflow's own command up to where it would start its server.

    The server gets a fresh interpreter, because MLflow reads what the command decided (prefix, store) from its
    environment while it is imported.
    """

    def become(_command: list[str], extra_env: dict[str, str], **_options: Any) -> None:
        os.execve(sys.executable, [sys.executable, "-I", __file__, addresses], {**os.environ, **extra_env})

    mlflow.server._exec_cmd = become
    cli(command)


def serve(addresses: str) -> None:
    """Serves until it is ended."""
    listeners = []
    for address in addresses.split(","):
        host, _, port = address.partition(":")
        listeners.append(socket.create_server((host, int(port)), backlog=64))
    # uvicorn believes X-Forwarded-Proto of 127.0.0.1, which is everybody here; of a load balancer it would not.
    uvicorn.Server(uvicorn.Config(_APPLICATION, proxy_headers=False)).run(sockets=listeners)


if __name__ == "__main__":
    if sys.argv[2:]:
        launch(sys.argv[1], sys.argv[2:])
    else:
        serve(sys.argv[1])
