"""Types to schemas: every kind that the codec supports, and what it does not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar

import pytest

from auditor.domain.bundle import BUNDLE_VERSION
from auditor.domain.codec import CodecError
from auditor.domain.schema import Definitions, bundle_schema, name_of

T = TypeVar("T")


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Leaf:
    """A leaf.

    More of it.
    """

    name: str
    size: int = 0
    words: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class Tree(Generic[T]):
    """Leaves and trees
    below each other."""

    content: T | None
    leaf: Leaf
    below: "tuple[Tree[Any], ...]" = ()


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (None | int, {"type": ["null", "integer"]}),
        (str | int | float | bool | None, {"type": ["string", "integer", "number", "boolean", "null"]}),
        (Colour, {"enum": ["red", "blue"]}),
        (Colour | None, {"anyOf": [{"enum": ["red", "blue"]}, {"type": "null"}]}),
        (Literal["a", 1], {"enum": ["a", 1]}),
        (tuple[Colour, ...], {"type": "array", "items": {"enum": ["red", "blue"]}}),
        (Mapping[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (dict[str, Any], {"type": "object", "additionalProperties": {}}),
        (Any, {}),
        (T | None, {}),
    ],
)
def test_a_type_has_the_schema_of_what_the_codec_writes(kind: Any, schema: dict[str, Any]) -> None:
    assert Definitions().of(kind) == schema


def test_times_are_texts_and_durations_are_seconds() -> None:
    instant = Definitions().of(datetime)
    assert (instant["type"], instant["format"]) == ("string", "date-time")
    assert Definitions().of(timedelta)["type"] == "number"


def test_a_dataclass_is_defined_once_strict_and_may_hold_itself() -> None:
    known = Definitions()
    assert known.of(Tree[int]) == {"$ref": f"#/$defs/{name_of(Tree)}"}
    assert known.definitions.keys() == {name_of(Tree), name_of(Leaf)}
    assert known.definitions[name_of(Leaf)] == {
        "description": "A leaf.",
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "size": {"type": "integer"},
            "words": {"type": "array", "items": {"type": "string"}},
        },
    }
    tree = known.definitions[name_of(Tree)]
    assert tree["description"] == "Leaves and trees below each other."
    assert tree["required"] == ["content", "leaf"]
    assert tree["properties"]["below"] == {"type": "array", "items": {"$ref": f"#/$defs/{name_of(Tree)}"}}


@pytest.mark.parametrize("kind", [bytes, set[str], list[str], tuple[int, str], complex])
def test_what_the_codec_cannot_write_has_no_schema(kind: Any) -> None:
    with pytest.raises(CodecError, match="not supported"):
        Definitions().of(kind)


def test_two_dataclasses_of_one_name_are_refused() -> None:
    known, other = Definitions(), dataclass(type("Leaf", (), {"__module__": Leaf.__module__}))
    known.of(Leaf)
    with pytest.raises(CodecError, match="two dataclasses are called"):
        known.of(other)


def test_a_field_that_is_not_there_cannot_be_narrowed() -> None:
    known = Definitions()
    known.of(Leaf)
    with pytest.raises(KeyError, match="no field colour"):
        known.narrow(Leaf, "colour", {})


def test_a_bundle_knows_its_version_its_families_and_their_causes() -> None:
    schema = bundle_schema({"leaves": Leaf}, ["leaf.gone", "self.bug"])
    assert schema["$defs"]["domain.Bundle"]["properties"]["schema_version"] == {"const": BUNDLE_VERSION}
    assert schema["$defs"]["domain.Run"]["properties"]["family"] == {"enum": ["leaves"]}
    assert schema["$defs"]["domain.Failure"]["properties"]["cause"] == {"enum": ["leaf.gone", "self.bug"]}
    (rule,) = schema["$defs"]["domain.Observation"]["allOf"]
    assert rule["if"] == {"properties": {"family": {"const": "leaves"}}}
    assert {"$ref": f"#/$defs/{name_of(Leaf)}"} in rule["then"]["properties"]["facts"]["anyOf"]
