"""The questions asked of a journey: one for each stage, in order, and two about the whole."""

from collections.abc import Callable
from dataclasses import replace

from auditor.domain.check import Check
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.result import Answer, Scalar, Severity, Status, failed, passed, skipped, unknown
from auditor.domain.target import Target
from functions.journey import remedies
from functions.journey.facts import CAUSES, STAGES, JourneyFacts, StageFacts, StageName
from functions.journey.family import JourneySpec

JourneyTarget = Target[JourneySpec]
JourneyObservation = Observation[JourneyFacts]

_MEANINGS = {cause.id: cause.meaning for cause in CAUSES}
_OF_STAGE: dict[StageName, str] = {
    "experiment": "journey.experiment_created",
    "run": "journey.run_recorded",
    "artifact": "journey.artifact_kept",
    "model_version": "journey.model_version_registered",
}
_DONE: dict[StageName, str] = {
    "experiment": "An experiment was created and read back",
    "run": "A run with a parameter and a metric was recorded and read back",
    "artifact": "An artifact was stored and came back byte for byte",
    "model_version": "A model with a version was registered and read back",
}
_AUDITORS_OWN = ("journey.not_permitted",)


def _stage(name: StageName) -> Callable[[JourneyTarget, JourneyObservation], Answer]:
    def judge(target: JourneyTarget, observation: JourneyObservation) -> Answer:
        failure = _stopped_by(target, observation)
        at = _stopped_at(observation) if failure is not None else None
        if failure is not None and at == name:
            return _failed(failure, target, observation)
        if failure is not None and at is not None and STAGES.index(at) < STAGES.index(name):
            answer = _failed(failure, target, observation)
            if answer.status is Status.UNKNOWN:
                return answer
            failed_check = _OF_STAGE[at]
            return skipped(f"Not asked of {target.spec.url}, because {failed_check} failed.", failed_check=failed_check)
        stage = _facts_of(name, observation)
        if stage is None:
            return _unproven(_OF_STAGE[name], target)
        if stage.outcome == "not_asked":
            return _no_turn(stage, target)
        if stage.outcome != "done":
            return _unproven(_OF_STAGE[name], target)
        return passed(
            f"{_DONE[name]} at {target.spec.url} ({stage.duration_ms:.0f} ms, {stage.requests} requests).",
            duration_ms=round(stage.duration_ms, 1),
            **_evidence(target, observation),
        )

    return judge


def _no_turn(stage: StageFacts, target: JourneyTarget) -> Answer:
    if stage.reason == "not_enabled":
        return skipped(
            f"Nothing was asked of {target.spec.url}: the journey writes, and the catalogue does not enable it "
            "(enabled: true)."
        )
    if stage.reason == "artifacts_elsewhere":
        return skipped(
            f"MLflow at {target.spec.url} does not serve its artifacts itself, and the auditor writes nowhere else."
        )
    return _unproven(_OF_STAGE[stage.name], target)


def _leaves_nothing(target: JourneyTarget, observation: JourneyObservation) -> Answer:
    problem = _before_anything(observation)
    if problem is not None:
        return problem
    if not _facts(observation).enabled:
        return skipped("Nothing was made: the catalogue does not enable the journey.")
    remains = _facts(observation).remains
    if remains is None:
        return skipped(f"Nothing was made at {target.spec.url}, so nothing is left of it.")
    evidence: dict[str, Scalar] = {
        "removed": remains.removed,
        "left": ", ".join(remains.left) or None,
        "left_count": remains.left_count,
        "orphans": remains.orphans,
        "orphans_removed": remains.orphans_removed,
        "cleanup_ms": round(remains.duration_ms, 1),
        "stopped_at": remains.stopped_at.name_and_status if remains.stopped_at is not None else None,
    }
    known: dict[str, Scalar] = {name: value for name, value in evidence.items() if value is not None}
    if remains.looked and not remains.left_count:
        orphans = f", and {remains.orphans_removed} of killed runs" if remains.orphans else ""
        return passed(f"What was made at {target.spec.url} is gone again ({remains.removed} things{orphans}).", **known)
    left = f"{remains.left_count} things are left" if remains.left_count else "nobody could look what is left"
    summary = f"At {target.spec.url} {left} of what journeys made (journey.cleanup_failed)."
    failure = Failure(phase=Phase.ANSWER, cause="journey.cleanup_failed", detail=summary)
    return replace(failed(failure, None, **known), remedy=remedies.for_cause("journey.cleanup_failed"))


def _completes_in_time(target: JourneyTarget, observation: JourneyObservation) -> Answer:
    failure = _stopped_by(target, observation)
    if failure is not None:
        answer = _failed(failure, target, observation)
        return answer if answer.status is Status.UNKNOWN else skipped("Not judged, because a stage failed.")
    facts = _facts(observation)
    if not facts.enabled:
        return skipped("Nothing was asked: the catalogue does not enable the journey.")
    asked = [stage for stage in facts.stages if stage.outcome == "done"]
    if not asked or any(stage.outcome == "failed" for stage in facts.stages):
        return _unproven("journey.completes_in_time", target)
    total, limit = sum(stage.duration_ms for stage in asked), target.spec.slow_after.total_seconds() * 1000
    slowest = max(asked, key=lambda stage: stage.duration_ms)
    evidence: dict[str, Scalar] = {f"{stage.name}_ms": round(stage.duration_ms, 1) for stage in asked}
    evidence |= {"total_ms": round(total, 1), "slow_after_ms": limit}
    summary = (
        f"The registration of a model at {target.spec.url} took {total:.0f} ms, most of it for the {slowest.name}; "
        f"the limit is {limit:.0f} ms."
    )
    if total <= limit:
        return passed(summary, **evidence)
    return Answer(
        status=Status.WARN, summary=summary, cause="journey.slow", phase=Phase.ANSWER, evidence=evidence,
        remedy=remedies.for_cause("journey.slow"),
    )  # fmt: skip


