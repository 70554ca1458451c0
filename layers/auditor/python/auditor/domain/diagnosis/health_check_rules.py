"""Rules about health checks of balancers: what is checked, how patiently, against what the service really answers."""

from collections.abc import Iterator

from auditor.domain.diagnosis.candidate import Candidate, Confidence, RuledOut
from auditor.domain.diagnosis.checked_groups import (
    Checked,
    certificates_demanded,
    checked_groups,
    fault_of_check,
    of_service,
)
from auditor.domain.diagnosis.claims import HealthReports
from auditor.domain.diagnosis.evidence import Evidence
from auditor.domain.diagnosis.faults import Fault
from auditor.domain.diagnosis.routing_claims import PathAnswers, RequestRouted
from auditor.domain.diagnosis.routing_words import TargetTrouble
from auditor.domain.diagnosis.task_claims import RunningCounts

_NO_SUCH_PAGE = (404, 405, 410)
_NO_CREDENTIALS = (401, 403)


def status_not_accepted(evidence: Evidence) -> Iterator[Candidate]:
    """The service answers its health checks, and not with a status that the check accepts."""
    for checked in checked_groups(evidence, TargetTrouble.STATUS_NOT_ACCEPTED):
        statuses = checked.statuses
        serves = [page for page in checked.other_pages if _serves(page)]
        if not statuses:
            continue
        codes = ", ".join(map(str, statuses))
        if all(200 <= status < 400 for status in statuses):
            yield fault_of_check(
                checked,
                Fault.HEALTHCHECK_MATCHER_MISMATCH,
                f"{checked.component} accepts {checked.check.matcher} on {checked.asked}, where a working service "
                f"answers {codes}.",
                f"Accept {codes} in the matcher, or check a page that answers {checked.check.matcher}.",
                with_also=checked.same_page,
            )
        elif all(status in _NO_SUCH_PAGE for status in statuses):
            yield fault_of_check(
                checked,
                Fault.HEALTHCHECK_PATH_WRONG,
                f"{checked.component} checks {checked.asked}, which the service does not have ({codes})"
                + (f"; {serves[0].path} answers {serves[0].status}." if serves else "."),
                "Check a page that the service has.",
                # A service that has no page at all is another one than was meant.
                confidence=Confidence.HIGH if serves else Confidence.MEDIUM,
                with_also=(*checked.same_page, *serves),
            )
        elif all(status in _NO_CREDENTIALS for status in statuses) and not _asks_for_more(evidence, checked):
            yield fault_of_check(
                checked,
                Fault.HEALTHCHECK_REQUIRES_AUTH,
                f"{checked.component} checks {checked.asked}, which demands credentials ({codes}) that a balancer does "
                "not have.",
                "Check a page that needs no credentials, or let this one answer without them.",
                confidence=Confidence.HIGH if _wants_credentials(checked) else Confidence.MEDIUM,
                with_also=(*checked.same_page, *serves),
            )
        elif all(status >= 500 for status in statuses) and _everything_else_is_well(evidence, checked):
            code = _health_code(evidence, checked) or evidence.sibling(checked.component, "code")
            yield fault_of_check(
                checked,
                Fault.HEALTH_ENDPOINT_DEFECT,
                f"{checked.asked} answers {codes} to the balancer while every other page of the service is as it "
                "should be and nothing that it needs is said to be unwell.",
                "Mend the health page; until then check another one.",
                component=code,
                confidence=Confidence.MEDIUM,
                with_also=(*checked.same_page, *serves),
            )


def no_answer_in_time(evidence: Evidence) -> Iterator[Candidate]:
    """Health checks time out, and the page that they ask is slow while others are not."""
    for checked in checked_groups(evidence, TargetTrouble.NO_ANSWER_IN_TIME):
        limit = checked.check.timeout_seconds
        late = [page for page in checked.same_page if page.status is None or page.seconds > limit]
        if not late or len(late) < len(checked.same_page) or _runs_nothing(evidence, checked):
            continue
        ordinary = [page for page in checked.other_pages if of_service(page) and not page.of_health]
        quick = [page for page in ordinary if _serves(page) and page.seconds < limit]
        slow = [page for page in ordinary if page.status is None or page.seconds >= limit]
        if ordinary and len(quick) <= len(slow):
            continue  # a service that is slow everywhere is not made well by patience
        complaints = _complaints(evidence, checked.service)
        answered = [page for page in late if page.status is not None and page.as_declared]
        slowest = max(page.seconds for page in late)
        if answered and len(answered) == len(late) and not complaints:
            yield fault_of_check(
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
            yield fault_of_check(
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


def _runs_nothing(evidence: Evidence, checked: Checked) -> bool:
    """Whether nothing of the service runs, and not because of its checks: then whatever answers is not its task."""
    counts = [claim for claim in evidence.of(RunningCounts) if evidence.service_of(claim.component) == checked.service]
    return not checked.killed and any(claim.running == 0 for claim in counts)


def _serves(page: PathAnswers) -> bool:
    """Whether the service itself answered, and as it should."""
    return page.status is not None and page.status < 500 and page.as_declared and of_service(page)


def _wants_credentials(checked: Checked) -> bool:
    return any(page.status in _NO_CREDENTIALS for page in checked.same_page)


def _asks_for_more(evidence: Evidence, checked: Checked) -> bool:
    """Whether it refuses checks for another reason: the address they call it by, or the certificate they lack."""
    return bool(certificates_demanded(evidence, checked)) or any(
        page.host_refused for page in (*checked.same_page, *checked.other_pages)
    )


def _everything_else_is_well(evidence: Evidence, checked: Checked) -> bool:
    # What a balancer answers as declared, such as a redirect to TLS, says nothing of the service.
    pages = [page for page in checked.other_pages if of_service(page) or not page.as_declared]
    return bool(pages) and all(_serves(page) for page in pages) and not _complaints(evidence, checked.service)


def _complaints(evidence: Evidence, service: str) -> list[HealthReports]:
    return [
        report
        for report in evidence.of(HealthReports)
        if not report.healthy and evidence.service_of(report.component) == service
    ]


def _through_balancer(evidence: Evidence, page: PathAnswers) -> bool:
    return any(routed.host.lower() == page.host.lower() for routed in evidence.of(RequestRouted))


def _health_code(evidence: Evidence, checked: Checked) -> str:
    """The component that stands for the code of the service's health page, where the catalogue names one so."""
    return next(
        (
            component.id
            for component in evidence.platform.components
            if component.kind == "code" and component.service == checked.service and "health" in component.id
        ),
        "",
    )


RULES = (status_not_accepted, no_answer_in_time)
