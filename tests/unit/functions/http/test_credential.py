"""What a catalogue may say about a key, and the header that comes of it."""

import json
from typing import Any

import pytest

from auditor.domain.observation import Failure, Phase
from functions.http.credential import WRONG_KEY, Credential, Presented, made_up, read_key

KEY = "hk_canary_0123"


@pytest.mark.parametrize(
    ("fields", "header", "value"),
    [
        ({}, "Authorization", f"Bearer {KEY}"),
        ({"scheme": "ApiKey"}, "Authorization", f"ApiKey {KEY}"),
        ({"scheme": ""}, "Authorization", KEY),
        ({"header": "X-API-Key"}, "X-API-Key", KEY),
        ({"header": "X-API-Key", "scheme": "Token"}, "X-API-Key", f"Token {KEY}"),
        ({"header": "authorization"}, "authorization", f"Bearer {KEY}"),
    ],
)
def test_header_and_scheme(fields: dict[str, Any], header: str, value: str) -> None:
    presented = read_key(KEY, Credential(secret="shop/canary", **fields))
    assert isinstance(presented, Presented)
    assert (presented.header, presented.value, presented.withheld) == (header, value, KEY)
    assert KEY not in repr(presented)


def test_a_key_in_json() -> None:
    presented = read_key(json.dumps({"api_key": KEY}), Credential(secret="shop/canary", key="api_key"))
    assert isinstance(presented, Presented)
    assert presented.value == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hk_käse_0123", "no header carries"),
        (f" {KEY}", "begins or ends with a space"),
        ("hk_1", "less than 8 characters"),
        (f"{KEY}\r\nX-Evil: 1", "line break"),
    ],
)
def test_a_key_that_cannot_be_sent_is_the_auditors_limit(text: str, words: str) -> None:
    failure = read_key(text, Credential(secret="shop/canary"))
    assert isinstance(failure, Failure)
    assert (failure.cause, failure.phase) == ("self.secret_malformed", Phase.PREPARE)
    assert words in failure.detail
    assert "shop/canary" in failure.detail
    assert "hk_" not in failure.detail


def test_a_wrong_key_is_made_up_and_no_secret() -> None:
    presented = made_up(Credential(wrong=True))
    assert (presented.value, presented.withheld) == (f"Bearer {WRONG_KEY}", "")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({}, "names no secret"),
        ({"secret": "a\nb"}, "names no secret"),
        ({"wrong": True, "secret": "shop/canary"}, "comes from none"),
        ({"wrong": True, "key": "api_key"}, "comes from none"),
        ({"secret": "shop/canary", "key": ""}, "credential.key is empty"),
        ({"secret": "shop/canary", "header": "X Key"}, "allowed are letters"),
        ({"secret": "shop/canary", "header": "Host"}, "sets itself"),
        ({"secret": "shop/canary", "scheme": f"Bearer {KEY}"}, "credential.scheme"),
    ],
)
def test_what_a_credential_may_not_be(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Credential(**fields)
    assert complaint in str(caught.value)
    assert KEY not in str(caught.value)
