"""``audit replay``: incident files to diagnoses, and whether each one is right."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from auditor.domain.assessment import Assessment
from auditor.domain.bundle import Bundle, State
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.result import Status
from catalog.problem import CatalogueError
from catalog.source import parse, read_text
from cli.deviations import deviated
from cli.incidents import Incident, IncidentError, load_incident, problem_at
from cli.replay import BundleError, read_bundle, reassess

ALL_RIGHT, SOME_WRONG, REFUSED = 0, 1, 2

_INCIDENTS = Path(__file__).resolve().parents[1] / "tests" / "incidents"
_CONTRAST = _INCIDENTS / "sets" / "contrast.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the diagnosis of one incident file came to. ``why`` says in words what is not right."""

    id: str
    platform: str
    title: str
    right: bool
    diagnosis: Diagnosis
    blamed_wrongly: tuple[str, ...]
    coverage_gaps: tuple[Mapping[str, str], ...]
    milliseconds: float
    why: tuple[str, ...] = ()

    @property
    def document(self) -> dict[str, Any]:
        """The outcome as ``--json`` prints it."""
        return {
            "id": self.id,
            "right": self.right,
            "roots": [
                {"component": r.component, "fault": str(r.fault), "confidence": str(r.confidence)}
                for r in self.diagnosis.roots
            ],
            "blamed_wrongly": list(self.blamed_wrongly),
            "coverage_gaps": [dict(gap) for gap in self.coverage_gaps],
            "undecided": self.diagnosis.undecided,
            "milliseconds": self.milliseconds,
        }


def replay_incidents(paths: Sequence[Path]) -> list[Outcome]:
    """The outcomes of several files in their order; IncidentError as soon as one is refused."""
    return [replay_incident(path) for path in paths]


def replay_incident(path: Path) -> Outcome:
    """Builds the incident's bundle, runs checks, attribution and diagnosis, and compares with the truth."""
    began = time.perf_counter()
    incident = load_incident(path)
    if incident.needs:
        why = f"needs {', '.join(incident.needs)}: its deviations are not written yet"
        return _outcome(incident, Diagnosis(), None, began, (why,))
    # Without a memory of the healthy moment, what was seen decides at once: a situation is written as it persists.
    bundle = replace(deviated(_healthy(incident), incident), state=State())
    try:
        _, assessment = reassess(bundle)
    except BundleError as error:
        raise _refused(incident, str(error)) from error
    wrongs = tuple(_wrongs(incident, assessment.diagnosis, assessment))
    return _outcome(incident, assessment.diagnosis, assessment, began, wrongs)


def score_table(outcomes: Sequence[Outcome], sets: Mapping[str, Sequence[str]]) -> str:
    """How many are right on every platform: of all, and within every set of incidents that look alike."""
    by_platform: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_platform.setdefault(outcome.platform, []).append(outcome)
    lines = [line for platform, here in by_platform.items() for line in _scores(platform, here, sets)]
    return "\n".join([*lines, "! = wrong"]) + "\n"


def _scores(platform: str, outcomes: Sequence[Outcome], sets: Mapping[str, Sequence[str]]) -> Iterable[str]:
    right = {outcome.id: outcome.right for outcome in outcomes}
    blamed = sum(bool(outcome.blamed_wrongly) for outcome in outcomes)
    undecided = sum(outcome.diagnosis.undecided for outcome in outcomes)
    yield (
        f"{platform}: {sum(right.values())} of {len(right)} right, {blamed} blame somebody wrongly, "
        f"{undecided} undecided"
    )
    yield ""
    yield f"{'right':>7}  contrast set"
    for symptom, members in sets.items():
        known = [id for id in members if id in right]
        if known:
            marks = " ".join(f"{id}{'' if right[id] else '!'}" for id in known)
            yield f"{sum(right[id] for id in known):>3}/{len(known):<3}  {symptom}: {marks}"
    yield ""


def contrast_sets(path: Path = _CONTRAST) -> dict[str, tuple[str, ...]]:
    """Symptom to the ids of the incidents that share it, from the repository's file."""
    root, _ = parse(read_text(str(path)), str(path))
    return {symptom: tuple(members) for symptom, members in root.plain["sets"].items()}


def replay_command(paths: Sequence[Path], out: TextIO, errors: TextIO, *, as_json: bool, score: bool = False) -> int:
    """``audit replay``: prints what came of every file; 0 all right, 1 some wrong, 2 when one was refused."""
    outcomes: list[Outcome] = []
    refused = False
    for path in paths:
        try:
            outcomes.append(replay_incident(path))
        except CatalogueError as error:
            refused = True
            print(f"{error}\n{path}: refused", file=errors)
    if as_json:
        print(json.dumps([outcome.document for outcome in outcomes], indent=1), file=out)
    elif score:
        print(score_table(outcomes, contrast_sets()), end="", file=out)
    else:
        print("\n\n".join(told(outcome) for outcome in outcomes), file=out)
    if refused:
        return REFUSED
    return ALL_RIGHT if all(outcome.right for outcome in outcomes) else SOME_WRONG


