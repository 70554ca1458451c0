"""Every hostile Redis leads to its labelled outcome, and is given a password only once it has answered as one."""

import socket
from datetime import timedelta

import pytest

from functions.cache.checks import CHECKS
from functions.cache.facts import CacheFacts
from functions.cache.family import CacheSpec, QueueSpec
from functions.cache.probe import observe
from tests.functional.functions.database.conftest import Listeners

from .outcome import CANARY, each, probed, require
from .redis_peers import DEAD, PEERS, QUEUE, Peer, talks


def spec_of(port: int, peer: Peer) -> CacheSpec:
    return CacheSpec(
        host="127.0.0.1",
        port=port,
        tls="disable",
        secret="platform/cache",
        write_check=True,
        queues=(QueueSpec(name=QUEUE, dead_letters=DEAD, max_dead_letters=50, max_age=timedelta(minutes=10)),),
        timeout=timedelta(seconds=peer.label.deadline),
    )


LABELS = {name: peer.label for name, peer in PEERS.items()}
ALWAYS = (
    "frozen after it accepted",
    "frozen after the password",
    "a dripping status",
    "INFO that drips",
    "loading without end",
)


@pytest.mark.parametrize("name", each(LABELS, always=ALWAYS))
def test_a_hostile_server(name: str, listeners: Listeners) -> None:
    peer = PEERS[name]
    spec = spec_of(listeners.tcp(peer.script), peer)
    weighed = "without end" in name or "500 MB" in name or "in place of" in name
    require(probed(spec, observe, CHECKS, CacheFacts, weighed=weighed), peer.label)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x28", b"220 mail\r\n", b"", b"$-1\r\n"]
)
def test_who_does_not_answer_as_a_redis_is_given_no_password(answer: bytes, listeners: Listeners) -> None:
    heard: list[bytes] = []

    def listens(connection: socket.socket) -> None:
        heard.append(connection.recv(65_536))
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(0.5)
        while data := connection.recv(65_536):
            heard.append(data)

    probed(spec_of(listeners.tcp(listens), PEERS["noise"]), observe, CHECKS, CacheFacts)
    assert heard[0].startswith(b"*1\r\n$4\r\nPING")
    assert CANARY.encode() not in b"".join(heard)


def test_a_server_that_talks_well_passes_all(listeners: Listeners) -> None:
    outcome = probed(spec_of(listeners.tcp(talks()), PEERS["noise"]), observe, CHECKS, CacheFacts)
    assert {str(result.status) for result in outcome.results.values()} == {"PASS"}
