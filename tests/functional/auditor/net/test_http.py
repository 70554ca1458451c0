"""HTTP exchanges with servers that are slow, endless, cut off, hostile or simply healthy."""

import contextlib
import gzip
import itertools
import socket
import ssl
import struct
import time
import zlib
from collections.abc import Callable, Iterable

import pytest
import trustme

from auditor.domain.observation import Failure, Observation, Phase
from auditor.net.http import Limits, Request, Response, exchange
from auditor.net.probe import Probe
from auditor.net.stream import Stream

from .conftest import Servers, one

OK = b"HTTP/1.1 200 OK\r\n"
LIMITS = Limits(head_bytes=8_000, body_bytes=100_000)


def sends(*pieces: bytes, pause: float = 0.0, then_wait: bool = False) -> Callable[[socket.socket], None]:
    """A server that reads the request, sends pieces and closes."""

    def serve(connection: socket.socket) -> None:
        connection.recv(65_536)
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
        if then_wait:
            connection.recv(1)

    return serve


def forever(first: bytes, pieces: Iterable[bytes], pause: float) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(first)
        with contextlib.suppress(OSError):
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)

    return serve


def ask(
    port: int, *, method: str = "GET", timeout: float = 1.0, limits: Limits = LIMITS, body: bytes = b""
) -> Observation[Response | Failure]:
    async def work(probe: Probe) -> Response | Failure:
        stream = await probe.connect("127.0.0.1", port)
        assert isinstance(stream, Stream)
        return await exchange(probe, stream, Request(host="site.example", method=method, body=body), limits)

    observation: Observation[Response | Failure] = one(work, timeout=timeout)
    return observation


def answered(observation: Observation[Response | Failure]) -> Response:
    assert isinstance(observation.facts, Response), observation
    phases = [(timing.phase, timing.ok) for timing in observation.phases]
    assert phases == [(phase, True) for phase in (Phase.TCP, Phase.REQUEST, Phase.FIRST_BYTE, Phase.TRANSFER)]
    return observation.facts


def failure(observation: Observation[Response | Failure]) -> Failure:
    assert isinstance(observation.facts, Failure), observation
    assert not observation.phases[-1].ok
    return observation.facts


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (OK + b"Content-Length: 5\r\n\r\n", b"hello", b"hello"),
        (OK + b"Content-Length: 5\r\n\r\n", b"hello and more than was said", b"hello"),
        (OK + b"content-length: 0\r\n\r\n", b"", b""),
        (OK + b"\r\n", b"until the end", b"until the end"),
        (b"HTTP/1.0 200\r\n\r\n", b"old", b"old"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: 1\r\n\r\n", b"hello"),
        (OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"hello"), b"hello"),
        (OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"hel") + gzip.compress(b"lo"), b"hello"),
        (OK + b"Content-Encoding: deflate\r\n\r\n", zlib.compress(b"hello"), b"hello"),
        (OK + b"Content-Encoding: deflate\r\n\r\n", zlib.compress(b"hello")[2:-4], b"hello"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"", b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", b"", b""),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK + b"\r\n", b"yes", b"yes"),
    ],
    ids=[
        "length",
        "surplus",
        "empty",
        "close",
        "http10",
        "chunked",
        "gzip",
        "members",
        "deflate",
        "raw deflate",
        "204",
        "304",
        "interim",
    ],
)
@pytest.mark.parametrize("whole", [True, False], ids=["in one piece", "byte by byte"])
def test_a_body_is_read_however_it_is_framed(
    servers: Servers, head: bytes, body: bytes, expected: bytes, *, whole: bool
) -> None:
    message = head + body
    pieces = [message] if whole else [bytes([byte]) for byte in message]
    assert answered(ask(servers.tcp(sends(*pieces)))).body == expected


def test_status_version_and_headers(servers: Servers) -> None:
    port = servers.tcp(sends(b"HTTP/1.1 503 No\r\nServer: awselb/2.0\r\nX-A: 1\r\nx-a:  2 \r\n\r\n"))
    response = answered(ask(port))
    assert (response.status, response.version) == (503, "1.1")
    assert response.headers == (("server", "awselb/2.0"), ("x-a", "1"), ("x-a", "2"))
    assert response.header("X-A") == "1, 2"
    assert response.header("absent") is None


def test_head_has_no_body(servers: Servers) -> None:
    port = servers.tcp(sends(OK + b"Content-Length: 500\r\nContent-Encoding: br\r\n\r\n", then_wait=True))
    assert answered(ask(port, method="HEAD")).body == b""


