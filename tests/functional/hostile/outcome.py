"""One probe of a hostile peer: what came of it, how long it took, how much memory, and that no secret came along."""

import json
import threading
import time
import tracemalloc
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.domain.check import Check, judge
from auditor.domain.codec import from_json, to_json
from auditor.domain.observation import Observation, Phase, Vantage
from auditor.domain.result import Result, Status
from auditor.domain.target import Target
from auditor.net.network import Network
from auditor.net.probe import Probe, SecretReader
from auditor.net.run import ProbeJob, run_probes

CANARY = "canary-4711-of-the-hostile-tests"
"""The secret of every row that needs one; nothing that is kept may hold it, nor the half that a cut would leave."""
GRACE = 0.8
"""Seconds that a probe may take over its deadline on a busy machine; a peer that keeps it longer has won."""
MOST_MEMORY = 12 * 1024 * 1024
"""Bytes that a flood may cost at its peak, the peer's own included; the largest body that is read is 1 MiB."""
NOWHERE = Network(resolver=("127.0.0.1", 9))


@dataclass(frozen=True, kw_only=True)
class Label:
    """What has to come of one peer, written before any probe was run against it.

    ``check`` is the one that names the failure; ``passes`` are the checks that may pass all the same, none other.
    """

    cause: str
    phase: Phase
    check: str
    passes: frozenset[str] = frozenset()
    status: Status = Status.FAIL

    @property
    def deadline(self) -> float:
        """Seconds for the probe: few where the peer will keep it to the end, many where it must end by itself."""
        return 0.25 if self.waits else 2.0

    @property
    def waits(self) -> bool:
        """Whether the peer keeps the probe to the end."""
        return self.cause.endswith("timeout") or self.cause == "dns.truncated"


class Held:
    """The one secret."""

    def read(self, name: str) -> str:
        """Always the canary."""
        return CANARY

    def forget(self, name: str) -> None:
        """It is never rotated."""


@dataclass(frozen=True)
class Outcome:
    """One probe as the rest of the auditor sees it."""

    observation: Observation[Any]
    results: Mapping[str, Result]
    seconds: float
    peak: int
    """Bytes that were allocated at the most; 0 unless it was asked for."""
    workers: Sequence[threading.Thread]
    """The threads that the run began and has not seen end."""
    text: str
    """Everything that is kept of the probe, as JSON."""


def each(labels: Mapping[str, Label], *, always: Collection[str]) -> list[Any]:
    """The peers as parameters. Those that wait have the same end, so that ``make test`` meets a few of them only."""
    return [
        pytest.param(name, marks=pytest.mark.slow if label.waits and name not in always else ())
        for name, label in labels.items()
    ]


def probed(
    spec: Any,
    observe: Callable[[Target[Any], Probe], Coroutine[Any, Any, Observation[Any]]],
    checks: Sequence[Check[Any, Any]],
    facts: type[Any],
    *,
    network: Network = NOWHERE,
    secrets: SecretReader | None = None,
    weighed: bool = False,
) -> Outcome:
    """Probe once with the real engine, judge, and assert what holds for every peer."""
    family = checks[0].id.partition(".")[0]
    target = Target(id="it", family=family, service="shop", component="app.it", spec=spec)
    before = threading.enumerate()
    if weighed:
        tracemalloc.start()
    began = time.monotonic()
    (observation,) = run_probes(
        [ProbeJob(target=target.id, timeout=spec.timeout, observe=lambda probe: observe(target, probe))],
        family=family,
        slot=datetime(2026, 11, 23, 16, 47, tzinfo=UTC),
        vantage=Vantage(kind="workstation", name="test"),
        network=network,
        secrets=secrets or Held(),
        within=spec.timeout * 4,
    )
    results = judge(checks, target, observation)
    seconds = time.monotonic() - began
    workers = [t for t in threading.enumerate() if t not in before and t.name.startswith("probe-worker")]
    peak = tracemalloc.get_traced_memory()[1] if weighed else 0
    tracemalloc.stop()
    document = to_json(observation)
    text = json.dumps([document, to_json(results)], ensure_ascii=False)
    assert CANARY not in text
    assert CANARY[:12] not in text
    assert "\x1b" not in text
    assert from_json(Observation[facts], json.loads(json.dumps(document))) == observation  # type: ignore[valid-type]
    return Outcome(observation, {r.check.partition(".")[2]: r for r in results}, seconds, peak, workers, text)


def require(outcome: Outcome, label: Label) -> None:
    """That the outcome is the label's, in time, in little memory, and that nothing is green that should not be."""
    assert outcome.observation.could_not_tell is None, outcome.observation.could_not_tell
    result = outcome.results[label.check]
    assert (result.status, result.cause, result.phase) == (label.status, label.cause, label.phase), result.summary
    assert {check for check, r in outcome.results.items() if r.status is Status.PASS} <= label.passes
    assert outcome.seconds < label.deadline + GRACE
    assert outcome.peak < MOST_MEMORY
    if label.cause.endswith("timeout"):
        assert [t.duration_ms > label.deadline * 500 for t in outcome.observation.phases if not t.ok] == [True]
    for thread in outcome.workers:
        thread.join(1)
    assert not any(thread.is_alive() for thread in outcome.workers), "a worker thread is still busy with the peer"
