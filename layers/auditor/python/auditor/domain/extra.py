"""Extra runs: what to ask AWS out of turn when something fails for the first time. Pure.

Families that ask AWS run every few minutes. What the container service, the registry of names or a running
configuration say *now* decides the root within a minute; a run of minutes ago may speak of before the change.
"""

from collections.abc import Collection, Mapping
from typing import Any

from auditor.domain.blame import needed_services
from auditor.domain.bundle import Bundle
from auditor.domain.target import Target
from auditor.domain.topology import Platform
from auditor.domain.verdict import TargetState

MOST_EXTRA_RUNS = 20
"""Of one slot: an outage of everything must not become a storm of invocations beside it."""


def extra_runs(
    bundle: Bundle, targets: Mapping[str, TargetState], contacting: Collection[str]
) -> tuple[tuple[str, int], ...]:
    """Family and shard of every extra run that this moment asks for, once each, critical targets' services first.

    ``targets``: their states after this moment; the bundle holds those before it. ``contacting``: the families that
    contact the platform itself: they run every minute anyway, or they write and are never hurried. Asked are the shards
    of the other families that hold a target of the failing target's service, or of one that it needs, and that have no
    run of this very slot.
    """
    platform = bundle.platform
    ranks = _services_to_ask(platform, _first_failing(bundle, targets))
    up_to_date = {(run.family, run.shard) for run in bundle.runs if run.slot >= bundle.as_of}
    deployed = {target.id: target.service for target in platform.targets if target.deployed}
    found: list[tuple[int, str, int]] = []
    for shard in platform.shards:
        rank = min((ranks[deployed[id]] for id in shard.targets if deployed.get(id) in ranks), default=None)
        if rank is not None and shard.family not in contacting and (shard.family, shard.number) not in up_to_date:
            found.append((rank, shard.family, shard.number))
    return tuple((family, number) for _, family, number in sorted(found)[:MOST_EXTRA_RUNS])


def _first_failing(bundle: Bundle, targets: Mapping[str, TargetState]) -> list[Target[Any]]:
    """Targets whose newest judged slot is bad, is new in this moment, and follows none that was bad; critical first."""
    failing = [
        target
        for target in bundle.platform.targets
        if _fails_first(bundle.state.targets.get(target.id), targets[target.id])
    ]
    return sorted(failing, key=lambda target: not target.critical)


def _fails_first(before: TargetState | None, after: TargetState) -> bool:
    if not after.recent or not after.recent[-1].verdict.bad:
        return False
    if before is None or not before.recent:
        return True
    # Between two slots of its family a target is judged by the same run again: that is no news.
    return after.recent[-1].slot > before.recent[-1].slot and not before.recent[-1].verdict.bad


def _services_to_ask(platform: Platform, failing: list[Target[Any]]) -> dict[str, int]:
    """Per service how early its turn comes: a failing target's own one before those that it needs."""
    needed = needed_services(platform)
    order: dict[str, None] = dict.fromkeys(target.service for target in failing)
    for service in tuple(order):
        order |= dict.fromkeys(sorted(needed[service]))
    return {service: rank for rank, service in enumerate(order)}
