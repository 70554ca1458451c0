"""What ECS says of deployments that it gave up: its texts to a closed list. Pure."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

_BACK_TO = re.compile(r"roll(?:ing|ed) back to (?:deployment(?:id)?\s*)?(ecs-svc/\d{1,30})", re.IGNORECASE)
_WENT_BACK = re.compile(r"roll(?:ing|ed) back", re.IGNORECASE)
_RECENT = timedelta(hours=1)
_TOGETHER = timedelta(minutes=1)
"""Within so long the event and the deployment of one way back carry their times."""


def given_up(reason: str) -> tuple[Literal["circuit_breaker", "alarm"] | None, str]:
    """What made ECS give a deployment up, and the id of the deployment that leads back, by ``rolloutStateReason``."""
    back = _BACK_TO.search(reason)
    lowered = reason.lower()
    cause: Literal["circuit_breaker", "alarm"] | None = None
    if "circuit breaker" in lowered:
        cause = "circuit_breaker"
    elif "alarm" in lowered:
        cause = "alarm"
    return cause, back.group(1) if back else ""


def went_back(events: Iterable[Any], newest: datetime | None, now: datetime) -> bool:
    """Whether an event of the last hour tells of a way back that is no older than the newest deployment."""
    return any(
        now - event["createdAt"] <= _RECENT
        and (newest is None or event["createdAt"] >= newest - _TOGETHER)
        and _WENT_BACK.search(event.get("message") or "") is not None
        for event in events
        if event.get("createdAt")
    )
