"""What proves a claim: the ids of observations, each unique within a bundle."""

from typing import Any

from auditor.domain.instants import format_instant
from auditor.domain.observation import Observation
from auditor.domain.result import Result

Proof = tuple[str, ...]


def observation_id(observation: Observation[Any]) -> str:
    """What a proof names: unique within a bundle."""
    return f"{observation.family}/{observation.target}@{format_instant(observation.slot)}"


def seen_in(result: Result) -> str:
    """The id of the observation that a result judges."""
    return f"{result.family}/{result.target}@{format_instant(result.slot)}"
