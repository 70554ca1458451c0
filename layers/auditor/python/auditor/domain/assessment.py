"""The judgement of one moment: readings, verdicts, blame and what follows for state, alarms and stories. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from auditor.domain.at_fault import Transition, services_of
from auditor.domain.attribution import Reading, attribute
from auditor.domain.blame import victims
from auditor.domain.bundle import Bundle, ServiceState, State
from auditor.domain.cause import Cause
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.observation import Phase
from auditor.domain.result import Severity, Status
from auditor.domain.target import Target
from auditor.domain.topology import Platform
from auditor.domain.verdict import CheckMemory, TargetState, Verdict, remember, target_verdict

_SEVERITIES = tuple(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the registry knows of all families: the closed list of causes, each family's period, and who contacts.

    ``contacting``: the families that contact the platform itself; the others ask AWS, whose answers prove no path.
    """

    causes: Mapping[str, Cause]
    periods: Mapping[str, timedelta]
    contacting: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """All that one bundle says. ``explained`` maps a failing target to the targets that it is a victim of."""

    readings: tuple[Reading, ...]
    targets: Mapping[str, TargetState]
    explained: Mapping[str, tuple[str, ...]]
    diagnosis: Diagnosis
    services: Mapping[str, ServiceState]
    transitions: tuple[Transition, ...]
    critical_targets: int
    critical_targets_judged: int

    @property
    def blind(self) -> bool:
        """Whether there are critical targets and none could be judged in this moment."""
        return self.critical_targets > 0 and self.critical_targets_judged == 0

    def next_state(self, bundle: Bundle) -> State:
        """What the aggregator remembers after this moment."""
        return State(version=bundle.state.version + 1, as_of=bundle.as_of, targets=self.targets, services=self.services)


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
        not_admitted={},
    )
    by_target: dict[str, list[Reading]] = {}
    for reading in readings:
        by_target.setdefault(reading.result.target, []).append(reading)
    targets = {
        target.id: _target_state(
            target,
            by_target.get(target.id, []),
            bundle.state.targets.get(target.id),
            bundle.as_of,
            knowledge.periods[target.family],
        )
        for target in platform.targets
    }
    explained = victims(platform, targets, {id: _failing_phase(state.checks.values()) for id, state in targets.items()})
    diagnosis = diagnose(readings)
    services, transitions = services_of(
        bundle,
        targets=targets,
        readings=readings,
        explained=explained,
        diagnosis=diagnosis,
        periods=knowledge.periods,
    )
    judged = {reading.result.target for reading in readings if reading.speaks}
    critical = [target.id for target in platform.targets if target.critical and target.deployed]
    return Assessment(
        readings=readings,
        targets=targets,
        explained=explained,
        diagnosis=diagnosis,
        services=services,
        transitions=transitions,
        critical_targets=len(critical),
        critical_targets_judged=sum(target in judged for target in critical),
    )


def _target_state(
    target: Target[Any],
    readings: Sequence[Reading],
    previous: TargetState | None,
    as_of: datetime,
    period: timedelta,
) -> TargetState:
    memory = remember(
        previous.checks if previous else {},
        (reading.result for reading in readings if reading.speaks),
        [reading.result.check for reading in readings] or (previous.checks if previous else ()),
        as_of,
        period,
    )
    asked = {reading.result.check: reading.result.severity for reading in readings}
    skipped = {reading.result.check for reading in readings if reading.result.status is Status.SKIPPED}
    if any(entry.status is Status.FAIL for check, entry in memory.items() if check not in skipped):
        # Skipped because of the target's own failure: that failure speaks now, not what the step said before.
        memory = {check: entry for check, entry in memory.items() if check not in skipped}
        asked = {check: severity for check, severity in asked.items() if check not in skipped}
    verdict = target_verdict(memory, asked) if target.deployed else Verdict.NOT_DEPLOYED
    same = previous is not None and previous.verdict is verdict
    still_bad = previous.bad_since if previous and previous.verdict.bad and verdict.bad else None
    return TargetState(
        verdict=verdict,
        since=previous.since if previous and same else as_of,
        bad_since=(still_bad or as_of) if verdict.bad else None,
        judged_at=max((entry.slot for entry in memory.values()), default=previous.judged_at if previous else None),
        checks=memory,
    )


def _failing_phase(memory: Iterable[CheckMemory]) -> Phase | None:
    """The phase of the worst failure that moves the target's verdict."""
    failures = [m for m in memory if m.status is not Status.PASS and m.severity is not Severity.ADVISORY]
    failures.sort(key=lambda entry: (entry.status is Status.FAIL, _SEVERITIES.index(entry.severity)))
    return failures[-1].phase if failures else None


def service_targets(platform: Platform, service: str) -> tuple[Target[Any], ...]:
    """The targets of a service, in the catalogue's order."""
    return tuple(target for target in platform.targets if target.service == service)
