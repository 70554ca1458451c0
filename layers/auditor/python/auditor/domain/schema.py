"""The JSON Schema of what the codec writes, and of the evidence bundle: made from the same type hints as the codec."""

import inspect
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, TypeVar

from auditor.domain.bundle import BUNDLE_VERSION, Bundle, Run
from auditor.domain.codec import CodecError
from auditor.domain.observation import Failure, Observation, Vantage
from auditor.domain.result import Result
from auditor.domain.target import Target
from auditor.domain.topology import Shard

DIALECT = "https://json-schema.org/draft/2020-12/schema"

JsonSchema = dict[str, Any]

_NULL: JsonSchema = {"type": "null"}
_INSTANT: JsonSchema = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$",
}
"""As ``format_instant`` writes it; the codec also reads other offsets."""
_SCALARS: dict[Any, JsonSchema] = {
    types.NoneType: _NULL,
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    datetime: _INSTANT,
    timedelta: {"type": "number", "description": "Seconds."},
}


def bundle_schema(facts: Mapping[str, type[Any]], causes: Iterable[str]) -> JsonSchema:
    """The schema of an evidence bundle. ``facts``: each family's facts; ``causes``: the closed list of what may fail.

    A dataclass's fields are all that may stand there, and those without a default must. An observation's facts are
    those of its family.
    """
    known = Definitions()
    root = known.of(Bundle)
    cause = {"enum": sorted(causes)}
    known.narrow(Failure, "cause", cause)
    known.narrow(Result, "cause", {"anyOf": [cause, _NULL]})
    known.narrow(Bundle, "schema_version", {"const": BUNDLE_VERSION})
    known.narrow(Vantage, "kind", {"enum": ["function", "workstation"]})
    for kind in (Run, Observation, Result, Target, Shard):
        known.narrow(kind, "family", {"enum": sorted(facts)})
    known.definitions[name_of(Observation)]["allOf"] = [
        {
            "if": {"properties": {"family": {"const": family}}},
            "then": {"properties": {"facts": {"anyOf": [known.of(kind), _NULL]}}},
        }
        for family, kind in sorted(facts.items())
    ]
    title = f"Evidence bundle of the health auditor, version {BUNDLE_VERSION}"
    return {"$schema": DIALECT, "title": title, **root, "$defs": dict(sorted(known.definitions.items()))}


def name_of(kind: type[Any]) -> str:
    """A dataclass within a schema: the package it belongs to and its own name, such as ``domain.Failure``."""
    return f"{kind.__module__.split('.')[-2]}.{kind.__name__}"


class Definitions:
    """Schemas by type; each dataclass becomes one definition, which the others refer to."""

    def __init__(self) -> None:
        self.definitions: dict[str, JsonSchema] = {}
        self._kinds: dict[str, type[Any]] = {}

    def of(self, kind: Any) -> JsonSchema:
        """The schema of a type that the codec supports; CodecError for another."""
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if kind is Any or isinstance(kind, TypeVar):
            return {}
        if origin in (typing.Union, types.UnionType):
            return self._union(arguments)
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin is tuple and arguments[1:] == (Ellipsis,):
            return {"type": "array", "items": self.of(arguments[0])}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        if is_dataclass(origin or kind):
            return self._dataclass(origin or kind)
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return {"enum": [str(member) for member in kind]}
        if kind not in _SCALARS:
            raise CodecError(f"type {kind!r} is not supported by the codec")
        return _SCALARS[kind]

    def narrow(self, kind: type[Any], field: str, schema: JsonSchema) -> None:
        """Say of a known dataclass's field what its type hint cannot."""
        properties = self.definitions[name_of(kind)]["properties"]
        if field not in properties:
            raise KeyError(f"{name_of(kind)} has no field {field}")
        properties[field] = schema

    def _union(self, arguments: tuple[Any, ...]) -> JsonSchema:
        options = [self.of(argument) for argument in arguments]
        if {} in options:
            return {}
        if all(option.keys() == {"type"} for option in options):
            return {"type": [option["type"] for option in options]}
        return {"anyOf": options}

    def _dataclass(self, kind: type[Any]) -> JsonSchema:
        name = name_of(kind)
        if self._kinds.setdefault(name, kind) is not kind:
            raise CodecError(f"two dataclasses are called {name}: {self._kinds[name].__module__} and {kind.__module__}")
        if name not in self.definitions:
            definition: JsonSchema = {}
            self.definitions[name] = definition  # before its fields: they may refer to it
            hints = typing.get_type_hints(kind)
            definition |= {
                "description": (inspect.getdoc(kind) or name).partition("\n\n")[0].replace("\n", " "),
                "type": "object",
                "additionalProperties": False,
                "required": [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING],
                "properties": {field.name: self.of(hints[field.name]) for field in fields(kind)},
            }
        return {"$ref": f"#/$defs/{name}"}
