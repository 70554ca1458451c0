"""Peers that misbehave within the exchange: each has its cause and phase, ends in time, and nothing is green."""

import gzip
import socket
import time
from datetime import timedelta

import pytest

from auditor.domain.observation import Phase
from auditor.domain.result import Status

from .conftest import Ask, Script, StartPeer, answers, resets, sends, then_waits

TIMEOUT = timedelta(seconds=0.7)
HEAD = b"HTTP/1.1 200 OK\r\n"


def _drips(connection: socket.socket, _: str) -> None:
    connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def _endless(connection: socket.socket, _: str) -> None:
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")


def _floods_headers(connection: socket.socket, _: str) -> None:
    connection.sendall(HEAD)
    while True:
        connection.sendall(b"X-Flood: " + b"x" * 1000 + b"\r\n")


def _bomb() -> Script:
    body = gzip.compress(b"\0" * 50_000_000)
    assert len(body) < 100_000
    return answers(body, headers=("Content-Encoding: gzip",))


BAD: dict[str, tuple[Script, str, Phase]] = {
    "silent": (then_waits(), "http.first_byte_timeout", Phase.FIRST_BYTE),
    "closes": (sends(), "tcp.closed", Phase.FIRST_BYTE),
    "resets": (resets, "tcp.reset", Phase.FIRST_BYTE),
    "drips": (_drips, "http.transfer_timeout", Phase.TRANSFER),
    "half a head": (then_waits(HEAD), "http.transfer_timeout", Phase.TRANSFER),
    "endless": (_endless, "http.body_too_large", Phase.TRANSFER),
    "gzip bomb": (_bomb(), "http.body_too_large", Phase.TRANSFER),
    "header flood": (_floods_headers, "http.headers_too_large", Phase.TRANSFER),
    "truncated body": (sends(HEAD + b"Content-Length: 10\r\n\r\nabc"), "http.truncated", Phase.TRANSFER),
    "truncated head": (sends(HEAD + b"Content-Le"), "http.truncated", Phase.TRANSFER),
    "truncated chunk": (
        sends(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"),
        "http.truncated",
        Phase.TRANSFER,
    ),
    "not http": (sends(b"-ERR unknown command\r\n\r\n"), "http.malformed", Phase.TRANSFER),
    "not gzip": (
        answers(b"plain", headers=("Content-Encoding: gzip",)),
        "http.encoding",
        Phase.TRANSFER,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_peer(name: str, start: StartPeer, ask: Ask) -> None:
    script, cause, phase = BAD[name]
    began = time.monotonic()
    seen = ask(start(script).url(), timeout=TIMEOUT, slow_after=TIMEOUT)
    assert time.monotonic() - began < TIMEOUT.total_seconds() + 1
    assert seen.answer("status_expected") == (Status.FAIL, cause, phase)
    assert seen.answer("responds_in_time")[0] is Status.SKIPPED
    assert seen.passes() == {"reachable"}
    failed = [timing for timing in seen.observation.phases if not timing.ok]
    assert [timing.phase for timing in failed] == [phase]
    if cause.endswith("_timeout"):
        assert failed[0].duration_ms > 500
    assert [failure.cause for failure in seen.observation.failures] == [cause]


def test_a_body_of_exactly_the_limit_is_read_and_one_more_byte_is_not(start: StartPeer, ask: Ask) -> None:
    peer = start(answers(b"x" * 100))
    assert ask(peer.url(), max_body=100).answer("status_expected")[0] is Status.PASS
    assert ask(peer.url(), max_body=99).answer("status_expected") == (
        Status.FAIL,
        "http.body_too_large",
        Phase.TRANSFER,
    )
