"""A real PostgreSQL, servers that only pretend to be one, and a way to ask the family about either."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dnslib import QTYPE, RCODE, RR, A, DNSRecord

from auditor.domain.check import judge
from auditor.domain.codec import from_json, to_json
from auditor.domain.observation import Failure, Observation, Phase, Vantage
from auditor.domain.result import Result
from auditor.domain.target import Target
from auditor.net.network import Network
from auditor.net.probe import Probe
from auditor.net.run import ProbeJob, run_probes
from functions.database.checks import CHECKS
from functions.database.facts import DatabaseFacts
from functions.database.family import DatabaseSpec
from functions.database.probe import observe
from sandbox.postgres import Postgres, Role, monitoring_role

CANARY = "canary"
"""Part of every password that these tests use; no observation and no result may hold it."""
MONITOR = monitoring_role("health_auditor", "canary-monitor-4711")
APPLICATION = Role(name="shop", password="canary-application-4711")
SINGLE = Role(name="single", password="canary-single-4711", connection_limit=1)
RETIRED = Role(name="retired", password="canary-retired-4711", login=False)
SLOT = datetime(2026, 11, 23, 16, 47, tzinfo=UTC)
VANTAGE = Vantage(kind="workstation", name="test")
NOWHERE = Network(resolver=("127.0.0.1", 9))


@dataclass
class HeldSecrets:
    """Secrets by name. ``cached`` is what is handed out until it is forgotten, as after a rotation."""

    current: Mapping[str, str | Failure]
    cached: dict[str, str] = field(default_factory=dict)

    def read(self, name: str) -> str | Failure:
        return self.cached.get(name) or self.current[name]

    def forget(self, name: str) -> None:
        self.cached.pop(name, None)


@dataclass(frozen=True)
class Asked:
    """An observation with its results by check."""

    observation: Observation[DatabaseFacts]
    results: Mapping[str, Result]

    @property
    def facts(self) -> DatabaseFacts:
        assert self.observation.facts is not None
        return self.observation.facts

    def brief(self) -> dict[str, tuple[str, str | None, str | None]]:
        """Status, phase and cause of each check."""
        return {
            name.removeprefix("database."): (result.status, result.phase, result.cause)
            for name, result in self.results.items()
        }

    def seconds(self, phase: Phase) -> float:
        """How long a phase took, failed or not."""
        (timing,) = [timing for timing in self.observation.phases if timing.phase is phase]
        return timing.duration_ms / 1000


def spec_of(port: int, role: Role = MONITOR, **changes: Any) -> DatabaseSpec:
    """A target's spec for a server on loopback without TLS."""
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "database": "shop",
        "user": role.name,
        "secret": "platform/database",
        "tls": "disable",
        "timeout": timedelta(seconds=3),
    }
    return DatabaseSpec(**(values | changes))


def ask_all(specs: Sequence[DatabaseSpec], secrets: HeldSecrets, network: Network = NOWHERE) -> list[Asked]:
    """Probe all specs in one run, judge them, and assert that nothing secret came along."""
    targets = [
        Target(id=f"db-{number}", family="database", service="shop", component="rds.shop", spec=spec)
        for number, spec in enumerate(specs)
    ]

    def job(target: Target[DatabaseSpec]) -> ProbeJob:
        async def of_target(probe: Probe) -> Observation[DatabaseFacts]:
            return await observe(target, probe)

        return ProbeJob(target=target.id, timeout=target.spec.timeout, observe=of_target)

    observations = run_probes(
        [job(target) for target in targets],
        family="database",
        slot=SLOT,
        vantage=VANTAGE,
        network=network,
        secrets=secrets,
        within=timedelta(seconds=25),
    )
    asked = []
    for target, observation in zip(targets, observations, strict=True):
        results = judge(CHECKS, target, observation)
        document = to_json(observation)
        assert CANARY not in json.dumps([document, to_json(results)], ensure_ascii=False)
        assert from_json(Observation[DatabaseFacts], json.loads(json.dumps(document))) == observation
        asked.append(Asked(observation, {result.check: result for result in results}))
    return asked


def ask(spec: DatabaseSpec, secret: str | Failure = MONITOR.password, network: Network = NOWHERE) -> Asked:
    """Probe one spec with a secret of this text."""
    (asked,) = ask_all([spec], HeldSecrets({spec.secret: secret}), network)
    return asked


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One server for all tests; each leaves it as it was."""
    server = Postgres(
        tmp_path_factory.mktemp("postgres"),
        port=free_port(),
        database="shop",
        owner=APPLICATION,
        roles=[MONITOR, SINGLE, RETIRED],
        settings={"max_connections": "10"},
    )
    with server:
        yield server


@dataclass
class Listeners:
    """Starts listeners on loopback; every connection gets a thread with the handler."""

    closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def tcp(self, handler: Callable[[socket.socket], None]) -> int:
        """A port whose connections ``handler`` serves; a vanished peer is no error."""
        listener = socket.create_server(("127.0.0.1", 0))
        threads: list[threading.Thread] = []
        connections: list[socket.socket] = []

        def serve(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                handler(connection)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connections.append(connection)
                    threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                    threads[-1].start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()

        def stop() -> None:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join(5)
            listener.close()
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(5)

        self.closing.callback(stop)
        return int(listener.getsockname()[1])

    def dns(self, addresses: Mapping[str, Sequence[str]]) -> Network:
        """A resolver that knows these names and answers NXDOMAIN to all others."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    data, peer = sock.recvfrom(65_535)
                    if not data:
                        return
                    question = DNSRecord.parse(data)
                    name = str(question.q.qname).rstrip(".")
                    answer = question.reply()
                    if name not in addresses:
                        answer.header.rcode = RCODE.NXDOMAIN
                    elif question.q.qtype == QTYPE.A:
                        for address in addresses[name]:
                            answer.add_answer(RR(name, QTYPE.A, rdata=A(address), ttl=60))
                    sock.sendto(answer.pack(), peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = int(sock.getsockname()[1])

        def stop() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", ("127.0.0.1", port))
            thread.join(5)
            sock.close()

        self.closing.callback(stop)
        return Network(resolver=("127.0.0.1", port))

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
def listeners() -> Iterator[Listeners]:
    started = Listeners()
    with started.closing:
        yield started
