"""Every hostile PostgreSQL leads to its labelled outcome, and no thread stays busy with it."""

from datetime import timedelta

import pytest

from functions.database.checks import CHECKS
from functions.database.facts import DatabaseFacts
from functions.database.family import DatabaseSpec
from functions.database.probe import observe
from tests.functional.functions.database.conftest import Listeners

from .outcome import each, probed, require
from .postgres_peers import PEERS, Peer


def spec_of(port: int, peer: Peer) -> DatabaseSpec:
    return DatabaseSpec(
        host="127.0.0.1",
        port=port,
        database="shop",
        user="auditor",
        secret="platform/database",
        tls=peer.tls,  # type: ignore[arg-type]
        timeout=timedelta(seconds=peer.label.deadline),
    )


LABELS = {name: peer.label for name, peer in PEERS.items()}
ALWAYS = (
    "frozen after it accepted",
    "frozen after the startup",
    "frozen after the query",
    "an encoding that takes hours",
)


@pytest.mark.parametrize("name", each(LABELS, always=ALWAYS))
def test_a_hostile_server(name: str, listeners: Listeners) -> None:
    peer = PEERS[name]
    spec = spec_of(listeners.tcp(peer.script), peer)
    require(probed(spec, observe, CHECKS, DatabaseFacts, weighed="without end" in name), peer.label)
