"""When the next probe may start: what is being measured already comes first."""

import time

_OF_THE_SHARE = 0.8
"""Beyond the whole share the kernel stops the process for tens of milliseconds, in the middle of any measurement."""
_PATIENCE = 0.05
"""Seconds after which the next probe starts although events wait: noisy peers must not hold up the rest."""


class IdleGate:
    """Open when no event waits, and now and then when that never happens."""

    def __init__(self) -> None:
        self._held_since: float | None = None

    def opens(self, *, events_wait: bool, now: float) -> bool:
        """Whether to start one probe now."""
        if not events_wait:
            self._held_since = None
            return True
        if self._held_since is None:
            self._held_since = now
        if now - self._held_since > _PATIENCE:
            self._held_since = None
            return True
        return False


class CpuBudget:
    """Open while the process has used less CPU than its ``share`` of one core has given it since the run began.

    A function has memory / 1,769 MB of a core. Whatever it uses beyond is taken back by a stop, and a stopped auditor
    sees a fast service answer late; so it starts less at a time instead and stays below the limit.
    """

    def __init__(self, share: float, now: float) -> None:
        self._pace = share * _OF_THE_SHARE
        self._limited = share < 1
        self._begun = now
        self._used_before = time.process_time()

    def seconds_until_open(self, now: float) -> float:
        """How long to start nothing; 0 where one more probe may start."""
        if not self._limited:
            return 0.0
        used = time.process_time() - self._used_before
        return max(0.0, self._begun + used / self._pace - now)
