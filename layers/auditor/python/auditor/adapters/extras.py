"""Extra runs: asked of a family's function asynchronously; what it stores is read with the next slot."""

import json
from datetime import datetime
from typing import Any

from auditor.domain.instants import format_instant
from auditor.names import function_name


class ExtraRuns:
    """Asks for runs out of turn."""

    def __init__(self, *, stage: str, functions: Any) -> None:
        """``functions`` is a boto3 Lambda client."""
        self._stage = stage
        self._functions = functions

    def ask(self, family: str, shard: int, slot: datetime) -> None:
        """Queues one run of a shard for the aggregator's slot. Raises AwsError."""
        event = {"stage": self._stage, "shard": shard, "time": format_instant(slot), "extra": True}
        self._functions.invoke(
            FunctionName=function_name(self._stage, family),
            InvocationType="Event",
            Payload=json.dumps(event).encode(),
        )
