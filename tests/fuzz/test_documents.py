"""Bodies and headers of a peer of http: whatever they are, facts come of them that can be stored and printed."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.codec import from_json, to_json
from auditor.net.http import Response
from functions.http.chain import _without_key
from functions.http.facts import AnswerFacts
from functions.http.family import Expect, HttpSpec, JsonCondition
from functions.http.health import HealthDocument
from functions.http.jsonpath import MISSING, JsonPathError, find, load, parse_path
from functions.http.probe import _answer

from .material import CANARY, JSON, mangled, pieces, texts

SPEC = HttpSpec(
    url="https://web.test/",
    expect=Expect(
        headers={"x-a": "~b", "location": "~"},
        body_contains=("ok",),
        body_excludes=("down",),
        json=(JsonCondition(path="$.status", equals="ok"), JsonCondition(path="$.d[0].n", greater_than=1)),
        openapi=True,
    ),
    health=HealthDocument(status="$.status", services="$.d", breaker="$.b", upstream_url="$.u"),
)
GOOD = json.dumps(
    {
        "status": "ok",
        "d": [{"name": "db", "status": "up"}],
        "b": "closed",
        "u": "http://u:p@mlflow:5000",
        "openapi": "3.1.0",
    }
).encode()
WORDS = (
    b'{"status":',
    b'"ok"',
    b'"d":',
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b'"name":',
    b'"db"',
    b'"u":',
    b'"http://a:b@c:1/d"',
    b'"openapi":',
    b'"3.1.0"',
    b'"paths":',
    b"1e999",
    b"-0",
    b"NaN",
    b"null",
    b'"detail":',
    b'"postgres": {"error":',
    b'"no pg_hba.conf entry for host',
    b'password authentication failed for user \\"a\\""',
    b'database \\"b\\" does not exist',
    b'"API key required"',
    b'"\\ud800"',
    b"<html>",
    b"<title>502 Bad Gateway",
    b"<center>nginx",
    b"Failed to connect to http://x:y@z:5000",
    b"\xff\xfe",
    b"1" * 5000,
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["server", "content-type", "x-a", "location", "retry-after", "x-amzn-errortype"]),
        st.text(st.characters(max_codepoint=255), max_size=40)
        | st.sampled_from(
            ["awselb/2.0", "nginx", "text/html; charset=utf-16", "application/json; charset=idna", "/a?b#c"]
        ),
    ),
    max_size=6,
)


def seen(status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    """Facts come of it, which survive storage and hold no control characters."""
    response = Response(version="1.1", status=status, headers=tuple(headers), body=body, body_bytes=len(body))
    document = to_json(_answer(SPEC, response))
    assert from_json(AnswerFacts, json.loads(json.dumps(document))) == _answer(SPEC, response)
    for text in _texts(document):
        assert text.isprintable()
        assert len(text) <= 300


def _texts(document: Any) -> list[str]:
    if isinstance(document, dict):
        return [text for value in document.values() for text in _texts(value)]
    if isinstance(document, list):
        return [text for value in document for text in _texts(value)]
    return [document] if isinstance(document, str) else []


@given(st.integers(100, 999), HEADERS, pieces(WORDS))
def test_words(status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    seen(status, headers, body)


@given(st.integers(100, 999), HEADERS, mangled(GOOD))
def test_mangled(status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    seen(status, headers, body)


@given(st.sampled_from([200, 401, 404, 503]), JSON)
def test_any_json(status: int, document: Any) -> None:
    seen(status, [], json.dumps({"status": document, "d": [document], "b": document, "detail": document}).encode())


@given(texts(["$", ".", "[", "]", "0", "-1", "a", " ", "services", "9" * 7]), JSON)
def test_paths(path: str, document: Any) -> None:
    try:
        steps = parse_path(path)
    except JsonPathError:
        return
    again = "".join(f".{step}" if isinstance(step, str) else f"[{step}]" for step in steps)
    assert parse_path(f"${again}") == steps
    find(document, steps)


@given(JSON | st.sampled_from([float("nan"), float("inf"), -float("inf")]).map(lambda number: {"n": [number]}))
def test_what_is_json_is_read_and_what_python_alone_takes_is_not(document: Any) -> None:
    try:
        json.dumps(document, allow_nan=False)
    except ValueError:
        document = MISSING
    assert load(json.dumps(document, default=lambda _: float("nan")).encode()) == document


@given(
    st.lists(
        st.sampled_from([CANARY, CANARY[:8], CANARY[8:], "\\u004b", "%4B", '"', "{", "}", ":", "[", "]", ",", "a"])
    ).map("".join),
    HEADERS,
)
def test_a_key_that_a_peer_repeats_is_gone(text: str, headers: list[tuple[str, str]]) -> None:
    body = json.dumps({"status": text, text: [text, {"name": text}]}).encode()
    response = Response(
        version="1.1", status=200, headers=(*headers, ("server", text)), body=body, body_bytes=len(body)
    )
    kept = json.dumps(to_json(_answer(SPEC, _without_key(response, CANARY))), ensure_ascii=False)
    assert CANARY not in kept
    raw = Response(version="1.1", status=503, headers=(), body=text.encode(), body_bytes=len(text))
    assert CANARY not in _without_key(raw, CANARY).body.decode()
