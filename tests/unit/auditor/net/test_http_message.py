"""HTTP messages that arrive in any pieces, or are no messages at all."""

import contextlib
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.net.causes import PeerFaultError
from auditor.net.http_message import Chunks, Decoder, Request, head_end, parse_head, write_request


def chunked(pieces: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*filter(None, pieces), b""])


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(pieces=st.lists(st.binary(max_size=50), max_size=8), size=st.integers(1, 60))
def test_chunks_come_out_whole_however_the_wire_cuts_them(pieces: list[bytes], size: int) -> None:
    chunks = Chunks()
    body = b"".join(chunks.feed(part) for part in cut(chunked(pieces), size))
    assert body == b"".join(pieces)
    assert chunks.done


@given(data=st.binary(max_size=300), size=st.integers(1, 60))
def test_chunks_of_garbage_end_in_a_named_cause_or_wait_for_more(data: bytes, size: int) -> None:
    chunks = Chunks()
    with contextlib.suppress(PeerFaultError):
        for part in cut(data, size):
            chunks.feed(part)


@given(body=st.binary(max_size=2000), size=st.integers(1, 100))
def test_gzip_is_undone_piece_by_piece(body: bytes, size: int) -> None:
    decoder = Decoder("gzip", 2000)
    for part in cut(gzip.compress(body), size):
        decoder.feed(part)
    assert decoder.finish() == body


@pytest.mark.parametrize(("length", "fits"), [(1000, True), (1001, False)])
@pytest.mark.parametrize("coding", [None, "gzip"])
def test_the_limit_is_exact(coding: str | None, length: int, *, fits: bool) -> None:
    body = b"x" * length
    decoder = Decoder(coding, 1000)
    if fits:
        decoder.feed(gzip.compress(body) if coding else body)
        assert decoder.finish() == body
    else:
        with pytest.raises(PeerFaultError) as fault:
            decoder.feed(gzip.compress(body) if coding else body)
        assert fault.value.cause == "http.body_too_large"


@given(st.binary(max_size=200))
def test_a_head_is_read_or_refused_by_name(data: bytes) -> None:
    with contextlib.suppress(PeerFaultError):
        assert parse_head(b"HTTP/1.1 200 OK\r\n" + data).status == 200


def test_folded_header_lines_are_joined() -> None:
    head = parse_head(b"HTTP/1.1 200 OK\r\nX: one\r\n two\r\nY: z")
    assert head.headers == (("x", "one two"), ("y", "z"))
    assert parse_head(b"HTTP/1.1 200 OK\r\nX: one\r\n \r\nY: z").headers == (("x", "one"), ("y", "z"))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a\r\nb", None),
        (b"a\r\n\r\nb", (1, 5)),
        (b"a\n\nb", (1, 3)),
        (b"a\n\r\nb", (1, 4)),
        (b"a\r\n\nb", (1, 4)),
        (b"a\n\nb\r\n\r\n", (1, 3)),
        (b"a\r\n\r\nb\n\n", (1, 5)),
    ],
)
def test_where_a_head_ends(data: bytes, expected: tuple[int, int] | None) -> None:
    assert head_end(bytearray(data), 0) == expected
    assert expected is None or head_end(bytearray(data), expected[1] - 1) == expected


def test_the_callers_headers_take_the_place_of_defaults() -> None:
    lines = write_request(Request(host="a.example", headers=(("accept", "application/json"),))).split(b"\r\n")
    assert b"accept: application/json" in lines
    assert not any(line.startswith(b"Accept:") for line in lines)


def test_a_request_does_not_show_its_headers_or_body() -> None:
    request = Request(host="a.example", headers=(("Authorization", "hunter2"),), body=b"hunter3")
    assert "hunter" not in repr(request)
