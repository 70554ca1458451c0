"""A queued message to the time that stands in its envelope. Everything else of the message is dropped here: pure."""

import json
import re
from datetime import UTC, datetime
from typing import Any

MOST_ENVELOPE = 256 * 1024
"""Bytes of a message that is read for its time."""
_LONGEST_TIME = 40
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?")
_EARLIEST, _LATEST = datetime(2001, 1, 1, tzinfo=UTC).timestamp(), datetime(2200, 1, 1, tzinfo=UTC).timestamp()
_DEEPEST = 16


def sent_at(envelope: bytes, path: str) -> datetime | None:
    """The time at a path of names joined by dots; None where there is none.

    Texts in ISO 8601 (without a zone: UTC) and numbers of seconds or milliseconds since 1970 are times.
    """
    try:
        value: Any = json.loads(envelope)
    except (ValueError, RecursionError):
        return None
    for name in path.split(".")[:_DEEPEST]:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    if isinstance(value, str):
        return _from_text(value.strip()) if len(value) <= _LONGEST_TIME else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _from_number(value)


def _from_text(text: str) -> datetime | None:
    if not _ISO.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    known = found.replace(tzinfo=UTC) if found.tzinfo is None else found
    return _from_number(known.timestamp())


def _from_number(number: float) -> datetime | None:
    """Of seconds, or of milliseconds where seconds would be in a far future. What is no time is out of bounds."""
    seconds = number / 1000 if _LATEST < number <= _LATEST * 1000 else number
    if not _EARLIEST <= seconds <= _LATEST:
        return None
    return datetime.fromtimestamp(int(seconds), tz=UTC)
