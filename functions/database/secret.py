"""A database secret's text to credentials. The password stays here and in the login; agreement leaves as booleans."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.domain.observation import Failure
from auditor.domain.secret import secret_value
from functions.database.facts import SecretAgreement
from functions.database.family import DatabaseSpec

_BREAKING = frozenset("@/?#%[]")
"""What libpq 15 or urllib misread in a password of a URL; ``:`` and ``+`` both take (measured, each with a login)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What the login needs, and whether the secret's other keys agree with the catalogue."""

    password: str = field(repr=False)
    agreement: SecretAgreement

    @property
    def breaks_url(self) -> bool:
        """Whether the password cannot stand in a URL as it is. Which character, nobody needs to know."""
        return not _BREAKING.isdisjoint(self.password)


def read_credentials(text: str, spec: DatabaseSpec) -> Credentials | Failure:
    """The credentials of a secret: JSON with the password under ``password_key``, or the password alone."""
    found = secret_value(text, secret=spec.secret, key=spec.password_key, what="password")
    if isinstance(found, Failure):
        return found
    return Credentials(password=found.value, agreement=_agreement(found.document, spec))


def _agreement(document: Mapping[str, Any], spec: DatabaseSpec) -> SecretAgreement:
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
