"""What the minutes of CloudWatch add up to: shares of errors, by who answered them, and slow minutes. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.load_balancer.facts import MetricName, SampleFacts

Metrics = Mapping[str, Sequence[SampleFacts]]

SLOW_MINUTES = 3
"""Of the five that are measured: one slow minute is noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """``count`` of ``total`` requests; ``total`` is more than 0."""

    count: float
    total: float

    @property
    def percent(self) -> float:
        """At most 100."""
        return min(100.0, 100.0 * self.count / self.total)


def total(metrics: Metrics, name: MetricName) -> float:
    """The sum over the measured minutes; 0 where there is no data point."""
    return sum(sample.value for sample in metrics.get(name, ()))


def share(metrics: Metrics, name: MetricName) -> Share | None:
    """The share of one kind of errors, None where no request was measured.

    ``requests`` counts only those for which a target could be chosen: a 503 of the balancer itself comes on top.
    CloudWatch has a data point of an error only where there was one, so its absence beside counted requests is none.
    """
    of = total(metrics, "requests") + total(metrics, "own_503")
    count = total(metrics, name)
    of = max(of, count)
    return Share(count=count, total=of) if of > 0 else None


def commonest_own_error(metrics: Metrics) -> MetricName:
    """Which of the balancer's own errors there were most of; ``own_5xx`` where it is none of the known ones."""
    known: tuple[MetricName, ...] = ("own_503", "own_502", "own_504")
    best = max(known, key=lambda name: total(metrics, name))
    rest = total(metrics, "own_5xx") - sum(total(metrics, name) for name in known)
    return best if total(metrics, best) >= max(rest, 1e-9) else "own_5xx"


def slow_minutes(metrics: Metrics, limit_seconds: float) -> tuple[int, int]:
    """Minutes whose p95 is over the limit, and minutes that were measured."""
    measured = metrics.get("p95", ())
    return sum(sample.value > limit_seconds for sample in measured), len(measured)


def median(samples: Sequence[SampleFacts]) -> float | None:
    """The middle value; None of none."""
    values = sorted(sample.value for sample in samples)
    return values[len(values) // 2] if values else None
