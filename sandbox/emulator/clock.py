"""Simulated time: a clock that starts at an epoch and runs faster than the wall's by a fixed factor."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

MINUTE = 60


@dataclass(frozen=True, kw_only=True)
class SimulatedClock:
    """sim_now = epoch + (wall_now - started) * (60 / seconds_per_minute). Immutable; `wall` is monotonic seconds."""

    epoch: float
    seconds_per_minute: float
    started: float
    wall: Callable[[], float] = time.monotonic

    @classmethod
    def start(cls, epoch: datetime, seconds_per_minute: float) -> "SimulatedClock":
        """A clock that shows `epoch` now."""
        return cls(epoch=epoch.timestamp(), seconds_per_minute=seconds_per_minute, started=time.monotonic())

    def now(self) -> float:
        """The simulated instant, in seconds since 1970."""
        return self.epoch + (self.wall() - self.started) * (MINUTE / self.seconds_per_minute)


def floor_to_minute(instant: float) -> float:
    """The start of the minute that holds `instant`."""
    return instant // MINUTE * MINUTE


def iso(instant: float) -> str:
    """The instant as AWS prints it: 2026-11-23T16:47:00Z."""
    return datetime.fromtimestamp(instant, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
