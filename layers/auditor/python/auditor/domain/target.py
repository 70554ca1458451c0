"""A target: one addressable thing that is probed. Its ``spec`` is the family's own frozen dataclass."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from auditor.domain.verdict import Judging

Spec = TypeVar("Spec", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(Generic[Spec]):
    """``proves``: ids of targets that this one cannot pass without, so its pass proves that they serve.

    ``private``: whether it can be reached from inside the audited VPC only. ``judging``: None means the platform's.
    """

    id: str
    family: str
    service: str
    component: str
    spec: Spec
    critical: bool = True
    private: bool = True
    deployed: bool = True
    proves: tuple[str, ...] = ()
    judging: Judging | None = None
