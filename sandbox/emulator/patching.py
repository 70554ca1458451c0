"""Replacing functions of MiniStack, and refusing to when they are not the ones a patch was written against."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from sandbox.emulator.clock import SimulatedClock
from sandbox.emulator.settings import Settings

MINISTACK_VERSION = "1.5.33"


class PatchError(RuntimeError):
    """MiniStack is not the one the patches were written for."""


@dataclass(frozen=True, kw_only=True)
class PatchContext:
    """What a patch may need to know of this emulator."""

    clock: SimulatedClock
    settings: Settings


def require_version() -> None:
    """Refuse any MiniStack but the pinned one."""
    found = version("ministack")
    if found != MINISTACK_VERSION:
        raise PatchError(
            f"ministack {found} is installed; the sandbox's patches are written for {MINISTACK_VERSION} exactly."
            f" Install ministack=={MINISTACK_VERSION}, or review sandbox/emulator/patches and move the pin."
        )


def replace(owner: Any, name: str, parameters: tuple[str, ...], replacement: Callable[..., Any]) -> Callable[..., Any]:
    """Put `replacement` in the place of `owner.name` and return the original, whose parameters must be as given."""
    where = f"{owner.__name__}.{name}"
    original: Callable[..., Any] | None = getattr(owner, name, None)
    if not callable(original):
        raise PatchError(f"{where} does not exist or is no function; review the patch that replaces it")
    found = tuple(inspect.signature(original).parameters)
    if found != parameters:
        raise PatchError(f"{where} takes {found}, the patch expects {parameters}; review the patch")
    setattr(owner, name, replacement)
    return original


def require_attribute(owner: Any, name: str, kind: type) -> Any:
    """The attribute of a MiniStack module that a patch reads or assigns, which must be of the given type."""
    found = getattr(owner, name, None)
    if not isinstance(found, kind):
        where = f"{owner.__name__}.{name}"
        raise PatchError(f"{where} is {type(found).__name__}, the patch expects {kind.__name__}; review the patch")
    return found


def substitute(text: str, old: str, new: str, where: str) -> str:
    """`text` with `old`, which must occur exactly once, replaced."""
    count = text.count(old)
    if count != 1:
        raise PatchError(f"{where} holds {old!r} {count} times, the patch expects 1; review the patch")
    return text.replace(old, new)
