"""The closed words that claims about balancers are made of."""

from enum import StrEnum


class RouteFate(StrEnum):
    """What a balancer's rules make of a declared request."""

    AS_DECLARED = "as_declared"
    SHARED = "shared"
    """A part of it goes to other groups, by weight."""
    WRONG_GROUP = "wrong_group"
    CAPTURED = "captured"
    """Taken by a rule of another host before the one that would be right."""
    NOT_FORWARDED = "not_forwarded"
    NO_LISTENER = "no_listener"


class TargetTrouble(StrEnum):
    """Why a balancer does not call a target healthy, in the classes that decide something."""

    STATUS_NOT_ACCEPTED = "status_not_accepted"
    NO_ANSWER_IN_TIME = "no_answer_in_time"
    NO_CONNECTION = "no_connection"
    """No connection, or no HTTP on it."""
    ZONE_NOT_SERVED = "zone_not_served"
    OTHER = "other"
