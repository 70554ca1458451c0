"""``audit schema``: the JSON Schemas of catalogues, for editors, and of evidence bundles, for tools."""

import json
from collections.abc import Sequence
from typing import Any, TextIO

from auditor.domain.schema import bundle_schema
from auditor.family import Family
from catalog.families import declared_families
from catalog.schema import catalogue_schema
from cli.runners import facts_type
from functions.aggregator.registry import knowledge
from functions.families import FAMILIES


def schema(out: TextIO, families: Sequence[Family[Any]] | None = None) -> int:
    """Print the JSON Schema (2020-12) of a whole catalogue, with the spec of every family."""
    return _print(catalogue_schema(declared_families() if families is None else families), out)


def schema_of_bundles(out: TextIO) -> int:
    """Print the JSON Schema (2020-12) of an evidence bundle, with the facts of every family."""
    return _print(bundle_schema({family: facts_type(family) for family in FAMILIES}, knowledge().causes), out)


def _print(document: dict[str, Any], out: TextIO) -> int:
    print(json.dumps(document, indent=2, ensure_ascii=False), file=out)
    return 0
