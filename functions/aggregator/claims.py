"""From a bundle's observations to claims, each by its family's knowledge; and the diagnosis of what they join to."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from auditor.domain.attribution import Reading
from auditor.domain.bundle import Bundle
from auditor.domain.codec import CodecError, from_json
from auditor.domain.diagnosis.claims import Claim
from auditor.domain.diagnosis.engine import diagnose
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.result import Status
from auditor.runtime.catalogue import decoded
from functions.families import FAMILIES


def claims_of(bundle: Bundle) -> tuple[Claim, ...]:
    """What the observations of a bundle say. One that an older version wrote in another shape says nothing."""
    targets = {(target.family, target.id): target for target in bundle.platform.targets}
    found: list[Claim] = []
    for run in bundle.runs:
        if run.family not in FAMILIES:
            continue
        package = f"functions.{run.family}"
        family = import_module(f"{package}.family").FAMILY
        facts_type = import_module(f"{package}.facts").FACTS
        says = import_module(f"{package}.knowledge").claims
        for observation in run.observations:
            target = targets.get((run.family, observation.target))
            if observation.facts is None or target is None:
                continue
            try:
                facts: Any = from_json(facts_type, observation.facts, f"{observation.target}.facts")
                found += says(decoded(target, family), replace(observation, facts=facts))
            except CodecError:
                continue
    return tuple(found)


def diagnosis_of(bundle: Bundle, readings: Sequence[Reading]) -> Diagnosis:
    """The roots of what fails in a bundle, whose attributed results these are; empty when nothing fails."""
    if not any(reading.speaks and reading.result.status is Status.FAIL for reading in readings):
        return Diagnosis()
    return diagnose(claims_of(bundle), bundle.platform, readings)
