"""The JSON Schema describes what the loader accepts, with every family's spec chosen by ``family``."""

from typing import Any

import pytest

from auditor.family import Family
from catalog.schema import DIALECT, catalogue_schema


@pytest.fixture(scope="module")
def document(families: tuple[Family[Any], ...]) -> dict[str, Any]:
    return catalogue_schema(families)


def definition(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["$defs"][name]
    return found


def test_it_names_its_dialect_and_requires_the_parts(document: dict[str, Any]) -> None:
    assert document["$schema"] == DIALECT == "https://json-schema.org/draft/2020-12/schema"
    assert document["required"] == ["schema_version", "platform", "services", "components", "targets"]


def test_the_family_chooses_the_spec(document: dict[str, Any]) -> None:
    items = document["properties"]["targets"]["items"]
    assert items["discriminator"]["mapping"] == {"page": "#/$defs/PageTarget", "store": "#/$defs/StoreTarget"}
    assert definition(document, "PageTarget")["properties"]["family"]["const"] == "page"
    assert definition(document, "PageTarget")["properties"]["spec"] == {"$ref": "#/$defs/PageSpec"}


def test_a_spec_has_the_dataclasss_fields_defaults_and_texts(document: dict[str, Any]) -> None:
    spec = definition(document, "PageSpec")
    assert spec["description"] == "One page."
    assert spec["required"] == ["url"]
    assert spec["properties"]["timeout"]["default"] == "5s"
    assert spec["properties"]["timeout"]["type"] == "string"
    assert spec["properties"]["wanted"]["default"] == {"status": [200], "json": [], "headers": {}}
    assert definition(document, "Colour")["enum"] == ["red", "green"]


def test_unknown_keys_are_refused_at_every_depth(document: dict[str, Any]) -> None:
    objects = [d for d in [document, *document["$defs"].values()] if d.get("type") == "object"]
    assert len(objects) >= 15
    assert all(d["additionalProperties"] is False for d in objects)


def test_durations_default_to_what_an_owner_would_write(document: dict[str, Any]) -> None:
    assert definition(document, "ObjectiveEntry")["properties"]["window"]["default"] == "30d"
    assert definition(document, "ThresholdsEntry")["properties"]["response"]["default"] == "1s"
    assert document["properties"]["thresholds"]["default"]["response"] == "1s"
