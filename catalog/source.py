"""YAML text to a tree that knows its lines. Reads the safe, unambiguous part of YAML and refuses the rest."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from catalog.problem import CatalogueError, KeyPath, Problem, key_text, value_text

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 32
MAX_VALUES = 500_000
"""Keys count, too. 10,000 targets have some 250,000; PyYAML reads 20,000 to 50,000 a second, so that a hostile file is
refused in less than half a minute."""

Scalar = str | int | float | bool | None

_NULL = ("", "~", "null", "Null", "NULL")
_TRUE = ("true", "True", "TRUE")
_FALSE = ("false", "False", "FALSE")
_AMBIGUOUS = re.compile(r"yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
_SURROGATE = re.compile("[\ud800-\udfff]")
_QUOTED = re.compile(r"'([^']*)'")
_GRAMMAR = re.compile(r".?|\\.|<[a-z ]+>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where in the file, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value of the file: a scalar, a list (``items``) or a mapping (``entries`` and the places of their keys)."""

    position: Position
    scalar: Scalar = None
    items: list["Node"] | None = None
    entries: dict[str, "Node"] | None = None
    keys: dict[str, Position] = field(default_factory=dict)

    @property
    def plain(self) -> Any:
        """The value as JSON."""
        if self.entries is not None:
            return {key: node.plain for key, node in self.entries.items()}
        if self.items is not None:
            return [node.plain for node in self.items]
        return self.scalar

    def child(self, key: str | int) -> "Node | None":
        """The value under a key or at an index, or None."""
        if isinstance(key, str):
            return (self.entries or {}).get(key)
        return self.items[key] if self.items is not None and key < len(self.items) else None

    def listed(self, key: str) -> Iterator[tuple[int, "Node"]]:
        """The elements of the list under a key, with their indices; none where there is no list."""
        child = self.child(key)
        yield from enumerate(child.items or () if child else ())


def read_text(path: str) -> str:
    """The file's text; CatalogueError when it cannot be read, is too big or not UTF-8."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CatalogueError([Problem(file=path, message=f"cannot be read: {reason}")]) from error
    if len(data) > MAX_BYTES:
        raise CatalogueError(
            [Problem(file=path, message="the file is too big", allowed=f"at most {MAX_BYTES // 2**20} MiB")]
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        problem = Problem(
            file=path,
            line=line,
            column=column,
            message="this byte is not UTF-8",
            value=f"0x{data[error.start]:02x}",
            allowed="a file saved as UTF-8",
        )
        raise CatalogueError([problem]) from error


def parse(text: str, file: str) -> tuple[Node, list[Problem]]:
    """The tree and the problems that leave it readable; CatalogueError for those that do not."""
    try:
        loader = yaml.SafeLoader(text)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        problem = Problem(
            file=file,
            line=before.count("\n") + 1,
            column=error.position - (before.rfind("\n") + 1) + 1,
            message="a control character stands here",
            value=f"U+{ord(text[error.position]):04X}",
            allowed="printable characters",
        )
        raise CatalogueError([problem]) from error
    try:
        return _Composer(loader, file).document()
    except yaml.MarkedYAMLError as error:
        raise CatalogueError([_syntax_problem(error, file)]) from error
    except (ValueError, OverflowError) as error:  # chr() of an escape beyond Unicode, inside PyYAML's scanner
        place = _position(loader.get_mark())
        problem = Problem(
            file=file,
            line=place.line,
            column=place.column,
            message="not YAML: an escape names no character",
            allowed=r"escapes up to \U0010FFFF",
        )
        raise CatalogueError([problem]) from error
    finally:
        loader.dispose()


def _position(mark: Any) -> Position:
    return Position(line=mark.line + 1, column=mark.column + 1)


def _syntax_problem(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = _position(mark) if mark else Position(line=0, column=0)
    found = error.problem or "cannot be read"
    if "'\\t'" in found:
        return Problem(
            file=file,
            line=place.line,
            column=place.column,
            message="not YAML: a tab is used for indentation",
            allowed="spaces",
        )
    message = f"not YAML: {_grammar_only(found)}"
    if error.context:
        message += f", {_grammar_only(error.context)}"
        if error.context_mark and error.context_mark.line + 1 != place.line:
            message += f" that begins in line {error.context_mark.line + 1}"
    return Problem(file=file, line=place.line, column=place.column, message=message)


def _grammar_only(message: str) -> str:
    """PyYAML's message without what it quotes from the file, which could be a piece of a secret."""
    return _QUOTED.sub(lambda match: match[0] if _GRAMMAR.fullmatch(match[1]) else "'…'", message)


