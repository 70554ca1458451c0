"""The engine under test in a process of its own: the `http` family's real probes and checks, and what they cost.

``python -m tests.bench.engine`` with a JSON description; it prints one JSON line. Inside the measured CPU: the jobs,
``auditor.net.run.run_probes`` with ``functions.http.probe.observe``, every check of the family, and the facts as JSON:
what ``FamilyRunner.run`` does. Outside: the interpreter's start, imports, the TLS context's first load, storing.
"""

import json
import os
import re
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from auditor.domain.check import judge
from auditor.domain.codec import to_json
from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.domain.target import Target
from auditor.net.network import Network
from auditor.net.run import ProbeJob, run_probes
from auditor.net.tls import context_from_file
from functions.http.checks import CHECKS
from functions.http.facts import HttpFacts
from functions.http.family import HttpSpec
from functions.http.probe import observe


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Which targets to probe, ``repeat`` times each, and how."""

    urls: list[str]
    repeat: int
    in_flight: int
    cpu: int
    timeout: float = 5.0
    ca_file: str | None = None
    resolver: int = 9
    cpu_share: float = 1.0


class _NoSecrets:
    def read(self, name: str) -> str | Failure:
        return Failure(phase=Phase.PREPARE, cause="aws.not_found", detail=f"there is no secret {name}")

    def forget(self, name: str) -> None:
        """Nothing is kept."""


def measure(load: Load) -> dict[str, Any]:
    """Run the load; seconds, megabytes, and per target its total in milliseconds and each check's status."""
    os.sched_setaffinity(0, {load.cpu})
    if load.ca_file is not None:
        context_from_file(load.ca_file)
    targets = [_target(url, number, load) for number in range(load.repeat) for url in load.urls]
    begun, used = time.monotonic(), time.process_time()
    observations = run_probes(
        [ProbeJob(target=t.id, timeout=t.spec.timeout, observe=lambda probe, t=t: observe(t, probe)) for t in targets],
        family="http",
        slot=datetime(2026, 11, 23, 16, 47, tzinfo=UTC),
        vantage=Vantage(kind="workstation", name="bench"),
        network=Network(resolver=("127.0.0.1", load.resolver)),
        secrets=_NoSecrets(),
        within=timedelta(seconds=120),
        max_in_flight=load.in_flight,
        cpu_share=load.cpu_share,
    )
    probed, probed_cpu = time.monotonic() - begun, time.process_time() - used
    results = [judge(CHECKS, t, seen) for t, seen in zip(targets, observations, strict=True)]
    for seen in observations:
        to_json(seen.facts)
    return {
        "wall_s": time.monotonic() - begun,
        "probed_s": probed,
        "probed_cpu_s": probed_cpu,
        "cpu_s": time.process_time() - used,
        "rss_mb": _peak_mb(),
        "targets": [t.spec.url for t in targets],
        "totals_ms": [_total(seen) for seen in observations],
        "late_ms": [_late(seen) for seen in observations],
        "statuses": [{r.check: r.status for r in of_target} for of_target in results],
    }


def _target(url: str, number: int, load: Load) -> Target[HttpSpec]:
    spec = HttpSpec(url=url, timeout=timedelta(seconds=load.timeout), ca_file=load.ca_file)
    return Target(id=f"bench.{number}", family="http", service="bench", component="app.bench", spec=spec)


def _peak_mb() -> float:
    """The largest resident size of this program. Not ``ru_maxrss``: that begins with what the parent's process held."""
    held = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert held is not None, "Linux says it of every process"
    return int(held[1]) / 1024


def _total(seen: Observation[HttpFacts]) -> float | None:
    return max((a.total_ms for a in seen.facts.probed if a.answer), default=None) if seen.facts else None


def _late(seen: Observation[HttpFacts]) -> float:
    return sum(phase.own_ms for phase in seen.phases)


if __name__ == "__main__":
    print(json.dumps(measure(Load(**json.loads(sys.argv[1])))))
