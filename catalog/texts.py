"""The texts that a catalogue is made of: ids, durations, instants, time zones. Each says what is allowed."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from auditor.domain.instants import InstantError, format_instant, parse_instant
from auditor.domain.topology import COMPONENT_KINDS
from auditor.domain.verdict import Majority
from catalog.problem import did_you_mean, one_of, shorten

REFUSED = "catalogue"
"""Type of the pydantic errors that are worded here, with what is allowed in their context."""

_LONGEST_DURATION = timedelta(days=366)
_LONGEST_LINE = 200
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = r"^[0-9]{1,11}(\.[0-9]{1,6})?(ms|s|m|h|d)$"
_DURATION_ALLOWED = "a number and its unit ms, s, m, h or d, such as 500ms, 5s, 2m, 1h, 30d; more than 0, at most 366d"
_ID = r"^[a-z][a-z0-9-]{0,62}$"
_ID_ALLOWED = "1 to 63 lower-case letters, digits and hyphens, beginning with a letter"
_COMPONENT = r"^[a-z0-9]+(\.[a-z0-9_]+)?$"
_COMPONENT_ALLOWED = (
    "<kind> or <kind>.<name>, the name of lower-case letters, digits and underscores, such as rds or app.web"
)
_MAJORITY = r"([1-9]) of ([1-9])"
_MAJORITY_ALLOWED = "n of m with n at most m and both 1 to 9, such as 2 of 3"
_INSTANT_ALLOWED = "ISO 8601 with an offset, such as 2026-11-23T16:00:00Z"


def refused(message: str, allowed: str = "") -> PydanticCustomError:
    """The error that a validator raises; both texts reach the owner as they are."""
    return PydanticCustomError(REFUSED, "{message}", {"message": message, "allowed": allowed})


def parse_duration(text: object) -> timedelta:
    """The duration of a text such as ``5s``."""
    match = re.fullmatch(r"([0-9.]+)([a-z]+)", text) if isinstance(text, str) and re.match(_DURATION, text) else None
    if match is None:
        raise refused("is not a duration", _DURATION_ALLOWED)
    try:
        duration = timedelta(**{_UNITS[match[2]]: float(match[1])})
    except OverflowError:
        duration = timedelta.max
    if not timedelta(0) < duration <= _LONGEST_DURATION:
        raise refused("is out of range", _DURATION_ALLOWED)
    return duration


def format_duration(duration: timedelta) -> str:
    """The shortest text of a duration, in its largest whole unit."""
    milliseconds = duration / timedelta(milliseconds=1)
    for unit in reversed(_UNITS):
        size = timedelta(**{_UNITS[unit]: 1}) / timedelta(milliseconds=1)
        if milliseconds % size == 0:
            return f"{milliseconds / size:.0f}{unit}"
    return f"{milliseconds}ms"


def _matching(pattern: str, message: str, allowed: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        # fullmatch, because $ would let a line break at the end through
        if not compiled.fullmatch(text):
            raise refused(message, allowed)
        return text

    return check


def _component_id(text: str) -> str:
    _matching(_COMPONENT, "is not a component's id", _COMPONENT_ALLOWED)(text)
    kind = text.partition(".")[0]
    if kind not in COMPONENT_KINDS:
        # The whole closed list, because who meets this error has to choose from it.
        kinds = " ".join(COMPONENT_KINDS)
        raise refused(
            f"{shorten(kind)} is not a kind of component{did_you_mean(kind, COMPONENT_KINDS)}", f"kinds {kinds}"
        )
    return text


def _line(text: str) -> str:
    if len(text) > _LONGEST_LINE or not text.isprintable():
        raise refused("is not a short line", f"one line of at most {_LONGEST_LINE} printable characters")
    return text


def _title(text: str) -> str:
    if not text.strip():
        raise refused("is empty", "a text")
    return _line(text)


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        host = None
    if not text:
        return text
    if host is None or parts.scheme not in ("http", "https") or not text.isprintable() or " " in text:
        raise refused("is not the address of a page", "http://… or https://…, or leave the key out")
    return text


def _instant(text: object) -> datetime:
    try:
        return parse_instant(text)  # type: ignore[arg-type] # it refuses what is no text, too
    except (InstantError, OverflowError) as error:
        raise refused("is not an instant", _INSTANT_ALLOWED) from error


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError) as error:
        nearest = get_close_matches(text, sorted(available_timezones()), n=3) if len(text) < 40 else []
        allowed = f"names of the IANA time zone database, such as {one_of(nearest or ['UTC', 'Europe/Berlin'])}"
        raise refused("is not a known time zone", allowed) from error
    return text


def _majority(text: object) -> Majority:
    match = re.fullmatch(_MAJORITY, text) if isinstance(text, str) else None
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise refused("is not a majority", _MAJORITY_ALLOWED)
    return Majority(n=int(match[1]), of=int(match[2]))


def _schema(**schema: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **schema})


Id = Annotated[str, AfterValidator(_matching(_ID, "is not an id", _ID_ALLOWED)), _schema(pattern=_ID)]
ComponentId = Annotated[
    str,
    AfterValidator(_component_id),
    _schema(pattern=rf"^({'|'.join(COMPONENT_KINDS)})(\.[a-z0-9_]+)?$"),
]
Region = Annotated[
    str,
    AfterValidator(
        _matching(r"[a-z]{2}(-[a-z]{2,12}){1,2}-[0-9]{1,2}", "is not an AWS region", "a region such as us-east-1")
    ),
    _schema(pattern="^[a-z]{2}(-[a-z]{2,12}){1,2}-[0-9]{1,2}$"),
]
Title = Annotated[str, AfterValidator(_title), _schema(minLength=1, maxLength=_LONGEST_LINE)]
Line = Annotated[str, AfterValidator(_line), _schema(maxLength=_LONGEST_LINE)]
WebAddress = Annotated[str, AfterValidator(_web_address), _schema(pattern="^(https?://.+)?$")]
TimeOfDay = Annotated[
    str,
    AfterValidator(_matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", "is not a time of day", "HH:MM, such as 02:30")),
    _schema(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$"),
]
Timezone = Annotated[str, AfterValidator(_timezone), _schema(examples=["UTC", "Europe/Berlin"])]
Instant = Annotated[
    datetime, BeforeValidator(_instant), PlainSerializer(format_instant, return_type=str), _schema(format="date-time")
]
Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    _schema(pattern=_DURATION, examples=["500ms", "5s", "2m", "1h", "30d"]),
]
MajorityText = Annotated[
    Majority,
    BeforeValidator(_majority),
    PlainSerializer(lambda majority: f"{majority.n} of {majority.of}", return_type=str),
    _schema(pattern=f"^{_MAJORITY}$", examples=["2 of 3", "1 of 1"]),
]
