"""One coroutine that the loop drives, and what the loop has to know of it."""

import types
from collections.abc import Coroutine, Generator
from typing import Any

from auditor.net.clock import PeerClock


class Task:
    """A coroutine with its wait, its children and its clock. Only the loop touches it."""

    __slots__ = ("armed", "children", "clock", "coroutine", "error", "parent", "result", "slots", "until")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], parent: "Task | None", clock: PeerClock) -> None:
        self.coroutine = coroutine
        self.parent = parent
        self.clock = clock
        self.children = 0
        """How many children have not ended yet."""
        self.result: Any = None
        self.error: BaseException | None = None
        self.slots: list[Task | None] | None = None
        """Where this task is noted as waiting for a socket."""
        self.until: float | None = None
        """When the present wait gives up; None while it runs."""
        self.armed: float | None = None
        """The instant of its entry in the timer heap: one entry serves all waits with the same deadline."""


@types.coroutine
def suspended() -> Generator[None, Any, Any]:
    """Give the turn back to the loop; the value is what it resumes with."""
    return (yield)
