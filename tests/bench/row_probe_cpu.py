"""CPU of one HTTP probe with all phases, 64 in flight, beside that of prometheus-blackbox-exporter in the same round.

Ours is the whole of a family's run but storing (see engine.py); the exporter's is its process, which also serves
/probe and writes the metrics: what each of them needs until somebody knows. Targets are addresses on both sides,
because the exporter knows only the system's resolver.
"""

import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench import blackbox
from tests.bench.engine import Load
from tests.bench.figure import ROUNDS, Figure
from tests.bench.processes import ENGINE_CPU, SERVER_CPU, Certificates, made_certificates, probed, serving, totals
from tests.bench.row import Row
from tests.bench.server import Service

_IN_FLIGHT = 64
_PROBES = {"http": 2_000, "https": 1_000}
_REACH = {"http": 4.0, "https": 1.3}


class _Round(NamedTuple):
    """Milliseconds of CPU per probe."""

    ours: float
    probing: float
    theirs: float


def rows() -> list[Row]:
    """This module's rows of the bench's table."""
    with tempfile.TemporaryDirectory() as folder:
        return [figure.row() for figure in measure(ROUNDS, Path(folder), made_certificates(Path(folder)))]


def measure(rounds: int, folder: Path, certificates: Certificates) -> list[Figure]:
    """Ratio per scheme: the exporter's CPU divided by ours, both with TLS verified."""
    lacking = blackbox.missing()
    return [
        _figure(scheme, [] if lacking else _rounds(scheme, rounds, folder, certificates), lacking) for scheme in _REACH
    ]


def _rounds(scheme: str, rounds: int, folder: Path, certificates: Certificates) -> list[_Round]:
    count = _PROBES[scheme]
    service = Service(kind="answers", certificate=certificates.server if scheme == "https" else "", cpu=SERVER_CPU)
    measured = []
    with serving(service) as served, blackbox.exporter(folder, certificates.authority, ENGINE_CPU) as exporter:
        url = f"{scheme}://127.0.0.1:{served.port}/health"
        load = Load(urls=[url], repeat=count, in_flight=_IN_FLIGHT, cpu=ENGINE_CPU, ca_file=certificates.authority)
        exporter.drive(url, _IN_FLIGHT, _IN_FLIGHT)
        for _ in range(rounds):
            ours = probed(load)
            totals(ours)
            theirs = exporter.drive(url, count, _IN_FLIGHT)
            seconds = (ours["cpu_s"], ours["probed_cpu_s"], theirs.cpu_s)
            measured.append(_Round(*(of / count * 1000 for of in seconds)))
    return measured


def _figure(scheme: str, measured: list[_Round], lacking: str | None) -> Figure:
    middle = _Round(*(median(column) for column in zip(*measured, strict=True))) if measured else None
    return Figure(
        claim=f"CPU per {scheme} probe against blackbox_exporter, 64 in flight",
        reach=f"{_REACH[scheme]:g} times less",
        unit="times less",
        values=tuple(seen.theirs / seen.ours for seen in measured),
        reached=lambda ratio: ratio >= _REACH[scheme],
        not_measured=lacking or "",
        note=f"{middle.ours:.3f} ms, of them {middle.probing:.3f} before judging, against {middle.theirs:.3f} ms"
        if middle
        else "",
    )
