"""An observation: raw, redacted facts of one probe, with vantage, phases and their times. Immutable."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

Facts = TypeVar("Facts", covariant=True)


class Phase(StrEnum):
    """The steps of a probe, in the order in which they can happen."""

    PREPARE = "prepare"
    """The auditor's own preparation, such as reading a credential; its failure is never the target's."""
    NAME = "name"
    TCP = "tcp"
    TLS = "tls"
    REQUEST = "request"
    FIRST_BYTE = "first_byte"
    TRANSFER = "transfer"
    LOGIN = "login"
    QUERY = "query"
    ANSWER = "answer"
    """The exchange succeeded technically and the answer itself is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseTiming:
    """One phase and the time it took, in milliseconds since the probe began; a failed phase keeps its time.

    Both times are of a clock that runs only while the peer has the turn. ``own_ms`` is what the auditor itself took
    beside it: its computing, and its lateness where it was kept from running. That is never laid to the target.
    """

    phase: Phase
    start_ms: float
    duration_ms: float
    ok: bool
    address: str = ""
    """The address it was made to, as the catalogue or DNS names it; empty for phases common to all addresses."""
    own_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong in a phase. ``detail`` is worded by the auditor: never a peer's raw text, never a secret."""

    phase: Phase
    cause: str
    detail: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vantage:
    """Where an observation was made from. ``kind`` is ``function`` or ``workstation``."""

    kind: str
    name: str
    region: str = ""
    in_vpc: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation(Generic[Facts]):
    """Facts of one probe of one target. ``facts`` is None only when the auditor could not tell anything."""

    family: str
    target: str
    slot: datetime
    vantage: Vantage
    facts: Facts | None
    phases: tuple[PhaseTiming, ...] = ()
    failures: tuple[Failure, ...] = ()
    could_not_tell: Failure | None = None

    def latency_ms(self, address: str | None = None) -> float | None:
        """Milliseconds from the probe's begin to the end of its last phase (of one address), or None without phases."""
        ends = [p.start_ms + p.duration_ms for p in self.phases if address is None or p.address in ("", address)]
        return max(ends, default=None)
