"""Names of what a journey makes: by them it is told from everything else, and old ones from young ones. Pure."""

import re
from datetime import UTC, datetime, timedelta

ORPHANED_AFTER = timedelta(minutes=30)
"""A run's event waits a quarter of an hour for its function at most and runs for two minutes: older ones are dead."""

_MADE = re.compile(r"[a-z0-9][a-z0-9-]*-([0-9]{8}T[0-9]{6}Z)-[0-9a-f]{8}")
_SLOT = "%Y%m%dT%H%M%SZ"


def made_name(marker: str, target: str, slot: datetime, nonce: str) -> str:
    """The one name of everything that a run makes. ``nonce``: eight hexadecimal digits, so that no two runs meet."""
    return f"{marker}-{target}-{slot.astimezone(UTC):{_SLOT}}-{nonce}"


def slot_in(name: str, marker: str) -> datetime | None:
    """The slot of the run that made something of this name; None for everybody else's."""
    made = _MADE.fullmatch(name) if name.startswith(f"{marker}-") else None
    if made is None:
        return None
    try:
        return datetime.strptime(made[1], _SLOT).replace(tzinfo=UTC)
    except ValueError:
        return None


def is_orphan(name: str, marker: str, slot: datetime) -> bool:
    """Whether the run that made this is surely over, seen from a run of ``slot``."""
    made = slot_in(name, marker)
    return made is not None and slot - made >= ORPHANED_AFTER
