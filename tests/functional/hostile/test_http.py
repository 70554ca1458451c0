"""Every hostile HTTP server leads to its labelled outcome: in time, in little memory, and never green."""

import socket
from datetime import timedelta
from typing import Any

import pytest

from auditor.net.network import Network
from auditor.net.probe import SecretReader
from functions.http.checks import CHECKS
from functions.http.facts import HttpFacts
from functions.http.family import HttpSpec
from functions.http.probe import observe
from tests.functional.functions.database.conftest import Listeners

from .http_peers import PEERS
from .outcome import NOWHERE, Outcome, probed, require
from .scripts import Script

DEADLINE = 0.4


def ask(
    url: str,
    *,
    network: Network = NOWHERE,
    secrets: SecretReader | None = None,
    weighed: bool = False,
    deadline: float = DEADLINE,
    **fields: Any,
) -> Outcome:
    """One probe of a URL."""
    timeout = timedelta(seconds=deadline)
    spec = HttpSpec(url=url, timeout=timeout, slow_after=timeout, **fields)
    return probed(spec, observe, CHECKS, HttpFacts, network=network, secrets=secrets, weighed=weighed)


def heard(connection: socket.socket) -> str:
    """The request's head."""
    request = b""
    while b"\r\n\r\n" not in request:
        data = connection.recv(65_536)
        if not data:
            break
        request += data
    return request.decode("latin-1")


def after_the_request(script: Script) -> Script:
    """The script, once the request is there."""

    def serve(connection: socket.socket) -> None:
        if heard(connection):
            script(connection)

    return serve


@pytest.mark.parametrize("name", PEERS)
def test_a_hostile_server(name: str, listeners: Listeners) -> None:
    peer = PEERS[name]
    port = listeners.tcp(after_the_request(peer.script))
    # What is weighed is slowed down by the weighing, and must end by itself long before.
    deadline = 3.0 if peer.flood else DEADLINE
    outcome = ask(f"http://127.0.0.1:{port}/", weighed=peer.flood, deadline=deadline, **peer.asks)
    require(outcome, peer.label, deadline=deadline)
