"""What changed since the last report that was kept: a small digest of each is enough to say. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from auditor.domain.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDigest:
    """What is remembered of a report. ``problems``: ``target check`` of what failed or warned, advisories apart.

    ``availability_percent``: per service over 24 h.
    """

    as_of: datetime
    score: float | None
    services: Mapping[str, Verdict]
    problems: tuple[str, ...]
    findings: tuple[str, ...]
    availability_percent: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChange:
    """A service whose verdict is another one now."""

    service: str
    before: Verdict
    after: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From the report of ``since`` to this one. Differences are None where one of the two has no number."""

    since: datetime
    score_points: float | None
    services: tuple[ServiceChange, ...]
    new_problems: tuple[str, ...]
    gone_problems: tuple[str, ...]
    new_findings: tuple[str, ...]
    gone_findings: tuple[str, ...]
    availability_points: Mapping[str, float]
    """Per service whose availability over 24 h is another one."""


def change(before: ReportDigest, now: ReportDigest) -> Change:
    """What is different; a service that one of the two does not know is no change of verdict."""
    both = before.services.keys() & now.services.keys()
    return Change(
        since=before.as_of,
        score_points=_difference(before.score, now.score),
        services=tuple(
            ServiceChange(service=id, before=before.services[id], after=now.services[id])
            for id in sorted(both)
            if before.services[id] is not now.services[id]
        ),
        new_problems=_only_in(now.problems, before.problems),
        gone_problems=_only_in(before.problems, now.problems),
        new_findings=_only_in(now.findings, before.findings),
        gone_findings=_only_in(before.findings, now.findings),
        availability_points={
            id: points
            for id in sorted(now.availability_percent)
            if (points := _difference(before.availability_percent.get(id), now.availability_percent[id]))
        },
    )


def _only_in(these: tuple[str, ...], those: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(these) - set(those)))


def _difference(before: float | None, now: float | None) -> float | None:
    return None if before is None or now is None else now - before