def told(outcome: Outcome) -> str:
    """One outcome for a reader."""
    diagnosis = outcome.diagnosis
    mark = "right" if outcome.right else "WRONG"
    lines = [f"{outcome.id}  {mark}  {outcome.title}  ({outcome.milliseconds:g} ms)"]
    lines += [f"  not right: {why}" for why in outcome.why]
    for root in diagnosis.roots:
        lines += [f"  root      {root.component} {root.fault} ({root.confidence}): {root.statement}"]
        lines += [f"    first   {root.first_action}"]
        lines += [f"    proof   {id}" for id in root.proof]
        lines += [f"    not     {out.subject}: {out.why}" for out in root.ruled_out]
    lines += [f"  victim    {victim.component} (of {', '.join(victim.of)})" for victim in diagnosis.victims]
    lines += [f"  finding   {f.component} {f.fault} ({f.confidence}): {f.statement}" for f in diagnosis.findings]
    lines += [f"  gap       {gap['target']}: {gap['reason']}" for gap in outcome.coverage_gaps]
    if diagnosis.undecided:
        lines += [f"  UNDECIDED {id}" for id in diagnosis.unexplained]
        lines += [f"    next    {diagnosis.next_observation}"]
    if not diagnosis.roots and not diagnosis.undecided:
        lines.append("  nothing is at fault")
    return "\n".join(lines)


def _outcome(
    incident: Incident, diagnosis: Diagnosis, assessment: Assessment | None, began: float, why: tuple[str, ...]
) -> Outcome:
    return Outcome(
        id=incident.id,
        platform=incident.platform.value,
        title=incident.title,
        right=not why,
        diagnosis=diagnosis,
        blamed_wrongly=_blamed_wrongly(incident, diagnosis),
        coverage_gaps=_gaps(assessment) if assessment is not None else (),
        milliseconds=round((time.perf_counter() - began) * 1000, 1),
        why=why,
    )


def _blamed_wrongly(incident: Incident, diagnosis: Diagnosis) -> tuple[str, ...]:
    truth = {(b.component, b.fault) for b in (*incident.truth.roots, *incident.truth.also_right)}
    return tuple(sorted({r.component for r in diagnosis.roots if (r.component, r.fault) not in truth}))


def _wrongs(incident: Incident, diagnosis: Diagnosis, assessment: Assessment) -> Iterable[str]:
    named = {(root.component, root.fault) for root in diagnosis.roots}
    for blame in incident.truth.roots:
        if (blame.component, blame.fault) not in named:
            yield f"{blame.component} {blame.fault} is a root and was not named"
    for component in _blamed_wrongly(incident, diagnosis):
        yield f"{component} was blamed and is no such root"
    forbidden = {placed.value for placed in incident.truth.must_not_blame}
    right = {blame.component for blame in incident.truth.roots}
    for component, fault in sorted(named):
        if component in forbidden - right:
            yield f"{component} must not be blamed, and was, with {fault}"
    if not incident.truth.roots:
        for transition in assessment.transitions:
            if transition.kind == "opened":
                yield f"a story was opened about {transition.service}, and nothing is at fault"


def _gaps(assessment: Assessment) -> tuple[Mapping[str, str], ...]:
    """What the auditor could not see, once per target and reason."""
    found: dict[tuple[str, str], None] = {}
    for reading in assessment.readings:
        if reading.why_not and reading.result.status is Status.FAIL:
            found[reading.result.target, reading.why_not] = None
        elif reading.result.status is Status.UNKNOWN:
            found[reading.result.target, reading.result.cause or "self.bug"] = None
    return tuple({"target": target, "reason": reason} for target, reason in sorted(found))


def _healthy(incident: Incident) -> Bundle:
    """The healthy bundle of the incident's platform: beside the file, else the repository's own."""
    name = f"{incident.platform.value}.json"
    folders = (Path(incident.file).resolve().parent / "bundles", _INCIDENTS / "bundles")
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        have = sorted({file.stem for folder in folders for file in folder.glob("*.json")})
        known = f"; there are {', '.join(have)}" if have else ""
        raise _refused(incident, f"there is no healthy bundle of this platform (make record-bundles){known}")
    try:
        return read_bundle(path)
    except BundleError as error:
        raise _refused(incident, str(error)) from error


def _refused(incident: Incident, message: str) -> IncidentError:
    return IncidentError([problem_at(incident.file, incident.platform.position, ("platform",), message)])
