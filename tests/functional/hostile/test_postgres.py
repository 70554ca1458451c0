"""Every hostile PostgreSQL leads to its labelled outcome, and no thread stays busy with it."""

from datetime import timedelta

import pytest

from functions.database.checks import CHECKS
from functions.database.facts import DatabaseFacts
from functions.database.family import DatabaseSpec
from functions.database.probe import observe
from tests.functional.functions.database.conftest import Listeners

from .outcome import probed, require
from .postgres_peers import PEERS, Peer

DEADLINE = 0.5


def spec_of(port: int, peer: Peer, deadline: float) -> DatabaseSpec:
    return DatabaseSpec(
        host="127.0.0.1",
        port=port,
        database="shop",
        user="auditor",
        secret="platform/database",
        tls=peer.tls,  # type: ignore[arg-type]
        timeout=timedelta(seconds=deadline),
    )


@pytest.mark.parametrize("name", PEERS)
def test_a_hostile_server(name: str, listeners: Listeners) -> None:
    peer = PEERS[name]
    # What is weighed is slowed down by the weighing, and a flood must end by itself long before.
    flood = "without end" in name
    deadline = 3.0 if flood else DEADLINE
    spec = spec_of(listeners.tcp(peer.script), peer, deadline)
    require(probed(spec, observe, CHECKS, DatabaseFacts, weighed=flood), peer.label, deadline=deadline)
