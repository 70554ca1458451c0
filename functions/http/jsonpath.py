"""JSON that a peer sent, and the path language of its conditions: ``$``, ``.name``, ``[index]``, nothing else."""

import json
import re
from typing import Any, NoReturn

Step = str | int

_STEP = re.compile(r"\.([^.\[\]\s]+)|\[(\d{1,6})\]")


class JsonPathError(ValueError):
    """When a text is not a path of this language."""


class _Missing:
    """The type of the one value that no JSON document can hold."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


def load(body: bytes) -> Any:
    """The document of a body, or MISSING when it is not JSON.

    NaN and Infinity are not JSON, and of an object that says one thing twice nobody can tell what it says.
    """
    try:
        return json.loads(body, parse_constant=_refuse_constant, object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError):  # ValueError covers bad syntax, bad encoding and numbers of absurd length
        return MISSING


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return document


def parse_path(text: str) -> tuple[Step, ...]:
    """The steps of a path such as ``$.services[0].status``; ``$`` alone is the whole document."""
    steps: list[Step] = []
    position = 1
    while text.startswith("$") and position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            break
        name, index = match.groups()
        steps.append(name if name is not None else int(index))
        position = match.end()
    if not text.startswith("$") or position != len(text):
        raise JsonPathError(
            f"path {text!r:.100}: allowed is $ followed by .name and [index], e.g. $.services[0].status"
        )
    return tuple(steps)


def find(document: Any, steps: tuple[Step, ...]) -> Any:
    """The value at a path, or MISSING; a null that is there is not missing."""
    value = document
    for step in steps:
        if isinstance(step, str):
            if not isinstance(value, dict) or step not in value:
                return MISSING
            value = value[step]
        else:
            if not isinstance(value, list) or step >= len(value):
                return MISSING
            value = value[step]
    return value
