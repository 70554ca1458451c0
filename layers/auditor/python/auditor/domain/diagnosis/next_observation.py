"""What to look at next when the evidence does not decide: the cheapest observation that could."""

from collections.abc import Sequence
from typing import Any

from auditor.domain.diagnosis.claims import AnswerSays, RegisteredAs, RunsAt
from auditor.domain.diagnosis.evidence import Evidence
from auditor.domain.diagnosis.task_claims import RunningCounts
from auditor.domain.observation import Phase
from auditor.domain.result import Result
from auditor.domain.target import Target

_SILENCE = "tcp.timeout"


def cheapest(unexplained: Sequence[tuple[Result, Target[Any]]], evidence: Evidence) -> str:
    """One sentence about the first thing that is unexplained; empty when nothing is. The earliest phase comes first."""
    if not unexplained:
        return ""
    phases = list(Phase)
    result, target = min(
        unexplained, key=lambda pair: (phases.index(pair[0].phase) if pair[0].phase else len(phases), pair[0].id)
    )
    return f"{_look(result, target, evidence)} (decides {result.check} of {target.id})."


def _look(result: Result, target: Target[Any], evidence: Evidence) -> str:
    service = target.service
    counted = any(evidence.service_of(claim.component) == service for claim in evidence.of(RunningCounts))
    addressed = any(evidence.service_of(claim.component) == service for claim in evidence.of(RunsAt))
    registered = any(evidence.service_of(claim.component) == service for claim in evidence.of(RegisteredAs))
    answered = any(
        claim.upstream_host and evidence.service_of(claim.component) == service for claim in evidence.of(AnswerSays)
    )
    if result.phase is Phase.NAME and not registered:
        return f"See what the registry of names and its namespaces hold for {service}"
    if result.phase is Phase.TCP and result.cause == _SILENCE and counted:
        return f"See which security groups and network ACLs are attached to {target.component} and what they admit"
    if result.phase in (Phase.NAME, Phase.TCP) and not counted:
        return f"See what of {service} runs (tasks, instances), and why the last one stopped"
    if result.phase is Phase.TLS:
        return f"Read the certificate that {target.component} presents: name, issuer and last day"
    if result.phase is Phase.LOGIN:
        return f"See when the secret of the login to {target.component} was changed, and try another known login"
    if answered and not evidence.settings_read(service):
        return f"Read the hosts in the running revision of {service}"
    if not evidence.settings_read(service):
        return f"Compare the settings of the running revision of {service} with what it needs"
    if not addressed:
        return f"See at which addresses the tasks of {service} run and since when"
    return f"Read the log of {service} at the time of the failure"
