"""What must be said of each situation, read from ``labels/<family>.yaml``, which was written before it was asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from auditor.domain.cause import KERNEL_CAUSES, cause_index
from auditor.domain.observation import Phase
from auditor.domain.result import Status

LABELS = Path(__file__).with_name("labels")
_REQUIRED = {"id", "what", "check", "status", "phase", "cause"}
_NAMING = {Status.WARN, Status.FAIL, Status.UNKNOWN}


class LabelError(ValueError):
    """When a file of labels holds what is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """``check`` is the one whose result must have this status, phase and cause, and ``evidence`` among its evidence."""

    id: str
    family: str
    what: str
    check: str
    status: Status
    phase: Phase | None
    cause: str | None
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong, so that nothing may be said to be."""
        return self.status is Status.PASS


def labelled_families() -> tuple[str, ...]:
    """The families that have a file of labels."""
    return tuple(sorted(path.stem for path in LABELS.glob("*.yaml")))


@cache
def labels_of(family: str) -> tuple[Label, ...]:
    """A family's labels, in the order of their file; none where there is no file."""
    path = LABELS / f"{family}.yaml"
    return tuple(read_labels(path.read_text(encoding="utf-8"), family)) if path.exists() else ()


def read_labels(text: str, family: str) -> Iterator[Label]:
    """The labels of a text. LabelError names the label, the value and what is allowed."""
    document = yaml.safe_load(text)
    if not isinstance(document, list):
        raise LabelError(f"labels of {family} are no list")
    part = f"functions.{family}"
    checks = {check.id for check in import_module(f"{part}.checks").CHECKS}
    causes = cause_index(KERNEL_CAUSES, import_module(f"{part}.facts").CAUSES)
    known: set[str] = set()
    for number, entry in enumerate(document):
        label = _label(entry, family, f"label {number + 1} of {family}")
        if label.id in known:
            raise LabelError(f"{label.id} is labelled twice")
        known.add(label.id)
        if label.check not in checks:
            raise LabelError(f"{label.id}: check is {label.check!r}; allowed are {sorted(checks)}")
        if label.cause is not None and label.cause not in causes:
            raise LabelError(f"{label.id}: cause is {label.cause!r}, which neither the kernel nor {family} declares")
        yield label


def _label(entry: Any, family: str, where: str) -> Label:
    if not isinstance(entry, dict) or not _REQUIRED <= entry.keys() <= _REQUIRED | {"evidence"}:
        raise LabelError(f"{where} is {entry!r:.200}; it has exactly {sorted(_REQUIRED)} and perhaps evidence")
    id = entry["id"]
    if not isinstance(id, str) or not id.startswith(f"{family}-"):
        raise LabelError(f"{where}: id is {id!r:.80}; it begins with {family}-")
    if not isinstance(entry["what"], str) or not entry["what"]:
        raise LabelError(f"{id}: what is {entry['what']!r:.80}; it says what is wrong, or that nothing is")
    try:
        status = Status(entry["status"])
        phase = None if entry["phase"] is None else Phase(entry["phase"])
    except ValueError as error:
        raise LabelError(f"{id}: {error}") from error
    if (status in _NAMING) != (phase is not None and entry["cause"] is not None) or (phase is None) != (
        entry["cause"] is None
    ):
        raise LabelError(f"{id}: a {status} has {'a' if status in _NAMING else 'no'} phase and cause")
    evidence = entry.get("evidence", {})
    if not isinstance(evidence, dict) or ("evidence" in entry and not evidence):
        raise LabelError(f"{id}: evidence is {evidence!r:.80}; allowed is names with values, or none at all")
    values = {**entry, "status": status, "phase": phase, "evidence": evidence, "family": family}
    return Label(**values)
