"""Incidents in HTML: what is open and who works on it, what ended a short while ago, and what is mute."""

from auditor.domain.report import IncidentLine, Report
from auditor.render.html_parts import code, facts, moment, section, service_title
from auditor.render.incident_words import facts as facts_of
from auditor.render.incident_words import muted, state
from auditor.render.markup import Html, element, folded


def incidents(report: Report) -> Html | None:
    """The section, or nothing where there is no incident and nothing is mute."""
    if not report.incidents and not report.muted:
        return None
    notes = [element("p", each, class_="soft") for each in muted(report)]
    return section("incidents", "Incidents", *notes, *(_incident(line, report) for line in report.incidents))


def _incident(line: IncidentLine, report: Report) -> Html:
    title = element("h3", element("bdi", service_title(report, line.service)), " · ", code(line.id))
    entries = [element("li", moment(entry.at), " ", element("bdi", entry.text)) for entry in line.timeline]
    parts = [
        element("div", title, element("span", state(line, report.as_of), class_="soft"), class_="title"),
        facts(*facts_of(line)),
        folded(f"What happened ({len(entries)})", element("ul", *entries), is_open=not line.closed),
    ]
    kind = "plain" if line.closed else "down" if line.paging else "degraded"
    return element("article", *parts, class_=f"card {kind}")
