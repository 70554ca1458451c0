"""What a probe of a queue keeps, and why it can fail. Of messages their number and age, never one of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.domain.cause import Cause
from auditor.domain.observation import Failure

TREND_PERIOD_SECONDS = 300
TREND_VALUES = 12
"""An hour."""
RECENT_VALUES = 6
"""What half an hour did tells what grows from what has lain there for long, and who is gone from who is slow."""
RECENT_MINUTES = RECENT_VALUES * TREND_PERIOD_SECONDS // 60

Series = tuple[float | None, ...]
"""Values of consecutive periods, the oldest first; None where CloudWatch has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFacts:
    """A queue as SQS holds it now; SQS calls its counts approximate.

    ``waiting`` can be received, ``in_flight`` was received and is neither deleted nor back, ``delayed`` may not be
    received yet. Times in seconds.
    """

    name: str
    waiting: int
    in_flight: int
    delayed: int
    retention_seconds: int
    visibility_timeout_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveFacts:
    """Its redrive policy: after so many receipts a message goes to the queue of this name."""

    dead_letters: str
    max_receives: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendFacts:
    """The last hour in periods of five minutes, as CloudWatch has it.

    ``oldest_seconds`` and ``waiting`` are the period's largest, ``sent``, ``received`` and ``deleted`` its sums,
    ``dead_letters`` the largest number in the dead-letter queue.
    """

    waiting: Series
    oldest_seconds: Series
    sent: Series
    received: Series
    deleted: Series
    dead_letters: Series


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFacts:
    """One queue. None means "not read", and then ``unread`` says why under the field's name.

    ``exists`` is False where SQS knows no queue of the name. ``redrive`` is None where the queue has no policy.
    ``dead_letters``: the queue that the policy names; ``dead_letters_exist`` is False where it names one that is gone.
    """

    exists: bool | None = None
    stored: StoredFacts | None = None
    redrive: RedriveFacts | None = None
    dead_letters: StoredFacts | None = None
    dead_letters_exist: bool | None = None
    trend: TrendFacts | None = None
    unread: Mapping[str, Failure] = field(default_factory=dict)
    """Per field (``stored``, ``dead_letters``, ``trend``) why it is not read."""


SINGLE = 1
"""So many more dead letters in half an hour may be one message's own fault; only more of them say something."""


def newest(series: Series) -> float | None:
    """The latest value that CloudWatch has of the last three periods: the running one has often none yet."""
    return next((value for value in reversed(series[-3:]) if value is not None), None)


def growth(series: Series, now: float) -> float | None:
    """By how much it has grown to ``now`` within the last half hour; None where CloudWatch has nothing of it."""
    first = next((value for value in series[-RECENT_VALUES:] if value is not None), None)
    return None if first is None else now - first


def recently(series: Series) -> float | None:
    """What the last half hour adds up to; None where CloudWatch has nothing of it."""
    values = [value for value in series[-RECENT_VALUES:] if value is not None]
    return sum(values) if values else None


def _cause(id: str, meaning: str) -> Cause:
    # AWS itself says each of these, so none of them can be laid to the auditor's place in the network.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("queue.absent", "no queue has this name"),
    _cause("queue.not_consumed", "messages wait and nobody asks for any"),
    _cause("queue.never_done", "messages are received again and again and none is deleted"),
    _cause("queue.consumed_late", "messages are handled, later than allowed"),
    _cause("queue.too_old", "the oldest message waits longer than allowed, and nobody knows what is handled"),
    _cause("queue.too_deep", "more messages wait than allowed"),
    _cause("queue.dead_letters_grow", "messages go to the dead-letter queue"),
    _cause("queue.dead_letters_many", "more dead letters lie there than allowed"),
    _cause("queue.no_redrive", "no redrive policy takes away messages that cannot be handled"),
    _cause("queue.redrive_to_nowhere", "the redrive policy names a queue that does not exist"),
    _cause("queue.redrive_differs", "the redrive policy names another queue than declared"),
    _cause("queue.not_measured", "CloudWatch has no numbers of the queue"),
)

FACTS = QueueFacts
"""What an observation of this family holds; a replay reads it back by this name."""
