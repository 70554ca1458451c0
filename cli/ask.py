"""``audit ack`` and ``audit silence``: append a request that the aggregator merges with its next slot."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO
from uuid import uuid4

from auditor.adapters.aws import AwsError, client, dynamodb
from auditor.adapters.requests import RequestStore
from auditor.domain.instants import format_instant
from auditor.domain.request import Request, RequestKind
from auditor.names import OUTPUT_SERVICES, OUTPUT_TABLE, stack_name

DONE, NOT_DONE = 0, 2
LONGEST_SILENCE = timedelta(days=7)
"""Longer ones are forgotten; a window that comes again belongs into the catalogue's maintenance."""


class UnknownStageError(LookupError):
    """When no auditor of that stage is deployed where the credentials lead."""


def ask(
    kind: RequestKind,
    *,
    stage: str,
    service: str,
    by: str,
    reason: str,
    duration: timedelta | None,
    out: TextIO,
    errors: TextIO,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> int:
    """Appends one request; 0 when it was written, 2 with the reason when not."""
    if duration is not None and duration > LONGEST_SILENCE:
        print(f"--for {duration}: allowed is at most {LONGEST_SILENCE.days}d", file=errors)
        return NOT_DONE
    asked_at = now()
    request = Request(
        id=f"{format_instant(asked_at)}-{uuid4().hex[:8]}",
        kind=kind,
        service=service,
        by=by,
        reason=reason,
        duration=duration,
    )
    try:
        table, services = _deployed(stage)
        if service not in services:
            print(f"service {service!r:.80} is unknown; stage {stage} has {', '.join(services)}", file=errors)
            return NOT_DONE
        RequestStore(stage=stage, table=dynamodb().Table(table)).append(request, asked_at)
    except UnknownStageError as error:
        print(error, file=errors)
        return NOT_DONE
    except AwsError as error:
        print(f"stage {stage}: the request was not written ({error})", file=errors)
        return NOT_DONE
    said = "acknowledged" if kind is RequestKind.ACK else f"silenced for {duration}"
    print(f"{service} of stage {stage} is {said} by {by} with the aggregator's next slot", file=out)
    return DONE


def _deployed(stage: str) -> tuple[str, tuple[str, ...]]:
    """The table and the services of a deployed stage, as its stack tells them."""
    name = stack_name(stage)
    try:
        stacks: list[Any] = client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except AwsError as error:
        raise UnknownStageError(f"stack {name} was not found ({error}); is it this account and region?") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for stack in stacks for output in stack.get("Outputs", [])}
    if not {OUTPUT_TABLE, OUTPUT_SERVICES} <= outputs.keys():
        raise UnknownStageError(f"stack {name} has no outputs {OUTPUT_TABLE} and {OUTPUT_SERVICES}; deploy it again")
    return outputs[OUTPUT_TABLE], tuple(outputs[OUTPUT_SERVICES].split(","))
