"""The report in a few lines, for a terminal."""

from auditor.domain.instants import format_instant
from auditor.domain.report import Problem, Report
from auditor.render.history_words import score_text
from auditor.render.incident_words import facts, muted, state
from auditor.render.method import undecided_note
from auditor.render.wording import shown

_MAX_LINE = 2000


def render_text(report: Report) -> str:
    """Verdict, services, what is wrong and why, and what could not be seen."""
    lines = [f"{report.platform} ({report.stage}) as of {format_instant(report.as_of)}"]
    if report.seconds_per_minute is not None:
        lines.append(f"Simulated time: one minute took {report.seconds_per_minute:g} s.")
    lines.append(f"{report.verdict}: {report.headline}")
    judged = f"{report.critical_targets_judged} of {report.critical_targets} critical targets judged"
    scored = f" {score_text(report.score)}" if report.score else ""
    lines += [f"Coverage {report.coverage_percent:g} % ({judged}){scored}", ""]
    width = max((len(line.title) for line in report.services), default=0)
    for line in report.services:
        note = f"  (victim of {', '.join(line.victim_of)})" if line.victim_of and not line.at_fault else ""
        lines.append(f"  {line.title:<{width}}  {line.verdict}{note}")
    lines += _roots(report)
    lines += _problems([p for p in report.problems if not p.victim_of], "What is wrong")
    lines += _problems([p for p in report.problems if p.victim_of], "Failing because of it")
    lines += _incidents(report)
    if report.coverage_gaps:
        lines += ["", "Not seen (no outage):"]
    for gap in report.coverage_gaps:
        lines.append(f"  {gap.target}: {gap.summary} [{gap.cause}]")
        lines.append(f"    because {gap.reason}; remedy: {gap.remedy}")
    return "".join(f"{_one_line(line)}\n" for line in lines)


def _one_line(text: str) -> str:
    return shown(text, _MAX_LINE).replace("\n", " ")


def _roots(report: Report) -> list[str]:
    lines = ["", "Root cause:"] if report.roots else []
    for root in report.roots:
        lines.append(f"  {root.component} {root.fault} ({root.confidence} confidence): {root.statement}")
        lines.append(f"    first: {root.first_action}")
    note = undecided_note(report)
    lines += ["", note] if note else []
    return lines


def _incidents(report: Report) -> list[str]:
    lines = ["", "Incidents:"] if report.incidents or report.muted else []
    for line in report.incidents:
        lines.append(f"  {line.id}: {state(line, report.as_of)}")
        lines += [f"    {name.lower()}: {value}" for name, value in facts(line)]
    return lines + [f"  {each}" for each in muted(report)]


def _problems(problems: list[Problem], title: str) -> list[str]:
    lines = ["", f"{title}:"] if problems else []
    for problem in problems:
        lines.append(f"  {problem.status} {problem.target}: {problem.summary} [{problem.phase}: {problem.cause}]")
        if not problem.victim_of:
            lines.append(f"    do: {problem.remediation}")
    return lines
