"""Incident files: a platform, deviations from its healthy bundle, the truth. Refused with line and reason.

The format is described in docs/incidents.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from auditor.domain.diagnosis.faults import COVERAGE_GAPS, Fault
from auditor.domain.observation import Phase
from catalog.problem import CatalogueError, KeyPath, Problem, did_you_mean, key_text, one_of, value_text
from catalog.source import Node, Position, parse, read_text

_TOP = ("title", "platform", "deviations", "tracked", "truth", "needs")
_DEVIATION = ("facts", "remove", "fails", "could_not_tell", "deployed")
_FAILURE = ("phase", "cause", "address", "after_ms")
_TRUTH = ("roots", "victims", "must_not_blame", "also_right", "may_be_said")
_CONCLUSIONS = ("results", "status", "verdict", "verdicts", "check", "checks", "roots", "causes", "incidents")
_NO_CONCLUSION = "what a probe writes: facts, remove, fails, could_not_tell; or deployed"


class IncidentError(CatalogueError):
    """When an incident file is refused; it holds every problem, sorted by line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A value of the file, and where it stands."""

    key: str
    value: Any
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A phase that failed: what the probe wrote, in the words of causes.md."""

    phase: Phase
    cause: str
    address: str
    after_ms: float | None
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """How the observation of one target differs from the healthy one."""

    target: str
    position: Position
    facts: tuple[Placed, ...] = ()
    remove: tuple[Placed, ...] = ()
    fails: tuple[Failing, ...] = ()
    could_not_tell: Failing | None = None
    deployed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """A component and its fault."""

    component: str
    fault: Fault
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is really wrong; an empty ``roots`` means that nothing may be opened."""

    roots: tuple[Blame, ...]
    victims: tuple[Placed, ...] = ()
    must_not_blame: tuple[Placed, ...] = ()
    also_right: tuple[Blame, ...] = ()
    may_be_said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One file. ``needs``: families that must be built before its deviations can be written; it counts as wrong."""

    id: str
    file: str
    title: str
    platform: Placed
    deviations: tuple[Deviation, ...]
    tracked: tuple[Placed, ...]
    truth: Truth
    needs: tuple[str, ...] = ()


def load_incident(path: Path) -> Incident:
    """The incident of a file, named after it; IncidentError names every problem with its line."""
    file = str(path)
    try:
        root, problems = parse(read_text(file), file)
    except CatalogueError as error:
        raise IncidentError(_reworded(problem) for problem in error.problems) from error
    reader = _Reader(file, problems)
    incident = reader.incident(path.stem, root)
    if reader.problems:
        raise IncidentError(reader.problems)
    return incident


def _reworded(problem: Problem) -> Problem:
    """The reader of YAML speaks of catalogues; this file is none."""
    if "catalogue" not in problem.message:
        return problem
    return replace(
        problem, message=problem.message.replace("the catalogue", "the incident file"), allowed="title, platform, truth"
    )


