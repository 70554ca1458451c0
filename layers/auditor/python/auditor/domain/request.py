"""What people ask of the aggregator, which alone writes state: they append requests, it merges them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from auditor.domain.bundle import State
from auditor.domain.incident import Acknowledgement, noted
from auditor.domain.muting import Silence


class RequestKind(StrEnum):
    """The closed list."""

    ACK = "ack"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. ``duration`` counts from the moment in which the aggregator merges it: clocks can differ."""

    id: str
    kind: RequestKind
    service: str
    by: str
    reason: str = ""
    duration: timedelta | None = None


def merged(state: State, requests: Iterable[Request], at: datetime) -> State:
    """The state with every request carried out that was not before. An unknown service or kind changes nothing."""
    given = sorted(requests, key=lambda request: request.id)
    for request in given:
        if request.id not in state.merged_requests:
            state = _carried_out(state, request, at)
    return replace(state, merged_requests=tuple(request.id for request in given))


def _carried_out(state: State, request: Request, at: datetime) -> State:
    if request.kind is RequestKind.SILENCE and request.duration is not None:
        silence = Silence(
            id=request.id,
            service=request.service,
            by=request.by,
            reason=request.reason,
            since=at,
            until=at + request.duration,
        )
        return replace(state, silences=(*state.silences, silence))
    incident = state.incidents.open.get(request.service)
    if request.kind is not RequestKind.ACK or incident is None:
        return state
    seen = replace(
        incident,
        acknowledged=Acknowledgement(by=request.by, at=at),
        timeline=noted(incident.timeline, at, f"acknowledged by {request.by}"),
    )
    return replace(state, incidents=replace(state.incidents, open={**state.incidents.open, request.service: seen}))
