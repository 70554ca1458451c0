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
from .outcome import NOWHERE, Outcome, each, probed, require
from .scripts import Script


def ask(
    url: str,
    *,
    network: Network = NOWHERE,
    secrets: SecretReader | None = None,
    weighed: bool = False,
    deadline: float,
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


LABELS = {name: peer.label for name, peer in PEERS.items()}
ALWAYS = ("says nothing", "drips interim answers", "drips a body with a length", "drips trailers")


@pytest.mark.parametrize("name", each(LABELS, always=ALWAYS))
def test_a_hostile_server(name: str, listeners: Listeners) -> None:
    peer = PEERS[name]
    port = listeners.tcp(after_the_request(peer.script))
    outcome = ask(f"http://127.0.0.1:{port}/", weighed=peer.flood, deadline=peer.label.deadline, **peer.asks)
    require(outcome, peer.label)
