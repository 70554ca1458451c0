"""1,000 TLS targets that answer after 200 ms, under the CPU share of a function of 512 MB."""

import tempfile
from pathlib import Path

from tests.bench.engine import Load
from tests.bench.figure import ROUNDS, Figure, percentile
from tests.bench.processes import ENGINE_CPU, SERVER_CPU, Certificates, made_certificates, probed, serving, totals
from tests.bench.quota import command_with_share
from tests.bench.row import Row
from tests.bench.server import Service

_SHARE = 512 / 1769
_DELAY_MS = 200.0
_TARGETS = 1_000


def rows() -> list[Row]:
    """This module's rows of the bench's table."""
    with tempfile.TemporaryDirectory() as folder:
        return [figure.row() for figure in measure(ROUNDS, made_certificates(Path(folder)))]


def _fits(megabytes: float) -> bool:
    return megabytes <= 64


def measure(rounds: int, certificates: Certificates) -> list[Figure]:
    """Seconds until every target is judged, p99 of the reported total, and the largest memory of the process."""
    walls, latest, memory = [], [], []
    with command_with_share(_SHARE) as (under, how):
        for _ in range(rounds):
            service = Service(kind="answers", delay_ms=_DELAY_MS, certificate=certificates.server, cpu=SERVER_CPU)
            with serving(service) as port:
                load = Load(
                    urls=[f"https://127.0.0.1:{port}/{number}" for number in range(_TARGETS)],
                    repeat=1,
                    in_flight=256,
                    cpu=ENGINE_CPU,
                    ca_file=certificates.authority,
                    cpu_share=_SHARE,
                )
                measured = probed(load, under=under)
            walls.append(measured["wall_s"])
            latest.append(percentile(totals(measured), 0.99))
            memory.append(measured["rss_mb"])
    what = f"1,000 TLS targets of {_DELAY_MS:g} ms with 512/1769 of a core ({how})"
    return [
        Figure(claim=f"{what}: wall", reach="5 s", unit="s", values=tuple(walls), reached=lambda wall: wall <= 5),
        Figure(
            claim=f"{what}: reported p99",
            reach=f"{_DELAY_MS:g} ms +- 10 ms",
            unit="ms",
            values=tuple(latest),
            reached=lambda p99: abs(p99 - _DELAY_MS) <= 10,
        ),
        Figure(
            claim=f"{what}: largest RSS", reach="64 MB", unit="MB", values=tuple(memory), reached=lambda mb: mb <= 64
        ),
    ]
