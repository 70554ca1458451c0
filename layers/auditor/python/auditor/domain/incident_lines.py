"""The incidents that a report shows. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from auditor.domain.incident import Incident, Incidents
from auditor.domain.report import IncidentLine

ENDED_SHOWN = timedelta(days=1)
"""Who comes to work in the morning sees what ended in the night."""


def incident_lines(incidents: Incidents, muted: Mapping[str, str], as_of: datetime) -> tuple[IncidentLine, ...]:
    """Open incidents, the oldest first; then those that ended a short while ago, the newest first."""
    opened = sorted(incidents.open.values(), key=lambda incident: (incident.since, incident.id))
    ended = [
        (incident.closed, incident)
        for incident in incidents.closed.values()
        if incident.closed is not None and as_of - incident.closed <= ENDED_SHOWN
    ]
    ended.sort(key=lambda pair: (as_of - pair[0], pair[1].id))
    return tuple(
        _line(incident, muted.get(incident.service, "")) for incident in (*opened, *(each for _, each in ended))
    )


def _line(incident: Incident, muted_because: str) -> IncidentLine:
    seen = incident.acknowledged
    return IncidentLine(
        id=incident.id,
        service=incident.service,
        since=incident.since,
        opened=incident.opened,
        well_since=incident.well_since,
        ends=None if incident.well_since is None else incident.well_since + incident.settling,
        closed=incident.closed,
        paging=incident.paging,
        targets=incident.targets,
        roots=incident.roots,
        acknowledged_by=seen.by if seen else "",
        acknowledged_at=seen.at if seen else None,
        muted_because="" if incident.closed else muted_because,
        turns=incident.turns,
        flapping=incident.flapping,
        recurrences=incident.recurrences,
        earlier=incident.earlier,
        merged=incident.merged,
        timeline=incident.timeline,
    )
