"""The judgement of one moment: readings, verdicts, blame and what follows for state, alarms and stories. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from auditor.domain.at_fault import Charge, charges_of
from auditor.domain.attribution import Reading, attribute
from auditor.domain.blame import victims
from auditor.domain.bundle import Bundle, ServiceState, State
from auditor.domain.cause import Cause
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.incident import Incidents
from auditor.domain.incidents import Transition, follow
from auditor.domain.muting import muted_because
from auditor.domain.target import Target
from auditor.domain.verdict import TargetState, Verdict, next_target_state, service_verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the registry knows of all families: the closed list of causes, each family's period, and who contacts.

    ``contacting``: the families that contact the platform itself; the others ask AWS, whose answers prove no path.
    ``not_admitted``: of a bundle, target id to the line of the rules that keeps the auditor out, as far as any family
    read them.
    """

    causes: Mapping[str, Cause]
    periods: Mapping[str, timedelta]
    contacting: frozenset[str]
    not_admitted: Callable[[Bundle], Mapping[str, str]] = lambda _bundle: {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """All that one bundle says. ``explained`` maps a failing target to the targets that it is a victim of."""

    readings: tuple[Reading, ...]
    targets: Mapping[str, TargetState]
    explained: Mapping[str, tuple[str, ...]]
    diagnosis: Diagnosis
    services: Mapping[str, ServiceState]
    incidents: Incidents
    muted: Mapping[str, str]
    """Service to why nothing is told of it now."""
    transitions: tuple[Transition, ...]
    critical_targets: int
    critical_targets_judged: int

    @property
    def blind(self) -> bool:
        """Whether there are critical targets and none could be judged in this moment."""
        return self.critical_targets > 0 and self.critical_targets_judged == 0

    def next_state(self, bundle: Bundle) -> State:
        """What the aggregator remembers after this moment."""
        return replace(
            bundle.state,
            version=bundle.state.version + 1,
            as_of=bundle.as_of,
            targets=self.targets,
            services=self.services,
            incidents=self.incidents,
            silences=tuple(silence for silence in bundle.state.silences if silence.until > bundle.as_of),
            tracked=bundle.tracked,
        )


def assess(bundle: Bundle, knowledge: Knowledge, diagnose: Callable[[Sequence[Reading]], Diagnosis]) -> Assessment:
    """The judgement of a bundle; the same bundle always gives the same one.

    ``diagnose`` finds the roots of what fails in the bundle's readings: it needs every family's knowledge.
    """
    platform = bundle.platform
    # A run made with the catalogue before this one can speak of targets that are gone.
    known = {target.id for target in platform.targets}
    results = [r for run in bundle.runs if not run.extra for r in run.results if r.target in known]
    readings = attribute(
        platform,
        results,
        as_of=bundle.as_of,
        periods=knowledge.periods,
        causes=knowledge.causes,
        contacting=knowledge.contacting,
        not_admitted=knowledge.not_admitted(bundle),
    )
    by_target: dict[str, list[Reading]] = {}
    for reading in readings:
        by_target.setdefault(reading.result.target, []).append(reading)
    targets = {
        target.id: _target_state(bundle, target, by_target.get(target.id, []), knowledge.periods[target.family])
        for target in platform.targets
    }
    explained = victims(platform, targets)
    diagnosis = diagnose(readings)
    charges = charges_of(
        bundle,
        targets=targets,
        readings=readings,
        explained=explained,
        diagnosis=diagnosis,
        periods=knowledge.periods,
    )
    muted = {
        service.id: because
        for service in platform.services
        if (because := muted_because(platform.maintenance, bundle.state.silences, service.id, bundle.as_of))
    }
    incidents, transitions = follow(bundle, targets=targets, explained=explained, charges=charges, muted=muted)
    own: dict[str, list[Target[Any]]] = {service.id: [] for service in platform.services}
    for target in platform.targets:
        own[target.service].append(target)
    services = {id: _service_state(bundle, id, own[id], targets, charges) for id in own}
    judged = {reading.result.target for reading in readings if reading.speaks}
    critical = [target.id for target in platform.targets if target.critical and target.deployed]
    return Assessment(
        readings=readings,
        targets=targets,
        explained=explained,
        diagnosis=diagnosis,
        services=services,
        incidents=incidents,
        muted=muted,
        transitions=transitions,
        critical_targets=len(critical),
        critical_targets_judged=sum(target in judged for target in critical),
    )


def _target_state(bundle: Bundle, target: Target[Any], readings: Sequence[Reading], period: timedelta) -> TargetState:
    previous, as_of = bundle.state.targets.get(target.id), bundle.as_of
    if not target.deployed:
        same = previous is not None and previous.verdict is Verdict.NOT_DEPLOYED
        return TargetState(verdict=Verdict.NOT_DEPLOYED, since=previous.since if previous and same else as_of)
    judged = [reading.result for reading in readings if reading.speaks]
    asked = {reading.result.check: reading.result.severity for reading in readings}
    judging = target.judging or bundle.platform.judging
    return next_target_state(previous, judged, asked, judging, as_of=as_of, period=period)


def _service_state(
    bundle: Bundle,
    service: str,
    own: Sequence[Target[Any]],
    targets: Mapping[str, TargetState],
    charges: Mapping[str, Charge],
) -> ServiceState:
    verdict = service_verdict(
        [targets[target.id].verdict for target in own if target.critical],
        [targets[target.id].verdict for target in own if not target.critical],
    )
    before = bundle.state.services.get(service)
    since = before.since if before is not None and before.verdict is verdict else bundle.as_of
    return ServiceState(verdict=verdict, since=since, at_fault=service in charges)
