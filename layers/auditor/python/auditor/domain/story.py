"""Stories: what an SNS message about a transition says. Plain text, whose first line fits an SMS."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from auditor.domain.at_fault import Transition
from auditor.domain.instants import format_instant
from auditor.domain.report import Problem, Report, RootCause, ServiceLine
from auditor.domain.result import Severity
from auditor.domain.verdict import Verdict

_SEVERITIES = tuple(Severity)
SMS_LENGTH = 140
_SUBJECT_LENGTH = 100
"""What SNS takes for a subject."""
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
    problems = [problem for problem in report.problems if problem.target in transition.targets]
    failing = {problem.result_id for problem in problems}
    roots = [root for root in report.roots if root.service == line.id or failing & set(root.explains)][:_TOLD]
    subject = _subject(report, line, _broken(report, transition), problems, [r for r in roots if r.service == line.id])
    parts = [subject[:SMS_LENGTH], "", f"Since {format_instant(transition.since)} (UTC)."]
    for root in roots:
        parts += ["", f"Root: {root.component} {root.fault} ({root.confidence} confidence). {root.statement}"]
        parts.append(f"  First action: {root.first_action}")
    if not roots:
        undecided = failing & set(report.unexplained)
        parts += ["", f"Root: UNDECIDED. Next: {report.next_observation}"] if undecided else []
    for problem in problems[:_TOLD]:
        parts += ["", problem.summary, f"  target {problem.target} ({problem.component}), {_where(problem)}"]
        # Where the root is known, its action comes first; what a check would do about the symptom misleads then.
        if problem.remediation and not any(problem.result_id in root.explains for root in roots):
            parts.append(f"  First action: {problem.remediation}")
    if len(problems) > _TOLD:
        parts += ["", f"And {len(problems) - _TOLD} more; see the report."]
    if victims := _victims(report, transition, line):
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
        severity=max((p.severity for p in problems), key=_SEVERITIES.index, default=Severity.HIGH),
        at=transition.since,
        subject=subject[:_SUBJECT_LENGTH],
        text="\n".join(parts) + "\n",
    )


def _subject(
    report: Report,
    line: ServiceLine,
    broken: Sequence[ServiceLine],
    problems: Sequence[Problem],
    roots: Sequence[RootCause],
) -> str:
    """What is broken, for whom, and why: the first line, which must fit a text message."""
    told = [line] if line in broken else [*broken] or [line]
    names = told[0].title + (f" and {len(told) - 1} more" if len(told) > 1 else "")
    subject = f"[{report.stage}] {names} {'is' if len(told) == 1 else 'are'} {told[0].verdict}"
    if line not in told:
        subject += f" because of {line.title}"
    if roots:
        return f"{subject}: {roots[0].component} {roots[0].fault}"
    first = next((problem for problem in problems if problem.cause), None)
    return f"{subject}: {first.cause} ({first.phase})" if first else subject


def _broken(report: Report, transition: Transition) -> list[ServiceLine]:
    """The services whose targets the transition tells of, worst first."""
    told = set(transition.targets)
    lines = [line for line in report.services if told & {target.id for target in line.targets}]
    return sorted(lines, key=lambda line: line.verdict is not Verdict.DOWN)


def _recovered(transition: Transition, report: Report, line: ServiceLine, link: str) -> Story:
    well = _broken(report, transition) or [line]
    told = line if line in well else well[0]
    subject = f"[{report.stage}] {told.title} is {told.verdict} again"
    if told.verdict is Verdict.NOT_DEPLOYED:
        subject = f"[{report.stage}] {told.title} is not deployed any more"
    elif told.verdict not in (Verdict.HEALTHY, Verdict.DEGRADED):
        # What the story told of is well; something else of the service is not seen.
        subject = f"[{report.stage}] {told.title}: what was broken is healthy again"
    text = f"{subject[:SMS_LENGTH]}\n\nSeen at {format_instant(transition.since)} (UTC).\n\nReport: {link}\n"
    return Story(
        id=transition.id,
        kind=transition.kind,
        service=line.id,
        severity=Severity.LOW,
        at=transition.since,
        subject=subject[:_SUBJECT_LENGTH],
        text=text,
    )


def _where(problem: Problem) -> str:
    meaning = f" ({problem.cause_meaning})" if problem.cause_meaning else ""
    return f"phase {problem.phase}, cause {problem.cause}{meaning}"


def _victims(report: Report, transition: Transition, line: ServiceLine) -> list[str]:
    """What fails because of what is told: by what the catalogue says it needs, or by a root of the service."""
    told = {*transition.targets, *(target.id for target in line.targets)}
    explained = {id for root in report.roots if root.service == line.id for id in root.explains}
    return sorted(
        {
            problem.target
            for problem in report.problems
            if told & set(problem.victim_of) or problem.result_id in explained
        }
        - set(transition.targets)
    )


def _some(words: list[str], between: str) -> str:
    more = f"{between}and {len(words) - _TOLD} more" if len(words) > _TOLD else ""
    return between.join(words[:_TOLD]) + more
