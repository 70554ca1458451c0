"""A valid catalogue to the plain data that travels with the code."""

import json
from collections.abc import Sequence

from auditor.domain import topology
from auditor.domain.codec import to_json
from auditor.domain.target import Target
from auditor.domain.verdict import Judging
from catalog.model import WEEKDAYS, Catalogue, JudgingEntry, MaintenanceEntry, ServiceEntry
from functions.families import FAMILIES


def compile_catalogue(catalogue: Catalogue, registry: Sequence[str] = FAMILIES) -> topology.Platform:
    """The platform as the auditor knows it; families' shards stand in the registry's order."""
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
        shards=_shards(catalogue, registry),
        judging=_judging(catalogue.judging),
    )


def compiled_text(platform: topology.Platform) -> str:
    """The platform as JSON; the same platform always gives the same bytes."""
    return json.dumps(to_json(platform), sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


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


def _shards(catalogue: Catalogue, registry: Sequence[str]) -> tuple[topology.Shard, ...]:
    """One shard for each family that has targets."""
    own = {name: tuple(entry.id for entry in catalogue.targets if entry.family == name) for name in registry}
    return tuple(topology.Shard(family=name, number=0, targets=targets) for name, targets in own.items() if targets)