def test_what_is_sent(servers: Servers) -> None:
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        seen.append(connection.recv(65_536))
        connection.sendall(OK + b"Content-Length: 0\r\n\r\n")

    answered(ask(servers.tcp(serve), method="POST", body=b"{}"))
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[:2] == [b"POST / HTTP/1.1", b"Host: site.example"]
    assert {b"Connection: close", b"Content-Length: 2"} < set(lines)
    assert body == b"{}"


@pytest.mark.parametrize(
    ("pieces", "cause", "phase"),
    [
        ((), "tcp.closed", Phase.FIRST_BYTE),
        ((b"HTTP/1.1 100 Continue\r\n\r\n",), "tcp.closed", Phase.FIRST_BYTE),
        ((b"SSH-2.0-OpenSSH_9.2\r\n",), "http.malformed", Phase.TRANSFER),
        ((b"\x15\x03\x01\x00\x02\x02\x50",), "http.malformed", Phase.TRANSFER),
        ((b"HTTP/2 200\r\n\r\n",), "http.malformed", Phase.TRANSFER),
        ((b"HTTP/1.1 20x OK\r\n\r\n",), "http.malformed", Phase.TRANSFER),
        ((OK + b"no colon\r\n\r\n",), "http.malformed", Phase.TRANSFER),
        ((OK + b"bad name: 1\r\n\r\n",), "http.malformed", Phase.TRANSFER),
        ((OK + b"Content-Length: -1\r\n\r\n",), "http.malformed", Phase.TRANSFER),
        ((OK + b"Content-Length: 1, 2\r\n\r\nab",), "http.malformed", Phase.TRANSFER),
        ((OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",), "http.malformed", Phase.TRANSFER),
        ((OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",), "http.malformed", Phase.TRANSFER),
        ((OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 5000,), "http.malformed", Phase.TRANSFER),
        ((OK + b"Content-Le",), "http.truncated", Phase.TRANSFER),
        ((OK + b"Content-Length: 10\r\n\r\nhalf",), "http.truncated", Phase.TRANSFER),
        ((OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",), "http.truncated", Phase.TRANSFER),
        ((OK + b"X: " + b"y" * 9000,), "http.headers_too_large", Phase.TRANSFER),
        ((OK + b"X: " + b"y" * 9000 + b"\r\n\r\n",), "http.headers_too_large", Phase.TRANSFER),
        ((OK + b"Content-Length: 100001\r\n\r\n",), "http.body_too_large", Phase.TRANSFER),
        ((OK + b"Content-Encoding: br\r\n\r\nxx",), "http.encoding", Phase.TRANSFER),
        ((OK + b"Content-Encoding: gzip, gzip\r\n\r\nxx",), "http.encoding", Phase.TRANSFER),
        ((OK + b"Content-Encoding: gzip\r\n\r\nplain text",), "http.encoding", Phase.TRANSFER),
        ((OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"x" * 99)[:-9],), "http.encoding", Phase.TRANSFER),
        ((OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",), "http.encoding", Phase.TRANSFER),
    ],
)
def test_each_broken_answer_has_its_cause(
    servers: Servers, pieces: tuple[bytes, ...], cause: str, phase: Phase
) -> None:
    outcome = failure(ask(servers.tcp(sends(*pieces))))
    assert (outcome.cause, outcome.phase) == (cause, phase)
    assert outcome.detail.startswith("127.0.0.1:")


def test_a_gzip_bomb_is_not_unpacked(servers: Servers) -> None:
    bomb = gzip.compress(bytes(16 * 1024 * 1024))
    assert len(bomb) < 100_000
    outcome = failure(ask(servers.tcp(sends(OK + b"Content-Encoding: gzip\r\n\r\n" + bomb)), timeout=3))
    assert outcome.cause == "http.body_too_large"
    assert "answered 200 and sent a body of more than 100000 bytes" in outcome.detail


@pytest.mark.parametrize("head", [OK + b"\r\n", OK + b"Transfer-Encoding: chunked\r\n\r\n"])
def test_an_endless_body_is_read_to_the_limit_only(servers: Servers, head: bytes) -> None:
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    port = servers.tcp(forever(head, itertools.repeat(chunk), pause=0.0))
    assert failure(ask(port, timeout=5)).cause == "http.body_too_large"


def test_endless_headers_and_interim_answers(servers: Servers) -> None:
    headers = servers.tcp(forever(OK, itertools.repeat(b"X-Y: z\r\n" * 100), pause=0.0))
    interim = servers.tcp(forever(b"", itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"), pause=0.0))
    assert failure(ask(headers, timeout=5)).cause == "http.headers_too_large"
    assert failure(ask(interim, timeout=5)).cause == "http.malformed"


def test_silence_ends_at_the_deadline(servers: Servers) -> None:
    begun = time.monotonic()
    observation = ask(servers.tcp(sends(then_wait=True)), timeout=0.3)
    outcome = failure(observation)
    assert time.monotonic() - begun < 0.6
    assert (outcome.cause, outcome.phase) == ("http.first_byte_timeout", Phase.FIRST_BYTE)
    assert 280 < observation.phases[-1].duration_ms < 600


@pytest.mark.parametrize("first", [OK + b"Content-Length: 1000\r\n\r\n", OK + b"\r\n", b"HTTP/1.1 2"])
def test_a_drip_ends_at_the_deadline_although_every_read_succeeds(servers: Servers, first: bytes) -> None:
    port = servers.tcp(forever(first, itertools.repeat(b"0", 30), pause=0.1))
    begun = time.monotonic()
    outcome = failure(ask(port, timeout=0.5))
    assert 0.5 <= time.monotonic() - begun < 0.8
    assert (outcome.cause, outcome.phase) == ("http.transfer_timeout", Phase.TRANSFER)


def test_a_flood_ends_at_the_deadline_although_no_read_ever_waits(servers: Servers) -> None:
    port = servers.tcp(forever(OK + b"\r\n", itertools.repeat(b"x" * 65_536), pause=0.0))
    begun = time.monotonic()
    outcome = failure(ask(port, timeout=0.3, limits=Limits(body_bytes=10**12)))
    assert time.monotonic() - begun < 0.8
    assert outcome.cause == "http.transfer_timeout"
    assert "answered 200" in outcome.detail


def test_a_reset_before_and_inside_the_answer(servers: Servers) -> None:
    def resetting(first: bytes) -> Callable[[socket.socket], None]:
        def serve(connection: socket.socket) -> None:
            connection.recv(65_536)
            connection.sendall(first)
            time.sleep(0.05)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        return serve

    before = failure(ask(servers.tcp(resetting(b""))))
    inside = failure(ask(servers.tcp(resetting(OK + b"Content-Length: 9\r\n\r\n123"))))
    assert (before.cause, before.phase) == ("tcp.reset", Phase.FIRST_BYTE)
    assert (inside.cause, inside.phase) == ("tcp.reset", Phase.TRANSFER)


def test_an_early_answer_to_a_large_request_is_read(servers: Servers) -> None:
    """The server answers 413 without reading the body, and closes: the kernel resets, the answer counts."""

    def serve(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        time.sleep(0.05)

    observation = ask(servers.tcp(serve), method="POST", body=b"x" * 20_000_000, timeout=3)
    assert isinstance(observation.facts, Response), observation.facts
    assert observation.facts.status == 413


def test_a_request_that_would_smuggle_a_line_is_never_sent(servers: Servers) -> None:
    received: list[bytes] = []
    port = servers.tcp(lambda connection: received.append(connection.recv(1000)))

    async def work(probe: Probe) -> object:
        stream = await probe.connect("127.0.0.1", port)
        assert isinstance(stream, Stream)
        return [
            await exchange(probe, stream, Request(host="a.example", **changes), LIMITS)  # type: ignore[arg-type]
            for changes in (
                {"path": "/ HTTP/1.1\r\nX: y"},
                {"path": "/a b"},
                {"headers": (("X-Key", "secret\r\nX: y"),)},
                {"headers": (("X\r\n", "y"),)},
                {"method": "GET /"},
            )
        ]

    observation = one(work)
    assert [outcome.cause for outcome in observation.facts] == ["http.malformed"] * 5  # type: ignore[union-attr]
    assert "secret" not in str(observation)
    assert received in ([], [b""])


def test_https_from_end_to_end(servers: Servers) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("site.example").configure_cert(context)
    client = ssl.create_default_context()
    authority.configure_trust(client)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65_536)
            secured.sendall(OK + b"Content-Length: 70000\r\n\r\n" + b"y" * 70_000)

    port = servers.tcp(serve)

    async def work(probe: Probe) -> Response | Failure:
        stream = await probe.connect("127.0.0.1", port)
        assert isinstance(stream, Stream)
        secured = await probe.secure(stream, client, "site.example")
        assert isinstance(secured, Stream)
        return await exchange(probe, secured, Request(host="site.example"), LIMITS)

    observation = one(work)
    assert isinstance(observation.facts, Response), observation
    assert observation.facts.body == b"y" * 70_000
    assert [timing.phase for timing in observation.phases] == [
        Phase.TCP,
        Phase.TLS,
        Phase.REQUEST,
        Phase.FIRST_BYTE,
        Phase.TRANSFER,
    ]


def test_no_text_of_the_peer_is_repeated(servers: Servers) -> None:
    for text in (b"hunter2 is the password\r\n", OK + b"hunter2\r\n\r\n", OK + b"Content-Length: hunter2\r\n\r\n"):
        assert "hunter2" not in str(ask(servers.tcp(sends(text))))
