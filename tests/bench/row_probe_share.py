"""1,000 TLS targets that answer after 200 ms, under the CPU share of a function of 512 MB."""

import tempfile
from pathlib import Path
from statistics import median

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


def measure(rounds: int, certificates: Certificates) -> list[Figure]:
    """Seconds until every target is judged, p99 of the total's error (see row_probe_accuracy), the largest memory."""
    walls, errors, latest, memory = [], [], [], []
    with command_with_share(_SHARE) as (under, how):
        for _ in range(rounds):
            service = Service(kind="answers", delay_ms=_DELAY_MS, certificate=certificates.server, cpu=SERVER_CPU)
            with serving(service) as served:
                load = Load(
                    urls=[f"https://127.0.0.1:{served.port}/{number}" for number in range(_TARGETS)],
                    repeat=1,
                    in_flight=256,
                    cpu=ENGINE_CPU,
                    ca_file=certificates.authority,
                    cpu_share=_SHARE,
                )
                measured = probed(load, under=under)
            walls.append(measured["wall_s"])
            reported = totals(measured)
            errors.append(
                percentile([abs(total - served.held_ms[f"/{number}"]) for number, total in enumerate(reported)], 0.99)
            )
            latest.append(percentile(reported, 0.99))
            memory.append(measured["rss_mb"])
    with_server = f"{median(latest):.1f} ms ({min(latest):.1f} to {max(latest):.1f})"
    what = f"1,000 TLS targets of {_DELAY_MS:g} ms with 512/1769 of a core ({how})"
    return [
        Figure(claim=f"{what}: wall", reach="5 s", unit="s", values=tuple(walls), reached=lambda wall: wall <= 5),
        Figure(
            claim=f"{what}: p99 error of the reported total",
            reach="10 ms",
            unit="ms",
            values=tuple(errors),
            reached=lambda error: error <= 10,
            note=f"reported p99 {with_server}, the server's own lateness included",
        ),
        Figure(
            claim=f"{what}: largest RSS", reach="64 MB", unit="MB", values=tuple(memory), reached=lambda mb: mb <= 64
        ),
    ]
