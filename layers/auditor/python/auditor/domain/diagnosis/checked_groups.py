"""Groups none of whose targets passes its check, with what else is known of the service behind them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import Claim
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.groups import group_component
from auditor.domain.diagnosis.proof import Proof
from auditor.domain.diagnosis.routing_claims import (
    GroupChecked,
    PathAnswers,
    RequestRouted,
    TargetRefused,
    TargetsStand,
)
from auditor.domain.diagnosis.routing_words import TargetTrouble
from auditor.domain.diagnosis.task_claims import RunningCounts, TaskStopped
from auditor.domain.diagnosis.tls_claims import ClientCertificateDemanded
from auditor.domain.diagnosis.words import Emitter, StopReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A group whose targets fail a check, and what else is known of the service behind it."""

    component: str
    service: str
    check: GroupChecked
    refused: tuple[TargetRefused, ...]
    same_page: tuple[PathAnswers, ...]
    other_pages: tuple[PathAnswers, ...]
    killed: tuple[Claim, ...]

    @property
    def trouble(self) -> TargetTrouble:
        """The one trouble of all of its targets."""
        return self.refused[0].trouble

    @property
    def statuses(self) -> tuple[int, ...]:
        """What the targets answered to the check."""
        return tuple(sorted({status for refused in self.refused for status in refused.statuses}))

    @property
    def asked(self) -> str:
        """What the check asks, in words."""
        return f"{self.check.protocol} {self.check.path}"


def checked_groups(evidence: Evidence, trouble: TargetTrouble) -> Iterator[Checked]:
    """Every group none of whose targets is healthy, all for this trouble: a check that some pass is not at fault."""
    for check in evidence.of(GroupChecked):
        refused = tuple(claim for claim in evidence.of(TargetRefused) if claim.group == check.group)
        component = group_component(evidence, check.group, check.component)
        service = evidence.service_of(component)
        if not service or not refused or any(claim.trouble is not trouble for claim in refused):
            continue
        if any(stand.healthy for stand in evidence.of(TargetsStand) if stand.group == check.group):
            continue
        pages = [page for page in evidence.of(PathAnswers) if evidence.service_of(page.component) == service]
        path = check.path.partition("?")[0]
        yield Checked(
            component=component,
            service=service,
            check=check,
            refused=refused,
            same_page=tuple(page for page in pages if page.path == path and of_service(page)),
            other_pages=tuple(page for page in pages if page.path != path),
            killed=_killed(evidence, service),
        )


def fault_of_check(
    checked: Checked,
    fault: Fault,
    statement: str,
    first_action: str,
    *,
    component: str = "",
    confidence: Confidence = Confidence.HIGH,
    shown_by: Sequence[Claim] = (),
    with_also: Sequence[Claim] = (),
    harmed: bool = False,
    ruled_out: RuledOut | None = None,
) -> Candidate:
    """A candidate about the check; ``shown_by``: what shows the fault besides targets, and tasks killed for it.

    ``harmed``: users feel it as well.
    """
    shown: Proof = proof_of(*checked.refused, *checked.killed, *shown_by)
    nothing_runs = any(isinstance(claim, RunningCounts) and claim.running == 0 for claim in checked.killed)
    services = frozenset({checked.service})
    return Candidate(
        component=component or checked.component,
        fault=fault,
        statement=statement,
        first_action=first_action,
        confidence=confidence,
        proof=tuple(sorted({*shown, *proof_of(checked.check, *with_also)})),
        shows=shown,
        # A balancer whose targets are all unhealthy sends to them nonetheless: it is ECS that kills them for it.
        harms=services if checked.killed or harmed else frozenset(),
        cuts=services if nothing_runs else frozenset(),
        named=True,
        ruled_out=(ruled_out,) if ruled_out is not None else (),
    )


def of_service(page: PathAnswers) -> bool:
    """Whether the service itself may have written the answer."""
    return page.emitter is not Emitter.LOAD_BALANCER


def _killed(evidence: Evidence, service: str) -> tuple[Claim, ...]:
    """Tasks of the service that were stopped for their health, and what that leaves running."""
    stopped = [
        claim
        for claim in evidence.of(TaskStopped)
        if claim.reason is StopReason.HEALTH_CHECK_FAILED and evidence.service_of(claim.component) == service
    ]
    if not stopped:
        return ()
    counts = [claim for claim in evidence.of(RunningCounts) if evidence.service_of(claim.component) == service]
    return (*stopped, *counts)


def certificates_demanded(evidence: Evidence, checked: Checked) -> list[ClientCertificateDemanded]:
    """That the targets of a group, or a host whose requests they get, turn clients without a certificate away."""
    ports = {refused.port for refused in checked.refused}
    hosts = {claim.host.lower() for claim in evidence.of(RequestRouted) if claim.wanted == checked.check.group}
    return [
        claim
        for claim in evidence.of(ClientCertificateDemanded)
        if (claim.port in ports or claim.host in hosts) and evidence.service_of(claim.component) == checked.service
    ]
