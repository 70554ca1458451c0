"""What a probe of a secret keeps, and why it can fail. No value, no part and no digest of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from auditor.domain.cause import Cause
from auditor.domain.observation import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationFacts:
    """``enabled``: Secrets Manager rotates it. The instants are None where it does not tell them."""

    enabled: bool
    last_rotated_at: datetime | None = None
    next_rotation_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsFacts:
    """Which labels exist.

    ``current_since``: when the version that carries AWSCURRENT was made, None where none carries it or it is not told.
    ``pending``: a version carries AWSPENDING and not AWSCURRENT; ``pending_since`` as above.
    """

    current: bool
    current_since: datetime | None = None
    pending: bool = False
    pending_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFacts:
    """What was asked of the current value. ``is_json``: it is a JSON object.

    ``missing_keys`` and ``empty_keys`` are declared ones. ``user_matches`` is None where no user is declared or none
    stands in the secret.
    """

    is_json: bool
    missing_keys: tuple[str, ...] = ()
    empty_keys: tuple[str, ...] = ()
    user_matches: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFacts:
    """One secret. None means "not read", and then ``unread`` says why under the field's name.

    ``exists`` is False where Secrets Manager knows no such secret. ``deleted``: its deletion is scheduled, and nobody
    can read it. ``value`` is None also where nothing is declared that only it tells.
    """

    exists: bool | None = None
    deleted: bool = False
    versions: VersionsFacts | None = None
    rotation: RotationFacts | None = None
    value: ValueFacts | None = None
    unread: Mapping[str, Failure] = field(default_factory=dict)
    """Per field (``exists``, ``versions``, ``value``) why it is not read."""


def _cause(id: str, meaning: str) -> Cause:
    # AWS itself says each of these, so none of them can be laid to the auditor's place in the network.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("secrets.absent", "no secret has this name"),
    _cause("secrets.deleted", "the secret's deletion is scheduled, and nobody can read it"),
    _cause("secrets.no_current", "no version of the secret is the current one"),
    _cause("secrets.not_json", "the secret is no JSON object"),
    _cause("secrets.key_missing", "a declared key is not in the secret"),
    _cause("secrets.key_empty", "a declared key holds nothing"),
    _cause("secrets.user_differs", "another user stands in the secret than declared"),
    _cause("secrets.rotation_off", "rotation is declared and switched off"),
    _cause("secrets.rotation_overdue", "the next rotation is over its time"),
    _cause("secrets.rotation_failed", "a rotation began and did not end"),
)

FACTS = SecretFacts
"""What an observation of this family holds; a replay reads it back by this name."""
