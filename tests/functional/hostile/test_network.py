"""Servers that flood, drip and cut what only opens a connection: what each comes to, in time and in little memory."""

import socket
import struct
import time
from datetime import timedelta

import pytest

from functions.network.checks import CHECKS
from functions.network.facts import NetworkFacts
from functions.network.family import NetworkSpec
from functions.network.probe import LISTEN_SECONDS, observe
from tests.fault_lab.network_lab import listening

from .outcome import CANARY, GRACE, probed
from .scripts import Script, drips, endless, resets_after, says, then_waits

PASS = ("PASS", None)


def cuts_in_the_middle_of_a_flood(connection: socket.socket) -> None:
    connection.sendall(b"x" * 65_536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closes_just_before_it_is_listened_to_no_more(connection: socket.socket) -> None:
    time.sleep(LISTEN_SECONDS * 0.6)


PEERS: dict[str, tuple[Script, tuple[str, str | None]]] = {
    "a flood without end": (endless(b"220 ", CANARY.encode() * 20), PASS),
    "a byte now and then": (drips(b"", [b"\x00"], pause=0.02), PASS),
    "a banner with colours and a secret": (then_waits(b"\x1b[31m" + CANARY.encode()), PASS),
    "another protocol's words": (then_waits(b"HTTP/1.1 400 Bad Request\r\n\r\n"), PASS),
    "a TLS alert, then nothing": (then_waits(b"\x15\x03\x03\x00\x02\x02\x28"), PASS),
    "words and a close": (says(b"421 too many connections\r\n"), ("FAIL", "tcp.closed")),
    "a close after a pause": (closes_just_before_it_is_listened_to_no_more, ("FAIL", "tcp.closed")),
    "words and a reset": (resets_after(b"go away"), ("FAIL", "tcp.reset")),
    "a reset behind a flood": (cuts_in_the_middle_of_a_flood, ("FAIL", "tcp.reset")),
}


@pytest.mark.parametrize("name", PEERS)
def test_a_hostile_server(name: str) -> None:
    script, label = PEERS[name]
    with listening(script) as port:
        spec = NetworkSpec(host="127.0.0.1", port=port, timeout=timedelta(seconds=2))
        outcome = probed(spec, observe, CHECKS, NetworkFacts, weighed=True)
    assert outcome.observation.could_not_tell is None
    assert outcome.results["reachable"].status == "PASS"
    result = outcome.results["not_reset"]
    assert (result.status, result.cause) == label, result.summary
    assert outcome.seconds < LISTEN_SECONDS + GRACE
    assert outcome.peak < 1024 * 1024
