"""The closed words that claims about key-value stores are made of."""

from enum import StrEnum


class Admission(StrEnum):
    """How a key-value store answered the auditor's login."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """Another password than the one that was given, or an unknown user."""
    PASSWORD_DEMANDED = "password_demanded"  # noqa: S105 - an outcome
    """None was given."""
    NO_PASSWORD_THERE = "no_password_there"  # noqa: S105 - an outcome
    """One was given, and the store has none."""


class NodeRole(StrEnum):
    """Which part of a replicated store a node plays."""

    PRIMARY = "primary"
    REPLICA = "replica"


class WriteRefusal(StrEnum):
    """Why a store takes no writes."""

    MEMORY_FULL = "memory_full"
    READ_ONLY = "read_only"
    CANNOT_PERSIST = "cannot_persist"
    REPLICAS_MISSING = "replicas_missing"


class Counted(StrEnum):
    """What a store counts and the auditor follows from slot to slot."""

    REFUSED_LOGINS = "refused_logins"
    REFUSED_AS_READ_ONLY = "refused_as_read_only"
    QUEUED = "queued"
    DEAD_LETTERS = "dead_letters"
