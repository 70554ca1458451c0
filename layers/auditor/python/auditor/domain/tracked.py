"""Tracked facts: numbers whose course says more than one moment. The last values of each, by slot."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LENGTH = 12
"""Values of one number that are kept."""
_FORGOTTEN_AFTER = timedelta(hours=3)
"""A number that was not seen for so long (its target, or what it counted, is gone) has no course any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The last values of one number and the slots in which they were seen, both oldest first."""

    slots: tuple[datetime, ...] = ()
    values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one run saw of one number; ``name`` is the target's id, a slash, and the family's word."""

    name: str
    slot: datetime
    value: float


def tracked_name(target: str, word: str) -> str:
    """The name of a target's number."""
    return f"{target}/{word}"


def by_target(series: Mapping[str, Series]) -> dict[str, dict[str, tuple[float, ...]]]:
    """Each target's numbers by the family's word."""
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    for name, each in series.items():
        target, _, word = name.partition("/")
        found.setdefault(target, {})[word] = each.values
    return found


def continued(before: Mapping[str, Series], seen: tuple[Sighting, ...], as_of: datetime) -> dict[str, Series]:
    """The series with what was seen since; a slot counts once, and what was not seen for long is forgotten."""
    series = dict(before)
    for sighting in seen:
        known = series.get(sighting.name, Series())
        if not known.slots or sighting.slot > known.slots[-1]:
            slots, values = (*known.slots, sighting.slot), (*known.values, sighting.value)
            series[sighting.name] = replace(known, slots=slots[-LENGTH:], values=values[-LENGTH:])
    return {name: series[name] for name in sorted(series) if as_of - series[name].slots[-1] <= _FORGOTTEN_AFTER}
