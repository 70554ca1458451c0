"""Start of a function by the real runtime client: processor time above the interpreter alone."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from auditor.domain.instants import format_instant
from catalog.compile import compile_catalogue
from catalog.load import loads
from functions.families import FAMILIES
from infra.catalogue import catalogue_files
from tests.bench.lambda_host import bare_cpu_ms, start, unpacked_runtime
from tests.bench.row import Row

REACH_MS = 220.0
ROUNDS = 5

_ONE_TARGET = {
    "schema_version": 1,
    "platform": {"name": "bench", "title": "One dead port", "region": "us-east-1"},
    "services": [{"id": "web", "title": "Web", "owner": "bench-team"}],
    "components": [{"id": "app.web", "service": "web"}],
    "targets": [
        {
            "id": "page",
            "family": "http",
            "service": "web",
            "component": "app.web",
            "spec": {"url": "http://127.0.0.1:9/"},
        }
    ],
}


def rows() -> list[Row]:
    """Every family's start, with the dearest in the verdict; and what the first run of one takes beside it."""
    done = measured(ROUNDS)
    above, first = done.above, done.first
    medians = {name: median(values) for name, values in above.items()}
    dearest = max(medians, key=lambda name: medians[name])
    each = ", ".join(f"{name} {value:.0f}" for name, value in medians.items())
    return [
        Row(
            property=f"init of a probe function, awslambdaric on Python {done.version}, byte code shipped",
            reach=f"{REACH_MS:.0f} ms CPU above bare Python",
            measured=f"{medians[dearest]:.0f} ms ({_spread(above[dearest])}), the dearest of: {each}; "
            f"import boto3 alone {median(done.sdk):.0f} ms ({_spread(done.sdk)})",
            verdict="reached" if medians[dearest] <= REACH_MS else "missed",
        ),
        Row(
            property="the same to the end of its first run (http, one target, clients of S3 and DynamoDB made)",
            reach="-",
            measured=f"{median(first):.0f} ms ({_spread(first)})",
            verdict="shown",
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The Python it was, and milliseconds above the bare interpreter by round.

    ``above``: per family; ``first``: http with its first run; ``sdk``: ``import boto3`` alone, which tells how fast the
    machine was just then.
    """

    version: str
    above: Mapping[str, list[float]]
    first: list[float]
    sdk: list[float]


def measured(rounds: int) -> Measured:
    """Everything in turn, round by round."""
    files = catalogue_files(compile_catalogue(loads(json.dumps(_ONE_TARGET), "bench.yaml")))
    above: dict[str, list[float]] = {name: [] for name in FAMILIES}
    first: list[float] = []
    sdk: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        runtime = unpacked_runtime(Path(folder), files)
        for _ in range(rounds):
            bare = bare_cpu_ms(runtime)
            sdk.append(bare_cpu_ms(runtime, "import boto3") - bare)
            for name, values in above.items():
                values.append(start(runtime, name).cpu_ms - bare)
            event = {"stage": "bench", "shard": 0, "time": format_instant(datetime.now(UTC))}
            started = start(runtime, "http", event)
            assert started.answer is not None
            assert (started.answer["results"] > 0, started.answer["stored"]) == (True, True)
            first.append(started.cpu_ms - bare)
    return Measured(version=runtime.version, above=above, first=first, sdk=sdk)


def _spread(values: list[float]) -> str:
    return f"{min(values):.0f} to {max(values):.0f}"
