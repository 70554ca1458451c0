"""The closed words of what is said about networks and about stores that a cloud manages."""

from enum import StrEnum


class StoppedBy(StrEnum):
    """What kind of line stops a connection."""

    EGRESS_RULE = "egress_rule"
    """No rule of the source's groups lets it out."""
    INGRESS_RULE = "ingress_rule"
    """No rule of the destination's groups admits it."""
    LIST_OF_REQUESTS = "list_of_requests"
    """A network ACL drops its requests."""
    LIST_OF_REPLIES = "list_of_replies"
    """A network ACL drops the replies to it."""
    ROUTE = "route"
    """No route, a dead one, or one whose gateway cannot carry it."""
    ADDRESS = "address"
    """One end has no address for it."""


class StoreState(StrEnum):
    """What the cloud says of a store, as far as it decides something."""

    SERVES = "serves"
    STORAGE_FULL = "storage_full"
    RESTARTING = "restarting"
    STOPPED = "stopped"
    BROKEN = "broken"
    GONE = "gone"