def _before_anything(observation: JourneyObservation) -> Answer | None:
    """The auditor's own limit that kept it from asking at all."""
    own = next((failure for failure in observation.failures if failure.phase is Phase.PREPARE), None)
    return None if own is None else unknown(own, None, remedy=remedies.for_cause(own.cause))


def _stopped_by(target: JourneyTarget, observation: JourneyObservation) -> Failure | None:
    """What ended the journey: why no answer came, or what an answer said; None where it came to its end."""
    if observation.failures:
        return observation.failures[0]
    for stage in _facts(observation).stages:
        call = stage.stopped_at
        if stage.outcome == "failed" and call is not None and call.says is not None:
            cause = f"journey.{call.says}"
            detail = f"{call.name_and_status} at {target.spec.url}: {_MEANINGS[cause]}"
            return Failure(phase=Phase.ANSWER, cause=cause, detail=detail)
    return None


def _stopped_at(observation: JourneyObservation) -> StageName:
    """The stage that did not come to its end; the first one where nothing was asked."""
    stages = _facts(observation).stages
    return next((stage.name for stage in stages if stage.outcome == "failed"), STAGES[0])


def _failed(failure: Failure, target: JourneyTarget, observation: JourneyObservation) -> Answer:
    """The target's failure, or the auditor's own limit."""
    evidence, remedy = _evidence(target, observation), remedies.for_cause(failure.cause)
    own = failure.phase is Phase.PREPARE or failure.cause.startswith(("self.", "aws."))
    if own or (failure.cause in _AUDITORS_OWN and target.spec.credential is not None):
        return unknown(failure, None, remedy=remedy, **evidence)
    summary = (
        f"The registration of a model stopped at its stage {_stopped_at(observation)} ({failure.cause}): "
        f"{failure.detail.rstrip('.')}."
    )
    return replace(failed(failure, summary, **evidence), remedy=remedy)


def _evidence(target: JourneyTarget, observation: JourneyObservation) -> dict[str, Scalar]:
    facts = _facts(observation)
    call = next((stage.stopped_at for stage in facts.stages if stage.stopped_at is not None), None)
    evidence: dict[str, Scalar] = {
        "url": target.spec.url,
        "addresses": ", ".join(facts.resolved),
        "credential": facts.credential,
        "stages_done": sum(stage.outcome == "done" for stage in facts.stages),
    }
    if call is not None:
        evidence |= {
            "request": call.call,
            "status": call.status,
            "emitter": str(call.emitter),
            "error_code": call.error_code,
            "store": call.store,
            "by_other_host": facts.by_other_host,
        }
    return {name: value for name, value in evidence.items() if value is not None and value != ""}


def _facts_of(name: StageName, observation: JourneyObservation) -> StageFacts | None:
    return next((stage for stage in _facts(observation).stages if stage.name == name), None)


def _unproven(check: str, target: JourneyTarget) -> Answer:
    detail = f"the journey to {target.spec.url} recorded neither that {check} holds nor why not"
    return unknown(Failure(phase=Phase.ANSWER, cause="self.bug", detail=detail))


def _facts(observation: JourneyObservation) -> JourneyFacts:
    assert observation.facts is not None, "judge() asks no check without facts"
    return observation.facts


CHECKS: tuple[Check[JourneySpec, JourneyFacts], ...] = (
    Check(
        id="journey.experiment_created",
        severity=Severity.CRITICAL,
        judge=_stage("experiment"),
        remediation="See whether the name, the connection, TLS or the answer failed, and who answered.",
    ),
    Check(
        id="journey.run_recorded",
        severity=Severity.CRITICAL,
        judge=_stage("run"),
        remediation="Experiments can be created and runs not: look at the server's log and its database.",
    ),
    Check(
        id="journey.artifact_kept",
        severity=Severity.CRITICAL,
        judge=_stage("artifact"),
        remediation="Runs are recorded and files are not kept: look at the store of artifacts, and who may use it.",
    ),
    Check(
        id="journey.model_version_registered",
        severity=Severity.CRITICAL,
        judge=_stage("model_version"),
        remediation="Runs are recorded and models are not registered: look at the server's log and its database.",
    ),
    Check(
        id="journey.leaves_nothing",
        severity=Severity.ADVISORY,
        judge=_leaves_nothing,
        remediation="Delete what the evidence names, or wait for the next run, which tries again.",
    ),
    Check(
        id="journey.completes_in_time",
        severity=Severity.LOW,
        judge=_completes_in_time,
        remediation="See which stage took the time, and the server's database and store of artifacts.",
    ),
)