class _Composer:
    """Builds the tree from parser events. PyYAML's own composer recurses without limit and follows aliases."""

    def __init__(self, loader: yaml.SafeLoader, file: str) -> None:
        self._loader = loader
        self._file = file
        self._problems: list[Problem] = []
        self._values = 0

    def document(self) -> tuple[Node, list[Problem]]:
        """The only document of the stream."""
        self._next()  # the stream's begin
        if isinstance(self._next(), yaml.StreamEndEvent):
            raise CatalogueError([Problem(file=self._file, line=1, column=1, message="the file is empty")])
        root = self._node(self._next(), ())
        self._next()  # the document's end
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._fatal(event, (), "a second document begins here", allowed="one document in a file")
        if root.entries is None:
            message = "the catalogue is not a mapping"
            raise self._fatal_at(root.position, (), message, allowed="keys such as schema_version, platform, services")
        return root, self._problems

    def _next(self) -> Any:
        return self._loader.get_event()  # type: ignore[no-untyped-call] # as types-PyYAML has it

    def _node(self, event: Any, path: KeyPath) -> Node:
        if isinstance(event, yaml.AliasEvent):
            raise self._fatal(event, path, "an alias (*) is used", allowed="the value itself, written out")
        if event.anchor is not None:
            raise self._fatal(event, path, "an anchor (&) is used", allowed="the value itself, written out")
        if event.tag is not None:
            raise self._fatal(event, path, "a tag (!) is used", allowed="plain values without tags")
        if len(path) > MAX_DEPTH:
            raise self._fatal(event, path[:3], "is nested too deeply", allowed=f"at most {MAX_DEPTH} levels")
        self._count(event)
        position = _position(event.start_mark)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(position=position, items=self._items(path))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(position, path)
        return Node(position=position, scalar=self._scalar(event, path))

    def _count(self, event: Any) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            raise self._fatal(
                event, (), "the file has too many values", allowed=f"at most {MAX_VALUES} keys and values"
            )

    def _items(self, path: KeyPath) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, position: Position, path: KeyPath) -> Node:
        entries: dict[str, Node] = {}
        keys: dict[str, Position] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._key(event, path)
            place = _position(event.start_mark)
            node = self._node(self._next(), (*path, key))
            if key in entries:
                message = f"the key is written twice, first in line {keys[key].line}"
                self._problems.append(self._problem(place, (*path, key), message, allowed="each key once"))
            else:
                entries[key], keys[key] = node, place
        return Node(position=position, entries=entries, keys=keys)

    def _key(self, event: Any, path: KeyPath) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.anchor is not None or event.tag is not None:
            raise self._fatal(event, path, "a key is not a plain text", allowed="keys such as id")
        self._count(event)
        self._scalar(event, (*path, event.value))
        return str(event.value)

    def _scalar(self, event: Any, path: KeyPath) -> Scalar:
        text = str(event.value)
        if _SURROGATE.search(text):
            raise self._fatal(event, path[:1], "half of a surrogate pair is written", allowed="whole characters")
        if event.style is not None:
            return text
        if _AMBIGUOUS.fullmatch(text):
            message = f"{text} is a text for some readers of YAML and a boolean for others"
            allowed = f'true or false, or "{text}" in quotes where the text is meant'
            self._problems.append(self._problem(_position(event.start_mark), path, message, text, allowed))
        return _resolve(text)

    def _problem(
        self, place: Position, path: KeyPath, message: str, value: str | None = None, allowed: str = ""
    ) -> Problem:
        return Problem(
            file=self._file,
            line=place.line,
            column=place.column,
            key=key_text(path),
            message=message,
            value="" if value is None else value_text(value, path),
            allowed=allowed,
        )

    def _fatal_at(self, place: Position, path: KeyPath, message: str, *, allowed: str) -> CatalogueError:
        return CatalogueError([*self._problems, self._problem(place, path, message, allowed=allowed)])

    def _fatal(self, event: Any, path: KeyPath, message: str, *, allowed: str) -> CatalogueError:
        return self._fatal_at(_position(event.start_mark), path, message, allowed=allowed)


def _resolve(text: str) -> Scalar:
    """The value of an unquoted scalar, as YAML 1.2 reads it; what is no clear number stays a text."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text
