"""Hostile HTTP servers, each with its one expected outcome. The labels were written before any probe met them."""

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.domain.observation import Phase
from functions.http.family import Expect, JsonCondition
from functions.http.health import HealthDocument

from .outcome import Label
from .scripts import Script, drips, endless, resets_after, says, then_waits

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
MEGABYTE = b"x" * 1_000_000
_REACHED = frozenset({"reachable"})
_ANSWERED = frozenset({"reachable", "status_expected", "responds_in_time"})


@dataclass(frozen=True, kw_only=True)
class Peer:
    """What the server does once it has the request, what must come of it, and what the target asks."""

    script: Script
    label: Label
    asks: Mapping[str, Any] = field(default_factory=dict)
    flood: bool = False


def _peer(script: Script, cause: str, phase: Phase = Phase.TRANSFER, *, flood: bool = False) -> Peer:
    label = Label(cause=cause, phase=phase, check="status_expected", passes=_REACHED)
    return Peer(script=script, label=label, flood=flood)


def _flood(script: Script, cause: str, phase: Phase = Phase.TRANSFER) -> Peer:
    return _peer(script, cause, phase, flood=True)


def _content(script: Script, cause: str, check: str, **asks: Any) -> Peer:
    """A peer whose status is fine and whose content is the lie."""
    label = Label(cause=cause, phase=Phase.ANSWER, check=check, passes=_ANSWERED)
    return Peer(script=script, label=label, asks=asks, flood=True)


