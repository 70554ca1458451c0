"""Roll-ups: what the slots of an hour or a day add up to, for a target and for a service. Pure, and mergeable.

An event is one target in one slot. Good ones (PASSED, WARNED) and bad ones (FAILED) are the valid events of the SLI;
the other outcomes are counted and shown, and are no valid events (design.md section 7).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter

from auditor.domain.attribution import Reading
from auditor.domain.histogram import Histogram, histogram_from, merged, read_varint, varint, varints
from auditor.domain.result import Severity, Status


class Outcome(StrEnum):
    """What one slot said about one target; the letter is how it is stored."""

    PASSED = "P"
    WARNED = "W"
    """It served, and a check warned or one of lower severity failed."""
    FAILED = "F"
    """A check of high or critical severity failed, and that was laid to the target."""
    UNKNOWN = "U"
    SKIPPED = "S"
    MAINTENANCE = "M"
    VANTAGE = "V"
    """A check of high or critical severity failed, and that was laid to the auditor's own vantage."""


def outcome_of(readings: Sequence[Reading], *, maintenance: bool) -> Outcome:
    """What the results of one target in one slot add up to; ``maintenance``: its service was in a planned one."""
    if maintenance:
        return Outcome.MAINTENANCE
    moving = [reading for reading in readings if reading.result.severity is not Severity.ADVISORY]
    decisive = [reading for reading in moving if reading.result.severity.takes_down]
    if any(reading.speaks and reading.result.status is Status.FAIL for reading in decisive):
        return Outcome.FAILED
    if any(reading.result.status is Status.FAIL for reading in decisive):
        return Outcome.VANTAGE
    if any(not reading.speaks and reading.result.status is not Status.SKIPPED for reading in decisive):
        return Outcome.UNKNOWN
    spoken = [reading.result.status for reading in moving if reading.speaks]
    if not spoken:
        skipped = all(reading.result.status is Status.SKIPPED for reading in readings)
        return Outcome.SKIPPED if skipped else Outcome.UNKNOWN
    return Outcome.PASSED if set(spoken) == {Status.PASS} else Outcome.WARNED


@dataclass(frozen=True, slots=True)
class Counts:
    """Events by outcome."""

    passed: int = 0
    warned: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    maintenance: int = 0
    vantage: int = 0

    @property
    def good(self) -> int:
        """Valid events in which the target served."""
        return self.passed + self.warned

    @property
    def valid(self) -> int:
        """Good and bad events: what availability is a share of."""
        return self.passed + self.warned + self.failed

    @property
    def asked(self) -> int:
        """All events save those in which nothing had a turn."""
        return self.valid + self.unknown + self.maintenance + self.vantage


_numbers = attrgetter(*(field.name for field in fields(Counts)))


_LETTERS = tuple(str(outcome) for outcome in Outcome)


@lru_cache(maxsize=4096)
def counts_of(outcomes: str) -> Counts:
    """The counts of outcomes that are written as letters. Most hours of most targets are the same letters."""
    return Counts(*map(outcomes.count, _LETTERS))


def added(counts: Iterable[Counts]) -> Counts:
    """All of them in one."""
    return Counts(*(sum(column) for column in zip(*map(_numbers, counts), strict=True)))


@dataclass(frozen=True, slots=True)
class TargetRollup:
    """One target over a time. ``latency`` holds good events only: how long a failure took is no response time."""

    counts: Counts
    latency: Histogram


def merged_target(rollups: Sequence[TargetRollup]) -> TargetRollup:
    """All of them in one; their order and grouping change nothing."""
    return TargetRollup(added(r.counts for r in rollups), merged(r.latency for r in rollups))


@dataclass(frozen=True, slots=True)
class Span:
    """One service over a time: the events of its critical targets, and how many minutes a run speaks of."""

    counts: Counts = field(default_factory=Counts)
    minutes: int = 0


def added_spans(spans: Sequence[Span]) -> Span:
    """All of them in one; they must not overlap."""
    return Span(added(span.counts for span in spans), sum(span.minutes for span in spans))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """The platform's hour or day that begins at ``begin``; its score is ``score_sum / scored``, a mean of moments.

    ``latencies``: per service those of its critical targets' good events; kept for hours only.
    """

    begin: datetime
    services: Mapping[str, Span]
    latencies: Mapping[str, Histogram] = field(default_factory=dict)
    score_sum: float = 0.0
    scored: int = 0


def day_of(begin: datetime, hours: Sequence[Rollup]) -> Rollup:
    """The day that its hours add up to."""
    services = dict.fromkeys(service for hour in hours for service in hour.services)
    return Rollup(
        begin=begin,
        services={id: added_spans([hour.services[id] for hour in hours if id in hour.services]) for id in services},
        score_sum=sum(hour.score_sum for hour in hours),
        scored=sum(hour.scored for hour in hours),
    )


def pack(rollups: Mapping[str, TargetRollup]) -> bytes:
    """Targets one behind the other: id, counts and histogram, each with its length where it needs one."""
    packed = bytearray()
    for id in sorted(rollups):
        rollup, name = rollups[id], id.encode()
        latency = rollup.latency.to_bytes()
        packed += varint(len(name)) + name
        packed += varints(_numbers(rollup.counts))
        packed += varint(len(latency)) + latency
    return bytes(packed)


def unpack(packed: bytes) -> dict[str, TargetRollup]:
    """What :func:`pack` wrote."""
    found, at = {}, 0
    while at < len(packed):
        length, at = read_varint(packed, at)
        id, at = packed[at : at + length].decode(), at + length
        numbers, at = _counts_at(packed, at)
        length, at = read_varint(packed, at)
        latency, at = histogram_from(packed[at : at + length]), at + length
        found[id] = TargetRollup(numbers, latency)
    return found


def _counts_at(packed: bytes, at: int) -> tuple[Counts, int]:
    end = at + len(_LETTERS)
    if packed[at:end].isascii():
        return Counts(*packed[at:end]), end
    numbers = []
    for _ in _LETTERS:
        number, at = read_varint(packed, at)
        numbers.append(number)
    return Counts(*numbers), at
