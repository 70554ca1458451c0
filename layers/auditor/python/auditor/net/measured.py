"""Times one phase of a probe, whatever becomes of it."""

import time
from types import TracebackType
from typing import Protocol, Self

from auditor.domain.observation import Failure, Phase


class Record(Protocol):
    """Whoever notes phases by their instants of ``time.monotonic()``."""

    def __call__(self, phase: Phase, started: float, ended: float, *, ok: bool, address: str) -> None:
        """Note one."""


class Measured:
    """Times one phase; also when it failed, raised or was cut off."""

    __slots__ = ("_address", "_ended", "_ok", "_phase", "_record", "_started")

    def __init__(self, record: Record, phase: Phase, address: str) -> None:
        self._record = record
        self._phase = phase
        self._address = address
        self._ok = True
        self._started = 0.0
        self._ended: float | None = None

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        ended = time.monotonic() if self._ended is None else self._ended
        self._record(self._phase, self._started, ended, ok=self._ok and kind is None, address=self._address)

    @property
    def seconds(self) -> float:
        """How long the phase has lasted."""
        return time.monotonic() - self._started

    def ran(self, started: float, ended: float | None) -> None:
        """The phase's true times, where they were taken elsewhere."""
        self._started = started
        self._ended = ended

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
