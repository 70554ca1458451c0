"""Which services are at fault for what fails, and what follows for alarms and stories. Pure.

A service is charged with a bad target when it owns a root of it that the diagnosis is sure of, or, where no such root
is known, when the target is its own and no victim of another one (``blame``). So one root is one story, whose service
alone alarms, whoever else fails because of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from auditor.domain.attribution import Reading
from auditor.domain.blame import awaits_proof
from auditor.domain.bundle import Bundle, ServiceState
from auditor.domain.diagnosis.candidate import Confidence
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.instants import format_instant
from auditor.domain.result import Severity, Status
from auditor.domain.topology import Platform
from auditor.domain.verdict import TargetState, Verdict, service_verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A change of a service that is told: ``kind`` is ``turned_bad`` or ``recovered``.

    ``targets``: what the service is at fault for, or was; they can be targets of other services.
    """

    id: str
    kind: str
    service: str
    before: Verdict
    after: Verdict
    since: datetime
    targets: tuple[str, ...]


def services_of(
    bundle: Bundle,
    *,
    targets: Mapping[str, TargetState],
    readings: Sequence[Reading],
    explained: Mapping[str, tuple[str, ...]],
    diagnosis: Diagnosis,
    periods: Mapping[str, timedelta],
) -> tuple[dict[str, ServiceState], tuple[Transition, ...]]:
    """Every service's state after this moment, and what is told of it.

    ``explained``: failing target to the targets that it is a victim of, by the catalogue.
    """
    charges = _charges(bundle, targets, explained, _roots_of(bundle.platform, readings, diagnosis), periods)
    states: dict[str, ServiceState] = {}
    transitions: list[Transition] = []
    for service in bundle.platform.services:
        own = [target for target in bundle.platform.targets if target.service == service.id]
        verdict = service_verdict(
            [targets[target.id].verdict for target in own if target.critical],
            [targets[target.id].verdict for target in own if not target.critical],
        )
        state, transition = _follow(bundle, targets, service.id, verdict, charges.get(service.id, frozenset()))
        states[service.id] = state
        if transition is not None:
            transitions.append(transition)
    return states, tuple(transitions)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Roots:
    """The services that own roots of a failing target; ``whole``: no failure of it is left without one."""

    services: frozenset[str]
    whole: bool


def _roots_of(platform: Platform, readings: Sequence[Reading], diagnosis: Diagnosis) -> dict[str, _Roots]:
    """Per failing target whose roots explain it. One that the diagnosis is not sure of moves no page."""
    owner = {component.id: component.service for component in platform.components}
    by_result: dict[str, set[str]] = {}
    for root in diagnosis.roots:
        if root.confidence is Confidence.HIGH:
            for id in root.explains:
                by_result.setdefault(id, set()).add(owner[root.component])
    by_target: dict[str, list[set[str]]] = {}
    for reading in readings:
        result = reading.result
        if reading.speaks and result.status is Status.FAIL and result.severity is not Severity.ADVISORY:
            by_target.setdefault(result.target, []).append(by_result.get(result.id, set()))
    return {
        target: _Roots(services=frozenset().union(*owners), whole=all(owners)) for target, owners in by_target.items()
    }


def _charges(
    bundle: Bundle,
    targets: Mapping[str, TargetState],
    explained: Mapping[str, tuple[str, ...]],
    roots_of: Mapping[str, _Roots],
    periods: Mapping[str, timedelta],
) -> dict[str, frozenset[str]]:
    """Per service the bad targets that it is at fault for."""
    told: dict[str, set[str]] = {}
    for service, state in bundle.state.services.items():
        for id in state.broken if state.story else ():
            told.setdefault(id, set()).add(service)
    charges: dict[str, set[str]] = {}
    for target in bundle.platform.targets:
        if not targets[target.id].verdict.bad:
            continue
        if awaits_proof(bundle.platform, targets, target, bundle.as_of, periods[target.family]):
            continue
        roots = roots_of.get(target.id, _Roots(services=frozenset(), whole=False))
        tellers = told.get(target.id, set())
        at_fault = set(roots.services)
        if tellers - roots.services:
            # A story that was opened without these roots is the same incident, whose root is known only now or is not
            # seen any more: whom it woke stays with it, and nobody else is woken. Where its own root still stands,
            # another one is a second, which is told.
            at_fault = (at_fault & {target.service}) | tellers
        elif not roots.whole and not tellers:
            at_fault.add(target.service)
        if target.id in explained and target.service not in roots.services:
            at_fault.discard(target.service)
        for service in at_fault:
            charges.setdefault(service, set()).add(target.id)
    return {service: frozenset(ids) for service, ids in charges.items()}


def _follow(
    bundle: Bundle, targets: Mapping[str, TargetState], service: str, verdict: Verdict, charged: frozenset[str]
) -> tuple[ServiceState, Transition | None]:
    """One service from its state before to the one after."""
    before = bundle.state.services.get(service) or ServiceState(verdict=Verdict.UNKNOWN, since=bundle.as_of)
    # Going blind is not a recovery: what was open stays open until health was seen.
    unseen = {id for id in before.broken if id in targets and targets[id].verdict is Verdict.UNKNOWN}
    critical = {target.id for target in bundle.platform.targets if target.critical}
    told = {id for id in before.broken if id in targets} if before.story else set()
    well = all(targets[id].verdict in (Verdict.HEALTHY, Verdict.NOT_DEPLOYED) for id in told)
    kind = ""
    if charged and not before.story:
        kind = "turned_bad"
    elif before.story and not charged and well and not verdict.bad:
        kind = "recovered"
    transition = Transition(
        id=f"{bundle.stage}/{service}/{kind}/{format_instant(bundle.as_of)}",
        kind=kind,
        service=service,
        before=before.verdict,
        after=verdict,
        since=bundle.as_of,
        targets=tuple(sorted(charged or told)),
    )
    story = {"turned_bad": transition.id, "recovered": "", "": before.story}[kind]
    state = ServiceState(
        verdict=verdict,
        since=before.since if before.verdict is verdict else bundle.as_of,
        at_fault=bool(charged) or (before.at_fault and bool(unseen)),
        story=story,
        broken=tuple(sorted(told | charged)) if story else (),
        # A victim with a small trouble of its own is not DOWN by it.
        paging=any(id in critical and targets[id].verdict is Verdict.DOWN for id in charged)
        or (before.paging and bool(unseen & critical)),
    )
    return state, transition if kind else None
