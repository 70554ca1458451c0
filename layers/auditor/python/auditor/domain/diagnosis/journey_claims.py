"""Claims about the registration of a model, and about what answers on its way say of themselves."""

from dataclasses import dataclass

from auditor.domain.diagnosis.journey_words import StepAnswer, StoreComplaint
from auditor.domain.diagnosis.proof import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationTried:
    """A model was registered at a place, as far as it came; ``done`` are its stages that came to their end.

    ``stopped_at``: the stage that did not, empty where all did. ``answer``: what the answer said that ended it, None
    where none came. ``by_registry``: it is the registry's own answer, in the registry's own words.
    """

    component: str
    host: str
    port: int
    key_sent: bool
    done: tuple[str, ...]
    stopped_at: str = ""
    answer: StepAnswer | None = None
    by_registry: bool = False
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRejected:
    """An answer says that the server does not accept the Host it was called by.

    ``called``: that Host, with its port where it has one. ``by_other_name``: whether the same server accepts another
    one; None where it was not asked.
    """

    component: str
    host: str
    called: str
    by_other_name: bool | None = None
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactStoreDenied:
    """A service says that the store of its artifacts denies it."""

    component: str
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRefuses:
    """A service says that its own relational store refuses it, and how."""

    component: str
    complaint: StoreComplaint
    proof: Proof = ()


JourneyClaim = RegistrationTried | HostRejected | ArtifactStoreDenied | StoreRefuses
