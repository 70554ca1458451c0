"""Incidents: what is remembered of a trouble from its first bad slot to its end, and what was told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

TIMELINE_LENGTH = 40
"""Entries that are kept: the first ones and the newest, so that neither beginning nor present is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """What happened to an incident, in one line for people."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Somebody works on it: reminders stop."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One trouble of the service that is at fault for it. It keeps its first id, whatever its root turns out to be.

    ``targets``: what it told of, also targets of other services. ``roots``: ``component FAULT`` of every root that the
    diagnosis was sure of, in the order in which they were found; empty while it is undecided.
    """

    id: str
    service: str
    opened: datetime
    since: datetime
    """The first bad slot."""
    targets: tuple[str, ...]
    roots: tuple[str, ...] = ()
    told_at: datetime | None = None
    """When the last message about it was written; None while it was muted from its beginning."""
    paging: bool = False
    """Whether the alarm of its service is raised: from DOWN to the end."""
    turns: int = 1
    """How often it turned bad; three times and more is flapping."""
    well_since: datetime | None = None
    """Since when all of it was seen healthy."""
    elsewhere_since: datetime | None = None
    """Since when other open incidents explain all of it."""
    closed: datetime | None = None
    acknowledged: Acknowledgement | None = None
    recurrences: int = 0
    """How many closed incidents that are remembered had one of its roots."""
    earlier: str = ""
    """The last one of these."""
    merged: tuple[str, ...] = ()
    """Ids of incidents that became this one."""
    timeline: tuple[TimelineEntry, ...] = ()

    @property
    def flapping(self) -> bool:
        """Whether it turned bad so often that being well for a few minutes says little."""
        return self.turns >= FLAPPING_TURNS

    @property
    def settling(self) -> timedelta:
        """How long all of it must be well before it ends: the longer, the oftener it came back."""
        return _SETTLING[min(self.turns, len(_SETTLING)) - 1]


FLAPPING_TURNS = 3
_SETTLING = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRoot:
    """What is remembered of a root after its incidents ended: how many there were, and the last."""

    count: int
    last: str
    closed: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents:
    """All that is remembered: ``open`` by service, the newest ``closed`` ones by service, and roots that were known."""

    open: Mapping[str, Incident] = field(default_factory=dict)
    closed: Mapping[str, Incident] = field(default_factory=dict)
    roots: Mapping[str, KnownRoot] = field(default_factory=dict)


def noted(timeline: tuple[TimelineEntry, ...], at: datetime, text: str) -> tuple[TimelineEntry, ...]:
    """The timeline with one more entry."""
    longer = (*timeline, TimelineEntry(at=at, text=text))
    if len(longer) <= TIMELINE_LENGTH:
        return longer
    half = TIMELINE_LENGTH // 2
    return (*longer[:half], *longer[-half:])
