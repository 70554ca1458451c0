"""What a schema cannot say: ids are unique, references lead somewhere, nothing needs itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import chain, islice

from catalog.problem import KeyPath, Problem, did_you_mean, key_text, one_of, shorten, value_text
from catalog.source import Node

_MOST_CYCLES = 10
_LONGEST_CYCLE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    """A text of the file with its place."""

    text: str
    path: KeyPath
    node: Node


def check_references(root: Node, file: str, limit: int) -> Iterator[Problem]:
    """Problems of ids and references, at most ``limit``; parts with another shape are passed over."""
    return islice(_Checker(root, file).problems(), limit)


class _Checker:
    def __init__(self, root: Node, file: str) -> None:
        self._root = root
        self._file = file
        self._services = self._ids("services")
        self._components = self._ids("components")
        self._targets = self._ids("targets")

    def problems(self) -> Iterator[Problem]:
        maintenance = self._ids("maintenance")
        doubled = chain.from_iterable(
            self._doubled(ids) for ids in (self._services, self._components, self._targets, maintenance)
        )
        return chain(
            doubled,
            self._dangling(self._words("components", "service"), self._services, "service"),
            self._dangling(self._words("targets", "service"), self._services, "service"),
            self._dangling(self._words("targets", "component"), self._components, "component"),
            self._dangling(self._words("targets", "proves"), self._targets, "target"),
            self._dangling(self._words("dependencies", "service"), self._services, "service"),
            self._dangling(self._words("dependencies", "needs"), self._services, "service"),
            self._dangling(self._words("maintenance", "services"), self._services, "service"),
            self._cycles(self._edges("dependencies", "service", "needs"), "needs"),
            self._cycles(self._edges("targets", "id", "proves"), "proves"),
        )

    def _ids(self, part: str) -> list[_Word]:
        return list(self._words(part, "id"))

    def _words(self, part: str, key: str) -> Iterator[_Word]:
        for index, node in self._root.listed(part):
            yield from _texts(node, (part, index), key)

    def _edges(self, part: str, source: str, destinations: str) -> Iterator[tuple[str, _Word]]:
        for index, node in self._root.listed(part):
            for begin in _texts(node, (part, index), source):
                for end in _texts(node, (part, index), destinations):
                    yield begin.text, end

    def _problem(self, word: _Word, message: str, allowed: str) -> Problem:
        return Problem(
            file=self._file,
            line=word.node.position.line,
            column=word.node.position.column,
            key=key_text(word.path),
            message=message,
            value=value_text(word.text, word.path),
            allowed=allowed,
        )

    def _doubled(self, ids: list[_Word]) -> Iterator[Problem]:
        first: dict[str, int] = {}
        for word in ids:
            if word.text in first:
                message = f"the id is taken, first in line {first[word.text]}"
                yield self._problem(word, message, "each id once")
            first.setdefault(word.text, word.node.position.line)

    def _dangling(self, words: Iterator[_Word], ids: list[_Word], what: str) -> Iterator[Problem]:
        known = list(dict.fromkeys(word.text for word in ids))
        lookup = set(known)
        for word in words:
            if word.text not in lookup:
                yield self._problem(word, f"no {what} has this id{did_you_mean(word.text, known)}", one_of(known))

    def _cycles(self, edges: Iterator[tuple[str, _Word]], verb: str) -> Iterator[Problem]:
        graph: dict[str, dict[str, _Word]] = {}
        for begin, word in edges:
            if begin == word.text:
                yield self._problem(word, f"{verb} itself", "another one")
            else:
                graph.setdefault(begin, {}).setdefault(word.text, word)
        for _ in range(_MOST_CYCLES):
            try:
                TopologicalSorter(graph).prepare()
            except CycleError as error:
                # Its cycle runs from the needed to the needing.
                cycle = _from_the_first_line(list(reversed(error.args[1]))[1:], graph)
                word = graph[cycle[-1]].pop(cycle[0])
                yield self._problem(word, f"closes a cycle: {_around(cycle)}", "no cycles")
            else:
                return


def _from_the_first_line(cycle: list[str], graph: dict[str, dict[str, _Word]]) -> list[str]:
    """The cycle turned so that its last edge is the one written last: that is the one that closed it."""
    lines = [graph[begin][end].node.position.line for begin, end in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
    start = lines.index(max(lines)) + 1
    return cycle[start:] + cycle[:start]


def _around(cycle: list[str]) -> str:
    shown = [shorten(text) for text in (*cycle, cycle[0])]
    middle = shown if len(shown) <= _LONGEST_CYCLE else [*shown[: _LONGEST_CYCLE - 2], "…", shown[-1]]
    return " -> ".join(middle)


def _texts(node: Node, path: KeyPath, key: str) -> Iterator[_Word]:
    """The text under a key, or the texts of its list."""
    child = node.child(key)
    if child is None:
        return
    if isinstance(child.scalar, str):
        yield _Word(text=child.scalar, path=(*path, key), node=child)
    for index, item in enumerate(child.items or ()):
        if isinstance(item.scalar, str):
            yield _Word(text=item.scalar, path=(*path, key, index), node=item)
