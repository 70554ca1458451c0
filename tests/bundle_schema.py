"""The generated schema of bundles as a validator."""

import io
import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from cli.schema import schema_of_bundles


@cache
def validator() -> Draft202012Validator:
    out = io.StringIO()
    assert schema_of_bundles(out) == 0
    schema = json.loads(out.getvalue())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def wrong(document: Any) -> list[str]:
    """Where a document differs from the schema, and how."""
    return [f"{error.json_path}: {error.message:.200}" for error in validator().iter_errors(document)]
