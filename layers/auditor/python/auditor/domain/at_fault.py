"""Which services are at fault for what fails. Pure.

A service is charged with a bad target when it owns a root of it that the diagnosis is sure of, or, where no such root
is known, when the target is its own and no victim of another one (``blame``). So one root is one incident, whose
service alone alarms, whoever else fails because of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from auditor.domain.attribution import Reading
from auditor.domain.blame import awaits_proof, needed_targets
from auditor.domain.bundle import Bundle
from auditor.domain.diagnosis.candidate import Confidence
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.result import Severity, Status
from auditor.domain.topology import Platform
from auditor.domain.verdict import TargetState


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a service is at fault for. ``roots``: of all that explain these targets; ``own``: those in the service.

    Both as ``component FAULT``, in the diagnosis's order, and only of roots that it is sure of.
    """

    targets: frozenset[str]
    roots: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Roots:
    """Roots of a failing target with the services that own them; ``whole``: no failure of it is left without one."""

    names: Mapping[str, str]
    whole: bool

    @property
    def services(self) -> set[str]:
        return set(self.names.values())


def charges_of(
    bundle: Bundle,
    *,
    targets: Mapping[str, TargetState],
    readings: Sequence[Reading],
    explained: Mapping[str, tuple[str, ...]],
    diagnosis: Diagnosis,
    periods: Mapping[str, timedelta],
) -> dict[str, Charge]:
    """Per service that is at fault what it is charged with.

    ``explained``: failing target to the targets that it is a victim of, by the catalogue.
    """
    roots_of = _roots_of(bundle.platform, readings, diagnosis)
    told: dict[str, set[str]] = {}
    for incident in bundle.state.incidents.open.values():
        for id in incident.targets:
            told.setdefault(id, set()).add(incident.service)
    charged: dict[str, set[str]] = {}
    needed = needed_targets(bundle.platform)
    for target in bundle.platform.targets:
        if not targets[target.id].verdict.bad:
            continue
        if awaits_proof(needed, targets, target, bundle.as_of, periods[target.family]):
            continue
        roots = roots_of.get(target.id, _NO_ROOTS)
        tellers = told.get(target.id, set())
        at_fault = roots.services
        if tellers - at_fault:
            # An incident that was opened without these roots is the same one, whose root is known only now or is not
            # seen any more: whom it woke stays with it, and nobody else is woken. Where its own root still stands,
            # another one is a second, which is told.
            at_fault = (at_fault & {target.service}) | tellers
        elif not roots.whole and not tellers and targets[target.id].recent[-1].verdict.bad:
            # What was well when it was last seen is on its way to recovery: nothing new is told of it.
            at_fault = at_fault | {target.service}
        if target.id in explained and target.service not in roots.services:
            at_fault = at_fault - {target.service}
        for service in at_fault:
            charged.setdefault(service, set()).add(target.id)
    return {service: _charge(service, ids, roots_of, diagnosis) for service, ids in charged.items()}


_NO_ROOTS = _Roots(names={}, whole=False)


def _charge(service: str, ids: set[str], roots_of: Mapping[str, _Roots], diagnosis: Diagnosis) -> Charge:
    found = {name: owner for id in ids for name, owner in roots_of.get(id, _NO_ROOTS).names.items()}
    in_order = [name for root in diagnosis.roots if (name := f"{root.component} {root.fault}") in found]
    own = tuple(name for name in in_order if found[name] == service)
    return Charge(targets=frozenset(ids), roots=tuple(in_order), own=own)


def _roots_of(platform: Platform, readings: Sequence[Reading], diagnosis: Diagnosis) -> dict[str, _Roots]:
    """Per failing target whose roots explain it. One that the diagnosis is not sure of moves no page."""
    owner = {component.id: component.service for component in platform.components}
    by_result: dict[str, dict[str, str]] = {}
    for root in diagnosis.roots:
        if root.confidence is Confidence.HIGH:
            for id in root.explains:
                by_result.setdefault(id, {})[f"{root.component} {root.fault}"] = owner[root.component]
    by_target: dict[str, dict[Status, list[dict[str, str]]]] = {}
    for reading in readings:
        result = reading.result
        if reading.speaks and result.severity is not Severity.ADVISORY:
            by_status = by_target.setdefault(result.target, {})
            by_status.setdefault(result.status, []).append(by_result.get(result.id, {}))
    # Beside a failure a warning is a small thing; where nothing fails, the warnings are what is bad.
    bad = {target: of.get(Status.FAIL) or of.get(Status.WARN, []) for target, of in by_target.items()}
    return {
        target: _Roots(names={name: service for each in found for name, service in each.items()}, whole=all(found))
        for target, found in bad.items()
        if found
    }
