"""The JSON Schema of catalogues: for editors, and for messages that say what is allowed at a place."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from auditor.family import Family
from catalog.problem import one_of
from catalog.specs import catalogue_model

DIALECT = "https://json-schema.org/draft/2020-12/schema"

JsonSchema = dict[str, Any]

_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "null": "null",
}


def catalogue_schema(families: Sequence[Family[Any]]) -> JsonSchema:
    """The schema of a whole catalogue, with the spec of each family."""
    return _schema(tuple(families))


@cache
def _schema(families: tuple[Family[Any], ...]) -> JsonSchema:
    return {"$schema": DIALECT, **catalogue_model(families).model_json_schema()}


class SchemaPlace:
    """What a schema says about one place of a document; unions keep all of their alternatives."""

    def __init__(self, root: JsonSchema, alternatives: Sequence[JsonSchema]) -> None:
        self._root = root
        self._alternatives = [concrete for schema in alternatives for concrete in self._concrete(schema)]

    def _concrete(self, schema: JsonSchema) -> Iterator[JsonSchema]:
        if "$ref" in schema:
            yield from self._concrete(self._root["$defs"][schema["$ref"].rpartition("/")[2]])
        elif "anyOf" in schema or ("oneOf" in schema and "properties" not in schema):
            for alternative in schema.get("anyOf") or schema["oneOf"]:
                yield from self._concrete(alternative)
        else:
            yield schema

    def below(self, key: str | int) -> "SchemaPlace | None":
        """The place under a key or at an index, or None when the schema knows none."""
        found = [
            below
            for schema in self._alternatives
            if (below := schema.get("items") if isinstance(key, int) else self._property(schema, key))
        ]
        return SchemaPlace(self._root, found) if found else None

    @staticmethod
    def _property(schema: JsonSchema, key: str) -> JsonSchema | None:
        found = schema.get("properties", {}).get(key) or schema.get("additionalProperties")
        return found if isinstance(found, dict) else None

    def of_family(self, name: str | None) -> "SchemaPlace":
        """Among targets, those of one family."""
        own = [s for s in self._alternatives if s.get("properties", {}).get("family", {}).get("const") == name]
        return SchemaPlace(self._root, own or self._alternatives)

    @property
    def keys(self) -> list[str]:
        """The keys that a mapping here may have."""
        return list(dict.fromkeys(key for schema in self._alternatives for key in schema.get("properties", {})))

    @property
    def choices(self) -> list[str]:
        """The values of a closed list, as written in YAML."""
        return [_literal(value) for schema in self._alternatives for value in _closed_list(schema)]

    @property
    def allowed(self) -> str:
        """What may stand here, in words."""
        return " or ".join(dict.fromkeys(_words(schema) for schema in self._alternatives))


def _closed_list(schema: JsonSchema) -> list[Any]:
    return [schema["const"]] if "const" in schema else schema.get("enum", [])


def _literal(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _words(schema: JsonSchema) -> str:
    if choices := _closed_list(schema):
        return one_of([_literal(value) for value in choices])
    if schema.get("type") == "object":
        keys = list(schema.get("properties", {}))
        return f"a mapping with the keys {one_of(keys)}" if keys else "a mapping"
    return _KINDS.get(schema.get("type", ""), "any value")
