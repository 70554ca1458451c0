"""The clock of who answers, by the Date of the answer: pure."""

from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime

_LATENESS = 2
"""Seconds: a Date has whole ones, and an answer takes its time. So near, the clocks agree."""
_LONGEST = 40


def ahead_seconds(headers: Mapping[str, str], now: float) -> int | None:
    """By how much the Date of an answer is ahead of ``now`` (seconds of the epoch); header names are lower case.

    None without a readable Date, and where Age says that a cache kept the answer (RFC 9111, 5.1). Never fails.
    """
    date = headers.get("date")
    if date is None or len(date) > _LONGEST or "age" in headers:
        return None
    if date in (formatdate(now, usegmt=True), formatdate(now - 1, usegmt=True)):
        return 0  # nearly always; reading one takes ten times as long
    try:
        ahead = round(parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return 0 if -_LATENESS <= ahead <= 1 else ahead
