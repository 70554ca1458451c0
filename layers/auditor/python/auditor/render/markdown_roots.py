"""The root causes in Markdown, and what the diagnosis noticed besides."""

from auditor.domain.report import Report
from auditor.render.markdown_text import plain
from auditor.render.method import undecided_note


def roots(report: Report) -> list[str]:
    """What explains the failures, how sure that is, what to do first, what was ruled out."""
    if not report.roots and not report.unexplained:
        return []
    lines = ["## Root cause", ""]
    for root in report.roots:
        lines += [f"### {plain(root.component)}: {plain(root.fault)}", "", plain(root.statement), ""]
        lines.append(f"- Confidence: {plain(root.confidence)}; {plain(root.fault_meaning)}")
        lines.append(f"- First: {plain(root.first_action)}")
        lines += [f"- Ruled out: {plain(each)}" for each in root.ruled_out]
        lines += [f"- Proof: {plain(each)}" for each in root.proof]
        lines.append("")
    note = undecided_note(report)
    return [*lines, plain(note), ""] if note else lines


def noticed(report: Report) -> list[str]:
    """Defects, and planes that disagree, which explain no failing result."""
    if not report.noticed:
        return []
    told = [
        f"- {plain(each.component)} {plain(each.fault)}: {plain(each.statement)} {plain(each.first_action)}"
        for each in report.noticed
    ]
    said = "Found by diagnosis; it explains no failing result and opens no incident."
    return ["## Also noticed", "", said, "", *told, ""]
