"""Incidents in Markdown: what is open and who works on it, what ended a short while ago, and what is mute."""

from auditor.domain.report import Report
from auditor.render.incident_words import facts, muted, state
from auditor.render.markdown_text import plain
from auditor.render.wording import instant_text


def incidents(report: Report) -> list[str]:
    """The section's lines; none where there is no incident and nothing is mute."""
    if not report.incidents and not report.muted:
        return []
    lines = ["## Incidents", ""]
    for each in muted(report):
        lines += [plain(each), ""]
    for line in report.incidents:
        lines += [f"### {plain(line.service)} · {plain(line.id)} – {state(line, report.as_of)}", ""]
        lines += [f"- {name}: {plain(value)}" for name, value in facts(line)]
        lines += [f"- {instant_text(entry.at)}: {plain(entry.text)}" for entry in line.timeline]
        lines.append("")
    return lines
