"""Rules about health checks of balancers: what is checked, how patiently, against what the service really answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.claims import Claim, HealthReports, RunningCounts, TaskStopped
from auditor.domain.diagnosis.evidence import Evidence, proof_of
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.proof import Proof
from auditor.domain.diagnosis.routing_claims import (
    GroupChecked,
    PathAnswers,
    RequestRouted,
    TargetRefused,
    TargetsStand,
)
from auditor.domain.diagnosis.routing_rules import group_component
from auditor.domain.diagnosis.routing_words import TargetTrouble
from auditor.domain.diagnosis.tls_claims import ClientCertificateDemanded
from auditor.domain.diagnosis.words import Emitter, StopReason

_NO_SUCH_PAGE = (404, 405, 410)
_NO_CREDENTIALS = (401, 403)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
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
        return self.refused[0].trouble

    @property
    def statuses(self) -> tuple[int, ...]:
        return tuple(sorted({status for refused in self.refused for status in refused.statuses}))

    @property
    def asked(self) -> str:
        return f"{self.check.protocol} {self.check.path}"


def status_not_accepted(evidence: Evidence) -> Iterator[Candidate]:
    """The service answers its health checks, and not with a status that the check accepts."""
    for checked in _checked(evidence, TargetTrouble.STATUS_NOT_ACCEPTED):
        statuses = checked.statuses
        serves = [page for page in checked.other_pages if _serves(page)]
        if not statuses:
            continue
        codes = ", ".join(map(str, statuses))
        if all(200 <= status < 400 for status in statuses):
            yield _fault(
                checked,
                Fault.HEALTHCHECK_MATCHER_MISMATCH,
                f"{checked.component} accepts {checked.check.matcher} on {checked.asked}, where a working service "
                f"answers {codes}.",
                f"Accept {codes} in the matcher, or check a page that answers {checked.check.matcher}.",
                with_also=checked.same_page,
            )
        elif all(status in _NO_SUCH_PAGE for status in statuses):
            yield _fault(
                checked,
                Fault.HEALTHCHECK_PATH_WRONG,
                f"{checked.component} checks {checked.asked}, which the service does not have ({codes})"
                + (f"; {serves[0].path} answers {serves[0].status}." if serves else "."),
                "Check a page that the service has.",
                # A service that has no page at all is another one than was meant.
                confidence=Confidence.HIGH if serves else Confidence.MEDIUM,
                with_also=(*checked.same_page, *serves),
            )
        elif all(status in _NO_CREDENTIALS for status in statuses) and not _refuses_the_name(checked):
            yield _fault(
                checked,
                Fault.HEALTHCHECK_REQUIRES_AUTH,
                f"{checked.component} checks {checked.asked}, which demands credentials ({codes}) that a balancer does "
                "not have.",
                "Check a page that needs no credentials, or let this one answer without them.",
                confidence=Confidence.HIGH if _wants_credentials(checked) else Confidence.MEDIUM,
                with_also=(*checked.same_page, *serves),
            )
        elif all(status >= 500 for status in statuses) and _everything_else_is_well(evidence, checked):
            component = _health_code(evidence, checked) or checked.component
            yield _fault(
                checked,
                Fault.HEALTH_ENDPOINT_DEFECT,
                f"{checked.asked} answers {codes} to the balancer while every other page of the service is as it "
                "should be and nothing that it needs is said to be unwell.",
                "Mend the health page; until then check another one.",
                component=component,
                confidence=Confidence.MEDIUM,
                with_also=(*checked.same_page, *serves),
            )


def no_answer_in_time(evidence: Evidence) -> Iterator[Candidate]:
    """Health checks time out, and the page that they ask is slow while others are not."""
    for checked in _checked(evidence, TargetTrouble.NO_ANSWER_IN_TIME):
        limit = checked.check.timeout_seconds
        late = [page for page in checked.same_page if page.status is None or page.seconds > limit]
        if not late or len(late) < len(checked.same_page) or _runs_nothing(evidence, checked):
            continue
        ordinary = [page for page in checked.other_pages if _of_service(page) and not page.of_health]
        quick = [page for page in ordinary if _serves(page) and page.seconds < limit]
        slow = [page for page in ordinary if page.status is None or page.seconds >= limit]
        if ordinary and len(quick) <= len(slow):
            continue  # a service that is slow everywhere is not made well by patience
        complaints = _complaints(evidence, checked.service)
        answered = [page for page in late if page.status is not None and page.as_declared]
        slowest = max(page.seconds for page in late)
        if answered and len(answered) == len(late) and not complaints:
            yield _fault(
                checked,
                Fault.HEALTHCHECK_TIMEOUT_TOO_LOW,
                f"{checked.component} gives {checked.asked} {limit} s, and the service answers it well after "
                f"{slowest:.1f} s.",
                "Raise the check's timeout above what the page takes, or check a quicker one.",
                confidence=Confidence.HIGH if quick else Confidence.MEDIUM,
                shown_by=late,
            )
            continue
        # Through the balancer: else a network that lets nothing pass would look like this.
        through = [page for page in quick if _through_balancer(evidence, page)]
        # Where no task was killed for it, the slow page only tells of what is unwell; that is what to mend.
        if through and (checked.killed or not complaints):
            why = ", ".join(sorted({report.word or report.dependency for report in complaints}))
            yield _fault(
                checked,
                Fault.HEALTHCHECK_DEEP_TIMEOUT,
                f"{checked.asked} takes longer than the {limit} s that {checked.component} gives it"
                + (f", as it waits for what is unwell ({why})" if why else "")
                + f"; {through[0].path} answers in {through[0].seconds:.2f} s.",
                "Check a page that waits for no dependency.",
                component=_health_code(evidence, checked) or checked.component,
                shown_by=late,
                with_also=(*complaints, *through),
                ruled_out=RuledOut(
                    subject="security groups between balancer and targets",
                    why=f"{through[0].path} gets through the balancer",
                    proof=through[0].proof,
                ),
            )


def client_certificate_wanted(evidence: Evidence) -> Iterator[Candidate]:
    """A health check cannot show the client certificate that the target demands."""
    for checked in _checked(evidence, TargetTrouble.NO_CONNECTION):
        ports = {refused.port for refused in checked.refused}
        demanded = [
            claim
            for claim in evidence.of(ClientCertificateDemanded)
            if claim.port in ports and evidence.service_of(claim.component) == checked.service
        ]
        if demanded and checked.check.protocol == "HTTPS":
            yield _fault(
                checked,
                Fault.MTLS_REQUIRED_FOR_HEALTHCHECK,
                f"The targets of {checked.component} demand a client certificate, which a balancer's health check "
                "cannot show.",
                "Check a port or a page for which the server asks no client certificate.",
                with_also=demanded,
            )


def _checked(evidence: Evidence, trouble: TargetTrouble) -> Iterator[_Checked]:
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
        yield _Checked(
            component=component,
            service=service,
            check=check,
            refused=refused,
            same_page=tuple(page for page in pages if page.path == path and _of_service(page)),
            other_pages=tuple(page for page in pages if page.path != path),
            killed=_killed(evidence, service),
        )


def _fault(
    checked: _Checked,
    fault: Fault,
    statement: str,
    first_action: str,
    *,
    component: str = "",
    confidence: Confidence = Confidence.HIGH,
    shown_by: Sequence[Claim] = (),
    with_also: Sequence[Claim] = (),
    ruled_out: RuledOut | None = None,
) -> Candidate:
    """A candidate about the check; ``shown_by``: what shows the fault besides targets, and tasks killed for it."""
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
        harms=services if checked.killed else frozenset(),
        cuts=services if nothing_runs else frozenset(),
        named=True,
        ruled_out=(ruled_out,) if ruled_out is not None else (),
    )


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


def _runs_nothing(evidence: Evidence, checked: _Checked) -> bool:
    """Whether nothing of the service runs, and not because of its checks: then whatever answers is not its task."""
    counts = [claim for claim in evidence.of(RunningCounts) if evidence.service_of(claim.component) == checked.service]
    return not checked.killed and any(claim.running == 0 for claim in counts)


def _serves(page: PathAnswers) -> bool:
    """Whether the service itself answered, and as it should."""
    return page.status is not None and page.status < 500 and page.as_declared and _of_service(page)


def _of_service(page: PathAnswers) -> bool:
    return page.emitter is not Emitter.LOAD_BALANCER


def _wants_credentials(checked: _Checked) -> bool:
    return any(page.status in _NO_CREDENTIALS for page in checked.same_page)


def _refuses_the_name(checked: _Checked) -> bool:
    """Whether the service refuses names that it is called by: a health check calls it by its address."""
    return any(page.host_refused for page in (*checked.same_page, *checked.other_pages))


def _everything_else_is_well(evidence: Evidence, checked: _Checked) -> bool:
    pages = checked.other_pages
    return bool(pages) and all(_serves(page) for page in pages) and not _complaints(evidence, checked.service)


def _complaints(evidence: Evidence, service: str) -> list[HealthReports]:
    return [
        report
        for report in evidence.of(HealthReports)
        if not report.healthy and evidence.service_of(report.component) == service
    ]


def _through_balancer(evidence: Evidence, page: PathAnswers) -> bool:
    return any(routed.host.lower() == page.host.lower() for routed in evidence.of(RequestRouted))


def _health_code(evidence: Evidence, checked: _Checked) -> str:
    """The component that stands for the code of the service's health page, where the catalogue names one so."""
    return next(
        (
            component.id
            for component in evidence.platform.components
            if component.kind == "code" and component.service == checked.service and "health" in component.id
        ),
        "",
    )


RULES = (status_not_accepted, no_answer_in_time, client_certificate_wanted)
