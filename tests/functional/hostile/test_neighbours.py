"""A peer that sends faster than we read takes no time from the targets beside it: the loop is one for all."""

import contextlib
import socket
import time
from contextlib import ExitStack, closing
from datetime import timedelta
from typing import Any

from dnslib import QTYPE, RR, A

from auditor.net.causes import DeadlinePassedError
from auditor.net.loop import Loop
from auditor.net.network import Network
from auditor.net.stream import Stream
from functions.dns.family import DnsSpec
from tests.functional.functions.dns.conftest import ask_all

from .dns_peers import NAME, Resolver, reply

FLOOD = 0.5
"""Seconds that a flood lasts."""


class Torrent(socket.socket):
    """A connection on which there is always something: no real sender is sure to be faster than this machine reads."""

    def recvmsg_into(self, buffers: Any, *_: Any) -> tuple[int, list[Any], int, None]:
        """As much as is asked for."""
        return len(buffers[0]), [], 0, None


def test_a_connection_that_is_never_empty_leaves_others_their_turn() -> None:
    woken: list[float] = []

    async def reads() -> None:
        with Torrent() as torrent, contextlib.suppress(DeadlinePassedError):
            stream = Stream(torrent, "203.0.113.7", 443, loop, began + FLOOD)
            while True:
                await stream.receive()

    async def sleeps() -> None:
        for _ in range(10):
            await loop.sleep(0.01)
            woken.append(time.monotonic() - began)

    with Loop() as loop:
        began = time.monotonic()
        loop.run([sleeps, reads], max_in_flight=2)
    assert len(woken) == 10
    assert woken[-1] < FLOOD


def _floods(sock: socket.socket, client: Any, query: bytes) -> None:
    until = time.monotonic() + FLOOD
    while time.monotonic() < until:
        sock.sendto(bytes([query[0] ^ 0xFF]) + query[1:], client)


def _answers(sock: socket.socket, client: Any, query: bytes) -> None:
    time.sleep(0.02)
    sock.sendto(reply(query, RR(NAME, QTYPE.A, rdata=A("10.0.0.1"), ttl=60)), client)


def test_a_resolver_that_floods_leaves_others_their_turn() -> None:
    with ExitStack() as running:
        places = [
            "{}:{}".format(*running.enter_context(closing(Resolver(serve, None))).address)
            for serve in (_floods, _answers)
        ]
        specs = [DnsSpec(name=NAME, resolver=place, timeout=timedelta(seconds=FLOOD)) for place in places]
        flooded, *healthy = ask_all(Network(resolver=("127.0.0.1", 9)), *specs, *specs[1:] * 4)
    assert flooded.brief()["resolver_answers"] == ("FAIL", "dns.timeout")
    assert [seen.passes_all() for seen in healthy] == [True] * 5
