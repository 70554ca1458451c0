"""Times one phase of a probe, whatever becomes of it."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self

from auditor.domain.observation import Failure, Phase, PhaseTiming
from auditor.net.clock import PeerClock

_FAIR_SHARE = 0.75
"""The part of a probe's time that a peer must have had for its silence to mean something."""


class Noted(NamedTuple):
    """A phase by readings of the peers' clock; ``own`` are the seconds that the auditor itself took beside them."""

    phase: Phase
    started: float
    ended: float
    own: float
    ok: bool
    address: str

    def timing(self, began: float) -> PhaseTiming:
        """The phase as an observation says it, of a probe that began at this reading."""
        return PhaseTiming(
            phase=self.phase,
            start_ms=round((self.started - began) * 1000, 3),
            duration_ms=round((self.ended - self.started) * 1000, 3),
            own_ms=round(self.own * 1000, 3),
            ok=self.ok,
            address=self.address,
        )


class Measured:
    """Times one phase on the clock of the peer; also when it failed, raised or was cut off."""

    __slots__ = ("_address", "_begun", "_clock", "_ok", "_phase", "_record", "_started")

    def __init__(self, record: Callable[[Noted], None], clock: PeerClock, phase: Phase, address: str) -> None:
        self._record = record
        self._clock = clock
        self._phase = phase
        self._address = address
        self._ok = True
        self._begun = 0.0
        self._started = 0.0

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        self._started = self._clock.read()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        ended = self._clock.read()
        own = time.monotonic() - self._begun - (ended - self._started)
        ok = self._ok and kind is None
        self._record(Noted(self._phase, self._started, ended, max(0.0, own), ok, self._address))

    @property
    def seconds(self) -> float:
        """How long the phase has lasted on the peer's clock."""
        return self._clock.read() - self._started

    def ran(self, begun: float, ended: float | None) -> None:
        """The phase's true times of ``time.monotonic()`` where it was done by a thread; no end if it still runs."""
        if ended is not None:
            self._clock.came(ended)
        took = (time.monotonic() if ended is None else ended) - begun
        self._started = max(self._started, self._clock.read() - took)

    def failed(self, cause: str, detail: str, *, phase: Phase | None = None) -> Failure:
        """The phase did not succeed."""
        self._ok = False
        return Failure(phase=phase or self._phase, cause=cause, detail=detail, address=self._address)


def own_limit(phase: Phase, peer: str, error: OSError) -> Failure:
    """That the auditor's own environment was the limit, which is never the target's failure."""
    return Failure(
        phase=phase,
        cause="self.bug",
        detail=f"{peer} was not reached: the auditor's environment is out of descriptors, ports or memory "
        f"(errno {error.errno}); put fewer targets into a shard",
    )


def unfair_time(peer: str, had: float, limit: float) -> Failure | None:
    """That a peer's silence means nothing, if it had much less than the probe's seconds because we did not run."""
    if had >= limit * _FAIR_SHARE:
        return None
    return Failure(
        phase=Phase.PREPARE,
        cause="self.deadline",
        detail=f"{peer} had only {had:.1f} s of the {limit:.1f} s to answer: the auditor itself was kept from running; "
        "give the function more memory or fewer targets",
    )
