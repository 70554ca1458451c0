"""500 bad targets of one kind at once with a limit of 5 s each: the run ends, and none of them is called healthy."""

import tempfile
from pathlib import Path
from typing import Any

from tests.bench.engine import Load
from tests.bench.figure import ROUNDS, Figure
from tests.bench.processes import ENGINE_CPU, SERVER_CPU, Certificates, made_certificates, probed, serving
from tests.bench.row import Row
from tests.bench.server import Kind, Service

_TARGETS = 500
_LIMIT = 5.0
_KINDS: tuple[tuple[str, str, Kind], ...] = (
    ("no answer to the connection attempt", "http", "drops"),
    ("takes the connection and is silent", "http", "silent"),
    ("never answers the TLS handshake", "https", "silent"),
    ("drips a byte every half second", "http", "drips"),
)


def rows() -> list[Row]:
    """This module's rows of the bench's table."""
    with tempfile.TemporaryDirectory() as folder:
        return [figure.row() for figure in measure(ROUNDS, made_certificates(Path(folder)))]


def measure(rounds: int, certificates: Certificates) -> list[Figure]:
    """Seconds until the run has ended, per kind; a round in which any target was healthy counts as endless."""
    return [_figure(words, scheme, kind, rounds, certificates) for words, scheme, kind in _KINDS]


def _figure(words: str, scheme: str, kind: Kind, rounds: int, certificates: Certificates) -> Figure:
    values, healthy = [], 0
    for _ in range(rounds):
        with serving(Service(kind=kind, cpu=SERVER_CPU)) as served:
            load = Load(
                urls=[f"{scheme}://127.0.0.1:{served.port}/{number}" for number in range(_TARGETS)],
                repeat=1,
                in_flight=_TARGETS,
                cpu=ENGINE_CPU,
                timeout=_LIMIT,
                ca_file=certificates.authority,
            )
            measured = probed(load)
        healthy += sum(map(_is_healthy, measured["statuses"]))
        values.append(measured["probed_s"])
    return Figure(
        claim=f"500 bad targets ({words}), limit 5 s",
        reach="ends in 5.3 s, none healthy",
        unit="s",
        values=tuple(values),
        reached=lambda wall: _LIMIT <= wall <= 5.3 and not healthy,
        note=f"{healthy} healthy",
    )


def _is_healthy(statuses: dict[str, Any]) -> bool:
    return statuses["http.status_expected"] != "FAIL" and statuses["http.reachable"] != "FAIL"
