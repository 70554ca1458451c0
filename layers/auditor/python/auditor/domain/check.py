"""Checks: pure, named questions about one observation, and the one function that asks them all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Result, Severity, unknown
from auditor.domain.target import Target

Spec = TypeVar("Spec")
Facts = TypeVar("Facts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[Spec, Facts]):
    """A pure question. ``id`` states the healthy claim and begins with the family's name.

    ``judge`` takes the target and an observation whose ``facts`` are present. ``asks`` says whether the target asks the
    question at all: where nothing was declared about it there is no result, whatever the probe saw.
    """

    id: str
    severity: Severity
    judge: Callable[[Target[Spec], Observation[Facts]], Answer]
    remediation: str
    asks: Callable[[Target[Spec]], bool] = lambda _target: True


def judge(
    checks: Sequence[Check[Spec, Facts]], target: Target[Spec], observation: Observation[Facts]
) -> tuple[Result, ...]:
    """Every check's result about an observation. Without facts every answer is UNKNOWN, never a pass."""
    latency_ms = observation.latency_ms()
    return tuple(
        _result(check, target, observation, _answer(check, target, observation), latency_ms)
        for check in checks
        if check.asks(target)
    )


def _result(
    check: Check[Spec, Facts],
    target: Target[Spec],
    observation: Observation[Facts],
    answer: Answer,
    latency_ms: float | None,
) -> Result:
    return Result(
        family=observation.family,
        target=target.id,
        check=check.id,
        slot=observation.slot,
        status=answer.status,
        severity=check.severity,
        summary=answer.summary,
        cause=answer.cause,
        phase=answer.phase,
        latency_ms=latency_ms,
        evidence=dict(answer.evidence),
        remediation=answer.remedy or check.remediation,
    )


def _answer(check: Check[Spec, Facts], target: Target[Spec], observation: Observation[Facts]) -> Answer:
    if observation.could_not_tell is not None:
        return unknown(observation.could_not_tell)
    if observation.facts is None:
        return unknown(_bug(f"the probe of {target.id} returned neither facts nor a reason"))
    try:
        return check.judge(target, observation)
    except Exception as error:  # noqa: BLE001 - the one seam: a check's bug is the auditor's limit, never an outage
        return unknown(_bug(f"check {check.id} failed on {target.id} with {type(error).__name__}"))


def _bug(detail: str) -> Failure:
    return Failure(phase=Phase.PREPARE, cause="self.bug", detail=detail)
