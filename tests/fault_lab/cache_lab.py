"""Situations of the cache family: a real Valkey each, configured and filled as labelled, or a peer in its place."""

import contextlib
import http.server
import json
import os
import signal
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trustme
import valkey
from dnslib import RCODE, DNSRecord

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.cache.family import CacheSpec, QueueSpec
from sandbox.blackhole import BlackHole
from sandbox.fargate.front import TlsFront
from sandbox.fargate.valkey import Valkey
from tests.fault_lab.situation import Situation
from tests.resolver import Resolver

NOW = datetime(2026, 11, 23, 16, 45, tzinfo=UTC)
"""The slot of the lab's runs: messages are as old as a situation says, whatever the day."""
PASSWORD = "cAnary7Qx9zK4w-password"
OTHER = "cAnary7Qx9zK4w-other"
SECRET = "shop/cache"
_NOWHERE = Network(resolver=("127.0.0.1", 9))
_QUICK = timedelta(seconds=0.9)
"""For situations that wait to the end; of it two thirds are the first attempt's."""
_AMPLE = timedelta(seconds=3)
_QUEUE = QueueSpec(
    name="jobs", processing="jobs:taken", dead_letters="jobs:dead", max_age=timedelta(minutes=10), timestamp="sent.at"
)

SITUATIONS: dict[str, Callable[[], AbstractContextManager[Situation]]] = {}


def _situation(make: Callable[[], Iterator[Situation]]) -> Callable[[], Iterator[Situation]]:
    """Registers a situation under its function's name."""
    SITUATIONS[make.__name__.replace("_", "-")] = contextlib.contextmanager(make)
    return make


def _given(port: int, *, password: str | None = None, network: Network = _NOWHERE, **spec: Any) -> Situation:
    """A target on loopback; a ``password`` stands in its secret."""
    values: dict[str, Any] = {"host": "127.0.0.1", "port": port, "tls": "disable", "timeout": _AMPLE}
    if password is not None:
        values |= {"secret": SECRET, "secret_key": "token"}
    target = Target(
        id="cache", family="cache", service="shop", component="redis.shop", spec=CacheSpec(**(values | spec))
    )
    secrets = {} if password is None else {SECRET: json.dumps({"token": password})}
    return Situation(target=target, network=network, secrets=secrets, slot=NOW)


# ---- Servers --------------------------------------------------------------------------------------------------------


class _Server:
    """A running Valkey: its port, its owner's client, its process."""

    def __init__(self, server: Valkey, port: int, owner: valkey.Valkey, folder: Path) -> None:
        self.server = server
        self.port = port
        self.owner = owner
        self.folder = folder

    def info(self, name: str) -> Any:
        """One line of INFO."""
        return self.owner.info()[name]

    def fill(self, *, percent: float) -> None:
        """Sets the limit so that the present data is that much of it."""
        self.owner.set("ballast", "x" * 200_000)
        self.owner.config_set("maxmemory", int(self.info("used_memory") * 100 / percent))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def _valkey(*settings: str, token: str | None = None, port: int = 0, folder: Path | None = None) -> Iterator[_Server]:
    with tempfile.TemporaryDirectory() as made:
        at = folder or Path(made)
        at.chmod(0o777)
        port = port or _free_port()
        server = Valkey(("127.0.0.1", port), token, at / "log", settings=settings)
        server.start()
        try:
            owner = server.owner()
            yield _Server(server, port, owner, at)
            owner.close()
        finally:
            server.stop()


@contextlib.contextmanager
def _front(behind: int, **certificate: Any) -> Iterator[tuple[int, str]]:
    """TLS before a server: its port, and the file of the authority."""
    authority, port = trustme.CA(), _free_port()
    names = certificate.pop("names", ("127.0.0.1",))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **certificate).configure_cert(context)
    front = TlsFront(("127.0.0.1", port), ("127.0.0.1", behind), context)
    try:
        with authority.cert_pem.tempfile() as ca_file:
            yield port, ca_file
    finally:
        front.close()


