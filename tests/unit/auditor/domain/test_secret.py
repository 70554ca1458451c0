"""A secret's text to the value that a probe needs, and messages that hold nothing of it."""

import pytest

from auditor.domain.observation import Failure, Phase
from auditor.domain.secret import SecretValue, secret_value

CANARY = "S3CR3T-canary"


def _value(text: str, key: str | None) -> SecretValue | Failure:
    return secret_value(text, secret="shop/canary", key=key, what="key")


@pytest.mark.parametrize(
    ("text", "key"), [(CANARY, None), (CANARY, "api_key"), (f' {{"api_key": "{CANARY}", "note": 1}}', "api_key")]
)
def test_the_value_is_the_whole_text_or_stands_under_its_key(text: str, key: str | None) -> None:
    value = _value(text, key)
    assert isinstance(value, SecretValue)
    assert value.value == CANARY
    assert CANARY not in repr(value)


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("", None, "an empty key"),
        ('{"api_key": ""}', "api_key", "an empty key"),
        (f"{CANARY}\n", None, "a line break"),
        (f'{{"{CANARY}": "x"}}', "api_key", "without the key 'api_key'"),
        (f'{{"api_key": ["{CANARY}"]}}', "api_key", "no text under the key 'api_key'"),
        (f'{{"api_key": "{CANARY}"', "api_key", "cannot be read as JSON"),
        (f'{{"api_key": "{CANARY}"}}', None, "names no key"),
        ("{" * 100_000, "api_key", "cannot be read as JSON"),
    ],
)
def test_what_cannot_be_used_is_said_without_a_word_of_it(text: str, key: str | None, words: str) -> None:
    failure = _value(text, key)
    assert isinstance(failure, Failure)
    assert (failure.cause, failure.phase) == ("self.secret_malformed", Phase.PREPARE)
    assert words in failure.detail
    assert "the secret shop/canary" in failure.detail
    assert CANARY not in failure.detail
