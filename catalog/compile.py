"""A valid catalogue to the plain data that travels with the code."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from auditor.domain import topology
from auditor.domain.codec import to_json
from auditor.domain.target import Target
from auditor.domain.verdict import Judging
from auditor.family import Family
from catalog.families import declared_families
from catalog.model import WEEKDAYS, Catalogue, JudgingEntry, MaintenanceEntry, ServiceEntry
from catalog.shards import shard_ids


def compile_catalogue(catalogue: Catalogue, families: Sequence[Family[Any]] | None = None) -> topology.Platform:
    """The platform as the auditor knows it. ``families`` are those of the registry unless given; shards in their order.

    CatalogueError when a family cannot probe its targets however they are divided.
    """
    return topology.Platform(
        schema_version=catalogue.schema_version,
        name=catalogue.platform.name,
        title=catalogue.platform.title,
        region=catalogue.platform.region,
        services=tuple(_service(entry) for entry in catalogue.services),
        components=tuple(
            topology.Component(id=entry.id, service=entry.service, aws_name=entry.aws_name)
            for entry in catalogue.components
        ),
        targets=tuple(
            Target(
                id=entry.id,
                family=entry.family,
                service=entry.service,
                component=entry.component,
                spec=to_json(entry.spec),
                critical=entry.critical,
                private=entry.private,
                deployed=entry.deployed,
                proves=entry.proves,
                judging=_judging(entry.judging) if entry.judging else None,
            )
            for entry in catalogue.targets
        ),
        dependencies=tuple(
            topology.Dependency(service=entry.service, needs=entry.needs, over=entry.over)
            for entry in catalogue.dependencies
        ),
        thresholds=topology.Thresholds(**dict(catalogue.thresholds)),
        maintenance=tuple(_maintenance(entry) for entry in catalogue.maintenance),
        shards=_shards(catalogue, declared_families() if families is None else families),
        judging=_judging(catalogue.judging),
    )


def compiled_text(value: object) -> str:
    """The platform, or a part of it, as JSON; the same value always gives the same bytes."""
    # Without an indent it is the encoder in C that writes: ten thousand targets take a tenth of the time.
    return json.dumps(to_json(value), sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _service(entry: ServiceEntry) -> topology.Service:
    return topology.Service(
        id=entry.id,
        title=entry.title,
        owner=entry.owner,
        contact=entry.contact,
        runbook=entry.runbook,
        objective=topology.Objective(**dict(entry.objective)),
    )


def _judging(entry: JudgingEntry) -> Judging:
    return Judging(bad=entry.bad, well=entry.well)


def _maintenance(entry: MaintenanceEntry) -> topology.MaintenanceWindow:
    if entry.once is not None:
        return topology.MaintenanceWindow(
            id=entry.id,
            services=entry.services,
            reason=entry.reason,
            starts=entry.once.starts,
            ends=entry.once.ends,
        )
    assert entry.weekly is not None  # the model admits no third kind
    return topology.MaintenanceWindow(
        id=entry.id,
        services=entry.services,
        reason=entry.reason,
        weekday=WEEKDAYS.index(entry.weekly.weekday),
        at=entry.weekly.at,
        duration=entry.weekly.duration,
        timezone=entry.weekly.timezone,
    )


def _shards(catalogue: Catalogue, families: Sequence[Family[Any]]) -> tuple[topology.Shard, ...]:
    """The shards of each family that has targets."""
    timeouts: dict[str, dict[str, timedelta]] = {family.name: {} for family in families}
    for entry in catalogue.targets:
        timeouts[entry.family][entry.id] = entry.spec.timeout
    return tuple(
        topology.Shard(family=family.name, number=number, targets=ids)
        for family in families
        for number, ids in enumerate(shard_ids(family, timeouts[family.name]))
    )