@contextlib.contextmanager
def _peer(script: Callable[[socket.socket], object]) -> Iterator[int]:
    """A server that runs the script for each connection, in a thread of its own."""
    listener, ends = socket.create_server(("127.0.0.1", 0)), ExitStack()

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            script(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                ends.callback(connection.close)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        listener.close()
        ends.close()


@contextlib.contextmanager
def _frozen(server: _Server) -> Iterator[None]:
    os.kill(server.server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.server.pid, signal.SIGCONT)


def _wait(until: Callable[[], bool], seconds: float = 8.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "the situation does not come about"
        time.sleep(0.02)


def _message(age: timedelta) -> str:
    """An envelope that was sent so long ago; its payload holds a secret."""
    sent = {"at": (NOW - age).isoformat()}
    return json.dumps({"id": "4711", "payload": {"password": PASSWORD}, "sent": sent, "retry_count": 0})


def _messages(server: _Server, key: str, *ages: timedelta) -> None:
    """The oldest stands at the tail, as LPUSH leaves it."""
    server.owner.lpush(key, *(_message(age) for age in sorted(ages, reverse=True)))


# ---- Healthy --------------------------------------------------------------------------------------------------------


@_situation
def cache_healthy_password() -> Iterator[Situation]:
    with _valkey(token=PASSWORD) as server:
        yield _given(server.port, password=PASSWORD, write_check=True)


@_situation
def cache_healthy_no_password() -> Iterator[Situation]:
    with _valkey() as server:
        yield _given(server.port)


@_situation
def cache_healthy_tls() -> Iterator[Situation]:
    with _valkey(token=PASSWORD) as server, _front(server.port) as (port, ca_file):
        yield _given(port, password=PASSWORD, tls="verify", ca_file=ca_file)


@_situation
def cache_healthy_acl_user() -> Iterator[Situation]:
    users = ("user default off", f"user clerk on >{PASSWORD} ~* &* +@all")
    with tempfile.TemporaryDirectory() as folder, _bare(*users, folder=Path(folder)) as port:
        yield _given(port, password=PASSWORD, user="clerk")


@_situation
def cache_healthy_replica() -> Iterator[Situation]:
    with _pair() as (_, replica):
        yield _given(replica.port, role="replica")


@_situation
def cache_healthy_primary_with_replica() -> Iterator[Situation]:
    with _pair() as (primary, _):
        yield _given(primary.port, replicas=1)


@contextlib.contextmanager
def _pair() -> Iterator[tuple[_Server, _Server]]:
    with (
        _valkey("repl-diskless-sync-delay 0") as primary,
        _valkey(f"replicaof 127.0.0.1 {primary.port}") as replica,
    ):
        _wait(lambda: replica.info("master_link_status") == "up")
        _wait(lambda: "online" in str(primary.owner.info("replication").get("slave0")))
        yield primary, replica


@contextlib.contextmanager
def _bare(*settings: str, folder: Path) -> Iterator[int]:
    """A server whose owner has no client, because the default user may be switched off."""
    port = _free_port()
    server = Valkey(("127.0.0.1", port), None, folder / "log", settings=settings)
    server.start()
    try:
        yield port
    finally:
        server.stop()


def _full_and_evicting(server: _Server) -> None:
    for number in range(60):
        server.owner.set(f"page:{number}", "x" * 50_000)
    assert server.info("evicted_keys") > 0


@_situation
def cache_healthy_full_and_evicting() -> Iterator[Situation]:
    with _valkey("maxmemory 3mb", "maxmemory-policy allkeys-lru") as server:
        _full_and_evicting(server)
        yield _given(server.port, max_memory_percent=50)


@_situation
def cache_healthy_full_and_evicting_writes() -> Iterator[Situation]:
    with _valkey("maxmemory 3mb", "maxmemory-policy allkeys-lru") as server:
        _full_and_evicting(server)
        yield _given(server.port, max_memory_percent=50, write_check=True)


@_situation
def cache_healthy_without_limit() -> Iterator[Situation]:
    with _valkey("maxmemory 0") as server:
        server.owner.set("ballast", "x" * 2_000_000)
        yield _given(server.port)


@_situation
def cache_healthy_empty_queues() -> Iterator[Situation]:
    with _valkey() as server:
        yield _given(server.port, queues=(_QUEUE,))


@_situation
def cache_healthy_small_old_backlog() -> Iterator[Situation]:
    with _valkey() as server:
        _messages(server, "jobs", *[timedelta(days=2)] * 3)
        yield _given(server.port, queues=(_QUEUE,))


@_situation
def cache_healthy_few_dead_letters() -> Iterator[Situation]:
    with _valkey() as server:
        _messages(server, "jobs:dead", *[timedelta(minutes=1)] * 5)
        yield _given(server.port, queues=(_QUEUE,))


@_situation
def cache_healthy_sorted_set() -> Iterator[Situation]:
    with _valkey() as server:
        server.owner.zadd("later", {_message(timedelta(seconds=n)): n for n in range(30)})
        queue = QueueSpec(name="later", kind="sorted_set", max_age=timedelta(minutes=10), timestamp="sent.at")
        yield _given(server.port, queues=(queue,))


@_situation
def cache_healthy_young_backlog() -> Iterator[Situation]:
    with _valkey() as server:
        _messages(server, "jobs", *(timedelta(seconds=n / 10) for n in range(500)))
        yield _given(server.port, queues=(_QUEUE,))


# ---- Name, connection, TLS ------------------------------------------------------------------------------------------


@_situation
def cache_name_gone() -> Iterator[Situation]:
    def nobody(query: bytes) -> list[bytes]:
        answer = DNSRecord.parse(query).reply()
        answer.header.rcode = RCODE.NXDOMAIN
        return [answer.pack()]

    resolver = Resolver(nobody, None)
    try:
        yield _given(6379, host="cache.shop.example", network=Network(resolver=resolver.address))
    finally:
        resolver.close()


@_situation
def cache_refused() -> Iterator[Situation]:
    yield _given(_free_port())


@_situation
def cache_silent() -> Iterator[Situation]:
    port = _free_port()
    hole = BlackHole("127.0.0.1", port)
    try:
        yield _given(port, timeout=_QUICK)
    finally:
        hole.close()


@_situation
def cache_tls_to_plaintext() -> Iterator[Situation]:
    with _valkey(token=PASSWORD) as server:
        yield _given(server.port, password=PASSWORD, tls="require", timeout=_QUICK)


@_situation
def cache_tls_to_frozen() -> Iterator[Situation]:
    with _valkey(token=PASSWORD) as server, _frozen(server):
        yield _given(server.port, password=PASSWORD, tls="require", timeout=_QUICK)


@_situation
def cache_certificate_expired() -> Iterator[Situation]:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with (
        _valkey() as server,
        _front(server.port, not_before=yesterday - timedelta(days=9), not_after=yesterday) as (port, ca_file),
    ):
        yield _given(port, tls="verify", ca_file=ca_file)


@_situation
def cache_certificate_other_name() -> Iterator[Situation]:
    with _valkey() as server, _front(server.port, names=("cache.shop.example",)) as (port, ca_file):
        yield _given(port, tls="verify", ca_file=ca_file)


@_situation
def cache_plaintext_to_tls() -> Iterator[Situation]:
    with _valkey(token=PASSWORD) as server, _front(server.port) as (port, _):
        yield _given(port, password=PASSWORD)


@_situation
def cache_plaintext_to_waiting_tls() -> Iterator[Situation]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    def script(connection: socket.socket) -> None:
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(100)
        while connection.recv(65_536):  # no word of TLS: it waits for one
            pass

    with _peer(script) as port:
        yield _given(port, password=PASSWORD, timeout=_QUICK)


# ---- Login ----------------------------------------------------------------------------------------------------------


@_situation
def cache_noauth() -> Iterator[Situation]:
    with _valkey(token=PASSWORD) as server:
        yield _given(server.port)


@_situation
def cache_wrongpass() -> Iterator[Situation]:
    with _valkey(token=OTHER) as server:
        yield _given(server.port, password=PASSWORD)


@_situation
def cache_user_disabled() -> Iterator[Situation]:
    with _valkey(f"user clerk off >{PASSWORD} ~* +@all", token=OTHER) as server:
        yield _given(server.port, password=PASSWORD, user="clerk")


@_situation
def cache_no_password_set() -> Iterator[Situation]:
    with _valkey() as server:
        yield _given(server.port, password=PASSWORD)


@_situation
def cache_open_to_all() -> Iterator[Situation]:
    with _valkey(f"user clerk on >{PASSWORD} ~* &* +@all") as server:
        yield _given(server.port, password=PASSWORD, user="clerk")


@_situation
def cache_own_user_refused() -> Iterator[Situation]:
    with _valkey(f"user auditor on >{OTHER} +ping +info", token=OTHER) as server:
        yield _given(server.port, password=PASSWORD, user="auditor", login="own")


@_situation
def cache_own_user_may_not() -> Iterator[Situation]:
    with _valkey(f"user auditor on >{PASSWORD} +ping", token=OTHER) as server:
        yield _given(server.port, password=PASSWORD, user="auditor", login="own")


@_situation
def cache_max_clients() -> Iterator[Situation]:
    with _valkey("maxclients 4", token=PASSWORD) as server, ExitStack() as held:

        def one_more_is_refused() -> bool:
            sock = held.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            sock.settimeout(0.05)
            with contextlib.suppress(TimeoutError):
                return sock.recv(100).startswith(b"-ERR max")
            return False

        _wait(one_more_is_refused)
        yield _given(server.port, password=PASSWORD)


@_situation
def cache_frozen() -> Iterator[Situation]:
    with _valkey(token=PASSWORD) as server, _frozen(server):
        yield _given(server.port, password=PASSWORD, timeout=_QUICK)


@_situation
def cache_garbage() -> Iterator[Situation]:
    with _peer(lambda connection: (connection.recv(100), connection.sendall(b"\0\xfe~~~" * 200))) as port:
        yield _given(port, password=PASSWORD)


@_situation
def cache_http_behind_port() -> Iterator[Situation]:
    class Quiet(http.server.BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield _given(server.server_port, password=PASSWORD)
        server.shutdown()
        thread.join()


# ---- Service --------------------------------------------------------------------------------------------------------


@_situation
def cache_loading() -> Iterator[Situation]:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with _valkey(token=PASSWORD, folder=folder) as before:
            before.owner.mset({f"key:{number}": "x" * 100 for number in range(3000)})
            before.owner.save()
        slow = ("key-load-delay 1000", "loading-process-events-interval-bytes 1024")
        with _valkey(*slow, token=PASSWORD, folder=folder) as server:
            yield _given(server.port, password=PASSWORD)


@_situation
def cache_master_down() -> Iterator[Situation]:
    with _valkey(f"replicaof 127.0.0.1 {_free_port()}", "replica-serve-stale-data no") as server:
        yield _given(server.port, role="replica")


@_situation
def cache_busy_script() -> Iterator[Situation]:
    with _valkey("busy-reply-threshold 1") as server, socket.create_connection(("127.0.0.1", server.port)) as runs:
        runs.sendall(b"EVAL 'while true do end' 0\r\n")
        _wait(lambda: _says_busy(server.port))
        yield _given(server.port)


def _says_busy(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=2) as asks:
        asks.sendall(b"PING\r\n")
        return asks.recv(100).startswith(b"-BUSY")


@_situation
def cache_frozen_after_login() -> Iterator[Situation]:
    def script(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"-NOAUTH Authentication required.\r\n")
        connection.recv(1000)
        connection.sendall(b"+OK\r\n")
        while connection.recv(1000):
            pass

    with _peer(script) as port:
        yield _given(port, password=PASSWORD, timeout=_QUICK)


@_situation
def cache_oom_write() -> Iterator[Situation]:
    with _valkey("maxmemory-policy noeviction", token=PASSWORD) as server:
        server.fill(percent=110)
        yield _given(server.port, password=PASSWORD, write_check=True)


@_situation
def cache_oom_by_info() -> Iterator[Situation]:
    with _valkey("maxmemory-policy noeviction", token=PASSWORD) as server:
        server.fill(percent=110)
        yield _given(server.port, password=PASSWORD)


@_situation
def cache_oom_nothing_to_evict() -> Iterator[Situation]:
    with _valkey("maxmemory-policy volatile-lru") as server:
        server.fill(percent=110)
        yield _given(server.port)


@_situation
def cache_memory_high() -> Iterator[Situation]:
    with _valkey("maxmemory-policy noeviction") as server:
        server.fill(percent=90)
        yield _given(server.port)


@contextlib.contextmanager
def _alone() -> Iterator[_Server]:
    """A replica that keeps on serving what it has."""
    with _valkey(f"replicaof 127.0.0.1 {_free_port()}") as server:
        yield server


@_situation
def cache_read_only_write() -> Iterator[Situation]:
    with _alone() as server:
        yield _given(server.port, write_check=True)


@_situation
def cache_read_only_by_info() -> Iterator[Situation]:
    with _alone() as server:
        yield _given(server.port)


@_situation
def cache_wrong_role() -> Iterator[Situation]:
    with _alone() as server:
        yield _given(server.port)


@_situation
def cache_primary_for_replica() -> Iterator[Situation]:
    with _valkey() as server:
        yield _given(server.port, role="replica")


@_situation
def cache_not_persisted() -> Iterator[Situation]:
    with _valkey("save 3600 1", "enable-protected-configs yes") as server:
        lost = server.folder / "lost"
        lost.mkdir(mode=0o777)
        server.owner.config_set("dir", str(lost))
        lost.rmdir()
        server.owner.bgsave()
        _wait(lambda: server.info("rdb_last_bgsave_status") == "err")
        yield _given(server.port, write_check=True)


@_situation
def cache_no_replicas() -> Iterator[Situation]:
    with _valkey("min-replicas-to-write 1") as server:
        yield _given(server.port, write_check=True)


@_situation
def cache_cluster_down() -> Iterator[Situation]:
    with _valkey("cluster-enabled yes") as server:
        yield _given(server.port, write_check=True)


# ---- Replication ----------------------------------------------------------------------------------------------------


@_situation
def cache_replica_link_down() -> Iterator[Situation]:
    with _alone() as server:
        yield _given(server.port, role="replica")


@_situation
def cache_replicas_missing() -> Iterator[Situation]:
    with _valkey() as server:
        yield _given(server.port, replicas=1)


# ---- Queues ---------------------------------------------------------------------------------------------------------


def _queued(held: Mapping[str, tuple[timedelta, ...]]) -> Iterator[Situation]:
    with _valkey(token=PASSWORD) as server:
        for key, ages in held.items():
            _messages(server, key, *ages)
        yield _given(server.port, password=PASSWORD, queues=(_QUEUE,))


@_situation
def cache_queue_deep() -> Iterator[Situation]:
    yield from _queued({"jobs": (timedelta(seconds=5),) * 1500})


@_situation
def cache_processing_stuck() -> Iterator[Situation]:
    yield from _queued({"jobs:taken": (timedelta(minutes=5),) * 150})


@_situation
def cache_queue_wrong_type() -> Iterator[Situation]:
    with _valkey() as server:
        server.owner.set("jobs", "a text")
        yield _given(server.port, queues=(_QUEUE,))


@_situation
def cache_queue_old_head() -> Iterator[Situation]:
    yield from _queued({"jobs": tuple(timedelta(hours=2) - timedelta(minutes=n) for n in range(40))})


@_situation
def cache_dead_letters_growing() -> Iterator[Situation]:
    yield from _queued({"jobs:dead": tuple(timedelta(hours=n) for n in range(20))})


@_situation
def cache_dead_letters_old() -> Iterator[Situation]:
    yield from _queued({"jobs:dead": tuple(timedelta(days=7 + n) for n in range(20))})
