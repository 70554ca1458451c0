"""How far the reported total is from the truth: a service that answers after 100 ms, 64 in flight, one core.

The truth is what the server held the turn for, from the kernel's stamp of what came to its answer: on a shared machine
it answers later than it means to, and its handshakes wait for each other.
"""

import tempfile
from pathlib import Path

from tests.bench.engine import Load
from tests.bench.figure import ROUNDS, Figure, percentile
from tests.bench.processes import ENGINE_CPU, SERVER_CPU, Certificates, made_certificates, probed, serving, totals
from tests.bench.row import Row
from tests.bench.server import Service

_DELAY_MS = 100.0
_PROBES = 1_500
_IN_FLIGHT = 64
_REACH = {"http": 3.0, "https": 8.0}


def rows() -> list[Row]:
    """This module's rows of the bench's table."""
    with tempfile.TemporaryDirectory() as folder:
        return [figure.row() for figure in measure(ROUNDS, made_certificates(Path(folder)))]


def measure(rounds: int, certificates: Certificates) -> list[Figure]:
    """p99 of the error in milliseconds, either way, per scheme."""
    values: dict[str, list[float]] = {scheme: [] for scheme in _REACH}
    for _ in range(rounds):
        for scheme, errors in values.items():
            errors.append(_error(scheme, certificates))
    return [
        Figure(
            claim=f"p99 error of the reported total, {scheme}, answer after {_DELAY_MS:g} ms, 64 in flight",
            reach=f"{reach:g} ms",
            unit="ms",
            values=tuple(values[scheme]),
            reached=lambda error, reach=reach: error <= reach,
        )
        for scheme, reach in _REACH.items()
    ]


def _error(scheme: str, certificates: Certificates) -> float:
    certificate = certificates.server if scheme == "https" else ""
    with serving(Service(kind="answers", delay_ms=_DELAY_MS, certificate=certificate, cpu=SERVER_CPU)) as served:
        load = Load(
            urls=[f"{scheme}://127.0.0.1:{served.port}/{number}" for number in range(_PROBES)],
            repeat=1,
            in_flight=_IN_FLIGHT,
            cpu=ENGINE_CPU,
            ca_file=certificates.authority,
        )
        reported = totals(probed(load))
    return percentile([abs(total - served.held_ms[f"/{number}"]) for number, total in enumerate(reported)], 0.99)
