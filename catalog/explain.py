"""What pydantic refused, said in the catalogue's words and at its lines."""

import re
from collections.abc import Iterator
from itertools import islice

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from catalog.problem import (
    KeyPath,
    Problem,
    did_you_mean,
    key_text,
    one_of,
    value_text,
    without_credentials,
)
from catalog.schema import JsonSchema, SchemaPlace
from catalog.source import Node, Position
from catalog.texts import REFUSED

_FAMILY_ERRORS = ("union_tag_invalid", "union_tag_not_found")
_OWN_RULES = ("value_error", "assertion_error")
_FIRST_WORD = re.compile(r"[a-z_0-9.]+")
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def explain(error: ValidationError, root: Node, schema: JsonSchema, file: str, limit: int) -> Iterator[Problem]:
    """The first problems by line, at most ``limit``."""
    details = error.errors(include_url=False)
    placed = [(_Place(_location(entry), root, schema), entry) for entry in details]
    # A list whose elements are all refused is too short for pydantic, too; for its owner it is not.
    placed = [(place, entry) for place, entry in placed if entry["type"] != "too_short" or not place.node.items]
    placed.sort(key=lambda pair: (pair[0].position.line, pair[0].position.column))
    for place, entry in islice(placed, limit):
        yield _problem(place, entry, file)


def _location(entry: ErrorDetails) -> KeyPath:
    """Where the error is; an unknown or missing family is the fault of that key, not of its target."""
    return (*entry["loc"], "family") if entry["type"] in _FAMILY_ERRORS else entry["loc"]


class _Place:
    """Where an error points to: key path, node and schema, as deep as the document goes."""

    def __init__(self, location: KeyPath, root: Node, schema: JsonSchema) -> None:
        self.path: KeyPath = ()
        self.node = root
        self.position: Position = root.position
        self.key_position: Position = root.position
        self.schema = SchemaPlace(schema, [schema])
        for depth, key in enumerate(location):
            # pydantic names the chosen family in its path, which the document does not have
            is_family = depth == 2 and self._is_target and key == _family(self.node)
            node = None if is_family else self.node.child(key)
            if node is not None:
                self._enter(key, node)

    @property
    def _is_target(self) -> bool:
        return len(self.path) == 2 and self.path[0] == "targets"

    def enter_named(self, message: str) -> None:
        """Go on to the field that a dataclass's own message begins with, such as ``expect.status is 0``."""
        match = _FIRST_WORD.match(message)
        for name in match[0].split(".") if match else ():
            if node := self.node.child(name):
                self._enter(name, node)

    def _enter(self, key: str | int, node: Node) -> None:
        self.path = (*self.path, key)
        self.key_position = self.node.keys.get(str(key), node.position)
        self.node = node
        self.position = node.position
        # An unknown key keeps the schema of its mapping: that is where the known ones stand.
        self.schema = self.schema.below(key) or self.schema
        if self._is_target:
            self.schema = self.schema.of_family(_family(node))


def _family(target: Node) -> str | None:
    family = target.child("family")
    return family.scalar if family is not None and isinstance(family.scalar, str) else None


def _problem(place: _Place, entry: ErrorDetails, file: str) -> Problem:
    kind, key = entry["type"], entry["loc"][-1] if entry["loc"] else ""
    if kind == "missing":
        return _missing(place, str(key), file)
    if kind in _FAMILY_ERRORS and place.node.entries is not None and place.path[-1] != "family":
        return _missing(place, "family", file)
    if kind in _OWN_RULES:
        place.enter_named(str(entry["ctx"]["error"]))
    position = place.key_position if kind == "extra_forbidden" else place.position
    message, allowed = _words(kind, entry, place)
    return Problem(
        file=file,
        line=position.line,
        column=position.column,
        key=key_text(place.path),
        message=message,
        # A dataclass that refuses by its own rule says itself what of the value may be shown.
        value="" if kind in _OWN_RULES else value_text(place.node.plain, place.path),
        allowed=allowed,
    )


def _words(kind: str, entry: ErrorDetails, place: _Place) -> tuple[str, str]:
    """The message, and what is allowed."""
    context = entry.get("ctx", {})
    if kind == REFUSED:
        return context["message"], context["allowed"]
    if kind in _OWN_RULES:
        return without_credentials(str(context["error"])), ""
    if kind == "extra_forbidden":
        return f"unknown key{did_you_mean(entry['loc'][-1], place.schema.keys)}", one_of(place.schema.keys)
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return "is out of range", f"{words} {context[name]:g}"
    if kind == "too_short":
        return "is empty", "at least one element"
    if kind == "too_long":
        return f"has {context['actual_length']} elements", f"at most {context['max_length']}"
    if choices := place.schema.choices:
        what = "no family has this name" if place.path[-1] == "family" else "is not an allowed value"
        return f"{what}{did_you_mean(place.node.scalar, choices)}", one_of(choices)
    return "is the wrong kind of value", place.schema.allowed


def _missing(place: _Place, key: str, file: str) -> Problem:
    below = place.schema.below(key)
    return Problem(
        file=file,
        line=place.position.line,
        column=place.position.column,
        key=key_text((*place.path, key)),
        message="is missing",
        allowed=below.allowed if below else "",
    )
