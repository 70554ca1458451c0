"""The path language: what it accepts, what it finds, and what it says of what is not there."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.http.jsonpath import MISSING, JsonPathError, find, load, parse_path

DOCUMENT = {"status": "ok", "services": [{"name": "db", "up": None}], "a-b": {"c d": 1, "": 2}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", DOCUMENT),
        ("$.status", "ok"),
        ("$.services[0].name", "db"),
        ("$.services[0].up", None),
        ("$.services[1]", MISSING),
        ("$.services.name", MISSING),
        ("$.status[0]", MISSING),
        ("$.status.length", MISSING),
        ("$.nothing.deeper", MISSING),
        ("$[0]", MISSING),
    ],
)
def test_find(path: str, value: object) -> None:
    assert find(DOCUMENT, parse_path(path)) == value


@pytest.mark.parametrize(
    "path",
    [
        "",
        "status",
        ".status",
        "$status",
        "$.",
        "$..a",
        "$.a[",
        "$.a[x]",
        "$.a[-1]",
        "$.a[*]",
        "$.a b",
        "$.a ",
        "$[9999999]",
    ],
)
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(JsonPathError, match="allowed is"):
        parse_path(path)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"NaN", b'{"a": Infinity}', b"\xff\xfe\xfd", b"[" * 100_000, b"1" * 10_000, b"<html>", b"\x00\x00\x00"],
)
def test_what_is_no_json_is_missing(body: bytes) -> None:
    assert load(body) is MISSING


@settings(max_examples=30)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    )
)
def test_every_json_document_is_loaded_as_it_is(document: object) -> None:
    assert load(json.dumps(document).encode()) == document


@given(st.binary())
def test_load_never_raises(body: bytes) -> None:
    load(body)


@given(st.text())
def test_a_path_is_parsed_or_refused(text: str) -> None:
    try:
        steps = parse_path(text)
    except JsonPathError:
        return
    rebuilt = "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    assert parse_path(rebuilt) == steps
