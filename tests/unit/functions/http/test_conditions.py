"""Declared conditions against answers: met, unmet, missing, unreadable; and what is kept of what was seen."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.http.conditions import declared, evaluate
from functions.http.facts import Condition
from functions.http.family import Expect, JsonCondition

CANARY = "S3CR3T"


def _one(expect: Expect, headers: dict[str, tuple[str, ...]] | None = None, body: bytes = b"") -> Condition:
    (outcome,) = evaluate(expect, headers or {}, body)
    return outcome


def _json(document: Any, **fields: Any) -> Condition:
    return _one(Expect(json=(JsonCondition(**fields),)), body=json.dumps(document).encode())


@pytest.mark.parametrize(
    ("fields", "document", "met", "observed"),
    [
        ({"equals": "ok"}, "ok", True, "ok"),
        ({"equals": "ok"}, "degraded", False, "degraded"),
        ({"equals": True}, True, True, "true"),
        ({"equals": True}, 1, False, "1"),
        ({"equals": 1}, True, False, "true"),
        ({"equals": 0}, False, False, "false"),
        ({"equals": 1}, 1.0, True, "1.0"),
        ({"equals": "1"}, 1, False, "1"),
        ({"equals": "ok"}, None, False, "null"),
        ({"one_of": ("ok", "degraded")}, "degraded", True, "degraded"),
        ({"one_of": ("ok", None)}, None, True, "null"),
        ({"one_of": ("ok",)}, "down", False, "down"),
        ({"exists": True}, None, True, "null"),
        ({"exists": False}, None, False, "null"),
        ({"less_than": 10}, 9.5, True, "9.5"),
        ({"less_than": 10}, 10, False, "10"),
        ({"less_than": 10}, "5", False, "5"),
        ({"less_than": 10}, True, False, "true"),
        ({"less_than": 10}, None, False, "null"),
        ({"greater_than": 10}, 11, True, "11"),
        ({"greater_than": 10}, 10, False, "10"),
        ({"greater_than": 1, "less_than": 3}, 2, True, "2"),
        ({"greater_than": 1, "less_than": 3}, 3, False, "3"),
        ({"equals": "ok"}, {"inner": CANARY}, False, "an object with 1 fields"),
        ({"equals": "ok"}, [CANARY], False, "a list of 1 items"),
    ],
)
def test_json_at_a_path(fields: dict[str, Any], document: Any, met: bool, observed: str) -> None:
    outcome = _json({"v": document}, path="$.v", **fields)
    assert (outcome.met, outcome.observed) == (met, observed)


@pytest.mark.parametrize(
    "fields", [{"equals": "ok"}, {"one_of": (None,)}, {"exists": True}, {"less_than": 1}, {"greater_than": -1}]
)
def test_a_missing_field_is_never_met(fields: dict[str, Any]) -> None:
    outcome = _json({"other": 1}, path="$.v", **fields)
    assert (outcome.met, outcome.observed) == (False, "missing")


def test_a_field_that_must_not_be_there() -> None:
    assert _json({"other": 1}, path="$.error", exists=False).met
    assert not _json({"error": "x"}, path="$.error", exists=False).met


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b"NaN"])
@pytest.mark.parametrize("fields", [{"equals": "ok"}, {"exists": False}])
def test_of_what_is_not_json_nothing_is_met(body: bytes, fields: dict[str, Any]) -> None:
    outcome = _one(Expect(json=(JsonCondition(path="$.v", **fields),)), body=body)
    assert (outcome.met, outcome.observed) == (False, "the body is not JSON")


def test_an_overflowing_number_is_above_nothing() -> None:
    outcome = _one(Expect(json=(JsonCondition(path="$.v", greater_than=1),)), body=b'{"v": 1e999}')
    assert not outcome.met


@pytest.mark.parametrize("path", ["$.password", "$.db.secret.value", "$.access_token", "$.Authorization"])
def test_under_a_credential_name_nothing_is_kept(path: str) -> None:
    document: Any = CANARY
    for name in reversed(path.split(".")[1:]):
        document = {name: document}
    outcome = _json(document, path=path, equals=CANARY)
    assert outcome.met
    assert CANARY not in outcome.name + outcome.observed


def test_an_observed_text_is_bounded_and_masked() -> None:
    outcome = _json({"v": f"tried postgres://u:{CANARY}@db " + "again " * 99}, path="$.v", equals="ok")
    assert CANARY not in outcome.observed
    assert len(outcome.observed) == 200


@pytest.mark.parametrize(
    ("wanted", "values", "met", "observed"),
    [
        ("application/json", ("application/json",), True, "application/json"),
        ("application/json", ("text/html",), False, "text/html"),
        ("~json", ("application/json; charset=utf-8",), True, "application/json; charset=utf-8"),
        ("~json", ("text/html",), False, "text/html"),
        ("~", ("anything",), True, "anything"),
        ("~", (), False, "absent or empty"),
        ("a", ("b", "a"), True, "b, a"),
        ("b, a", ("b", "a"), True, "b, a"),
        ("x", (), False, "absent or empty"),
    ],
)
def test_headers(wanted: str, values: tuple[str, ...], met: bool, observed: str) -> None:
    outcome = _one(Expect(headers={"X-Thing": wanted}), {"x-thing": values} if values else {})
    assert (outcome.met, outcome.observed) == (met, observed)


def test_a_credential_header_and_a_location_query_are_not_kept() -> None:
    cookie = _one(Expect(headers={"Set-Cookie": f"~{CANARY}"}), {"set-cookie": (f"sid={CANARY}",)})
    location = _one(Expect(headers={"Location": "~/login"}), {"location": (f"/login?next={CANARY}",)})
    assert cookie.met
    assert location.met
    assert CANARY not in cookie.name + cookie.observed + location.name + location.observed


@pytest.mark.parametrize(
    ("expect", "body", "met", "observed"),
    [
        (Expect(body_contains=("orders",)), b"12 orders", True, "present"),
        (Expect(body_contains=("orders",)), b"nothing", False, "absent"),
        (Expect(body_contains=("orders",)), b"", False, "absent"),
        (Expect(body_excludes=("Traceback",)), b"fine", True, "absent"),
        (Expect(body_excludes=("Traceback",)), b"Traceback (most", False, "present"),
        (Expect(body_contains=("Gr\u00fc\u00dfe",)), "Gr\u00fc\u00dfe".encode(), True, "present"),
    ],
)
def test_body_texts(expect: Expect, body: bytes, met: bool, observed: str) -> None:
    outcome = _one(expect, body=body)
    assert (outcome.met, outcome.observed) == (met, observed)


def test_the_declared_charset_is_used_and_a_strange_one_is_not() -> None:
    expect = Expect(body_contains=("é",))
    assert _one(expect, {"content-type": ("text/html; charset=ISO-8859-1",)}, "é".encode("latin-1")).met
    assert _one(expect, {"content-type": ("text/html; charset=hex",)}, "é".encode()).met


EVERYTHING = Expect(
    headers={"Content-Type": "~json", "X-B": "1"},
    body_contains=("a",),
    body_excludes=("b",),
    json=(JsonCondition(path="$.a", equals=1), JsonCondition(path="$.b[0]", exists=True)),
)


@given(st.dictionaries(st.sampled_from(["content-type", "x-b"]), st.tuples(st.text())), st.binary())
def test_every_declared_condition_has_exactly_one_outcome(headers: dict[str, tuple[str, ...]], body: bytes) -> None:
    outcomes = evaluate(EVERYTHING, headers, body)
    for part in ("header", "body", "json"):
        assert tuple(c.name for c in outcomes if c.part == part) == declared(EVERYTHING, part)
