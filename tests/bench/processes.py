"""Servers and the engine under test, each in a process of its own: the engine has one CPU, all servers the other."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import trustme

from tests.bench.engine import Load
from tests.bench.server import Service

_CPUS = sorted(os.sched_getaffinity(0))
ENGINE_CPU = _CPUS[-1]
SERVER_CPU = _CPUS[0]
"""The same one on a machine with a single CPU; figures are then worse than they need to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """PEM paths: the authority's certificate, and a server's key and chain for 127.0.0.1."""

    authority: str
    server: str


def made_certificates(folder: Path) -> Certificates:
    """A throw-away authority and a certificate by it."""
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    paths = Certificates(authority=str(folder / "authority.pem"), server=str(folder / "server.pem"))
    authority.cert_pem.write_to_path(paths.authority)
    leaf.private_key_and_cert_chain_pem.write_to_path(paths.server)
    return paths


@dataclass(slots=True)
class Served:
    """A running server's port; ``held_ms`` is there when it has ended: by path, how long it really had the turn."""

    port: int
    held_ms: dict[str, float] = field(default_factory=dict)


@contextlib.contextmanager
def serving(service: Service) -> Iterator[Served]:
    """A running server."""
    command = [sys.executable, "-m", "tests.bench.server", json.dumps(asdict(service))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        served = Served(int(process.stdout.readline()))
        try:
            yield served
        finally:
            process.stdin.close()
        served.held_ms.update(json.loads(process.stdout.read()))


def probed(load: Load, *, under: Sequence[str] = ()) -> dict[str, Any]:
    """What the engine measured in a fresh process; ``under`` is a command in front of it."""
    command = [*under, sys.executable, "-m", "tests.bench.engine", json.dumps(asdict(load))]
    seen = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(seen.stdout)
    return measured


def totals(measured: dict[str, Any]) -> list[float]:
    """The reported totals; a probe without an answer is an error of the bench."""
    if None in measured["totals_ms"]:
        raise RuntimeError(f"{measured['totals_ms'].count(None)} probes got no answer from a healthy server")
    return list(measured["totals_ms"])
