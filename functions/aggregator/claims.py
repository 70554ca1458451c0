"""From a bundle's observations to claims, each by its family's knowledge; and the diagnosis of what they join to."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import Any

from auditor.domain.attribution import Reading
from auditor.domain.bundle import Bundle
from auditor.domain.codec import CodecError, from_json
from auditor.domain.diagnosis.admission import not_admitted
from auditor.domain.diagnosis.claims import Claim
from auditor.domain.diagnosis.engine import diagnose
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.diagnosis.proof import observation_id
from auditor.domain.observation import Observation, Phase
from auditor.domain.result import Status
from auditor.domain.target import Target
from auditor.domain.tracked import by_target
from auditor.domain.verdict import is_stale
from auditor.family import Plane
from auditor.runtime.catalogue import decoded
from functions.families import FAMILIES


def claims_of(bundle: Bundle) -> tuple[Claim, ...]:
    """What the bundle's newest observations say. One that an older version wrote in another shape says nothing."""
    return _claims(bundle, _newest(bundle))


def not_admitted_in(bundle: Bundle) -> dict[str, str]:
    """Targets whose silence is the auditor's own by the rules that were read, with the line that keeps it out."""
    failing = {r.target for run in bundle.runs for r in run.results if r.status is Status.FAIL and r.phase is Phase.TCP}
    if not failing:
        return {}
    # Whoever reads rules asks AWS; of all others only those whose connections fail can have been kept out.
    asked = [o for o in _newest(bundle) if o.target in failing or _reads_rules(o, bundle)]
    lines = not_admitted(_claims(bundle, asked))
    return {o.target: lines[observation_id(o)] for o in asked if observation_id(o) in lines}


def _reads_rules(observation: Observation[Any], bundle: Bundle) -> bool:
    """Whether it may say what the rules are now: rules read long ago excuse nobody."""
    if observation.family not in FAMILIES:
        return False
    family = import_module(f"functions.{observation.family}.family").FAMILY
    return family.plane is Plane.CONTROL and not is_stale(observation.slot, bundle.as_of, family.period)


def _claims(bundle: Bundle, observations: Iterable[Observation[Any]]) -> tuple[Claim, ...]:
    found: list[Claim] = []
    tracked = by_target(bundle.tracked)
    for knowledge, target, observation in _known(bundle, observations):
        found += knowledge.claims(target, observation)
        if hasattr(knowledge, "trends"):
            found += knowledge.trends(target, observation, tracked.get(target.id, {}))
    return tuple(found)


def known_observations(bundle: Bundle) -> Iterator[tuple[ModuleType, Target[Any], Observation[Any]]]:
    """The newest observation of every target, with its family's ``knowledge`` and in the family's own types."""
    return _known(bundle, _newest(bundle))


def _known(
    bundle: Bundle, observations: Iterable[Observation[Any]]
) -> Iterator[tuple[ModuleType, Target[Any], Observation[Any]]]:
    targets = {(target.family, target.id): target for target in bundle.platform.targets}
    for observation in observations:
        target = targets.get((observation.family, observation.target))
        if observation.family not in FAMILIES or target is None:
            continue
        package = f"functions.{observation.family}"
        family = import_module(f"{package}.family").FAMILY
        facts_type = import_module(f"{package}.facts").FACTS
        try:
            facts: Any = from_json(facts_type, observation.facts, f"{observation.target}.facts")
            known = decoded(target, family), replace(observation, facts=facts)
        except CodecError:
            continue
        yield import_module(f"{package}.knowledge"), *known


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
