"""Stories: what an SNS message about a transition says. Plain text, whose first line fits an SMS."""

from dataclasses import dataclass
from datetime import datetime

from auditor.domain.assessment import Transition
from auditor.domain.instants import format_instant
from auditor.domain.report import Problem, Report, RootCause, ServiceLine
from auditor.domain.result import Severity
from auditor.domain.verdict import Verdict

_SEVERITIES = tuple(Severity)
SMS_LENGTH = 140
_TOLD = 20
"""SNS refuses a message over 256 KiB, and nobody reads one: of more problems the report tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One message of the outbox. ``id`` is its deduplication id; published at least once, told once."""

    id: str
    kind: str
    service: str
    severity: Severity
    at: datetime
    subject: str
    text: str


def tell(transition: Transition, report: Report, report_link: str) -> Story:
    """The story of a transition: what is broken for whom, the cause, the first action, where to read on."""
    line = next(line for line in report.services if line.id == transition.service)
    if transition.kind == "recovered":
        return _recovered(transition, report, line, report_link)
    return _turned_bad(transition, report, line, report_link)


def _turned_bad(transition: Transition, report: Report, line: ServiceLine, link: str) -> Story:
    own = [problem for problem in report.problems if problem.service == line.id and not problem.victim_of]
    first = own[0] if own else None
    subject = f"[{report.stage}] {line.title} is {line.verdict}"
    if first and first.cause:
        subject += f": {first.cause} ({first.phase})"
    parts = [subject[:SMS_LENGTH], "", f"Since {format_instant(transition.since)} (UTC)."]
    for root in _roots(report, line, own):
        parts += ["", f"Root: {root.component} {root.fault} ({root.confidence} confidence). {root.statement}"]
        parts.append(f"  First action: {root.first_action}")
    for problem in own[:_TOLD]:
        parts += ["", problem.summary, f"  target {problem.target} ({problem.component}), {_where(problem)}"]
        if problem.remediation:
            parts.append(f"  First action: {problem.remediation}")
    if len(own) > _TOLD:
        parts += ["", f"And {len(own) - _TOLD} more; see the report."]
    if victims := _victims(report, {target.id for target in line.targets}):
        parts += ["", f"Also failing because of this: {_some(victims, ', ')}."]
    gaps = [gap for gap in report.coverage_gaps if gap.service == line.id]
    if gaps:
        parts += ["", f"Not seen: {_some([f'{gap.target} ({gap.cause})' for gap in gaps], '; ')}."]
    parts += ["", f"Owner: {line.owner} {line.contact}".rstrip()]
    if line.runbook:
        parts.append(f"Runbook: {line.runbook}")
    parts.append(f"Report: {link}")
    return Story(
        id=transition.id,
        kind=transition.kind,
        service=line.id,
        severity=max((p.severity for p in own), key=_SEVERITIES.index, default=Severity.HIGH),
        at=transition.since,
        subject=subject[:100],
        text="\n".join(parts) + "\n",
    )


def _roots(report: Report, line: ServiceLine, own: list[Problem]) -> list[RootCause]:
    """The roots that lie in the service or explain one of its problems."""
    failing = {problem.result_id for problem in own}
    return [root for root in report.roots if root.service == line.id or failing & set(root.explains)][:_TOLD]


def _recovered(transition: Transition, report: Report, line: ServiceLine, link: str) -> Story:
    subject = f"[{report.stage}] {line.title} is {line.verdict} again"
    if line.verdict is Verdict.NOT_DEPLOYED:
        subject = f"[{report.stage}] {line.title} is not deployed any more"
    text = f"{subject[:SMS_LENGTH]}\n\nSeen at {format_instant(transition.since)} (UTC).\n\nReport: {link}\n"
    return Story(
        id=transition.id,
        kind=transition.kind,
        service=line.id,
        severity=Severity.LOW,
        at=transition.since,
        subject=subject[:100],
        text=text,
    )


def _where(problem: Problem) -> str:
    meaning = f" ({problem.cause_meaning})" if problem.cause_meaning else ""
    return f"phase {problem.phase}, cause {problem.cause}{meaning}"


def _victims(report: Report, targets: set[str]) -> list[str]:
    return sorted({problem.target for problem in report.problems if targets & set(problem.victim_of)})


def _some(words: list[str], between: str) -> str:
    more = f"{between}and {len(words) - _TOLD} more" if len(words) > _TOLD else ""
    return between.join(words[:_TOLD]) + more
