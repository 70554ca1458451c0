"""What a moment's runs saw of the facts that their families track, put behind what is remembered of them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any

from auditor.domain.bundle import Run
from auditor.domain.codec import CodecError, from_json
from auditor.domain.tracked import Series, Sighting, continued, tracked_name
from functions.families import FAMILIES


def tracked_since(before: Mapping[str, Series], runs: Iterable[Run], as_of: datetime) -> dict[str, Series]:
    """The series with the scheduled runs' values; facts that an older version wrote in another shape add none."""
    return continued(before, tuple(_sightings(runs)), as_of)


def _sightings(runs: Iterable[Run]) -> Iterator[Sighting]:
    for run in runs:
        tracking = _tracking(run.family)
        if tracking is None or run.extra:
            continue
        for observation in run.observations:
            try:
                facts = from_json(tracking.FACTS, observation.facts, f"{observation.target}.facts")
            except CodecError:  # or it could not tell, and has none
                continue
            for word, value in tracking.tracked(facts).items():
                name = tracked_name(observation.target, word)
                yield Sighting(name=name, slot=observation.slot, value=float(value))


@cache
def _tracking(family: str) -> Any:
    """The facts module of a family that tracks some; None for any other."""
    facts = import_module(f"functions.{family}.facts") if family in FAMILIES else None
    return facts if hasattr(facts, "tracked") else None
