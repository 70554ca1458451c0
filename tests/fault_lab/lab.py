"""Runs the situations of every family that has them, and holds what was said against the labels."""

import contextlib
import io
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module, util
from typing import Any

from auditor.domain.bundle import Run
from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.domain.result import Result, Severity, Status
from auditor.family import Family, Plane
from auditor.runtime.run_family import FamilyRunner
from functions.families import FAMILIES
from tests.fault_lab.labels import Label, labels_of
from tests.fault_lab.situation import Situation

SLOT = datetime.now(UTC).replace(second=0, microsecond=0)
"""The present one, since days left are counted from it and certificates are real; unless a situation has its own."""
VANTAGE = Vantage(kind="function", name="fault-lab", region="us-east-1", in_vpc=True)
AT_A_TIME = 4
"""Situations of a data-plane family, most of which wait; more would keep one another from running on two cores."""

_ONE_AT_A_TIME = threading.Lock()
"""Situations are brought up one after the other, so that what they share may be made by the first that needs it."""

Factory = Callable[[], AbstractContextManager[Situation]]
AskPeers = Callable[[Label, Situation], object]
"""Called while a situation lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One situation, what must be said of it, and all that was."""

    label: Label
    situation: Situation
    run: Run
    seconds: float = 0.0

    @property
    def observation(self) -> Observation[Any]:
        """What was seen, with its facts as JSON."""
        return self.run.observations[0]

    @property
    def said(self) -> Result | None:
        """The result of the labelled check; None where it was not asked."""
        return next((result for result in self.run.results if result.check == self.label.check), None)

    @property
    def green(self) -> bool:
        """Whether nothing that was asked says that anything is wrong or unknown."""
        return all(result.status in (Status.PASS, Status.SKIPPED) for result in self.run.results)

    @property
    def shown_as_pass(self) -> bool:
        """Whether somebody who reads the results would take this fault for health."""
        return self.label.faulty and (self.green or (self.said is not None and self.said.status is Status.PASS))

    @property
    def problems(self) -> tuple[str, ...]:
        """What was said otherwise than labelled; empty where all is right."""
        said, label = self.said, self.label
        if said is None:
            return (f"{label.check} was not asked",)
        found = [
            f"{what} is {got}, labelled {wanted}"
            for what, got, wanted in (
                ("status", said.status, label.status),
                ("phase", said.phase, label.phase),
                ("cause", said.cause, label.cause),
                *((name, said.evidence.get(name), value) for name, value in label.evidence.items()),
            )
            if got != wanted
        ]
        if label.healthy:
            found += [
                f"{result.check} says {result.status} {result.cause}"
                for result in self.run.results
                if result.status not in (Status.PASS, Status.SKIPPED)
                and result.check != label.check
                and result.severity is not Severity.ADVISORY  # a finding, and no verdict
            ]
        return tuple(found + ([f'it says: "{said.summary}"'] if found else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyOutcome:
    """A family's situations, and everything that was written to logs and standard output meanwhile."""

    family: str
    outcomes: tuple[Outcome, ...]
    logs: str
    seconds: float

    @property
    def right(self) -> int:
        """How many were said as labelled."""
        return sum(not outcome.problems for outcome in self.outcomes)

    def causes(self) -> Counter[tuple[str, str]]:
        """How often which cause was labelled, and which said; PASS and the like where there is none."""
        return Counter((_cause(o.label), _cause(o.said)) for o in self.outcomes)

    def statuses(self) -> Counter[tuple[str, str]]:
        """The same of statuses."""
        return Counter((str(o.label.status), str(o.said.status) if o.said else "not asked") for o in self.outcomes)


def _cause(said: Label | Result | None) -> str:
    return "not asked" if said is None else said.cause or str(said.status)


def family_of(name: str) -> Family[Any]:
    """What a registered family declares."""
    declared: Family[Any] = import_module(f"functions.{name}.family").FAMILY
    return declared


def data_families() -> tuple[str, ...]:
    """The registered families that touch the platform itself."""
    return tuple(name for name in FAMILIES if family_of(name).plane is Plane.DATA)


def situations_of(family: str) -> Mapping[str, Factory]:
    """A family's situations by id; none where it has no lab yet."""
    module = f"tests.fault_lab.{family}_lab"
    if util.find_spec(module) is None:
        return {}
    situations: Mapping[str, Factory] = import_module(module).SITUATIONS
    return situations


def families_with_situations() -> tuple[str, ...]:
    """Those of the registry's families that can be run, in the registry's order."""
    return tuple(family for family in FAMILIES if situations_of(family) and labels_of(family))


def run_family(family: str, *, only: Sequence[str] = (), ask_peers: AskPeers | None = None) -> FamilyOutcome:
    """Every situation of a family, or ``only`` those of these ids.

    A data-plane family's situations run a few at a time. Those of a control-plane family may replace parts of the
    process, such as its AWS account, and have it for themselves.
    """
    situations = situations_of(family)
    labels = [label for label in labels_of(family) if label.id in situations and (not only or label.id in only)]
    parts = {part: import_module(f"functions.{family}.{part}") for part in ("family", "probe", "checks")}
    runner = FamilyRunner(parts["family"].FAMILY, parts["probe"].observe, parts["checks"].CHECKS)
    at_a_time = AT_A_TIME if family_of(family).plane is Plane.DATA else 1
    began = time.monotonic()
    with _written() as written, ThreadPoolExecutor(at_a_time) as pool:
        outcomes = tuple(pool.map(lambda label: _outcome(runner, label, situations[label.id], ask_peers), labels))
    return FamilyOutcome(family=family, outcomes=outcomes, logs=written(), seconds=time.monotonic() - began)


@cache
def outcome_of(family: str) -> FamilyOutcome:
    """Every situation of a family, run once in this process."""
    return run_family(family)


class GivenSecrets:
    """The secrets of a situation; any other does not exist."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = secrets

    def read(self, name: str) -> str | Failure:
        """The text of a secret."""
        if name in self._secrets:
            return self._secrets[name]
        return Failure(phase=Phase.PREPARE, cause="aws.not_found", detail=f"secret {name} does not exist")

    def forget(self, name: str) -> None:
        """They are never cached."""


def _outcome(runner: FamilyRunner[Any, Any], label: Label, situation: Factory, ask_peers: AskPeers | None) -> Outcome:
    began = time.monotonic()
    with contextlib.ExitStack() as lasting:
        with _ONE_AT_A_TIME:
            given = lasting.enter_context(situation())
        run = _run(runner, label, given)
        could_not_tell = run.observations[0].could_not_tell
        if could_not_tell is not None and could_not_tell.cause == "self.deadline" != label.cause:
            run = _run(runner, label, given)  # this machine was busy; that says nothing of the probe
        if ask_peers is not None:
            ask_peers(label, given)
    return Outcome(label=label, situation=given, run=run, seconds=time.monotonic() - began)


def _run(runner: FamilyRunner[Any, Any], label: Label, situation: Situation) -> Run:
    # A target of its own in every report, whatever the situation calls it.
    target = replace(situation.target, id=label.id)
    return runner.run(
        [target],
        shard=0,
        slot=situation.slot or SLOT,
        request_id=label.id,
        vantage=VANTAGE,
        network=situation.network,
        secrets=GivenSecrets(situation.secrets),
        within=target.spec.timeout * 3 + timedelta(seconds=5),
    )


@contextlib.contextmanager
def _written() -> Iterator[Callable[[], str]]:
    """Everything that this process prints, and logs at the level of the deployed functions, until the end."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
            yield text.getvalue
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
