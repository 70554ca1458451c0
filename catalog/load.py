"""A catalogue's file to a valid ``Catalogue``, or one error with every problem in it."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from auditor.family import Family
from catalog.explain import explain
from catalog.families import declared_families
from catalog.model import Catalogue
from catalog.problem import MAX_PROBLEMS, CatalogueError, Problem
from catalog.references import check_references
from catalog.schema import catalogue_schema
from catalog.source import parse, read_text
from catalog.specs import catalogue_model

__all__ = ["CatalogueError", "load", "loads"]

# One more than are shown, so that the error knows that there are more.
_ENOUGH = MAX_PROBLEMS + 1


def load(path: str, families: Sequence[Family[Any]] | None = None) -> Catalogue:
    """The catalogue of a file. ``families`` are those of the registry unless given; CatalogueError when refused."""
    return loads(read_text(path), path, families)


def loads(text: str, file: str, families: Sequence[Family[Any]] | None = None) -> Catalogue:
    """The catalogue of a text; ``file`` is its name in messages."""
    root, problems = parse(text, file)
    families = declared_families() if families is None else families
    try:
        catalogue = catalogue_model(families).model_validate_json(json.dumps(root.plain))
    except ValidationError as error:
        problems.extend(explain(error, root, catalogue_schema(families), file, _ENOUGH))
        catalogue = None
    problems.extend(check_references(root, file, _ENOUGH))
    if catalogue is None or problems:
        raise CatalogueError(_one_for_each_place(problems))
    return catalogue


def _one_for_each_place(problems: Iterable[Problem]) -> list[Problem]:
    """Without the followers of a problem: what else is said about the same value."""
    first: dict[tuple[int, int, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.line, problem.column, problem.key), problem)
    return list(first.values())
