"""From a judged bundle to its report. Pure: the same bundle gives the same report, byte for byte."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from auditor.domain.assessment import Assessment, Knowledge
from auditor.domain.attribution import Reading
from auditor.domain.bundle import Bundle, Run
from auditor.domain.cause import Cause
from auditor.domain.change import change
from auditor.domain.coverage import coverage_gaps, meaning, targets_without_results
from auditor.domain.diagnosis.telling import root_cause
from auditor.domain.digest import digest_of
from auditor.domain.headline import headline
from auditor.domain.incident_lines import incident_lines
from auditor.domain.observation import Observation, PhaseTiming
from auditor.domain.report import (
    REPORT_VERSION,
    Category,
    Problem,
    Report,
    ResponseTime,
    RunLine,
    ServiceLine,
    TargetLine,
)
from auditor.domain.result import Severity, Status
from auditor.domain.score import score_of
from auditor.domain.slo import service_levels
from auditor.domain.suites import SuiteLine
from auditor.domain.tally import tally_runs
from auditor.domain.target import Target
from auditor.domain.topology import Service, Shard
from auditor.domain.verdict import Verdict, is_stale

_SEVERITIES = tuple(Severity)
_WORST_FIRST = (Verdict.DOWN, Verdict.DEGRADED, Verdict.UNKNOWN, Verdict.HEALTHY, Verdict.NOT_DEPLOYED)


def build_report(
    bundle: Bundle, assessment: Assessment, knowledge: Knowledge, suites: Sequence[SuiteLine] = ()
) -> Report:
    """The report of a bundle, with the roots of what fails and the lines of test suites that stand beside."""
    readings, diagnosis = assessment.readings, assessment.diagnosis
    roots = tuple(root_cause(bundle.platform, root) for root in diagnosis.roots)
    by_target = _by_target(readings)
    own: dict[str, list[Target[Any]]] = {service.id: [] for service in bundle.platform.services}
    for target in bundle.platform.targets:
        own[target.service].append(target)
    services = tuple(_service_line(assessment, s, own[s.id], by_target) for s in bundle.platform.services)
    problems = _problems(bundle, assessment, knowledge.causes)
    gaps = coverage_gaps(bundle, readings, knowledge.causes)
    judged = sum(reading.speaks for reading in readings)
    asked = sum(reading.result.status is not Status.SKIPPED for reading in readings)
    expected_but_silent = len(targets_without_results(bundle))
    report = Report(
        schema_version=REPORT_VERSION,
        title="Platform health report",
        platform=bundle.platform.title,
        stage=bundle.stage,
        region=bundle.platform.region,
        as_of=bundle.as_of,
        seconds_per_minute=bundle.seconds_per_minute,
        vantages=_vantages(bundle.runs),
        verdict=min((line.verdict for line in services), key=_WORST_FIRST.index, default=Verdict.UNKNOWN),
        headline=headline(services, problems, gaps, roots),
        coverage_percent=_percent(judged, asked + expected_but_silent),
        critical_targets=assessment.critical_targets,
        critical_targets_judged=assessment.critical_targets_judged,
        services=services,
        problems=problems,
        roots=roots,
        noticed=tuple(root_cause(bundle.platform, found) for found in diagnosis.findings),
        unexplained=diagnosis.unexplained,
        next_observation=diagnosis.next_observation,
        incidents=incident_lines(assessment.incidents, assessment.muted, bundle.as_of),
        muted=assessment.muted,
        coverage_gaps=gaps,
        response_times=_response_times(bundle, knowledge),
        categories=_categories(bundle, readings),
        suites=tuple(suites),
        runs=tuple(_run_line(bundle, shard, knowledge) for shard in bundle.platform.shards),
        reproduce=_reproduce(bundle, problems),
        score=score_of(bundle.platform, readings, [(root.component, root.explains) for root in diagnosis.roots]),
        levels=service_levels(bundle, tally_runs(bundle, readings, knowledge.periods)),
        trend=bundle.trend,
    )
    last = bundle.last_report
    return report if last is None else replace(report, change=change(last, digest_of(report)))


def _percent(part: int, whole: int) -> float:
    """With one decimal, rounded, but 100 only for the whole."""
    if not whole:
        return 0.0
    return 100.0 if part == whole else min(round(100 * part / whole, 1), 99.9)


def _by_target(readings: Iterable[Reading]) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = {}
    for reading in readings:
        found.setdefault(reading.result.target, []).append(reading)
    return found


def _service_line(
    assessment: Assessment,
    service: Service,
    targets: Sequence[Target[Any]],
    readings: Mapping[str, Sequence[Reading]],
) -> ServiceLine:
    state = assessment.services[service.id]
    culprits = {culprit for target in targets for culprit in assessment.explained.get(target.id, ())}
    return ServiceLine(
        id=service.id,
        title=service.title,
        owner=service.owner,
        contact=service.contact,
        runbook=service.runbook,
        verdict=state.verdict,
        since=state.since,
        at_fault=state.at_fault,
        victim_of=tuple(sorted(culprits)),
        targets=tuple(_target_line(assessment, target, readings.get(target.id, ())) for target in targets),
    )


def _target_line(assessment: Assessment, target: Target[Any], results: Sequence[Reading]) -> TargetLine:
    state = assessment.targets[target.id]
    worst = sorted(results, key=_badness)
    return TargetLine(
        id=target.id,
        family=target.family,
        component=target.component,
        critical=target.critical,
        verdict=state.verdict,
        since=state.since,
        judged_at=state.judged_at,
        latency_ms=max((r.result.latency_ms for r in results if r.result.latency_ms is not None), default=None),
        summary=worst[-1].result.summary if worst else "No run has reported about it yet.",
        result_ids=tuple(r.result.id for r in results),
    )


def _badness(reading: Reading) -> tuple[int, int]:
    """Sorts what most needs to be read to the end."""
    order = (Status.SKIPPED, Status.PASS, Status.UNKNOWN, Status.WARN, Status.FAIL)
    status = reading.result.status if reading.speaks or not reading.result.status.judged else Status.UNKNOWN
    return order.index(status), _SEVERITIES.index(reading.result.severity)


def _problems(bundle: Bundle, assessment: Assessment, causes: Mapping[str, Cause]) -> tuple[Problem, ...]:
    targets = {target.id: target for target in bundle.platform.targets}
    found = []
    for reading in assessment.readings:
        result = reading.result
        if not reading.speaks or result.status is Status.PASS:
            continue
        target = targets[result.target]
        found.append(
            Problem(
                service=target.service,
                target=target.id,
                component=target.component,
                check=result.check,
                severity=result.severity,
                status=result.status,
                phase=result.phase,
                cause=result.cause,
                cause_meaning=meaning(result, causes),
                summary=result.summary,
                evidence=result.evidence,
                remediation=result.remediation,
                since=assessment.targets[target.id].bad_since or bundle.as_of,
                victim_of=assessment.explained.get(target.id, ()),
                result_id=result.id,
            )
        )
    found.sort(key=lambda p: (bool(p.victim_of), p.status != Status.FAIL, -_SEVERITIES.index(p.severity), p.result_id))
    return tuple(found)


def _response_times(bundle: Bundle, knowledge: Knowledge) -> tuple[ResponseTime, ...]:
    targets = {target.id: target for target in bundle.platform.targets}
    lines = []
    for run in bundle.runs:
        if run.extra or is_stale(run.slot, bundle.as_of, knowledge.periods[run.family]):
            continue
        for observation in run.observations:
            target = targets.get(observation.target)
            if target is not None and observation.phases:
                lines += [_response_time(target, observation, address) for address in _addresses(observation)]
    return tuple(sorted(lines, key=lambda line: (line.service, line.target, line.address)))


def _addresses(observation: Observation[Any]) -> list[str]:
    return sorted({timing.address for timing in observation.phases if timing.address}) or [""]


def _response_time(target: Target[Any], observation: Observation[Any], address: str) -> ResponseTime:
    phases: tuple[PhaseTiming, ...] = tuple(p for p in observation.phases if p.address in ("", address))
    return ResponseTime(
        service=target.service,
        target=target.id,
        address=address,
        total_ms=max(p.start_ms + p.duration_ms for p in phases),
        ok=all(p.ok for p in phases),
        phases=phases,
    )


def _categories(bundle: Bundle, readings: Sequence[Reading]) -> tuple[Category, ...]:
    families = list(dict.fromkeys(shard.family for shard in bundle.platform.shards))
    return tuple(_category(family, [r for r in readings if r.result.family == family]) for family in families)


def _category(family: str, readings: Sequence[Reading]) -> Category:
    def count(status: Status) -> int:
        return sum(reading.speaks and reading.result.status is status for reading in readings)

    skipped = sum(reading.result.status is Status.SKIPPED for reading in readings)
    return Category(
        family=family,
        passed=count(Status.PASS),
        warned=count(Status.WARN),
        failed=count(Status.FAIL),
        unknown=len(readings) - skipped - sum(reading.speaks for reading in readings),
        skipped=skipped,
    )


def _run_line(bundle: Bundle, shard: Shard, knowledge: Knowledge) -> RunLine:
    run = next(
        (r for r in bundle.runs if (r.family, r.shard) == (shard.family, shard.number) and not r.extra),
        None,
    )
    return RunLine(
        family=shard.family,
        shard=shard.number,
        slot=run.slot if run else None,
        stale=run is None or is_stale(run.slot, bundle.as_of, knowledge.periods[shard.family]),
        object_key=run.object_key if run else "",
    )


def _vantages(runs: Iterable[Run]) -> tuple[str, ...]:
    """From where it was seen: by name where it is one place, counted where many are alike."""
    names: dict[tuple[str, bool], set[str]] = {}
    for run in runs:
        names.setdefault((run.vantage.kind, run.vantage.in_vpc), set()).add(run.vantage.name)
    return tuple(
        f"{f'{kind} {min(named)}' if len(named) == 1 else f'{len(named)} {kind}s'}, "
        f"{'inside' if in_vpc else 'outside'} the audited VPC"
        for (kind, in_vpc), named in sorted(names.items())
    )


def _reproduce(bundle: Bundle, problems: Sequence[Problem]) -> tuple[str, ...]:
    commands = ["audit report out/report/bundle.json --out out/replay"]
    targets = list(dict.fromkeys(problem.target for problem in problems if not problem.victim_of))
    if targets and bundle.seconds_per_minute is not None:
        commands.append("source .sandbox/env  # probe the sandbox's platform, not this machine's network")
    commands += [f"audit run catalog/{bundle.platform.name}.yaml --target {target}" for target in targets]
    return tuple(commands)
