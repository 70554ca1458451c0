"""Times one phase of a probe, whatever becomes of it."""

import time
from types import TracebackType
from typing import Protocol, Self

from auditor.domain.observation import Failure, Phase
from auditor.net.clock import PeerClock


class Record(Protocol):
    """Whoever notes phases: their begin and end on the peer's clock, and the seconds the auditor itself took."""

    def __call__(self, phase: Phase, started: float, ended: float, *, own: float, ok: bool, address: str) -> None:
        """Note one."""


class Measured:
    """Times one phase on the clock of the peer; also when it failed, raised or was cut off."""

    __slots__ = ("_address", "_begun", "_clock", "_ok", "_phase", "_record", "_started")

    def __init__(self, record: Record, clock: PeerClock, phase: Phase, address: str) -> None:
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
        self._record(
            self._phase, self._started, ended, own=max(0.0, own), ok=self._ok and kind is None, address=self._address
        )

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