def answer(body: bytes, *headers: str, status: str = "200 OK") -> Script:
    """A well-formed answer."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers)
    return says("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)


def _coded(coding: str, body: bytes) -> Script:
    return answer(body, f"Content-Encoding: {coding}")


def _json_says(body: bytes, condition: JsonCondition) -> Peer:
    return _content(answer(body), "http.json", "json_expected", expect=Expect(json=(condition,)))


_OK = JsonCondition(path="$.status", equals="ok")
_ZEROS = b"\0" * 1_000_000

ENDLESS = {
    "headers without end": _flood(endless(HEAD, b"X-Flood: ", b"x" * 1000, b"\r\n"), "http.headers_too_large"),
    "one header line without end": _flood(endless(HEAD + b"X-Flood: ", b"x"), "http.headers_too_large"),
    "folded lines without end": _flood(endless(HEAD + b"X-Flood: a\r\n", b" b\r\n"), "http.headers_too_large"),
    "a reason without end": _flood(endless(b"HTTP/1.1 200 ", b"O"), "http.headers_too_large"),
    "a body without length or end": _flood(endless(HEAD + b"\r\n", b"x"), "http.body_too_large"),
    "chunks without end": _flood(endless(CHUNKED, b"2000\r\n", b"x" * 0x2000, b"\r\n"), "http.body_too_large"),
    "chunks of one byte without end": _flood(endless(CHUNKED, b"1\r\nx\r\n"), "http.malformed"),
    "one chunk without end": _flood(endless(CHUNKED + b"7fffffffffff\r\n", b"x"), "http.body_too_large"),
    "a chunk size without end": _flood(endless(CHUNKED, b"0"), "http.malformed"),
    "one chunk extension without end": _flood(endless(CHUNKED + b"1;", b"x"), "http.malformed"),
    "chunk extensions without end": _flood(endless(CHUNKED, b"1;a=", b"x" * 3000, b"\r\nx\r\n"), "http.malformed"),
    "trailers without end": _flood(
        endless(CHUNKED + b"0\r\n", b"X-T: ", b"x" * 100, b"\r\n"), "http.headers_too_large"
    ),
    "one trailer without end": _flood(endless(CHUNKED + b"0\r\nX-T: ", b"x"), "http.malformed"),
    "interim answers without end": _flood(
        endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), "http.malformed", Phase.FIRST_BYTE
    ),
    "an interim answer whose headers do not end": _flood(
        endless(b"HTTP/1.1 100 Continue\r\n", b"X-Flood: ", b"x" * 1000, b"\r\n"),
        "http.headers_too_large",
        Phase.FIRST_BYTE,
    ),
    "empty lines without end": _flood(endless(b"", b"\r\n"), "http.malformed"),
    "empty gzip members without end": _flood(
        endless(HEAD + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"")), "http.body_too_large"
    ),
}

DRIPPING = {
    "says nothing": _peer(then_waits(), "http.first_byte_timeout", Phase.FIRST_BYTE),
    "drips interim answers": _peer(
        drips(b"", [b"HTTP/1.1 102 Processing\r\n\r\n"], 0.06), "http.first_byte_timeout", Phase.FIRST_BYTE
    ),
    "drips its reason": _peer(drips(b"HTTP/1.1 200 ", [b"O"]), "http.transfer_timeout"),
    "drips headers": _peer(drips(HEAD, [b"X-A: b\r\n"]), "http.transfer_timeout"),
    "drips a body with a length": _peer(
        drips(HEAD + b"Content-Length: 99999\r\n\r\n", [b"x"]), "http.transfer_timeout"
    ),
    "drips a body without a length": _peer(drips(HEAD + b"\r\n", [b"x"]), "http.transfer_timeout"),
    "drips chunks": _peer(drips(CHUNKED, [b"1\r\nx\r\n"]), "http.transfer_timeout"),
    "drips a chunk size": _peer(drips(CHUNKED, [b"0"]), "http.transfer_timeout"),
    "drips trailers": _peer(drips(CHUNKED + b"1\r\nx\r\n0\r\n", [b"X-A: b\r\n"]), "http.transfer_timeout"),
    "announces a chunk and stops": _peer(then_waits(CHUNKED + b"7fffffff\r\n"), "http.transfer_timeout"),
    "keeps the end of a finished body to itself": _peer(then_waits(HEAD + b"\r\nall of it"), "http.transfer_timeout"),
}

RESETTING = {
    "closes instead of answering": _peer(says(), "tcp.closed", Phase.FIRST_BYTE),
    "resets instead of answering": _peer(resets_after(), "tcp.reset", Phase.FIRST_BYTE),
    "resets after an interim answer": _peer(
        resets_after(b"HTTP/1.1 100 Continue\r\n\r\n"), "tcp.reset", Phase.FIRST_BYTE
    ),
    "resets inside its status line": _peer(resets_after(b"HTTP/1.1 2"), "tcp.reset"),
    "resets inside its headers": _peer(resets_after(HEAD + b"X-A: "), "tcp.reset"),
    "resets inside its body": _peer(resets_after(HEAD + b"Content-Length: 9\r\n\r\nabc"), "tcp.reset"),
    "resets at the end of a body without length": _peer(resets_after(HEAD + b"\r\nall of it"), "tcp.reset"),
    "resets inside a chunk": _peer(resets_after(CHUNKED + b"5\r\nab"), "tcp.reset"),
    "resets before the last chunk": _peer(resets_after(CHUNKED + b"2\r\nab\r\n"), "tcp.reset"),
    "closes inside its headers": _peer(says(HEAD + b"X-A: b\r\n"), "http.truncated"),
    "closes before the last chunk": _peer(says(CHUNKED + b"2\r\nab\r\n"), "http.truncated"),
    "closes inside its trailers": _peer(says(CHUNKED + b"2\r\nab\r\n0\r\nX-A: b\r\n"), "http.truncated"),
}

LYING = {
    "a length that is too long": _peer(says(HEAD + b"Content-Length: 10\r\n\r\nabc"), "http.truncated"),
    "a length that is too short": _content(
        says(HEAD + b'Content-Length: 9\r\n\r\n{"status": "ok"}'),
        "http.json",
        "json_expected",
        expect=Expect(json=(_OK,)),
    ),
    "two lengths": _peer(says(HEAD + b"Content-Length: 3\r\nContent-Length: 2\r\n\r\nabc"), "http.malformed"),
    "a list of lengths": _peer(says(HEAD + b"Content-Length: 3, 2\r\n\r\nabc"), "http.malformed"),
    "a negative length": _peer(says(HEAD + b"Content-Length: -3\r\n\r\nabc"), "http.malformed"),
    "a length with a sign": _peer(says(HEAD + b"Content-Length: +3\r\n\r\nabc"), "http.malformed"),
    "an empty length": _peer(says(HEAD + b"Content-Length:\r\n\r\nabc"), "http.malformed"),
    "a length of a hundred digits": _peer(
        says(HEAD + b"Content-Length: " + b"9" * 100 + b"\r\n\r\nabc"), "http.malformed"
    ),
    "a length of 100 TB": _peer(says(HEAD + b"Content-Length: 100000000000000\r\n\r\nabc"), "http.body_too_large"),
    "a length beside chunks": _peer(
        says(HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), "http.malformed"
    ),
    "chunked and then something else": _peer(
        says(HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), "http.encoding"
    ),
    "two transfer encodings": _peer(
        says(HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), "http.encoding"
    ),
    "a chunk that is longer than it says": _peer(says(CHUNKED + b"2\r\nabcd\r\n0\r\n\r\n"), "http.malformed"),
    "a chunk size that is negative": _peer(says(CHUNKED + b"-2\r\nab\r\n0\r\n\r\n"), "http.malformed"),
    "a chunk size behind a space": _peer(says(CHUNKED + b" 2\r\nab\r\n0\r\n\r\n"), "http.malformed"),
    "a chunk behind the last": _peer(says(CHUNKED + b"2\r\nab\r\n0\r\n3\r\nabc\r\n0\r\n\r\n"), "http.malformed"),
    "a chunk size with 0x": _peer(says(CHUNKED + b"0x2\r\nab\r\n0\r\n\r\n"), "http.malformed"),
    "a chunk size over 64 bits": _peer(says(CHUNKED + b"10000000000000002\r\nab\r\n0\r\n\r\n"), "http.malformed"),
    "letters in the status": _peer(says(b"HTTP/1.1 2OO OK\r\n\r\n"), "http.malformed"),
    "a status of two digits": _peer(says(b"HTTP/1.1 20 OK\r\n\r\n"), "http.malformed"),
    "a status of four digits": _peer(says(b"HTTP/1.1 2000 OK\r\n\r\n"), "http.malformed"),
    "an answer in HTTP/0.9": _peer(says(b"<html>all is well</html>"), "http.malformed"),
    "HTTP/2's preface": _peer(says(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "http.malformed"),
    "frames of HTTP/2": _peer(says(bytes.fromhex("000012040000000000") + bytes(18)), "http.malformed"),
    "a version that does not exist": _peer(says(b"HTTP/1.7 200 OK\r\n\r\n"), "http.malformed"),
    "a TLS alert over plain TCP": _peer(says(bytes.fromhex("15030300020246")), "http.malformed"),
    "a protocol that nobody asked for": _peer(
        says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"), "http.malformed", Phase.FIRST_BYTE
    ),
    "not changed, though nothing was conditional": _peer(
        answer(b"", status="304 Not Modified"), "http.status", Phase.ANSWER
    ),
    "a body under 204": _content(
        says(b"HTTP/1.1 204 No Content\r\n\r\nall is well"),
        "http.body",
        "body_expected",
        expect=Expect(status=(204,), body_contains=("all is well",)),
    ),
    "a character set that hides an error": _content(
        answer(b"FATAL: out of space!", "Content-Type: text/plain; charset=utf-16"),
        "http.body",
        "body_expected",
        expect=Expect(body_excludes=("FATAL",)),
    ),
    "an error in a character set that is not named": _content(
        answer("FATAL: out of space!".encode("utf-16-be"), "Content-Type: text/plain"),
        "http.body",
        "body_expected",
        expect=Expect(body_excludes=("FATAL",)),
    ),
    "a character set that is a cipher": _content(
        answer(b"nyy vf jryy", "Content-Type: text/plain; charset=rot13"),
        "http.body",
        "body_expected",
        expect=Expect(body_contains=("all is well",)),
    ),
}

OVERSIZED = {
    "a header line of 1 MB": _flood(answer(b"", f"X-A: {'x' * 1_000_000}"), "http.headers_too_large"),
    "a cookie of 1 MB": _flood(answer(b"", f"Set-Cookie: a={'x' * 1_000_000}"), "http.headers_too_large"),
    "a reason of 1 MB": _flood(answer(b"", status=f"200 {'x' * 1_000_000}"), "http.headers_too_large"),
    "a place of 1 MB to go to": _flood(
        answer(b"", f"Location: /{'x' * 1_000_000}", status="302 Found"), "http.headers_too_large"
    ),
    "15,000 headers in 60 kB": _flood(answer(b"", *["a:"] * 15_000), "http.headers_too_large"),
    "JSON 100,000 deep": _json_says(b"[" * 100_000 + b"]" * 100_000, _OK),
    "JSON 980 deep": _json_says(b'{"a":' * 980 + b"1" + b"}" * 980, _OK),
    "a number of a million digits": _json_says(
        b'{"n": 1' + b"0" * 999_999 + b"}", JsonCondition(path="$.n", greater_than=1)
    ),
    "a number beyond all": _json_says(b'{"n": 1e999}', JsonCondition(path="$.n", greater_than=1)),
    "a body of 50 MB": _flood(answer(b"x" * 50_000_000), "http.body_too_large"),
}

MALFORMED = {
    "a header without a colon": _peer(says(HEAD + b"this is none\r\n\r\n"), "http.malformed"),
    "a header without a name": _peer(says(HEAD + b": x\r\n\r\n"), "http.malformed"),
    "a space before the colon": _peer(says(HEAD + b"Content-Length : 0\r\n\r\n"), "http.malformed"),
    "a NUL in a header": _peer(says(HEAD + b"X-A: a\0b\r\n\r\n"), "http.malformed"),
    "a bare CR in a header": _peer(says(HEAD + b"X-A: a\rContent-Length: 0\r\n\r\n"), "http.malformed"),
    "a bare CR in a folded line": _peer(says(HEAD + b"X-A: a\r\n b\r\r\n\r\n"), "http.malformed"),
    "a folded line before any header": _peer(says(HEAD + b" folded\r\n\r\n"), "http.malformed"),
    "a status line without a version": _peer(says(b"200 OK\r\n\r\n"), "http.malformed"),
    "JSON that says a thing twice": _json_says(b'{"status": "down", "status": "ok"}', _OK),
    "NaN": _json_says(b'{"status": "ok", "n": NaN}', _OK),
    "minus infinity": _json_says(b'{"status": "ok", "n": -Infinity}', _OK),
    "half a surrogate pair": _json_says(b'{"status": "\\ud800"}', _OK),
    "JSON with something behind it": _json_says(b'{"status": "ok"} {"status": "down"}', _OK),
    "true where a word should be": _json_says(b'{"status": true}', JsonCondition(path="$.status", equals=1)),
    "colours for the reader's terminal": _json_says(b'{"status": "\\u001b[2J"}', _OK),
    "a sick dependency behind fifty well ones": _content(
        answer(json.dumps({"d": {**{f"d{n}": "ok" for n in range(60)}, "db": "down"}}).encode()),
        "http.health_bad",
        "health_reports_well",
        health=HealthDocument(services="$.d"),
    ),
    "a health document 100,000 deep": _content(
        answer(b'{"status":' * 100_000),
        "http.health_unreadable",
        "health_reports_well",
        health=HealthDocument(status="$.status"),
    ),
}

COMPRESSED = {
    "gzip that is not gzip": _peer(_coded("gzip", b"plain"), "http.encoding"),
    "gzip that stops too early": _peer(_coded("gzip", gzip.compress(b"all is well")[:-9]), "http.encoding"),
    "gzip with a wrong sum": _peer(_coded("gzip", gzip.compress(b"all is well")[:-8] + bytes(8)), "http.encoding"),
    "deflate that is not deflate": _peer(_coded("deflate", b"\xff" * 30), "http.encoding"),
    "br, which nobody asked for": _peer(_coded("br", b"\x0b\x02\x80all is well\x03"), "http.encoding"),
    "gzip inside gzip": _peer(_coded("gzip, gzip", gzip.compress(gzip.compress(b"x"))), "http.encoding"),
    "a gzip bomb": _flood(_coded("gzip", gzip.compress(b"\0" * 50_000_000)), "http.body_too_large"),
    "a gzip bomb of many members": _flood(_coded("gzip", gzip.compress(_ZEROS) * 50), "http.body_too_large"),
    "a deflate bomb": _flood(_coded("deflate", zlib.compress(b"\0" * 50_000_000)), "http.body_too_large"),
    "a deflate bomb without a wrapper": _flood(
        _coded("deflate", zlib.compress(b"\0" * 50_000_000)[2:-4]), "http.body_too_large"
    ),
    "a bomb in chunks of one byte": _flood(
        says(
            HEAD + b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n",
            b"".join(b"1\r\n%c\r\n" % byte for byte in gzip.compress(_ZEROS * 2)),
            b"0\r\n\r\n",
        ),
        "http.body_too_large",
    ),
}

PEERS: dict[str, Peer] = {**ENDLESS, **DRIPPING, **RESETTING, **LYING, **OVERSIZED, **MALFORMED, **COMPRESSED}
