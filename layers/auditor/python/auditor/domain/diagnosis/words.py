"""The closed words that claims are made of."""

from enum import StrEnum

RELATIONAL_STORE = "relational_store"
KEY_VALUE_STORE = "key_value_store"
MESSAGE_QUEUE = "message_queue"
"""What a service's health page means by its many words for a database, a cache or a queue."""


class Role(StrEnum):
    """What a setting is for."""

    ENDPOINT = "endpoint"
    LOGIN_USER = "login_user"
    NAME_OF_DATABASE = "name_of_database"
    CREDENTIAL = "credential"
    OTHER = "other"


class NameOutcome(StrEnum):
    """How a resolver answered."""

    RESOLVED = "resolved"
    NXDOMAIN = "nxdomain"
    NODATA = "nodata"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    TIMEOUT = "timeout"


class PortOutcome(StrEnum):
    """How a connection attempt ended."""

    OPEN = "open"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    RESET = "reset"
    """Taken, and ended by the peer at once: by a reset or a close."""
    UNREACHABLE = "unreachable"


class LoginOutcome(StrEnum):
    """How a server of data answered a login, in the words that decide something."""

    ACCEPTED = "accepted"
    CREDENTIALS_REFUSED = "credentials_refused"
    NOT_PERMITTED = "not_permitted"
    NO_SUCH_DATABASE = "no_such_database"
    ENCRYPTION_DEMANDED = "encryption_demanded"
    SLOTS_FULL = "slots_full"
    STARTING = "starting"
    STORAGE_FULL = "storage_full"
    REFUSED_OTHERWISE = "refused_otherwise"


class Emitter(StrEnum):
    """Who wrote an answer."""

    LOAD_BALANCER = "load_balancer"
    PROXY = "proxy"
    SERVICE = "service"
    UNKNOWN = "unknown"


class Saying(StrEnum):
    """What an answer says, as far as it decides something."""

    NOTHING = "nothing"
    CANNOT_CONNECT_UPSTREAM = "cannot_connect_upstream"
    UPSTREAM_TIMEOUT = "upstream_timeout"
    NEIGHBOUR_FAILED = "neighbour_failed"
    """A service that it needs could not do its part; how it could not is not said."""
    USES_UPSTREAM = "uses_upstream"
    """The answer names the place that the service uses and does not say how it fares."""


class StopReason(StrEnum):
    """Why a task stopped, in the classes that decide something."""

    OUT_OF_MEMORY = "out_of_memory"
    WRONG_ARCHITECTURE = "wrong_architecture"
    IMAGE_NOT_FOUND = "image_not_found"
    SECRET_DENIED = "secret_denied"  # noqa: S105 - a class of reasons
    SECRET_NOT_FOUND = "secret_not_found"  # noqa: S105 - a class of reasons
    PARAMETER_NOT_FOUND = "parameter_not_found"
    CRASHED = "crashed"
    """Ended by its own error, and a line of its log says so."""
    FILE_MISSING = "file_missing"
    """Ended, and its log says that a file or module is not in the image."""
    SETTING_MISSING = "setting_missing"
    """Ended, and its log says that a setting is absent."""
    LOGIN_REFUSED = "login_refused"
    """Ended, and its log says that the database refused its login."""
    EXITED = "exited"
    HEALTH_CHECK_FAILED = "health_check_failed"
    SCALED_OR_DEPLOYED = "scaled_or_deployed"
    OTHER = "other"
