"""A database secret's text to credentials. The password stays here and in the login; agreement leaves as booleans."""

import json
from dataclasses import dataclass, field
from typing import Any

from auditor.domain.observation import Failure, Phase
from functions.database.facts import SecretAgreement
from functions.database.family import DatabaseSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What the login needs, and whether the secret's other keys agree with the catalogue."""

    password: str = field(repr=False)
    agreement: SecretAgreement


def read_credentials(text: str, spec: DatabaseSpec) -> Credentials | Failure:
    """The credentials of a secret: JSON with the password under ``password_key``, or the password alone."""
    if not text.lstrip().startswith("{"):
        return _checked(text, spec, SecretAgreement())
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return _malformed(spec, "begins like JSON and cannot be read as JSON")
    if spec.password_key not in document:
        # The keys that are there are not named: somebody may have put a value in a key's place.
        return _malformed(spec, f"is JSON without the key {spec.password_key!r}")
    return _checked(document[spec.password_key], spec, _agreement(document, spec))


def _checked(password: Any, spec: DatabaseSpec, agreement: SecretAgreement) -> Credentials | Failure:
    if not isinstance(password, str):
        return _malformed(spec, f"holds no text under the key {spec.password_key!r}")
    if not password:
        return _malformed(spec, "holds an empty password")
    if not password.isprintable():
        return _malformed(spec, "holds a password with a line break or another control character")
    return Credentials(password=password, agreement=agreement)


def _agreement(document: dict[str, Any], spec: DatabaseSpec) -> SecretAgreement:
    """The key names are those of AWS's own database secrets."""

    def agrees(key: str, declared: str) -> bool | None:
        said = document.get(key)
        if said is None:
            return None
        if key == "host":
            return str(said).rstrip(".").lower() == declared.rstrip(".").lower()
        return str(said) == declared

    return SecretAgreement(
        user=agrees("username", spec.user),
        host=agrees("host", spec.host),
        port=agrees("port", str(spec.port)),
        database=agrees("dbname", spec.database),
    )


def _malformed(spec: DatabaseSpec, what: str) -> Failure:
    return Failure(phase=Phase.PREPARE, cause="self.secret_malformed", detail=f"the secret {spec.secret} {what}")
