"""What the auditor could not see: gaps with their reasons and remedies. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from auditor.domain.attribution import Reading
from auditor.domain.bundle import Bundle
from auditor.domain.cause import Cause
from auditor.domain.report import CoverageGap
from auditor.domain.result import Result, Status
from auditor.domain.target import Target


def meaning(result: Result, causes: Mapping[str, Cause]) -> str:
    """What the result's cause means, in the words of the closed list; empty without a cause."""
    cause = causes.get(result.cause or "")
    return cause.meaning if cause else ""


def coverage_gaps(bundle: Bundle, readings: Iterable[Reading], causes: Mapping[str, Cause]) -> tuple[CoverageGap, ...]:
    """Every gap once per target, cause and reason; critical targets first."""
    targets = {target.id: target for target in bundle.platform.targets}
    groups: dict[tuple[str, str, str], list[Reading]] = {}
    for reading in readings:
        if reading.why_not and reading.result.status is not Status.SKIPPED:
            groups.setdefault((reading.result.target, reading.result.cause or "", reading.why_not), []).append(reading)
        elif reading.result.status is Status.UNKNOWN:
            key = (reading.result.target, reading.result.cause or "", reading.result.summary)
            groups.setdefault(key, []).append(reading)
    gaps = [_gap(targets[key[0]], group, causes) for key, group in groups.items() if key[0] in targets]
    gaps += [_silent_gap(target, causes) for target in targets_without_results(bundle)]
    return tuple(sorted(gaps, key=lambda gap: (not gap.critical, gap.service, gap.target, gap.cause, gap.summary)))


def _gap(target: Target[Any], group: Sequence[Reading], causes: Mapping[str, Cause]) -> CoverageGap:
    first = group[0]
    cause = first.result.cause or "self.late"
    return CoverageGap(
        service=target.service,
        target=target.id,
        critical=target.critical,
        cause=cause,
        cause_meaning=causes[cause].meaning if cause in causes else "",
        phase=first.result.phase,
        summary=first.result.summary,
        reason=first.why_not or "the auditor itself could not tell",
        remedy=first.remedy or first.result.remediation,
        result_ids=tuple(reading.result.id for reading in group),
    )


def _silent_gap(target: Target[Any], causes: Mapping[str, Cause]) -> CoverageGap:
    return CoverageGap(
        service=target.service,
        target=target.id,
        critical=target.critical,
        cause="self.late",
        cause_meaning=causes["self.late"].meaning,
        phase=None,
        summary=f"No run of {target.family} has reported about {target.id} yet.",
        reason="without a run there is nothing to judge",
        remedy=f"read the log of the {target.family} function, and look whether its schedule is enabled",
        result_ids=(),
    )


def targets_without_results(bundle: Bundle) -> list[Target[Any]]:
    """Deployed targets that no run of this moment speaks of."""
    seen = {result.target for run in bundle.runs if not run.extra for result in run.results}
    return [target for target in bundle.platform.targets if target.deployed and target.id not in seen]
