"""Blame, first form: which failing targets are only victims of another one, by what the catalogue says they need."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from auditor.domain.observation import Phase
from auditor.domain.target import Target
from auditor.domain.topology import Platform
from auditor.domain.verdict import STALE_PERIODS, TargetState, Verdict

_OWN_PHASES = (Phase.NAME, Phase.TCP, Phase.TLS)
"""Failing here, a target did not get to the work for which it needs others, so nothing else explains it."""


def needed_targets(platform: Platform) -> dict[str, frozenset[str]]:
    """Per target id all targets that it cannot pass without, directly or through others."""
    return _closure({target.id: set(target.proves) for target in platform.targets})


def needed_services(platform: Platform) -> dict[str, frozenset[str]]:
    """Per service id all services that it needs, directly or through others."""
    direct: dict[str, set[str]] = {service.id: set() for service in platform.services}
    for dependency in platform.dependencies:
        direct[dependency.service].add(dependency.needs)
    return _closure(direct)


def _closure(direct: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    closed: dict[str, frozenset[str]] = {}
    for start, first in direct.items():
        reached: set[str] = set()
        frontier = set(first)
        while frontier:
            needed = frontier.pop()
            if needed not in reached:
                reached.add(needed)
                frontier |= direct.get(needed, set())
        closed[start] = frozenset(reached - {start})
    return closed


def victims(platform: Platform, states: Mapping[str, TargetState]) -> dict[str, tuple[str, ...]]:
    """Per failing target the failing targets that explain it; a target that is missing here stands for itself.

    Explained is a failing target by a DOWN one that it cannot pass without (``proves``), or, when it failed only after
    it was reached, by a DOWN critical one of a service that its own service needs. One that was just seen DOWN counts
    before its own majority is reached: its victims must not be blamed for being seen a second earlier.
    """
    by_target, by_service = needed_targets(platform), needed_services(platform)
    down = {t.id for t in platform.targets if t.id in states and states[t.id].suspect}
    critical: dict[str, set[str]] = {}
    for target in platform.targets:
        if target.critical and target.id in down:
            critical.setdefault(target.service, set()).add(target.id)
    explained: dict[str, set[str]] = {}
    for target in platform.targets:
        if not _verdict(states, target).bad:
            continue
        explained[target.id] = down & by_target[target.id]
        if states[target.id].failing_phase not in _OWN_PHASES:
            explained[target.id].update(*(critical.get(service, ()) for service in by_service[target.service]))
    # Two that explain each other explain nothing: otherwise nobody would stand for the outage.
    through = _closure(explained)
    culprits = {id: sorted(c for c in of if id not in through.get(c, ())) for id, of in explained.items()}
    return {id: tuple(of) for id, of in culprits.items() if of}


def awaits_proof(
    needed: Mapping[str, frozenset[str]],
    states: Mapping[str, TargetState],
    target: Target[object],
    as_of: datetime,
    period: timedelta,
) -> tuple[str, ...]:
    """What a failing target needs (``needed_targets`` of all) and what was not seen healthy since its failure began.

    Probes of one slot are made at different moments: a dependant can fail in the very slot in which what it needs was
    probed a second before it broke. Blame waits until the needed target was seen after the failure began, at most for
    two periods.
    """
    state = states[target.id]
    if state.bad_since is None or as_of - state.bad_since >= STALE_PERIODS * period:
        return ()
    return tuple(
        other
        for other in sorted(needed[target.id])
        # What is declared as not deployed will never be seen.
        if states[other].verdict is not Verdict.NOT_DEPLOYED
        and ((seen := states[other].judged_at) is None or seen <= state.bad_since)
    )


def _verdict(states: Mapping[str, TargetState], target: Target[object]) -> Verdict:
    state = states.get(target.id)
    return state.verdict if state else Verdict.UNKNOWN
