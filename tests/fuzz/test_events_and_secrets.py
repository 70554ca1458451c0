"""Events, instants and secrets: each parser has one answer for what is wrong, and none repeats a secret in it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auditor.domain.instants import InstantError, floor_to, format_instant, parse_instant
from auditor.domain.observation import Failure
from auditor.domain.secret import secret_value
from auditor.runtime.event import EventError, parse_event
from functions.database.family import DatabaseSpec
from functions.database.secret import read_credentials
from functions.http.credential import Credential, read_key

from .material import CANARY, JSON, holds_canary, texts

WORDS = (
    "2026",
    "-",
    "11",
    "23",
    "T",
    "16",
    ":",
    "47",
    "00",
    "Z",
    "+00:00",
    "+23:59",
    ".5",
    " ",
    "W",
    "0001-01-01",
    "9999-12-31",
    "\0",
)
SPEC = DatabaseSpec(host="db.shop.internal", database="shop", user="shop", secret="platform/database")
DOCUMENTS = st.dictionaries(
    st.sampled_from(["password", "username", "host", "port", "dbname", CANARY]),
    JSON | st.just(CANARY) | st.just(f"{CANARY}\n"),
).map(json.dumps)


@given(texts(WORDS, 12) | st.text(max_size=30))
def test_instants(text: str) -> None:
    try:
        instant = parse_instant(text)
    except InstantError:
        return
    assert parse_instant(format_instant(instant)) == instant
    assert instant.tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)), st.integers(1, 100_000))
def test_slots(instant: datetime, seconds: int) -> None:
    if instant - datetime.min.replace(tzinfo=UTC) > timedelta(days=2):
        slot = floor_to(instant, timedelta(seconds=seconds))
        assert slot <= instant < slot + timedelta(seconds=seconds) or instant > datetime.max.replace(
            tzinfo=UTC
        ) - timedelta(days=2)


@given(st.dictionaries(st.sampled_from(["stage", "shard", "time", "x"]), JSON | st.just("test") | texts(WORDS, 12)))
def test_events(event: dict[str, Any]) -> None:
    for period in (timedelta(minutes=1), timedelta(minutes=15)):
        try:
            parsed = parse_event(event, "test", period)
        except EventError:
            continue
        assert parsed.slot == floor_to(parsed.slot, period)


@given(
    DOCUMENTS
    | st.text(max_size=30)
    | texts(["{", '"password"', ":", f'"{CANARY}"', "}", ",", " ", CANARY, "\n", "[" * 50])
)
def test_secrets(text: str) -> None:
    for found in (
        secret_value(text, secret="a", key="password", what="password"),
        secret_value(text, secret="a", key=None, what="key"),
        read_credentials(text, SPEC),
        read_key(text, Credential(secret="a", key="password")),
    ):
        if isinstance(found, Failure):
            assert not holds_canary(found.detail)
        assert not holds_canary(repr(found))
