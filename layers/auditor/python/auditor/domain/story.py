"""Stories: what an SNS message about a transition says. Plain text, whose first line fits an SMS."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from auditor.domain.incident import Incident
from auditor.domain.incidents import Kind, Transition
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
    """One message of the outbox. ``id`` is its deduplication id; published at least once, told once.

    ``wakes``: it also goes to those who are paged.
    """

    id: str
    kind: str
    incident: str
    service: str
    severity: Severity
    at: datetime
    subject: str
    text: str
    wakes: bool = False


def tell(transition: Transition, report: Report, report_link: str) -> Story:
    """The story of a transition: what is broken for whom, the cause, the first action, where to read on."""
    line = next(line for line in report.services if line.id == transition.service)
    broken = _broken(report, transition.incident)
    if transition.kind in (Kind.RESOLVED, Kind.MERGED):
        subject, parts = _ended(transition, report, line, broken)
        severity = Severity.LOW
    else:
        problems = [problem for problem in report.problems if problem.target in transition.incident.targets]
        subject, parts = _bad(transition, report, line, broken, problems)
        severity = max((p.severity for p in problems), key=_SEVERITIES.index, default=Severity.HIGH)
    return Story(
        id=transition.id,
        kind=str(transition.kind),
        incident=transition.incident.id,
        service=line.id,
        severity=severity,
        at=transition.at,
        subject=subject[:_SUBJECT_LENGTH],
        text="\n".join([subject[:SMS_LENGTH], "", *parts, f"Report: {report_link}"]) + "\n",
        wakes=transition.wakes,
    )


def _bad(
    transition: Transition,
    report: Report,
    line: ServiceLine,
    broken: Sequence[ServiceLine],
    problems: Sequence[Problem],
) -> tuple[str, list[str]]:
    """What fails: first line, and the rest line by line."""
    incident = transition.incident
    failing = {problem.result_id for problem in problems}
    roots = [root for root in report.roots if root.service == line.id or failing & set(root.explains)][:_TOLD]
    own = [root for root in roots if root.service == line.id]
    subject = _subject(report, line, broken, problems, own or roots)
    parts = [*_news(transition), f"Since {format_instant(incident.since)} (UTC). Incident {incident.id}."]
    for root in roots:
        parts += ["", f"Root: {root.component} {root.fault} ({root.confidence} confidence). {root.statement}"]
        parts.append(f"  First action: {root.first_action}")
    if not roots and failing & set(report.unexplained):
        parts += ["", f"Root: UNDECIDED. Next: {report.next_observation}"]
    if incident.recurrences:
        times = f"{incident.recurrences} earlier incident{'s' if incident.recurrences > 1 else ''}"
        parts.append(f"  The same root as in {times}, last {incident.earlier}.")
    for problem in problems[:_TOLD]:
        parts += ["", problem.summary, f"  target {problem.target} ({problem.component}), {_where(problem)}"]
        # Where a root is known, its action is the first one; what a check would do about a symptom misleads then.
        if problem.remediation and not roots:
            parts.append(f"  First action: {problem.remediation}")
    if len(problems) > _TOLD:
        parts += ["", f"And {len(problems) - _TOLD} more; see the report."]
    if victims := _victims(report, incident, line):
        parts += ["", f"Also failing because of this: {_some(victims, ', ')}."]
    return subject, [*parts, *_whom_to_ask(report, line, incident)]


def _whom_to_ask(report: Report, line: ServiceLine, incident: Incident) -> list[str]:
    """What was not seen, who owns it, what to read and how to say that somebody works on it."""
    parts = []
    gaps = [gap for gap in report.coverage_gaps if gap.service == line.id]
    if gaps:
        parts += ["", f"Not seen: {_some([f'{gap.target} ({gap.cause})' for gap in gaps], '; ')}."]
    parts += ["", f"Owner: {line.owner} {line.contact}".rstrip()]
    if line.runbook:
        parts.append(f"Runbook: {line.runbook}")
    if incident.acknowledged is None:
        parts.append(f"Acknowledge: audit ack {line.id} --stage {report.stage} --by NAME")
    return parts


def _news(transition: Transition) -> list[str]:
    """Why there is another message about an incident that was told of before."""
    incident = transition.incident
    news = {
        Kind.AGAIN: "It ended a short while ago and is back.",
        Kind.ESCALATED: "It was degraded and is down now.",
        Kind.NEW_ROOT: f"A root was found: {incident.roots[-1]}." if incident.roots else "",
        Kind.FLAPPING: f"It flaps: it turned bad {incident.turns} times. It ends when all of it was well for "
        f"{incident.settling.total_seconds() / 60:g} minutes.",
        Kind.REMINDER: f"Still open since {format_instant(incident.opened)}, and nobody has acknowledged it.",
    }.get(transition.kind, "")
    return [news] if news else []


def _ended(
    transition: Transition, report: Report, line: ServiceLine, broken: Sequence[ServiceLine]
) -> tuple[str, list[str]]:
    """That it is over: first line, and the rest line by line."""
    incident = transition.incident
    told = line if line in broken or not broken else broken[0]
    if transition.kind is Kind.MERGED:
        into = next(other.title for other in report.services if other.id == transition.into)
        subject = f"[{report.stage}] {told.title}: what fails is explained by the incident of {into}"
    elif told.verdict is Verdict.NOT_DEPLOYED:
        subject = f"[{report.stage}] {told.title} is not deployed any more"
    elif told.verdict in (Verdict.HEALTHY, Verdict.DEGRADED):
        subject = f"[{report.stage}] {told.title} is {told.verdict} again"
    else:
        # What the incident told of is well; something else of the service is not seen.
        subject = f"[{report.stage}] {told.title}: what was broken is healthy again"
    minutes = (transition.at - incident.opened).total_seconds() / 60
    parts = [f"Seen at {format_instant(transition.at)} (UTC), {minutes:g} minutes after it was opened."]
    parts.append(f"Incident {incident.id}.")
    if incident.roots:
        parts.append(f"Roots: {', '.join(incident.roots)}.")
    return subject, [*parts, ""]


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


def _broken(report: Report, incident: Incident) -> list[ServiceLine]:
    """The services whose targets the incident tells of, worst first."""
    told = set(incident.targets)
    lines = [line for line in report.services if told & {target.id for target in line.targets}]
    return sorted(lines, key=lambda line: line.verdict is not Verdict.DOWN)


def _where(problem: Problem) -> str:
    meaning = f" ({problem.cause_meaning})" if problem.cause_meaning else ""
    return f"phase {problem.phase}, cause {problem.cause}{meaning}"


def _victims(report: Report, incident: Incident, line: ServiceLine) -> list[str]:
    """What fails because of what is told: by what the catalogue says it needs, or by a root of the service."""
    told = {*incident.targets, *(target.id for target in line.targets)}
    explained = {id for root in report.roots if root.service == line.id for id in root.explains}
    return sorted(
        {
            problem.target
            for problem in report.problems
            if told & set(problem.victim_of) or problem.result_id in explained
        }
        - set(incident.targets)
    )


def _some(words: list[str], between: str) -> str:
    more = f"{between}and {len(words) - _TOLD} more" if len(words) > _TOLD else ""
    return between.join(words[:_TOLD]) + more
