"""The peer: prometheus-blackbox-exporter (Debian's package) on one CPU, driven through /probe from the other."""

import contextlib
import os
import re
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from auditor.net.http_message import Chunks

_PROGRAM = "prometheus-blackbox-exporter"
_MODULE = """modules:
  probe:
    prober: http
    timeout: 5s
    http:
      preferred_ip_protocol: ip4
      tls_config:
        ca_file: {ca_file}
"""
_DURATION = re.compile(rb"^probe_duration_seconds (\S+)$", re.MULTILINE)
_TICKS = os.sysconf("SC_CLK_TCK")


def missing() -> str | None:
    """Why this peer cannot be measured here, or None."""
    if shutil.which(_PROGRAM) is None:
        return f"{_PROGRAM} is not installed (apt-get install {_PROGRAM})"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """What ``drive`` measured: CPU seconds of the exporter alone, and the duration it reported for each probe."""

    cpu_s: float
    totals_ms: list[float]


class Exporter:
    """A running exporter."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self._process = process
        self._port = port

    def drive(self, url: str, count: int, in_flight: int) -> Driven:
        """Have ``count`` probes made, always ``in_flight`` at a time, over kept connections. Every one must succeed."""
        request = f"GET /probe?module=probe&target={quote(url, safe='')} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
        before = self._cpu()
        totals: list[float] = []
        with contextlib.ExitStack() as closing, select.epoll() as poll:
            connections = {}
            for _ in range(in_flight):
                sock = closing.enter_context(socket.create_connection(("127.0.0.1", self._port)))
                connections[sock.fileno()] = (sock, bytearray())
                poll.register(sock.fileno(), select.EPOLLIN)
                sock.sendall(request)
            asked = in_flight
            while len(totals) < count:
                for descriptor, _ in poll.poll():
                    sock, answer = connections[descriptor]
                    answer += sock.recv(65_536)
                    metrics = _metrics(bytes(answer))
                    if metrics is None:
                        continue
                    duration = _DURATION.search(metrics)
                    if b"\nprobe_success 1" not in metrics or duration is None:
                        raise RuntimeError(f"a probe of {url} by {_PROGRAM} did not succeed")
                    totals.append(float(duration[1]) * 1000)
                    answer.clear()
                    if asked < count:
                        asked += 1
                        sock.sendall(request)
        return Driven(cpu_s=self._cpu() - before, totals_ms=totals)

    def _cpu(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


def _metrics(answer: bytes) -> bytes | None:
    """The body of a complete answer, whose chunks may cut any line in two."""
    head, empty_line, body = answer.partition(b"\r\n\r\n")
    if not empty_line:
        return None
    if b"Transfer-Encoding: chunked" not in head:
        raise RuntimeError(f"{_PROGRAM} answered {head[:80]!r}")
    chunks = Chunks()
    metrics = chunks.feed(body)
    return metrics if chunks.done else None


@contextlib.contextmanager
def exporter(folder: Path, ca_file: str, cpu: int) -> Iterator[Exporter]:
    """The exporter on a CPU, until the end of the block."""
    configuration = folder / "blackbox.yml"
    configuration.write_text(_MODULE.format(ca_file=ca_file))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            *("taskset", "--cpu-list", str(cpu), _PROGRAM, "--log.level=error"),
            *(f"--config.file={configuration}", f"--web.listen-address=127.0.0.1:{port}"),
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield Exporter(process, port)
    finally:
        process.terminate()
        process.wait()