class _Reader:
    """Turns the tree into an incident and gathers what is wrong with it."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems

    def incident(self, id: str, root: Node) -> Incident:
        """The whole file; half a value stands in for what was refused, and is never used."""
        self._keys(root, (), _TOP, ("title", "platform", "truth"))
        needs = tuple(placed.value for placed in self._texts(root, "needs", ()))
        deviations = tuple(
            self._deviation(target, node, root.child("deviations") or root)
            for target, node in self._entries(root, "deviations")
        )
        truth = root.child("truth")
        platform = root.child("platform")
        return Incident(
            id=id,
            file=self.file,
            title=self._text(root, "title", ()),
            platform=Placed(
                key="platform",
                value=self._text(root, "platform", ()),
                position=platform.position if platform else root.position,
            ),
            deviations=deviations,
            tracked=tuple(
                Placed(key=name, value=value.plain, position=value.position)
                for name, value in self._entries(root, "tracked")
            ),
            truth=self._truth(truth) if truth is not None else Truth(roots=()),
            needs=needs,
        )

    def _deviation(self, target: str, node: Node, parent: Node) -> Deviation:
        path: KeyPath = ("deviations", target)
        position = parent.keys.get(target, node.position)
        if node.entries is None:
            self._refuse(node, path, "is no mapping", allowed=one_of(_DEVIATION))
            return Deviation(target=target, position=position)
        self._keys(node, path, _DEVIATION, ())
        deployed = node.child("deployed")
        if deployed is not None and not isinstance(deployed.scalar, bool):
            self._refuse(deployed, (*path, "deployed"), "is the wrong kind of value", allowed="true or false")
        blind = node.child("could_not_tell")
        return Deviation(
            target=target,
            position=position,
            facts=tuple(
                Placed(key=key, value=value.plain, position=value.position)
                for key, value in self._entries(node, "facts", path)
            ),
            remove=self._texts(node, "remove", path),
            fails=self._failings(node, path),
            could_not_tell=self._failing(blind, (*path, "could_not_tell")) if blind is not None else None,
            deployed=deployed.scalar if deployed is not None and isinstance(deployed.scalar, bool) else None,
        )

    def _failings(self, node: Node, path: KeyPath) -> tuple[Failing, ...]:
        fails = node.child("fails")
        if fails is None:
            return ()
        listed = fails.items if fails.items is not None else [fails]
        return tuple(self._failing(one, (*path, "fails")) for one in listed)

    def _failing(self, node: Node, path: KeyPath) -> Failing:
        self._keys(node, path, _FAILURE, ("phase", "cause"))
        phase_node, after = node.child("phase"), node.child("after_ms")
        probed = [str(phase) for phase in Phase if phase is not Phase.ANSWER]
        phase = phase_node.scalar if phase_node is not None else None
        if phase_node is not None and phase not in probed:
            # What an answer means is judged by the checks; a probe does not write it.
            self._refuse(phase_node, (*path, "phase"), "is no phase that a probe writes", allowed=one_of(probed))
        if after is not None and (isinstance(after.scalar, bool) or not isinstance(after.scalar, int | float)):
            self._refuse(after, (*path, "after_ms"), "is the wrong kind of value", allowed="milliseconds")
        return Failing(
            phase=Phase(phase) if phase in probed else Phase.PREPARE,
            cause=self._text(node, "cause", path),
            address=self._text(node, "address", path),
            after_ms=float(after.scalar) if after is not None and isinstance(after.scalar, int | float) else None,
            position=node.position,
        )

    def _truth(self, node: Node) -> Truth:
        path: KeyPath = ("truth",)
        self._keys(node, path, _TRUTH, ("roots",))
        return Truth(
            roots=self._blames(node, "roots"),
            victims=self._texts(node, "victims", path),
            must_not_blame=self._texts(node, "must_not_blame", path),
            also_right=self._blames(node, "also_right"),
            may_be_said=self._text(node, "may_be_said", path),
        )

    def _blames(self, node: Node, key: str) -> tuple[Blame, ...]:
        child = node.child(key)
        if child is not None and child.items is None:
            self._refuse(child, ("truth", key), "is no list", allowed="a list of component and fault, or []")
        found = []
        for index, entry in node.listed(key):
            path: KeyPath = ("truth", key, index)
            self._keys(entry, path, ("component", "fault"), ("component", "fault"))
            word, component = self._text(entry, "fault", path), self._text(entry, "component", path)
            if word in Fault.__members__:
                found.append(Blame(component=component, fault=Fault(word), position=entry.position))
            elif word:
                gap = "is a coverage gap and never a root" if word in COVERAGE_GAPS else "is no fault"
                close = did_you_mean(word, list(Fault))
                fault = entry.child("fault") or entry
                self._refuse(fault, (*path, "fault"), f"{gap}{close}", allowed="a fault of docs/incidents.md")
        return tuple(found)

    def _keys(self, node: Node, path: KeyPath, known: Sequence[str], required: Sequence[str]) -> None:
        if node.entries is None:
            self._refuse(node, path, "is no mapping", allowed=one_of(known))
            return
        for key in node.entries:
            if key in known:
                continue
            conclusion = key in _CONCLUSIONS and len(path) == 2
            message = (
                "is a conclusion, which a deviation never sets"
                if conclusion
                else f"unknown key{did_you_mean(key, known)}"
            )
            self._problem(
                node.keys[key], (*path, key), message, allowed=_NO_CONCLUSION if conclusion else one_of(known)
            )
        for key in required:
            if key not in node.entries:
                self._problem(node.position, (*path, key), "is missing")

    def _entries(self, node: Node, key: str, path: KeyPath = ()) -> list[tuple[str, Node]]:
        child = node.child(key)
        if child is None:
            return []
        if child.entries is None:
            self._refuse(child, (*path, key), "is no mapping", allowed="keys and values")
            return []
        return list(child.entries.items())

    def _text(self, node: Node, key: str, path: KeyPath) -> str:
        child = node.child(key)
        if child is None:
            return ""
        if not isinstance(child.scalar, str) or not child.scalar:
            self._refuse(child, (*path, key), "is the wrong kind of value", allowed="a text")
            return ""
        return child.scalar

    def _texts(self, node: Node, key: str, path: KeyPath) -> tuple[Placed, ...]:
        child = node.child(key)
        if child is not None and child.items is None:
            self._refuse(child, (*path, key), "is no list", allowed="a list of texts")
        found = []
        for index, entry in node.listed(key):
            if isinstance(entry.scalar, str) and entry.scalar:
                found.append(Placed(key=f"{key}[{index}]", value=entry.scalar, position=entry.position))
            else:
                self._refuse(entry, (*path, key, index), "is the wrong kind of value", allowed="a text")
        return tuple(found)

    def _refuse(self, node: Node, path: KeyPath, message: str, *, allowed: str) -> None:
        self._problem(node.position, path, message, value=value_text(node.plain, path), allowed=allowed)

    def _problem(self, position: Position, path: KeyPath, message: str, *, value: str = "", allowed: str = "") -> None:
        self.problems.append(problem_at(self.file, position, path, message, value=value, allowed=allowed))


def problem_at(
    file: str, position: Position, path: KeyPath, message: str, *, value: str = "", allowed: str = ""
) -> Problem:
    """One reason for a refusal, at its line."""
    line, column = position.line, position.column
    return Problem(
        file=file, line=line, column=column, key=key_text(path), message=message, value=value, allowed=allowed
    )
