"""How instants, durations, numbers and hostile texts are worded for people; the same in every rendering."""

import math
import re
from datetime import datetime, timedelta

from auditor.domain.observation import Phase
from auditor.domain.report import Report
from auditor.domain.result import Scalar
from auditor.domain.verdict import Verdict

MAX_SHOWN = 600
"""Characters of one value that people are shown; the JSON rendering always has the whole."""

# Listed by code point, not by Unicode category: the tables of the category differ between Python versions, and the same
# report must be the same bytes everywhere. Controls, bidirectional overrides, invisible and unpaired characters.
_DECEIVING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)

_WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*)?")
"""Without user information, blanks or anything but the characters of RFC 3986: what is shown is where it leads."""

_VERDICT_WORDS = {
    Verdict.HEALTHY: ("✓", "HEALTHY"),
    Verdict.DEGRADED: ("▲", "DEGRADED"),
    Verdict.DOWN: ("✕", "DOWN"),
    Verdict.UNKNOWN: ("?", "UNKNOWN"),
    Verdict.NOT_DEPLOYED: ("–", "NOT DEPLOYED"),
}
_PHASE_WORDS = {
    Phase.PREPARE: "preparation",
    Phase.NAME: "name",
    Phase.TCP: "TCP",
    Phase.TLS: "TLS",
    Phase.REQUEST: "request",
    Phase.FIRST_BYTE: "first byte",
    Phase.TRANSFER: "transfer",
    Phase.LOGIN: "login",
    Phase.QUERY: "query",
    Phase.ANSWER: "answer",
}


def shown(text: str, limit: int = MAX_SHOWN) -> str:
    """A text without characters that deceive the eye (they appear as ``\\u202e``), cut at ``limit`` and saying so."""
    whole = len(text)
    cut = text if whole <= limit else text[:limit]
    cut = _DECEIVING.sub(lambda match: _code_point(match[0]), cut.replace("\r\n", "\n"))
    return cut if whole <= limit else f"{cut} … (cut: {limit} of {whole:,} characters; report.json has them all)"


def is_web_address(text: str) -> bool:
    """Whether a text may become a link."""
    return len(text) <= MAX_SHOWN and _WEB_ADDRESS.fullmatch(text) is not None


def _code_point(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def verdict_mark(verdict: Verdict) -> str:
    """A sign that tells verdicts apart without colour."""
    return _VERDICT_WORDS[verdict][0]


def verdict_word(verdict: Verdict) -> str:
    """The verdict as people read it."""
    return _VERDICT_WORDS[verdict][1]


def phase_word(phase: Phase | None) -> str:
    """The phase as people read it."""
    return "not named" if phase is None else _PHASE_WORDS[phase]


def instant_text(instant: datetime) -> str:
    """Date and time of a UTC instant, to the second: ``2026-11-23 16:47:00 UTC``."""
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def age_text(since: datetime, as_of: datetime) -> str:
    """How long something lasted at ``as_of``, in its two largest units; empty for less than a second."""
    seconds = int((as_of - since) / timedelta(seconds=1))
    if seconds <= 0:
        return ""
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    first = next(index for index, (_, size) in enumerate(units) if seconds >= size)
    parts = []
    for unit, size in units[first : first + 2]:
        amount, seconds = divmod(seconds, size)
        if amount:
            parts.append(f"{amount} {unit}")
    return " ".join(parts)


def since_text(since: datetime, as_of: datetime) -> str:
    """An instant and how long ago it was at ``as_of``."""
    age = age_text(since, as_of)
    return f"{instant_text(since)} (for {age})" if age else instant_text(since)


def milliseconds_text(milliseconds: float | None) -> str:
    """A duration with about three significant digits; a dash where none was measured."""
    if milliseconds is None or not math.isfinite(milliseconds):
        return "–"
    if milliseconds < 99.95:
        return f"{milliseconds:.1f} ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 999.5 else f"{milliseconds / 1000:.2f} s"


def percent_text(percent: float) -> str:
    """One decimal, rounded down: only what is complete is called 100 %."""
    return f"{math.floor(round(percent, 6) * 10) / 10:g} %"


def scalar_text(value: Scalar) -> str:
    """A value of an evidence table; booleans and null as in JSON."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def counted(number: int, noun: str) -> str:
    """``1 target``, ``2 targets``, ``1,000 targets``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def pace_text(report: Report) -> str:
    """The sentence that says that time was compressed; empty in real time."""
    if report.seconds_per_minute is None:
        return ""
    return (
        f"Simulated time: one minute took {report.seconds_per_minute:g} s. Instants are simulated; latencies were "
        "measured in real time."
    )


def coverage_text(report: Report) -> str:
    """Coverage in one sentence: how much could be judged, and how many critical targets."""
    return (
        f"Coverage {percent_text(report.coverage_percent)} of checks; "
        f"{report.critical_targets_judged:,} of {counted(report.critical_targets, 'critical target')} judged."
    )
