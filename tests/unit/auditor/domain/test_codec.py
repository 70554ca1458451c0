"""The codec gives back what it was given, and says where a document is not what it should be."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.domain.bundle import Bundle, Run, ServiceState, State
from auditor.domain.codec import CodecError, from_json, json_text, to_json
from auditor.domain.incident import Acknowledgement, Incident, Incidents, KnownRoot, TimelineEntry
from auditor.domain.instants import EPOCH
from auditor.domain.observation import Failure, Observation, Phase, PhaseTiming, Vantage
from auditor.domain.result import Result, Scalar, Severity, Status
from auditor.domain.verdict import Seen, TargetState, Verdict
from tests.fakes import SHOP, T0, WRONG, bundle, play

T = TypeVar("T")


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box(Generic[T]):
    inside: T
    more: tuple[T, ...] = ()
    maybe: T | None = None
    named: Mapping[str, T] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Positive:
    number: int

    def __post_init__(self) -> None:
        if self.number < 1:
            raise ValueError("number must be positive; write 1 or more")


EVERY_KIND: list[tuple[Any, Any, Any]] = [
    (bool, True, True),
    (int, 7, 7),
    (float, 7.25, 7.25),
    (str, "ä", "ä"),
    (type(None), None, None),
    (datetime, datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC), "2026-01-02T03:04:05.000600Z"),
    (datetime, datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:00:00Z"),
    (timedelta, timedelta(minutes=1, microseconds=1), 60.000001),
    (Colour, Colour.RED, "red"),
    (Literal["a", 1], 1, 1),
    (int | None, None, None),
    (str | int | float | bool | None, True, True),
    (str | int | float | bool | None, 1, 1),
    (str | int | float | bool | None, 1.5, 1.5),
    (tuple[tuple[int, ...], ...], ((1,), (), (2, 3)), [[1], [], [2, 3]]),
    (Mapping[str, tuple[Colour, ...]], {"k": (Colour.GREEN,)}, {"k": ["green"]}),
    (
        Box[timedelta],
        Box(inside=timedelta(1), more=(timedelta(2),), maybe=timedelta(3), named={"a": timedelta(4)}),
        {"inside": 86400.0, "more": [172800.0], "maybe": 259200.0, "named": {"a": 345600.0}},
    ),
    (Box[Box[int]], Box(inside=Box(inside=1)), None),
    (Box[int | None], Box(inside=None), None),
    (Any, {"free": [1, {"form": None}]}, {"free": [1, {"form": None}]}),
]


@pytest.mark.parametrize(("kind", "value", "document"), EVERY_KIND, ids=lambda v: str(v)[:40])
def test_every_kind_goes_there_and_back(kind: Any, value: Any, document: Any) -> None:
    written = json.loads(json.dumps(to_json(value)))
    if document is not None:
        assert written == document
    back = from_json(kind, written)
    assert back == value
    assert type(back) is type(value) or isinstance(value, Mapping)


def test_a_whole_number_becomes_a_float_where_a_float_is_asked() -> None:
    assert isinstance(from_json(float, 3), float)


def test_a_missing_field_takes_its_default() -> None:
    assert from_json(Box[int], {"inside": 1}) == Box(inside=1)


@pytest.mark.parametrize(
    ("kind", "document", "message"),
    [
        (Box[int], {"inside": "x"}, r"Box\.inside is 'x'; allowed is a whole number"),
        (Box[int], {"inside": True}, r"Box\.inside is True; allowed is a whole number"),
        (Box[int], {"inside": 1, "more": [1, "2"]}, r"Box\.more\[1\] is '2'"),
        (Box[int], {"inside": 1, "more": {}}, r"Box\.more is \{\}; allowed is a list"),
        (Box[int], {"inside": 1, "named": {"a": 1.5}}, r"Box\.named\.a is 1\.5"),
        (Box[int], {"inside": 1, "named": []}, r"Box\.named is \[\]; allowed is an object"),
        (Box[int], {"inside": 1, "maybe": "x"}, r"Box\.maybe is 'x'"),
        (Box[Box[int]], {"inside": {"inside": None}}, r"Box\.inside\.inside is None"),
        (Box[int], {"inside": 1, "lid": 2}, r"Box\.lid is unknown; allowed are \['inside', 'maybe', 'more', 'named'\]"),
        (Box[int], {"more": []}, r"Box\.inside is missing"),
        (Box[int], [], r"Box is \[\]; allowed is an object"),
        (Colour, "blue", r"Colour is 'blue'; allowed is one of \['red', 'green'\]"),
        (Colour, ["red"], r"Colour is \['red'\]"),
        (Literal["a", 1], True, r"is True; allowed is one of \['a', 1\]"),
        (float, True, r"float is True; allowed is a number"),
        (float, 10**400, r"^float: "),
        (timedelta, 1e300, r"^timedelta: "),
        (timedelta, float("nan"), r"^timedelta: "),
        (timedelta, "1m", r"timedelta is '1m'; allowed is a number"),
        (datetime, "2026-01-01T00:00:00", r"^datetime: .*has no offset"),
        (datetime, "yesterday", r"^datetime: instant 'yesterday'"),
        (datetime, 5, r"^datetime: instant 5"),
        (datetime, "0001-01-01T00:00:00+10:00", r"^datetime: instant '0001"),
        (Positive, {"number": 0}, r"Positive: number must be positive"),
        (tuple[Positive, ...], [{"number": 1}, {"number": -1}], r"\[1\]: number must be positive"),
        (type(None), 0, r"is 0; allowed is null"),
    ],
    ids=lambda v: str(v)[:50],
)
def test_a_refusal_names_path_value_and_what_is_allowed(kind: Any, document: Any, message: str) -> None:
    with pytest.raises(CodecError, match=message):
        from_json(kind, document)


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(CodecError) as caught:
        from_json(int, "x" * 10_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object, Colour], ids=repr)
def test_what_is_no_plain_value_is_not_written(value: object) -> None:
    with pytest.raises(CodecError, match="cannot be written as JSON"):
        to_json({"deep": [value]})


@pytest.mark.parametrize("kind", [bytes, tuple[int, str], tuple[int], complex], ids=str)
def test_a_type_that_would_be_misread_is_refused(kind: Any) -> None:
    with pytest.raises(CodecError, match="not supported"):
        from_json(kind, [1, 2])


# Any is a place for plain JSON; a Target's spec and an Observation's facts are such places.
_FINITE = st.floats(allow_nan=False, allow_infinity=False)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | _FINITE | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_INSTANTS = st.integers(0, 10**16).map(lambda us: EPOCH + timedelta(microseconds=us))
# A whole float and an integer are the same JSON number, so a scalar union may give back the other; both are equal.
_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
)


def test_a_bundle_that_was_played_is_the_same_after_a_journey_as_text() -> None:
    played = play(SHOP, [{}, {"home": WRONG}, {}])[-1].bundle
    text = json.dumps(to_json(played), sort_keys=True)
    back = from_json(Bundle, json.loads(text))
    assert back == played
    assert json.dumps(to_json(back), sort_keys=True) == text


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_run_state_and_bundle_are_the_same_after_a_journey_as_text(data: st.DataObject) -> None:
    word = st.text(max_size=8)
    number = st.floats(allow_nan=False, allow_infinity=False)
    failure = st.builds(Failure, phase=st.sampled_from(Phase), cause=word, detail=word, address=word)
    timing = st.builds(
        PhaseTiming, phase=st.sampled_from(Phase), start_ms=number, duration_ms=number, ok=st.booleans(), address=word
    )
    vantage = st.builds(Vantage, kind=word, name=word, region=word, in_vpc=st.booleans())
    observation = st.builds(
        Observation,
        family=word,
        target=word,
        slot=_INSTANTS,
        vantage=vantage,
        facts=_JSON,
        phases=st.lists(timing, max_size=2).map(tuple),
        failures=st.lists(failure, max_size=2).map(tuple),
        could_not_tell=st.none() | failure,
    )
    result = st.builds(
        Result,
        family=word,
        target=word,
        check=word,
        slot=_INSTANTS,
        status=st.sampled_from(Status),
        severity=st.sampled_from(Severity),
        summary=word,
        cause=st.none() | word,
        phase=st.none() | st.sampled_from(Phase),
        latency_ms=st.none() | number,
        evidence=st.dictionaries(word, _SCALARS, max_size=2),
        remediation=word,
    )
    run = st.builds(
        Run,
        family=word,
        shard=st.integers(0, 9),
        slot=_INSTANTS,
        request_id=word,
        vantage=vantage,
        observations=st.lists(observation, max_size=2).map(tuple),
        results=st.lists(result, max_size=2).map(tuple),
        extra=st.booleans(),
        object_key=word,
    )
    verdict = st.sampled_from(Verdict)
    seen = st.builds(Seen, slot=_INSTANTS, verdict=verdict, phase=st.none() | st.sampled_from(Phase))
    target_state = st.builds(
        TargetState,
        verdict=verdict,
        since=_INSTANTS,
        bad_since=st.none() | _INSTANTS,
        judged_at=st.none() | _INSTANTS,
        recent=st.lists(seen, max_size=3).map(tuple),
    )
    service_state = st.builds(ServiceState, verdict=verdict, since=_INSTANTS, at_fault=st.booleans())
    incident = st.builds(
        Incident,
        id=word,
        service=word,
        opened=_INSTANTS,
        since=_INSTANTS,
        targets=st.lists(word, max_size=2).map(tuple),
        acknowledged=st.none() | st.builds(Acknowledgement, by=word, at=_INSTANTS),
        timeline=st.lists(st.builds(TimelineEntry, at=_INSTANTS, text=word), max_size=2).map(tuple),
    )
    incidents = st.builds(
        Incidents,
        open=st.dictionaries(word, incident, max_size=1),
        roots=st.dictionaries(word, st.builds(KnownRoot, count=st.integers(1, 9), last=word, closed=_INSTANTS)),
    )
    state = st.builds(
        State,
        version=st.integers(0, 10**6),
        as_of=st.none() | _INSTANTS,
        targets=st.dictionaries(word, target_state, max_size=2),
        services=st.dictionaries(word, service_state, max_size=2),
        incidents=incidents,
    )
    made = data.draw(run | state | st.builds(lambda r, s: bundle(SHOP, T0, [r], s), run, state))
    text = json.dumps(to_json(made), sort_keys=True)
    back = from_json(type(made), json.loads(text))
    assert back == made
    # A float in a scalar's place may come back from its whole number: the text is what must be stable.
    assert json.loads(json.dumps(to_json(back), sort_keys=True)) == json.loads(text)


def test_the_outer_levels_of_a_text_have_a_line_an_element() -> None:
    document = {"b": [{"d": 1, "c": [1, 2]}], "a": {}, "ä": None}
    assert json_text(document, levels=2) == (
        '{\n "a": {},\n "b": [\n  {"c": [1, 2], "d": 1}\n ],\n "\\u00e4": null\n}\n'
    )
    assert json.loads(json_text(document)) == document


def test_a_text_holds_no_number_that_json_lacks() -> None:
    with pytest.raises(ValueError):
        json_text([float("nan")])


def test_a_scalar_keeps_its_own_type_in_a_union() -> None:
    for value in ("1", 1, 1.0, True, None):
        decoded = from_json(Mapping[str, Scalar], {"a": value})  # type: ignore[type-abstract]
        assert (decoded["a"], type(decoded["a"])) == (value, type(value))
