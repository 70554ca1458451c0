"""Declared conditions against one answer: pure, and the only place that sees a body."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from functions.http.facts import Condition, Part
from functions.http.family import Expect, JsonCondition, Scalar
from functions.http.jsonpath import MISSING, find, load
from functions.http.redaction import WITHHELD, bounded, names_a_credential

_TEXT_ENCODINGS = {"iso-8859-1": "latin-1", "latin-1": "latin-1", "windows-1252": "cp1252", "utf-16": "utf-16"}
_DISGUISES = ("utf-8", "utf-16-le", "utf-16-be")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)


def declared(expect: Expect, part: Part) -> tuple[str, ...]:
    """Names of the conditions that a target declares about one part of the answer."""
    if part == "header":
        return tuple(_header_name(name, wanted) for name, wanted in expect.headers.items())
    if part == "json":
        return tuple(condition.name for condition in expect.json)
    contains = tuple(_body_name("contains", text) for text in expect.body_contains)
    return contains + tuple(_body_name("excludes", text) for text in expect.body_excludes)


def evaluate(expect: Expect, headers: Mapping[str, tuple[str, ...]], body: bytes) -> tuple[Condition, ...]:
    """The outcome of every declared condition; header names are lower case."""
    outcomes = [_header(name, wanted, headers.get(name.lower(), ())) for name, wanted in expect.headers.items()]
    if expect.body_contains or expect.body_excludes:
        outcomes += _body(expect, body, _text(body, ", ".join(headers.get("content-type", ()))))
    if expect.json:
        document = load(body)
        outcomes += [_json(condition, document) for condition in expect.json]
    return tuple(outcomes)


def _header_name(name: str, wanted: str) -> str:
    shown = WITHHELD if names_a_credential(name) else repr(wanted.removeprefix("~"))
    if wanted == "~":
        return f"header {name.lower()} is present"
    return f"header {name.lower()} {'contains' if wanted.startswith('~') else 'is'} {shown}"


def _header(name: str, wanted: str, values: tuple[str, ...]) -> Condition:
    joined = ", ".join(values)
    met = bool(values) and (wanted[1:] in joined if wanted.startswith("~") else wanted in (*values, joined))
    return Condition(part="header", name=_header_name(name, wanted), met=met, observed=_shown_header(name, joined))


def _shown_header(name: str, joined: str) -> str:
    if not joined:
        return "absent or empty"
    if names_a_credential(name):
        return WITHHELD
    # A location may be relative, and then nothing but its place in the answer tells that it is a URL.
    return bounded(re.split("[;?#]", joined)[0] if name.lower() == "location" else joined)


def _body_name(verb: str, text: str) -> str:
    return f"body {verb} {text!r}"


def _body(expect: Expect, body: bytes, text: str) -> list[Condition]:
    outcomes = []
    for verb, needles, wants in (("contains", expect.body_contains, True), ("excludes", expect.body_excludes, False)):
        for needle in needles:
            # A peer that names another character set than it uses must not hide by that what is excluded.
            there = needle in text or (not wants and any(needle.encode(charset) in body for charset in _DISGUISES))
            name = _body_name(verb, needle)
            outcomes.append(
                Condition(part="body", name=name, met=there is wants, observed="present" if there else "absent")
            )
    return outcomes


def _text(body: bytes, content_type: str) -> str:
    charset = _CHARSET.search(content_type)
    # Codecs are looked up in a closed list: Python knows some that are no text encodings, and some that are slow.
    encoding = _TEXT_ENCODINGS.get(charset.group(1).lower(), "utf-8") if charset else "utf-8"
    return body.decode(encoding, errors="replace")


def _json(condition: JsonCondition, document: Any) -> Condition:
    if document is MISSING:
        # Even "does not exist" is not met: of an answer that cannot be read nothing is known.
        return Condition(part="json", name=condition.name, met=False, observed="the body is not JSON")
    value = find(document, condition.steps)
    return Condition(part="json", name=condition.name, met=_holds(condition, value), observed=_shown(condition, value))


def _holds(condition: JsonCondition, value: Any) -> bool:
    if value is MISSING:
        return condition.exists is False
    if condition.exists is False:
        return False
    return (
        (condition.equals is None or _same(value, condition.equals))
        and (not condition.one_of or any(_same(value, allowed) for allowed in condition.one_of))
        and (condition.less_than is None or (_is_number(value) and value < condition.less_than))
        and (condition.greater_than is None or (_is_number(value) and value > condition.greater_than))
    )


def _same(value: Any, wanted: Scalar) -> bool:
    # In Python True == 1; in JSON they are different things.
    return isinstance(value, bool) is isinstance(wanted, bool) and bool(value == wanted)


def _is_number(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, float) and math.isfinite(value)
    )


def _shown(condition: JsonCondition, value: Any) -> str:
    if value is MISSING:
        return "missing"
    if condition.withheld:
        return WITHHELD
    # Of a whole object or list nothing is kept but its size: what is inside was not asked for.
    if isinstance(value, dict):
        return f"an object with {len(value)} fields"
    if isinstance(value, list):
        return f"a list of {len(value)} items"
    return bounded(value) if isinstance(value, str) else json.dumps(value)[:200]
