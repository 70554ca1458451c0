"""Claims about whom a service lets in: the Host it is called by, the keys it is shown, the preflights of browsers."""

from dataclasses import dataclass

from auditor.domain.diagnosis.proof import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAnswered:
    """A service was called by this Host and said something itself: that it refuses the Host, or anything else."""

    component: str
    host: str
    port: int
    refused: bool
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerIdUnknown:
    """A service could not have a key validated, since its own id is unknown to the service that does so."""

    component: str
    host: str
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightRefused:
    """A browser's preflight, which never carries a key, was refused like a call without one."""

    component: str
    host: str
    path: str
    status: int
    proof: Proof = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNotSeen:
    """A request went out with a key, and the service says that there was none.

    ``through_proxy``: the answer bears the name of a proxy that hands on what another one wrote.
    """

    component: str
    host: str
    path: str
    through_proxy: bool
    proof: Proof = ()


AccessClaim = HostAnswered | CallerIdUnknown | PreflightRefused | KeyNotSeen
