"""JUnit XML to numbers: pure, and safe against a hostile file.

The form is the one that JUnit's Ant task writes and every CI reads (``testsuites`` of ``testsuite`` of ``testcase``;
its schema: github.com/windyroad/JUnit-Schema). A document type is refused as a whole, and with it every entity; what is
deeper or longer than results are is refused too.
"""

from dataclasses import dataclass, field
from xml.parsers import expat

from functions.test_suites.facts import Problem

MAX_DEPTH = 32
MAX_ELEMENTS = 200_000
_NAME_LENGTH = 80


@dataclass(slots=True)
class Counts:
    """The tests of one top-level suite, those of its inner suites included."""

    name: str
    declared: int | None
    passed: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0


class RefusedError(ValueError):
    """When a file is not taken for results."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem: Problem = problem


def parse(document: bytes) -> list[Counts]:
    """Every top-level suite's numbers; RefusedError names what is wrong with the file."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise RefusedError("not_xml") from error
    return reader.suites


def _refuse_doctype(*_: object) -> None:
    raise RefusedError("doctype")


@dataclass(slots=True)
class _Reader:
    suites: list[Counts] = field(default_factory=list)
    _path: list[str] = field(default_factory=list)
    _elements: int = 0
    _said: str = ""
    """What the open test says of itself; the worst counts."""

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if not self._path and tag not in ("testsuites", "testsuite"):
            raise RefusedError("not_junit")
        if len(self._path) >= MAX_DEPTH:
            raise RefusedError("too_deep")
        if self._elements > MAX_ELEMENTS:
            raise RefusedError("too_many_elements")
        if tag == "testsuite" and self._path in ([], ["testsuites"]):
            self.suites.append(Counts(name=_name(attributes), declared=_number(attributes.get("tests", ""))))
        elif tag == "testcase":
            self._said = "passed"
        elif self._path and self._path[-1] == "testcase" and tag in _WORSE:
            self._said = max(self._said, tag, key=_ORDER.index)
        self._path.append(tag)

    def end(self, tag: str) -> None:
        self._path.pop()
        if tag == "testcase" and self.suites:
            counts = self.suites[-1]
            name = {"failure": "failed", "error": "errors"}.get(self._said, self._said)
            setattr(counts, name, getattr(counts, name) + 1)


_WORSE = ("skipped", "failure", "error")
_ORDER = ("passed", *_WORSE)


def _name(attributes: dict[str, str]) -> str:
    name = attributes.get("name", "")
    return "".join(character for character in name if character.isprintable())[:_NAME_LENGTH]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
