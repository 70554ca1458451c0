"""Errors of a service's own: how its tasks end by them or answer with them, and whether a reason is known."""

from dataclasses import dataclass

from auditor.domain.diagnosis.claims import Claim, NameResolves, RegisteredAs, SettingUnusable
from auditor.domain.diagnosis.deployment_claims import DeploymentStands
from auditor.domain.diagnosis.evidence import Evidence
from auditor.domain.diagnosis.log_claims import LogSaying, LogSays
from auditor.domain.diagnosis.routing_claims import PathAnswers
from auditor.domain.diagnosis.task_claims import RunningCounts, TaskStopped
from auditor.domain.diagnosis.words import Emitter, NameOutcome, StopReason

_OWN_ERROR = 500
_DENIED = (NameOutcome.NXDOMAIN, NameOutcome.NODATA)
_BY_ITSELF = (StopReason.EXITED, StopReason.CRASHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEnds:
    """The ends of a service's tasks, what is left running, and the names that led to nobody since; or nothing."""

    claims: tuple[Claim, ...] = ()
    cuts: frozenset[str] = frozenset()
    """The service, where nothing of it runs."""


def own_ends(evidence: Evidence, service: str) -> OwnEnds:
    """How a service's tasks end by themselves, while fewer run than should or a deployment does not get done."""
    stopped = [c for c in evidence.of(TaskStopped) if c.reason in _BY_ITSELF and _of(evidence, c.component, service)]
    counts = [claim for claim in evidence.of(RunningCounts) if _of(evidence, claim.component, service)]
    stuck = [c for c in evidence.of(DeploymentStands) if not c.done and _of(evidence, c.component, service)]
    if not stopped or not (stuck or any(claim.running < claim.desired for claim in counts)):
        return OwnEnds()
    nothing_runs = any(claim.running == 0 for claim in counts)
    gone = names_gone(evidence, service) if nothing_runs else []
    return OwnEnds(claims=(*stopped, *counts, *gone), cuts=frozenset({service} if nothing_runs else ()))


def broken_pages(evidence: Evidence, service: str) -> list[PathAnswers]:
    """The pages of a service that answer with an error of its own."""
    return [
        page
        for page in evidence.of(PathAnswers)
        if page.status == _OWN_ERROR
        and page.emitter is not Emitter.LOAD_BALANCER
        and _of(evidence, page.component, service)
    ]


def own_reason(evidence: Evidence, service: str) -> bool:
    """Whether something known is reason enough: a setting that no client can use, or a schema that is not there."""
    unusable = [setting.component for setting in evidence.of(SettingUnusable)]
    lacking = [said.component for said in evidence.of(LogSays) if said.saying is LogSaying.SCHEMA_MISSING]
    return any(_of(evidence, component, service) for component in (*unusable, *lacking))


def _of(evidence: Evidence, component: str, service: str) -> bool:
    return service != "" and evidence.service_of(component) == service


def names_gone(evidence: Evidence, service: str) -> list[Claim]:
    """A service's names without an instance, and the lookups that found nothing because of it.

    A name is the service's by its registration or, where none was read, because its targets ask there.
    """
    registered = [claim for claim in evidence.of(RegisteredAs) if _of(evidence, claim.component, service)]
    full = {claim.name.lower() for claim in registered if claim.addresses}
    empty = [claim for claim in registered if not claim.addresses]
    names = {claim.name.lower() for claim in empty}
    lookups = []
    for lookup in evidence.of(NameResolves):
        name = lookup.name.lower().rstrip(".")
        if lookup.outcome in _DENIED and (name in names or (name not in full and evidence.asked_at(service, name))):
            lookups.append(lookup)
    return [*empty, *lookups]
