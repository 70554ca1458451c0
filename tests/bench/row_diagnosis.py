"""The aggregator's work on a broken platform without history: load the runs, judge, diagnose, report, render, pack.

Every run was made by the real probes against the bench's servers; what is measured is ``aggregate`` itself, with its
stores in memory. The wait for commits and the network to AWS are not in it, nor the catalogue, read once a process.
"""

import gc
import gzip
import io
import json
import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from auditor.adapters.runs import Commit, Latest, PackedRun, RunStore
from auditor.domain.bundle import State
from auditor.domain.codec import to_json
from auditor.domain.observation import Vantage
from auditor.domain.story import Story
from auditor.domain.topology import Platform
from auditor.net.network import Network
from auditor.runtime.catalogue import decoded
from catalog.compile import compile_catalogue
from catalog.load import loads
from catalog.shards import FULL_CORE_MB
from cli.runners import runner
from functions.aggregator.aggregate import Ports, aggregate
from functions.aggregator.registry import knowledge
from tests.bench.catalogues import catalogue_text
from tests.bench.estate import PASSWORD, estate
from tests.bench.row import Row
from tests.fakes import HistoryOf, RequestsOf, World

REACH_SECONDS = 3.0
MEMORY_MB = 512
ROUNDS = 5
SIZES = (100, 1_000, 10_000)
_NETWORK, _DNS_PORT = 78, 5378
_BROKEN_EVERY = 20
_SLOT = datetime(2026, 11, 23, 16, tzinfo=UTC)


def rows() -> list[Row]:
    """The thousand in the verdict, and how processor time and page grow."""
    moments = [Moment.of(size) for size in SIZES]
    cpu: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(ROUNDS):
        for moment in moments:
            cpu[moment.targets].append(moment.judged())
    medians = {size: median(values) for size, values in cpu.items()}
    share = FULL_CORE_MB / MEMORY_MB
    at_share = medians[1_000] * share
    spread = f"{min(cpu[1_000]) * share:.2f} to {max(cpu[1_000]) * share:.2f}"
    growth = ", ".join(f"{size:,}: {value:.2f} s" for size, value in medians.items())
    pages = ", ".join(f"{m.targets:,}: {len(m.files['report.html']) / 1024:,.0f} KiB" for m in moments)
    return [
        Row(
            property="diagnosis and report of 1,000 targets, one page in twenty failing, no history",
            reach=f"{REACH_SECONDS:g} s in a {MEMORY_MB} MB share",
            measured=f"{at_share:.2f} s ({spread}): {medians[1_000]:.2f} CPU s x {FULL_CORE_MB}/{MEMORY_MB}",
            verdict="reached" if at_share <= REACH_SECONDS else "missed",
        ),
        Row(
            property="its growth with the targets",
            reach="about linear",
            measured=f"CPU on a full core {growth}; exponents {_exponents(medians)}; report.html {pages}",
            verdict="shown",
        ),
    ]


def _exponents(medians: Mapping[int, float]) -> str:
    sizes = sorted(medians)
    return " and ".join(f"{growth_exponent(medians, small, big):.2f}" for small, big in pairwise(sizes))


def growth_exponent(seconds: Mapping[int, float], small: int, big: int) -> float:
    """1 is linear, 2 quadratic."""
    return math.log(seconds[big] / seconds[small]) / math.log(big / small)


@dataclass
class Moment:
    """The stored runs of one slot, and the aggregator's ports in memory."""

    targets: int
    platform: Platform
    store: RunStore
    commits: Mapping[tuple[str, int], Commit]
    files: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, targets: int, *, broken_every: int = _BROKEN_EVERY) -> "Moment":
        """Probes a platform of so many targets once."""
        text = catalogue_text(targets, network=_NETWORK, broken_every=broken_every)
        platform = compile_catalogue(loads(text, "bench.yaml"))
        memory = _Memory()
        store = RunStore(stage="bench", table=memory, s3=memory, bucket="bench")
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            with estate(Path(folder), network=_NETWORK, dns_port=_DNS_PORT) as network:
                _probe(platform, store, network)
        return cls(targets, platform, store, memory.commits)

    def judged(self) -> float:
        """Processor seconds of one judgement; its files are kept."""
        empty = World()  # nobody asked for anything, and there is no history
        ports = Ports(
            runs=self,
            states=self,
            requests=RequestsOf(empty),
            extras=empty,
            reports=self,
            stories=self,
            history=HistoryOf(empty),
            emit=lambda *_values, **_dimensions: None,
            monotonic=time.monotonic,
            sleep=time.sleep,
            note=lambda _line: None,
        )
        gc.collect()
        gc.disable()  # as the handler does
        began = time.process_time()
        report = aggregate(
            stage="bench",
            slot=_SLOT,
            platform=self.platform,
            knowledge=knowledge(),
            ports=ports,
            commit_wait_seconds=0,
            seconds_per_minute=None,
        )
        spent = time.process_time() - began
        gc.enable()
        assert report is not None
        assert sum(len(service.targets) for service in report.services) == self.targets
        assert report.problems
        return spent

    # The aggregator's ports.

    def latest(self, family: str, shard: int, since: datetime | None = None) -> Latest:
        """The only commit of a shard."""
        return Latest(scheduled=self.commits.get((family, shard)))

    def between(self, family: str, shard: int, first: datetime, last: datetime) -> tuple[PackedRun, ...]:
        """No run is late."""
        return ()

    def load(self, commit: Commit | None = None) -> Any:
        """The run of a commit; without one the state, of which there is none."""
        return State() if commit is None else self.store.load(commit)

    def save(self, state: State, stories: Sequence[Story]) -> None:
        """Packs the state, as the store does, and forgets it."""
        gzip.compress(json.dumps(to_json(state), separators=(",", ":"), sort_keys=True).encode(), mtime=0)

    def pending(self) -> tuple[Story, ...]:
        """No story waits."""
        return ()

    def mark_told(self, story: Story, at: str) -> None:
        """There is none."""

    def tell(self, story: Story) -> None:
        """There is none."""

    def publish(self, files: Mapping[str, str], instant: datetime | None) -> None:
        """Encodes the files, as the bucket does, and keeps them."""
        for text in files.values():
            text.encode()
        self.files = dict(files)

    def link(self, name: str, instant: datetime | None) -> str:
        """Nobody follows it."""
        return f"https://reports.example/{name}"


class _Memory:
    """A table and a bucket, as far as a run store needs them."""

    def __init__(self) -> None:
        self.commits: dict[tuple[str, int], Commit] = {}
        self._objects: dict[str, bytes] = {}

    def put_object(self, **call: Any) -> None:
        self._objects[call["Key"]] = call["Body"]

    def get_object(self, **call: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self._objects[call["Key"]])}

    def put_item(self, **call: Any) -> None:
        item = call["Item"]
        _, _, family, shard = item["pk"].split("#")
        self.commits[family, int(shard)] = Commit(slot=_SLOT, object_key=item["object"], sha256=item["sha256"])


class _Secrets:
    def read(self, name: str) -> str:
        return PASSWORD

    def forget(self, name: str) -> None:
        """It is always the same."""


def _probe(platform: Platform, store: RunStore, network: Network) -> None:
    targets = {target.id: target for target in platform.targets}
    for shard in platform.shards:
        family = runner(shard.family)
        run = family.run(
            [decoded(targets[id], family.family) for id in shard.targets],
            shard=shard.number,
            slot=_SLOT,
            request_id="bench",
            vantage=Vantage(kind="function", name="bench", in_vpc=True),
            network=network,
            secrets=_Secrets(),
            within=timedelta(seconds=60),
        )
        assert store.append(run)
