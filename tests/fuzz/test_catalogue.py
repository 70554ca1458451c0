"""Catalogue files: a catalogue or one error with places, in time, whatever the text; and the texts they are made of."""

import time
from datetime import timedelta
from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from catalog.load import loads
from catalog.problem import CatalogueError, Problem
from catalog.source import parse
from catalog.texts import format_duration, parse_duration

from .material import mangled, texts

MINIMAL = (Path(__file__).resolve().parents[2] / "catalog" / "minimal.yaml").read_text(encoding="utf-8")
WORDS = (
    "a",
    ":",
    ": ",
    "\n",
    "  ",
    "- ",
    "? ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "'",
    '"',
    "|",
    ">",
    "&x ",
    "*x",
    "!!str ",
    "---\n",
    "...\n",
    "#",
    "\t",
    "yes",
    "0x1f",
    "1e9",
    ".inf",
    "~",
    "<<: ",
    "\\x",
    "\\U00110000",
    "%YAML 1.1\n",
    "\ufeff",
    "targets:\n",
    "- id: a\n",
    "schema_version: 1\n",
)


def refused_or_read(text: str) -> None:
    """Nothing but the one error, which names places."""
    began = time.thread_time()
    problems = [str(problem) for problem in _problems(text)]
    assert all(problem.isprintable() for problem in problems)
    assert time.thread_time() - began < 5


def _problems(text: str) -> tuple[Problem, ...]:
    try:
        loads(text, "catalogue.yaml")
    except CatalogueError as error:
        return error.problems or (Problem(file="", message="\x1b refused without a problem"),)
    return ()


@given(mangled(MINIMAL.encode()).map(lambda data: data.decode("utf-8", "replace")))
def test_mangled(text: str) -> None:
    refused_or_read(text)


@given(texts(WORDS, 40))
def test_words(text: str) -> None:
    refused_or_read(text)


@given(texts(WORDS, 40))
def test_what_is_read_means_what_yaml_says(text: str) -> None:
    try:
        root, problems = parse(text, "it.yaml")
    except CatalogueError:
        return
    theirs = yaml.load(text, Loader=yaml.BaseLoader)
    if not problems:
        assert _shape(root.plain) == _shape(theirs)


def _shape(document: object) -> object:
    if isinstance(document, dict):
        return {key: _shape(value) for key, value in document.items()}
    return [_shape(value) for value in document] if isinstance(document, list) else "scalar"


@given(st.text(max_size=30) | texts(["1", "0", ".", "5", "ms", "s", "m", "h", "d", "\n", "9" * 11]))
def test_durations(text: str) -> None:
    try:
        duration = parse_duration(text)
    except PydanticCustomError:
        return
    assert timedelta(0) < duration <= timedelta(days=366)
    assert parse_duration(format_duration(duration)) == duration
