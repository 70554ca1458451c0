"""HTTP answers: ours and h11's reading of the same bytes agree, but for the differences that are listed here."""

import itertools
import re

import h11
from hypothesis import example, given
from hypothesis import strategies as st

from auditor.net.causes import PeerFaultError
from auditor.net.http import Limits, _Answer

from .material import mangled, pieces

WORDS = (
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.0 404 Not Found\r\n",
    b"HTTP/1.1 103 Early Hints\r\n",
    b"HTTP/1.1 204 \r\n",
    b"HTTP/1.1 304\r\n",
    b"Content-Length: 3\r\n",
    b"content-length: 3\n",
    b"Content-Length: 3, 3\r\n",
    b"Content-Length: 07\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip\r\n",
    b"X-A: b\r\n",
    b" folded\r\n",
    b"Connection: close\r\n",
    b"\r\n",
    b"\n",
    b"abc",
    b"3\r\nabc\r\n",
    b"3;x=y\r\nabc\r\n",
    b"0\r\n\r\n",
    b"0\r\n",
    b"A\r\n",
    b":",
    b" ",
)
CHUNKED = (
    b"3\r\nabc\r\n",
    b"3;x=y\r\nabc\r\n",
    b"03\r\nabc\r\n",
    b"a\r\n0123456789\r\n",
    b"0\r\n",
    b"0\r\n\r\n",
    b"\r\n",
    b"X-T: y\r\n",
    b"3",
    b"abc",
    b"\n",
    b" ",
    b";",
)
GOOD = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-A: b\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n5;e=f\r\ndefgh\r\n0\r\nX-T: y\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nall of it",
    b"HTTP/1.0 503 \r\nRetry-After: 5\r\nX-A: b\r\n c\r\n\r\n",
)

Read = tuple[int, tuple[tuple[str, str], ...], bytes]
"""Status, headers, body."""

STRICTER = (
    rb"(?is)content-length.*transfer-encoding|transfer-encoding.*content-length",  # which of the two ends the answer?
    rb"HTTP/1\.[2-9]",  # there is none
    rb"HTTP/1\.[01] 0|HTTP/1\.[01] 101",  # no status; a protocol that nobody asked for
    rb"(?s)(?:HTTP/1\.[01] 1[0-9]{2}.*){16}",  # interim answers without end
    rb"(?i)content-length[^\n]*[0-9]{16}",  # more than a petabyte
    rb"(?s)\A[\r\n]",  # an empty line before the answer
    rb"[0-9A-Fa-f]{16}",  # a chunk of more than a petabyte
)
"""What h11 takes and we refuse: the bytes hold one of these."""


class Wire:
    """A stream that gives what it is given, piece by piece, and then ends."""

    peer = "203.0.113.7:80"

    def __init__(self, wire: list[bytes]) -> None:
        self._wire = wire

    async def receive(self) -> bytes:
        """The next piece."""
        while self._wire:
            if piece := self._wire.pop(0):
                return piece
        return b""


def ours(wire: list[bytes]) -> Read | PeerFaultError:
    """What the engine reads."""
    answer = _Answer(Wire(list(wire)), "GET", Limits(body_bytes=10_000))  # type: ignore[arg-type]

    async def both() -> Read:
        await answer.begin()
        response = await answer.read()
        return response.status, response.headers, response.body

    try:
        both().send(None)
    except StopIteration as stop:
        read: Read = stop.value
        return read
    except PeerFaultError as fault:
        return fault
    raise AssertionError("the reading waited for something")


def theirs(data: bytes) -> Read | None:
    """What h11 reads; None where it refuses."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=100_000)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a"), ("Connection", "close")]))
    connection.send(h11.EndOfMessage())
    head: h11.Response | None = None
    body = b""
    try:
        connection.receive_data(data)
        connection.receive_data(b"")
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                headers = tuple((k.decode("ascii"), v.decode("latin-1")) for k, v in head.headers)
                return head.status_code, headers, body
            elif not isinstance(event, h11.InformationalResponse):
                return None
    except h11.RemoteProtocolError:
        return None


def lenient(read: Read, data: bytes) -> bool:
    """What we take and h11 refuses: control characters in values, any extension of a chunk, bare LF in chunks."""
    _, headers, _ = read
    controls = r"[\x00-\x08\x0b-\x1f\x7f]"
    values = any(re.search(controls, value) for _, value in headers)
    reason = re.match(rb"[^\n]*[\x00-\x08\x0b-\x1f\x7f][^\n]*\r?\n", data.replace(b"\r\n", b"\n"))
    interim = re.match(rb"HTTP/1\.[01] 1[0-9]{2}", data)
    chunked = any(name == "transfer-encoding" for name, _ in headers)
    trailer = re.search(controls.encode(), data.replace(b"\r\n", b"\n"))
    return bool(values or reason or interim or (chunked and (b";" in data or re.search(rb"[^\r]\n", data) or trailer)))


def same(data: bytes, cuts: list[int]) -> None:
    """However the bytes are cut the reading is the same, and it is h11's or one of the listed differences."""
    bounds = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    mine = ours([data[a:b] for a, b in itertools.pairwise(bounds)])
    whole = ours([data])
    if isinstance(mine, PeerFaultError):
        assert isinstance(whole, PeerFaultError)
        assert (mine.cause, mine.words) == (whole.cause, whole.words) or "closed" in mine.words + whole.words
    else:
        assert mine == whole
    other = theirs(data)
    if isinstance(whole, PeerFaultError):
        if other is not None and other[1:] != ((), b""):
            encoded = any(name == "content-encoding" for name, _ in other[1])
            assert encoded or any(re.search(pattern, data) for pattern in STRICTER), (whole.words, other)
    elif other is None:
        assert lenient(whole, data), whole
    else:
        assert (whole[0], _plain(whole[1]), whole[2]) == (other[0], _plain(other[1]), other[2])


def _plain(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """h11 keeps the blanks of a folded line, and writes one length where several equal ones are given."""
    named = [(name, re.sub(r"[ \t]+", " ", value)) for name, value in headers]
    lengths = [(name, value.split(",")[0]) for name, value in named if name == "content-length"][:1]
    return lengths + [(name, value) for name, value in named if name != "content-length"]


@given(pieces(WORDS), st.lists(st.integers(0, 400), max_size=6))
@example(b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", [])
@example(b"X-A: b\r\nContent-Length: 3\r\nX-A: c\r\n\r\nabc", [])
def test_words(data: bytes, cuts: list[int]) -> None:
    same(b"HTTP/1.1 200 OK\r\n" + data, cuts)


@given(st.sampled_from(GOOD).flatmap(mangled), st.lists(st.integers(0, 400), max_size=6))
@example(b"HTTP/1.1 200 OK\r\nC:\x0bontent-Length: 3\r\nX-A: b\r\n\r\nabc", [])
@example(b"HTTP/1.1 200 OK\r\nContent-Length:\x0b3\r\n\r\nabc", [])
@example(b"HTTP/1.1 200 OK\r\nContent-Length:\xa03\r\n\r\nabc", [])
def test_mangled(data: bytes, cuts: list[int]) -> None:
    same(data, cuts)


@given(pieces(CHUNKED), st.lists(st.integers(0, 400), max_size=6))
def test_chunks(data: bytes, cuts: list[int]) -> None:
    same(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data, cuts)
