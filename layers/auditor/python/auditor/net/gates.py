"""When the next probe may start: what is being measured already comes first."""

import time

_OF_THE_SHARE = 0.95
"""Beyond the whole share the kernel stops the process for tens of milliseconds, in the middle of any measurement."""
_SAVED = 0.1
"""Seconds whose share is saved before anything starts again: the period over which the kernel counts.

What starts together shares its wake-ups: a thousand targets take a fifth less time than one at a time.
"""
_CREDIT = 0.15
"""Seconds that may be caught up after a pause: more would start many probes at once, which wait for each other."""
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
    """Open as long as what the process used of the CPU was earned at the pace of its ``share`` of one core.

    A function has memory / 1,769 MB of a core. Whatever it uses beyond is taken back by a stop, and a stopped auditor
    sees a fast service answer late; so it starts less at a time instead and stays below the limit. Once closed it opens
    when ``_SAVED`` is earned on top.
    """

    def __init__(self, share: float, now: float) -> None:
        self._pace = share * _OF_THE_SHARE
        self._limited = share < 1
        self._used = time.process_time()
        self._earned_at = now
        """When everything that was used is earned."""
        self._open = True

    def seconds_until_open(self, now: float) -> float:
        """How long to start nothing; 0 where one more probe may start."""
        if not self._limited:
            return 0.0
        used = time.process_time()
        self._earned_at = max(self._earned_at, now - _CREDIT) + (used - self._used) / self._pace
        self._used = used
        opens_at = self._earned_at if self._open else self._earned_at + _SAVED
        self._open = opens_at <= now
        return 0.0 if self._open else max(0.0, self._earned_at + _SAVED - now)
