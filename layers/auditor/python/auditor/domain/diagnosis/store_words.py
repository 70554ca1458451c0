"""The closed words for stores of data: what their clients say of them, and how clients encrypt."""

from enum import StrEnum


class StoreTrouble(StrEnum):
    """Why a client says that it cannot use its relational store, as its driver told it."""

    LOGIN_REFUSED = "login_refused"
    ENCRYPTION_DEMANDED = "encryption_demanded"
    CERTIFICATE_REFUSED = "certificate_refused"
    """The client does not believe the store's certificate."""
    NO_SUCH_DATABASE = "no_such_database"
    ADDRESS_UNUSABLE = "address_unusable"
    """The client found no host or port in its connection string, or one that does not exist."""
    SCHEMA_DIFFERS = "schema_differs"
    """A table or column that the client needs is not there, or its tool of migrations says so."""
    SLOTS_FULL = "slots_full"
    STORAGE_FULL = "storage_full"


class Encryption(StrEnum):
    """What a client's settings say about encryption to its store. A driver decides what is UNSAID."""

    OFF = "off"
    ON = "on"
    VERIFIED = "verified"
    """On, and only with a certificate that the client believes."""
    UNSAID = "unsaid"


class Trust(StrEnum):
    """How the store's certificate fares with the authorities that the catalogue gives."""

    TRUSTED = "trusted"
    UNKNOWN_AUTHORITY = "unknown_authority"
    EXPIRED = "expired"
    OTHER_NAME = "other_name"
    WRONG_OTHERWISE = "wrong_otherwise"


class Holding(StrEnum):
    """What a transaction that holds locks does meanwhile."""

    WORKING = "working"
    IDLE = "idle"
    """It waits for its client."""
    PREPARED = "prepared"
    """It belongs to no session any more."""
    UNKNOWN = "unknown"
