"""What is said of an incident, in words that every rendering shares; plain texts, to be escaped by each."""

from datetime import datetime

from auditor.domain.report import IncidentLine, Report
from auditor.render.wording import age_text, counted, instant_text


def state(line: IncidentLine, as_of: datetime) -> str:
    """Whether it is open, and how long it has lasted or did."""
    if line.closed is not None:
        lasted = age_text(line.opened, line.closed)
        return f"ended{f' after {lasted}' if lasted else ''}"
    age = age_text(line.since, as_of)
    seen = ", acknowledged" if line.acknowledged_at else ", nobody has acknowledged it"
    return f"{'flapping' if line.flapping else 'open'}{f' for {age}' if age else ''}{seen}"


def facts(line: IncidentLine) -> list[tuple[str, str]]:
    """Names and values; what does not apply is left out."""
    earlier = f"{counted(line.recurrences, 'earlier incident')} with one of its roots, last {line.earlier}"
    pairs = [
        ("First bad", instant_text(line.since)),
        ("Opened", instant_text(line.opened)),
        ("Well since", _well(line)),
        ("Ended", instant_text(line.closed) if line.closed else ""),
        ("Roots", ", ".join(line.roots) or "undecided"),
        ("Targets", ", ".join(line.targets)),
        ("Alarm", "raised, it pages" if line.paging else ""),
        ("Taken by", _acknowledged(line)),
        ("Muted", line.muted_because),
        ("Turned bad", f"{line.turns} times" if line.turns > 1 else ""),
        ("Known", earlier if line.recurrences else ""),
        ("Merged into it", ", ".join(line.merged)),
    ]
    return [(name, value) for name, value in pairs if value]


def _well(line: IncidentLine) -> str:
    if line.closed or line.well_since is None or line.ends is None:
        return ""
    return f"{instant_text(line.well_since)}; if that lasts it ends at {instant_text(line.ends)}"


def _acknowledged(line: IncidentLine) -> str:
    return f"{line.acknowledged_by} at {instant_text(line.acknowledged_at)}" if line.acknowledged_at else ""


def muted(report: Report) -> list[str]:
    """A sentence for each service of which nothing is told now."""
    return [f"Nothing is told of {service} now: {because}." for service, because in sorted(report.muted.items())]
