"""Peers that are no MLflow, or one that means harm, each with its one expected outcome."""

import gzip
import json

from auditor.domain.observation import Phase

from .outcome import CANARY
from .scripts import Script, drips, endless, resets_after, says, then_waits

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_WAITS = frozenset({"journey.no_answer", "journey.answer_unfinished"})


def answer(body: bytes, status: str = "200 OK", *headers: str) -> Script:
    """One whole answer."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return says("\r\n".join(lines).encode("latin-1") + body)


def document(value: object, status: str = "200 OK", *headers: str) -> Script:
    """One whole answer in JSON."""
    return answer(json.dumps(value).encode(), status, "Content-Type: application/json", *headers)


Expected = tuple[str, Phase]
_NO_ANSWER: Expected = ("journey.no_answer", Phase.FIRST_BYTE)
_NOT_HTTP: Expected = ("journey.not_http", Phase.FIRST_BYTE)
_BROKEN: Expected = ("journey.answer_truncated", Phase.TRANSFER)
_ENDLESS: Expected = ("journey.answer_too_large", Phase.TRANSFER)
_UNREADABLE: Expected = ("journey.unreadable", Phase.ANSWER)

PEERS: dict[str, tuple[Script, Expected]] = {
    "silence": (then_waits(), _NO_ANSWER),
    "a status line that drips": (drips(b"", [bytes([c]) for c in b"HTTP/1.1 200 OK AND MORE OF IT " * 9]), _NO_ANSWER),
    "headers that drip": (drips(b"HTTP/1.1 200 OK\r\n", [b"x: y\r\n"]), _NO_ANSWER),
    "headers without end": (endless(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"), _NOT_HTTP),
    "a header line without end": (endless(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 1000), _NOT_HTTP),
    "a status line without end": (endless(b"HTTP/1.1 200 ", b"O" * 1000), _NOT_HTTP),
    "interim answers without end": (
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ("journey.answer_too_large", Phase.FIRST_BYTE),
    ),
    "SSH": (says(b"SSH-2.0-OpenSSH_9.2\r\n"), _NOT_HTTP),
    "HTTP/2 frames": (says(bytes.fromhex("000012040000000000") + bytes(18)), _NOT_HTTP),
    "zeros": (says(bytes(4000)), _NOT_HTTP),
    "a status of words": (says(b"HTTP/1.1 fine OK\r\n\r\n"), _NOT_HTTP),
    "a close at once": (says(), ("tcp.closed", Phase.FIRST_BYTE)),
    "a reset at once": (resets_after(), ("tcp.reset", Phase.FIRST_BYTE)),
    "a reset inside the body": (
        resets_after(_OK + b"Content-Length: 99\r\n\r\nabc"),
        ("tcp.reset", Phase.TRANSFER),
    ),
    "a body without end": (endless(_OK + b"\r\n", b" " * 1000), _ENDLESS),
    "a body that drips": (
        drips(_OK + b"Content-Length: 9999\r\n\r\n", [b" "]),
        ("journey.answer_unfinished", Phase.TRANSFER),
    ),
    "a body that breaks off": (says(_OK + b'Content-Length: 99\r\n\r\n{"experiment_id"'), _BROKEN),
    "chunks without end": (endless(_CHUNKED, b"1000\r\n" + b" " * 4096 + b"\r\n"), _ENDLESS),
    "a chunk of a negative size": (endless(_CHUNKED + b"-5\r\n", b"x" * 1000), _BROKEN),
    "a chunk whose size has no end": (endless(_CHUNKED, b"0" * 1000), _BROKEN),
    "a chunk of no size": (says(_CHUNKED + b"many\r\nabc\r\n"), _BROKEN),
    "trailers without end": (endless(_CHUNKED + b"2\r\n{}\r\n0\r\n", b"x: y\r\n"), _ENDLESS),
    "a compressed answer that nobody asked for": (
        answer(gzip.compress(b" " * 10_000_000), "200 OK", "Content-Encoding: gzip"),
        _UNREADABLE,
    ),
    "nothing in 200": (answer(b""), _UNREADABLE),
    "brackets without end": (answer(b"[" * 200_000), _UNREADABLE),
    "a number without end": (answer(b'{"experiment_id": ' + b"9" * 200_000 + b"}"), _UNREADABLE),
    "an id that is a path": (document({"experiment_id": "../../etc/passwd"}), _UNREADABLE),
    "an id that is the key": (document({"experiment_id": CANARY * 9}), _UNREADABLE),
    "an id of another type": (document({"experiment_id": {"a": 1}}), _UNREADABLE),
    "a list": (document([{"experiment_id": "1"}]), _UNREADABLE),
    "the key in every word of an error": (
        document({"error_code": CANARY, "message": CANARY, CANARY: CANARY}, f"500 {CANARY}", f"X-{CANARY}: {CANARY}"),
        ("journey.server_error", Phase.ANSWER),
    ),
    "the key in a redirect": (
        answer(b"", "302 Found", f"Location: http://127.0.0.1:9/?key={CANARY}"),
        ("journey.redirected", Phase.ANSWER),
    ),
    "a redirect with a body without end": (
        endless(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", b"x" * 1000),
        _ENDLESS,
    ),
    "cookies and control characters": (
        answer(b"\x1b[31m\x00\xff", "418 \x1b[31m", "Set-Cookie: a=b; expires=x; ; ;;=", "X: \xff\xfe"),
        ("journey.unexpected_status", Phase.ANSWER),
    ),
    "the greatest status": (answer(b"", "999 Much"), ("journey.server_error", Phase.ANSWER)),
    "200 to everything": (document({"experiment_id": "1"}), _UNREADABLE),
}


def waits(name: str) -> bool:
    """Whether the peer keeps each request to its end."""
    return PEERS[name][1][0] in _WAITS
