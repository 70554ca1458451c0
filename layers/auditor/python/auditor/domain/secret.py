"""A secret's text to the one value that a probe needs: pure, and no message holds any of the text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.domain.observation import Failure, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretValue:
    """The value, and the JSON object that it stood in; that is empty where the value was the whole text."""

    value: str = field(repr=False)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)


def secret_value(text: str, *, secret: str, key: str | None, what: str) -> SecretValue | Failure:
    """The value under ``key`` of a secret that is a JSON object, or the whole text of any other.

    ``what`` is the value in words, such as "password". Without a ``key`` JSON is refused: a whole document is never
    what a peer wants to see.
    """
    if not text.lstrip().startswith("{"):
        return _checked(SecretValue(value=text), secret, what)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return malformed_secret(secret, "begins like JSON and cannot be read as JSON")
    if key is None:
        return malformed_secret(secret, f"is JSON, and the catalogue names no key of it that holds the {what}")
    if key not in document:
        # The keys that are there are not named: somebody may have put a value in a key's place.
        return malformed_secret(secret, f"is JSON without the key {key!r}")
    value = document[key]
    if not isinstance(value, str):
        return malformed_secret(secret, f"holds no text under the key {key!r}")
    return _checked(SecretValue(value=value, document=document), secret, what)


def malformed_secret(secret: str, words: str) -> Failure:
    """That a secret cannot be used; ``words`` complete "the secret <name> ..."."""
    return Failure(phase=Phase.PREPARE, cause="self.secret_malformed", detail=f"the secret {secret} {words}")


def _checked(value: SecretValue, secret: str, what: str) -> SecretValue | Failure:
    if not value.value:
        return malformed_secret(secret, f"holds an empty {what}")
    if not value.value.isprintable():
        return malformed_secret(secret, f"holds a {what} with a line break or another control character")
    return value
