"""The compiled catalogue that travels in the code asset, with the specs of one family decoded."""

import json
from pathlib import Path
from typing import Any

from auditor.domain.codec import from_json
from auditor.domain.target import Target
from auditor.domain.topology import Platform
from auditor.family import Family, Spec
from auditor.names import shard_file


class UnknownShardError(ValueError):
    """When a schedule asks for a shard that the compiled catalogue does not have; deploy both again."""


def read_catalogue(path: Path) -> Platform:
    """The platform of a compiled catalogue. Raises OSError, ValueError or CodecError: then the asset is broken."""
    return from_json(Platform, json.loads(path.read_text(encoding="utf-8")))


def decoded(target: Target[Any], family: Family[Spec]) -> Target[Spec]:
    """The target with its spec as the family's own type."""
    return Target(
        id=target.id,
        family=target.family,
        service=target.service,
        component=target.component,
        spec=from_json(family.spec_type, target.spec, f"{target.id}.spec"),
        critical=target.critical,
        private=target.private,
        deployed=target.deployed,
        proves=target.proves,
    )


def read_shard(catalogue: Path, family: Family[Spec], shard: int) -> tuple[Target[Spec], ...]:
    """The targets of a family's shard, from its file beside the catalogue.

    UnknownShardError when there is no such shard; OSError, ValueError or CodecError: then the asset is broken.
    """
    path = catalogue.parent / shard_file(family.name, shard)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        known = sorted(each.name for each in path.parent.glob(f"{family.name}-*.json"))
        raise UnknownShardError(f"family {family.name} has no shard {shard}; the catalogue gives it {known}") from error
    targets = from_json(tuple[Target[Any], ...], json.loads(text), path.name)
    return tuple(decoded(target, family) for target in targets)
