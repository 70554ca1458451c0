"""AWS calls of one probe: each is a phase of it, and its failure a value that names the action."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from auditor.adapters.aws import AwsError, aws_failure
from auditor.domain.observation import Failure, Phase

MAX_PAGES = 10


class Caller(Protocol):
    """The probe that calls: it lends a worker thread and ends at its own deadline."""

    def remaining(self) -> float:
        """Seconds until the deadline."""

    def blocking(
        self,
        phase: Phase,
        function: Callable[[], Any],
        *,
        timeout_cause: str,
        abort: Callable[[], None] | None = None,
        address: str = "",
    ) -> Coroutine[Any, Any, Any]:
        """Runs blocking code as one phase."""


async def ask(probe: Caller, action: str, resource: str, call: Callable[[], Any]) -> Any:
    """The answer of one call, or the Failure that says what the auditor may or can not do."""

    def answer() -> Any:
        try:
            return call()
        except AwsError as error:
            return replace(aws_failure(error, action, resource), phase=Phase.QUERY)

    if probe.remaining() <= 0:
        # What was read before stays; only this call was not made any more.
        detail = f"{action} on {resource} was not called: the probe's time was over"
        return Failure(phase=Phase.QUERY, cause="self.deadline", detail=detail)
    answered = await probe.blocking(Phase.QUERY, answer, timeout_cause="aws.unreachable", abort=_ends_by_itself)
    if isinstance(answered, Failure) and action not in answered.detail:
        return replace(answered, detail=f"{action} on {resource} did not end in the probe's time")
    return answered


async def pages(
    probe: Caller, action: str, resource: str, call: Callable[..., Any], *, items: str, marker: tuple[str, str]
) -> Any:
    """The items of all pages as a list, or the Failure of one; a list longer than the auditor reads is a Failure.

    ``marker`` names the next page: the parameter that asks for it, and the field of the answer that has it.
    """
    parameter, field = marker
    found: list[Any] = []
    arguments: dict[str, str] = {}
    for _ in range(MAX_PAGES):
        answer = await ask(probe, action, resource, partial(call, **arguments))
        if isinstance(answer, Failure):
            return answer
        found += answer.get(items) or []
        if not answer.get(field):
            return found
        arguments = {parameter: answer[field]}
    detail = f"{action} on {resource} has more than {MAX_PAGES} pages, which the auditor does not read"
    return Failure(phase=Phase.QUERY, cause="aws.failed", detail=detail)


def _ends_by_itself() -> None:
    """The SDK's own time limits end the call; nothing can end it sooner."""
