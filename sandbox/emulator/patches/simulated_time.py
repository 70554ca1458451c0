"""CloudWatch, CloudWatch Logs and DynamoDB live in simulated time.

AWS stamps alarm changes, default metric timestamps and log ingestion with its own clock and expires items by it; for
the sandbox that clock is the simulated one. Stock MiniStack takes the wall's, by which metrics of a simulated future
or past are evicted and items with a simulated TTL are deleted at once.
"""

import time
from types import ModuleType
from typing import Any

from ministack.services import cloudwatch, cloudwatch_logs, dynamodb

from sandbox.emulator.clock import SimulatedClock
from sandbox.emulator.patching import PatchContext, require_attribute


class SimulatedTime:
    """Stands in for the `time` module: `time()` is simulated, all else (sleep, monotonic) is the real one's."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.time = clock.now

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def apply(context: PatchContext) -> None:
    """Give the three services the simulated clock."""
    for service in (cloudwatch, cloudwatch_logs, dynamodb):
        require_attribute(service, "time", ModuleType)
        service.time = SimulatedTime(context.clock)
