"""From a bundle's observations to claims, each by its family's knowledge; and the diagnosis of what they join to."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from auditor.domain.attribution import Reading
from auditor.domain.bundle import Bundle
from auditor.domain.codec import CodecError, from_json
from auditor.domain.diagnosis.claims import Claim
from auditor.domain.diagnosis.engine import diagnose
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.observation import Observation
from auditor.domain.result import Status
from auditor.runtime.catalogue import decoded
from functions.families import FAMILIES


def claims_of(bundle: Bundle) -> tuple[Claim, ...]:
    """What the bundle's newest observations say. One that an older version wrote in another shape says nothing."""
    targets = {(target.family, target.id): target for target in bundle.platform.targets}
    found: list[Claim] = []
    for observation in _newest(bundle):
        target = targets.get((observation.family, observation.target))
        if observation.family not in FAMILIES or target is None:
            continue
        package = f"functions.{observation.family}"
        family = import_module(f"{package}.family").FAMILY
        facts_type = import_module(f"{package}.facts").FACTS
        says = import_module(f"{package}.knowledge").claims
        try:
            facts: Any = from_json(facts_type, observation.facts, f"{observation.target}.facts")
            found += says(decoded(target, family), replace(observation, facts=facts))
        except CodecError:
            continue
    return tuple(found)


def _newest(bundle: Bundle) -> Iterable[Observation[Any]]:
    """Of every target its newest facts, be they of a scheduled or of an extra run: two moments would contradict."""
    newest: dict[tuple[str, str], Observation[Any]] = {}
    for observation in (each for run in bundle.runs for each in run.observations if each.facts is not None):
        known = newest.setdefault((observation.family, observation.target), observation)
        if observation.slot > known.slot:
            newest[observation.family, observation.target] = observation
    return newest.values()


def diagnosis_of(bundle: Bundle, readings: Sequence[Reading]) -> Diagnosis:
    """The roots of what fails in a bundle, or of what works in part; empty when nothing does, and for mere warnings."""
    statuses = {reading.result.status for reading in readings if reading.speaks}
    if not statuses & {Status.FAIL, Status.WARN}:
        return Diagnosis()
    found = diagnose(claims_of(bundle), bundle.platform, readings)
    return found if Status.FAIL in statuses or found.roots else Diagnosis()
