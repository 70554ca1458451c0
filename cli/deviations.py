"""From a healthy bundle to the one of an incident: what a probe writes is changed, what was concluded is dropped."""

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from auditor.domain.bundle import Bundle, Run
from auditor.domain.codec import CodecError, from_json, to_json
from auditor.domain.observation import Failure, Observation, Phase, PhaseTiming
from auditor.domain.tracked import LENGTH, Series
from catalog.problem import Problem, did_you_mean, one_of
from cli.incidents import Deviation, Failing, Incident, IncidentError, Placed, problem_at
from cli.runners import facts_type
from functions.aggregator.registry import knowledge

_STEP = re.compile(r"\.?(?:(?P<name>[A-Za-z0-9_-]+)|\[(?:(?P<index>\d+)|(?P<all>\*)|(?P<key>\w*)=(?P<value>[^\]]*))\])")
_OWN = ("aws.", "self.")
_PHASES = list(Phase)


class _PathError(ValueError):
    """When a path leads to nothing; ``allowed`` says what would lead somewhere."""

    def __init__(self, message: str, allowed: str = "") -> None:
        super().__init__(message)
        self.allowed = allowed


def deviated(bundle: Bundle, incident: Incident) -> Bundle:
    """The bundle of the incident, without any recorded result; IncidentError when a deviation does not fit."""
    problems = [*_unknown_names(bundle, incident)]
    by_target = {deviation.target: deviation for deviation in incident.deviations}
    absent = {d.target for d in incident.deviations if d.deployed is False}
    seen = {o.target for run in bundle.runs for o in run.observations}
    runs = []
    for run in bundle.runs:
        observations = []
        for observation in run.observations:
            deviation = by_target.get(observation.target)
            if observation.target in absent:
                continue
            try:
                observations.append(
                    _deviated(observation, deviation, incident.file) if deviation is not None else observation
                )
            except IncidentError as error:
                problems += error.problems
        runs.append(_without_results(run, tuple(observations)))
    known = {target.id for target in bundle.platform.targets}
    for deviation in incident.deviations:
        changed = deviation.facts or deviation.remove or deviation.fails or deviation.could_not_tell
        if changed and deviation.target in known - seen:
            message = "the healthy bundle has no observation of this target"
            problems.append(problem_at(incident.file, deviation.position, ("deviations", deviation.target), message))
    tracked = _tracked(bundle, incident, problems)
    if problems:
        raise IncidentError(problems)
    targets = tuple(
        replace(target, deployed=deployed)
        if (d := by_target.get(target.id)) is not None and (deployed := d.deployed) is not None
        else target
        for target in bundle.platform.targets
    )
    return replace(
        bundle,
        platform=replace(bundle.platform, targets=targets),
        runs=tuple(runs),
        tracked={**bundle.tracked, **tracked},
    )


def _tracked(bundle: Bundle, incident: Incident, problems: list[Problem]) -> dict[str, Series]:
    """The courses that the incident names, their newest value in the slot of its target's observation."""
    slots = {o.target: (o.slot, knowledge().periods[run.family]) for run in bundle.runs for o in run.observations}
    found = {}
    for placed in incident.tracked:
        values, target = placed.value, placed.key.partition("/")[0]
        numbers = isinstance(values, list) and all(
            isinstance(v, int | float) and not isinstance(v, bool) for v in values
        )
        if target not in slots or not numbers or not 0 < len(values) <= LENGTH:
            message = "is no course of a tracked fact"
            allowed = f"<target>/<name> with a list of 1 to {LENGTH} numbers, newest last"
            problems.append(
                problem_at(incident.file, placed.position, ("tracked", placed.key), message, allowed=allowed)
            )
            continue
        last, period = slots[target]
        count = len(values)
        found[placed.key] = Series(
            slots=tuple(last - period * (count - 1 - n) for n in range(count)), values=tuple(map(float, values))
        )
    return found


def _without_results(run: Run, observations: tuple[Observation[Any], ...]) -> Run:
    return replace(run, observations=observations, results=())


def _unknown_names(bundle: Bundle, incident: Incident) -> list[Problem]:
    """Targets and components that the platform does not have."""
    problems = []
    targets = [target.id for target in bundle.platform.targets]
    for deviation in incident.deviations:
        if deviation.target not in targets:
            message = f"the platform has no such target{did_you_mean(deviation.target, targets)}"
            path = ("deviations", deviation.target)
            problems.append(problem_at(incident.file, deviation.position, path, message, allowed=one_of(targets)))
    components = [component.id for component in bundle.platform.components]
    truth = incident.truth
    named = [(blame.component, blame.position) for blame in (*truth.roots, *truth.also_right)]
    named += [(placed.value, placed.position) for placed in (*truth.victims, *truth.must_not_blame)]
    for component, position in named:
        if component not in components:
            message = f"the platform has no component {component}{did_you_mean(component, components)}"
            problems.append(problem_at(incident.file, position, ("truth",), message, allowed=one_of(components)))
    return problems


def _deviated(observation: Observation[Any], deviation: Deviation, file: str) -> Observation[Any]:
    path = ("deviations", deviation.target)
    if deviation.could_not_tell is not None:
        failing = deviation.could_not_tell
        if not failing.cause.startswith(_OWN):
            message = "is no limit of the auditor itself"
            raise IncidentError(
                [
                    problem_at(
                        file, failing.position, (*path, "could_not_tell"), message, allowed="a cause aws.* or self.*"
                    )
                ]
            )
        return replace(observation, facts=None, failures=(), could_not_tell=_failure(failing, file, path))
    facts = _changed(observation, deviation, file)
    failures = tuple(_failure(failing, file, path) for failing in deviation.fails)
    phases = observation.phases
    for failing in deviation.fails:
        phases = _until(phases, failing)
    return replace(observation, facts=facts, phases=phases, failures=failures or observation.failures)


