"""The closed words of what the registration of a model met."""

from enum import StrEnum


class StepAnswer(StrEnum):
    """What a complete answer said that ended a registration, as far as it decides something."""

    KEY_NOT_SEEN = "key_not_seen"
    """A key was sent, and the answer asks for one."""
    NOT_SERVED = "not_served"
    REQUEST_REFUSED = "request_refused"
    """The request itself was found wrong: its method, its form, its fields."""
    OTHER = "other"


class StoreComplaint(StrEnum):
    """Why a service says that its own relational store does not serve it."""

    CREDENTIALS_REFUSED = "credentials_refused"
    ENCRYPTION_DEMANDED = "encryption_demanded"
    NO_SUCH_DATABASE = "no_such_database"
