"""``audit schema``: the JSON Schema of catalogues, for editors."""

import json
from collections.abc import Sequence
from typing import Any, TextIO

from auditor.family import Family
from catalog.families import declared_families
from catalog.schema import catalogue_schema


def schema(out: TextIO, families: Sequence[Family[Any]] | None = None) -> int:
    """Print the JSON Schema (2020-12) of a whole catalogue, with the spec of every family."""
    document = catalogue_schema(declared_families() if families is None else families)
    print(json.dumps(document, indent=2, ensure_ascii=False), file=out)
    return 0