def _changed(observation: Observation[Any], deviation: Deviation, file: str) -> Any:
    """The facts with the deviation in them, proven to be facts that the family writes."""
    if not deviation.facts and not deviation.remove:
        return observation.facts
    path = ("deviations", deviation.target)
    kind = facts_type(observation.family)
    problems = []
    try:
        # As written today: a fact that this bundle was recorded without can be named, too.
        facts = to_json(from_json(kind, observation.facts, "facts"))
        for change in deviation.facts:
            try:
                _set(facts, change)
            except _PathError as error:
                at = (*path, "facts", change.key)
                problems.append(problem_at(file, change.position, at, str(error), allowed=error.allowed))
        for removal in deviation.remove:
            try:
                _remove(facts, removal)
            except _PathError as error:
                where = (*path, "remove")
                problems.append(problem_at(file, removal.position, where, str(error), allowed=error.allowed))
        if not problems:
            from_json(kind, facts, "facts")
    except CodecError as error:
        message = f"these are no facts that {observation.family} writes: {error}"
        problems.append(problem_at(file, deviation.position, (*path, "facts"), message))
    if problems:
        raise IncidentError(problems)
    return facts


def _failure(failing: Failing, file: str, path: tuple[str, ...]) -> Failure:
    causes = knowledge().causes
    cause = causes.get(failing.cause)
    if cause is None:
        message = f"{failing.cause} is no cause{did_you_mean(failing.cause, sorted(causes))}"
        raise IncidentError([problem_at(file, failing.position, (*path, "cause"), message, allowed="see causes.md")])
    return Failure(phase=failing.phase, cause=cause.id, detail=cause.meaning, address=failing.address)


def _until(phases: tuple[PhaseTiming, ...], failing: Failing) -> tuple[PhaseTiming, ...]:
    """The phases up to the one that failed; those of other addresses stay as they were."""
    step = _PHASES.index(failing.phase)
    kept: list[PhaseTiming] = []
    for timing in phases:
        same = not failing.address or timing.address in ("", failing.address)
        if not same or _PHASES.index(timing.phase) < step:
            kept.append(timing)
    healthy = next((t for t in phases if t.phase is failing.phase and t.address in ("", failing.address)), None)
    start = healthy.start_ms if healthy else max((t.start_ms + t.duration_ms for t in kept), default=0.0)
    took = failing.after_ms if failing.after_ms is not None else healthy.duration_ms if healthy else 0.0
    failed = PhaseTiming(phase=failing.phase, start_ms=start, duration_ms=took, ok=False, address=failing.address)
    return (*kept, failed)


def _steps(path: str) -> list[re.Match[str]]:
    steps, end = [], 0
    while end < len(path):
        match = _STEP.match(path, end)
        if match is None:
            raise _PathError(
                f"the path cannot be read at {path[end:]!r:.40}; write field.field[0].field[name=value].field[=value]"
            )
        steps.append(match)
        end = match.end()
    if not steps:
        raise _PathError("the path is empty")
    return steps


def _places(document: Any, steps: list[re.Match[str]]) -> list[tuple[Any, Any]]:
    """Containers and keys that a path leads to."""
    places: list[tuple[Any, Any]] = [({None: document}, None)]
    for step in steps:
        places = [(holder[key], inner) for holder, key in places for inner in _keys_of(holder[key], step)]
    return places


def _keys_of(container: Any, step: re.Match[str]) -> list[Any]:
    if step["name"] is not None:
        if not isinstance(container, Mapping):
            raise _PathError(f"{step['name']!r} is asked of {_what(container)}, which has no fields")
        if step["name"] not in container:
            options = [str(key) for key in container]
            raise _PathError(
                f"there is no field {step['name']!r}{did_you_mean(step['name'], options)}", one_of(options)
            )
        return [step["name"]]
    if not isinstance(container, list):
        raise _PathError(f"{step[0]} is asked of {_what(container)}, which is no list")
    if step["all"]:
        keys = list(range(len(container)))
    elif step["index"] is not None:
        keys = [int(step["index"])] if int(step["index"]) < len(container) else []
    else:
        keys = [i for i, element in enumerate(container) if _fits(element, step["key"], step["value"])]
    if not keys:
        raise _PathError(
            f"no element fits {step[0].lstrip('.')}; the list has {len(container)}", _elements(container, step)
        )
    return keys


def _what(value: Any) -> str:
    return "a text" if isinstance(value, str) else json.dumps(value)[:40]


def _elements(elements: list[Any], step: re.Match[str]) -> str:
    """What would have fitted in place of the value that this step asks for."""
    if step["value"] is None:
        return f"[0] to [{len(elements) - 1}]" if elements else ""
    key = step["key"]
    fields = [element for element in elements if isinstance(element, dict)]
    values = [str(element[key]) for element in fields if key in element] if key else [str(e) for e in elements]
    if values or not elements:
        return one_of(list(dict.fromkeys(values)))
    return f"as a field {one_of(list(dict.fromkeys(name for element in fields for name in element)))}"


def _fits(element: Any, key: str, value: str) -> bool:
    """``[key=value]`` asks for a field of the element, ``[=value]`` for the element itself."""
    if not key:
        return str(element) == value
    return isinstance(element, dict) and str(element.get(key)) == value


def _set(facts: Any, change: Placed) -> None:
    for holder, key in _places(facts, _steps(change.key)):
        holder[key] = copy.deepcopy(change.value)


def _remove(facts: Any, removal: Placed) -> None:
    for holder, key in reversed(_places(facts, _steps(removal.value))):
        if not isinstance(holder, list):
            raise _PathError("only an element of a list can be removed; set a field to null instead")
        del holder[key]
