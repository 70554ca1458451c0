"""Reads the latest lines of one log group and classifies each where it arrives."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from auditor.adapters import calls
from auditor.adapters.aws import client
from auditor.domain.observation import Failure, Observation
from auditor.domain.target import Target
from auditor.net.probe import Probe
from functions.logs.facts import FatalFacts, FatalKind, LogsFacts
from functions.logs.family import LogsSpec
from functions.logs.lines import fatal_kind, is_error

MAX_LINES = 1_000
MAX_PAGES = 3
_LATENESS = timedelta(minutes=1)
"""A line of the slot's own minute may be later than the slot."""


async def observe(target: Target[LogsSpec], probe: Probe) -> Observation[LogsFacts]:
    """What stands there, as far as it was read. CloudWatch gives the oldest of the window first."""
    spec, tally = target.spec, _Tally()
    window = {
        "startTime": _milliseconds(probe.slot - spec.window),
        "endTime": _milliseconds(probe.slot + _LATENESS),
    }
    more: dict[str, str] = {}
    for page in range(MAX_PAGES):
        answer = await calls.ask(
            probe, "logs:FilterLogEvents", f"log group {spec.group}", partial(_read, spec.group, window, more, tally)
        )
        if isinstance(answer, Failure):
            if answer.cause == "aws.not_found":
                return probe.observation(LogsFacts(exists=False))
            if page == 0:
                return probe.observation(LogsFacts(unread={"lines": answer}), (answer,))
            break  # what was read before stays, and that there is more is said
        if not answer:
            more = {}
            break
        more = {"nextToken": answer}
    return probe.observation(
        LogsFacts(
            exists=True,
            lines=tally.lines,
            errors=tally.errors,
            more=bool(more),
            newest_at=tally.newest_at,
            fatal=tally.fatal_lines(),
        )
    )


def _read(group: str, window: Mapping[str, int], more: Mapping[str, str], tally: "_Tally") -> str:
    """One page into the tally; the token of the next one. Only this function and the tally ever hold a line."""
    answer = client("logs").filter_log_events(logGroupName=group, limit=MAX_LINES, **window, **more)
    for event in answer.get("events") or []:
        tally.add(event)
    return str(answer.get("nextToken") or "")


class _Tally:
    """What was counted of the lines."""

    def __init__(self) -> None:
        self.lines = 0
        self.errors = 0
        self.newest_at: datetime | None = None
        self._fatal: dict[FatalKind, tuple[int, datetime]] = {}

    def add(self, event: Mapping[str, Any]) -> None:
        at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC).replace(microsecond=0)
        line = str(event["message"])
        self.lines += 1
        self.newest_at = at if self.newest_at is None else max(self.newest_at, at)
        kind = fatal_kind(line)
        self.errors += kind is not None or is_error(line)
        if kind is not None:
            count, last = self._fatal.get(kind, (0, at))
            self._fatal[kind] = (count + 1, max(last, at))

    def fatal_lines(self) -> tuple[FatalFacts, ...]:
        return tuple(
            FatalFacts(kind=kind, count=self._fatal[kind][0], last_at=self._fatal[kind][1])
            for kind in FatalKind
            if kind in self._fatal
        )


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
