"""The families that a stage deploys: those of the registry that the catalogue gives targets to."""

import importlib
from dataclasses import dataclass, replace
from typing import Any

from auditor.domain.codec import from_json
from auditor.domain.target import Target
from auditor.domain.topology import Platform
from auditor.family import Family
from functions.families import FAMILIES


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedFamily:
    """A family with its targets of this stage and the numbers of its shards."""

    family: Family[Any]
    targets: tuple[Target[Any], ...]
    shards: tuple[int, ...]


def deployed_families(platform: Platform) -> tuple[DeployedFamily, ...]:
    """Every registered family that has a shard in the compiled catalogue, in the registry's order."""
    return tuple(
        deployed_family(importlib.import_module(f"functions.{name}.family").FAMILY, platform)
        for name in FAMILIES
        if any(shard.family == name for shard in platform.shards)
    )


def deployed_family(family: Family[Any], platform: Platform) -> DeployedFamily:
    """A family with its targets, whose specs become the family's own type."""
    return DeployedFamily(
        family=family,
        targets=tuple(
            replace(target, spec=from_json(family.spec_type, target.spec, f"{target.id}.spec"))
            for target in platform.targets
            if target.family == family.name
        ),
        shards=tuple(sorted(shard.number for shard in platform.shards if shard.family == family.name)),
    )
