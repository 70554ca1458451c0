"""Real servers on loopback that behave as badly as a test says, and a way to run one probe against them."""

import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.net.network import Network
from auditor.net.probe import Probe
from auditor.net.run import ProbeJob, run_probes

SLOT = datetime(2026, 11, 23, 16, 47, tzinfo=UTC)
VANTAGE = Vantage(kind="workstation", name="test")
NOWHERE = Network(resolver=("127.0.0.1", 9))


class NoSecrets:
    """For probes that read none."""

    def read(self, name: str) -> str | Failure:
        return Failure(phase=Phase.PREPARE, cause="aws.not_found", detail=f"there is no secret {name}")


def job(target: str, work: Callable[[Probe], Awaitable[Any]], timeout: float = 1.0) -> ProbeJob:
    """A job whose observation's facts are what ``work`` returns."""

    async def observe(probe: Probe) -> Observation[Any]:
        return probe.observation(await work(probe))

    return ProbeJob(target=target, timeout=timedelta(seconds=timeout), observe=observe)


def run(
    jobs: Sequence[ProbeJob],
    *,
    within: float = 20.0,
    network: Network = NOWHERE,
    max_in_flight: int = 256,
    cpu_share: float = 1.0,
) -> tuple[Observation[Any], ...]:
    return run_probes(
        jobs,
        family="test",
        slot=SLOT,
        vantage=VANTAGE,
        network=network,
        secrets=NoSecrets(),
        within=timedelta(seconds=within),
        max_in_flight=max_in_flight,
        cpu_share=cpu_share,
    )


def one(
    work: Callable[[Probe], Awaitable[Any]], *, timeout: float = 1.0, network: Network = NOWHERE, within: float = 20.0
) -> Observation[Any]:
    """The observation of one probe."""
    (observation,) = run([job("target", work, timeout)], network=network, within=within)
    return observation


@dataclass
class Servers:
    """Starts listeners; every connection gets a thread with the handler it was started with."""

    closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def tcp(self, handler: Callable[[socket.socket], None], host: str = "127.0.0.1") -> int:
        """A port whose connections ``handler`` serves; its errors about a vanished peer do not matter."""
        listener = socket.create_server((host, 0), backlog=512)
        open_connections: list[socket.socket] = []

        def serve(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                handler(connection)

        def accept() -> None:
            threads = []
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    open_connections.append(connection)
                    threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                    threads[-1].start()
            for connection in open_connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(5)
            listener.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()

        def stop() -> None:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)

        self.closing.callback(stop)
        return int(listener.getsockname()[1])

    def udp(self, handler: Callable[[bytes], Sequence[bytes]], port: int = 0) -> int:
        """A UDP port that answers each datagram with those that ``handler`` returns."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", port))
        sock.settimeout(0.02)
        stopping = threading.Event()

        def serve() -> None:
            with sock:
                while not stopping.is_set():
                    try:
                        data, peer = sock.recvfrom(65_535)
                    except OSError:
                        continue
                    for answer in handler(data):
                        with contextlib.suppress(OSError):
                            sock.sendto(answer, peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()

        def stop() -> None:
            stopping.set()
            thread.join(5)

        self.closing.callback(stop)
        return int(sock.getsockname()[1])

    def black_hole(self) -> int:
        """A port that drops connection attempts: backlog 0 and a filled accept queue."""
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        self.closing.callback(listener.close)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            self.closing.callback(filler.close)
        return int(listener.getsockname()[1])


@pytest.fixture
def servers() -> Iterator[Servers]:
    started = Servers()
    with started.closing:
        yield started


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
