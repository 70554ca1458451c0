"""Whether memory and CPU have room: findings, since nobody is hurt yet. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, passed, skipped, unknown
from functions.compute import remedies
from functions.compute.facts import ComputeFacts, MinuteFacts
from functions.compute.family import MINUTES, ComputeSpec, UtilizationLimits
from functions.compute.judged import ComputeObservation, ComputeTarget, facts_of, failing, not_read
from functions.compute.measurements import longest_run

_ENOUGH = 10
"""Of the fifteen minutes: with fewer nobody can say that there was room."""


def _memory_below_limit(target: ComputeTarget, observation: ComputeObservation) -> Answer:
    facts = facts_of(observation)
    minutes = facts.utilization.memory if facts.utilization is not None else None
    return _below("Memory", "compute.memory_high", minutes, target, facts)


def _cpu_below_limit(target: ComputeTarget, observation: ComputeObservation) -> Answer:
    facts = facts_of(observation)
    minutes = facts.utilization.cpu if facts.utilization is not None else None
    return _below("CPU", "compute.cpu_high", minutes, target, facts)


def _below(
    what: str, cause: str, minutes: Sequence[MinuteFacts] | None, target: ComputeTarget, facts: ComputeFacts
) -> Answer:
    limits = target.spec.utilization or UtilizationLimits()
    if minutes is None:
        return not_read("utilization", facts)
    if not minutes and facts.service is not None and facts.service.running == 0:
        return skipped(f"No task of {facts.name} runs, so that nothing is used.")
    peak = max((minute.percent for minute in minutes), default=None)
    evidence: dict[str, Scalar] = {"peak_percent": peak, "minutes_measured": len(minutes)}
    for percent, needed, status in (
        (limits.critical_percent, limits.critical_minutes, Status.FAIL),
        (limits.warn_percent, limits.warn_minutes, Status.WARN),
    ):
        held = longest_run(minutes, percent)
        if held >= needed:
            summary = (
                f"{what} of {facts.name} was at {percent:g} % or more for {held} minutes on end, at most at {peak:g} %."
            )
            return replace(failing(cause, summary, limit_percent=percent, minutes_held=held, **evidence), status=status)
    if len(minutes) < _ENOUGH:
        detail = f"CloudWatch has {len(minutes)} of the last {MINUTES} minutes of {facts.name}: too few to tell."
        failure = Failure(phase=Phase.ANSWER, cause="compute.not_measured", detail=detail)
        return unknown(failure, None, remedy=remedies.for_cause(failure.cause), **evidence)
    return passed(f"{what} of {facts.name} has room: at most {peak:g} % in {len(minutes)} minutes.", **evidence)


CHECKS: tuple[Check[ComputeSpec, ComputeFacts], ...] = (
    Check(
        id="compute.memory_below_limit",
        severity=Severity.ADVISORY,
        judge=_memory_below_limit,
        asks=lambda target: target.spec.utilization is not None,
        remediation="Give the task more memory, or find what grew, before the kernel kills it.",
    ),
    Check(
        id="compute.cpu_below_limit",
        severity=Severity.ADVISORY,
        judge=_cpu_below_limit,
        asks=lambda target: target.spec.utilization is not None,
        remediation="Give the task more CPU or run more tasks, and see what it is busy with.",
    ),
)
