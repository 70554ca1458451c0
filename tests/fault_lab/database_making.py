"""What situations of a PostgreSQL are made of: one real server that they share, doors with TLS, scripted peers."""

import atexit
import contextlib
import functools
import shlex
import signal
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec

import trustme

from auditor.domain.target import Target
from auditor.net.network import Network
from functions.database.family import DatabaseSpec
from sandbox.postgres import Postgres, Role, monitoring_role
from tests.fault_lab.canary import CANARY, plant
from tests.fault_lab.situation import Situation
from tests.functional.functions.database.conftest import Listeners, free_port
from tests.functional.functions.database.tls_proxy import serve_tls
from tests.functional.hostile.scripts import Script

P = ParamSpec("P")

MONITOR = monitoring_role("health_auditor", plant("database: the auditor's password"))
APPLICATION = Role(name="shop", password=plant("database: the application's password"))
SINGLE = Role(name="single", password=CANARY, connection_limit=1)
RETIRED = Role(name="retired", password=CANARY, login=False)
UNSEEING = Role(name="unseeing", password=CANARY)
READER = Role(name="reader", password=CANARY)
EXPIRED = Role(name="expired", password=CANARY)
MARKS = "p@ss/w:o#r+d?1%41[" + plant("database: a password of marks")
SECRET = "platform/database"
NOWHERE = Network(resolver=("127.0.0.1", 9))
SHORT = timedelta(seconds=0.6)
"""The deadline where the peer keeps the probe to the end."""
WAIT = timedelta(seconds=0.2)
"""How long a lock or a transaction may last where the situation is that it lasts longer."""
_ADMIT_ALL = ["host all all 127.0.0.1/32 scram-sha-256"]


_KEEPER = ThreadPoolExecutor(1, thread_name_prefix="fault-lab-postgres")
"""The server lives as long as the thread that starts it: this one lives to the end of the process."""
_ALONE = threading.Lock()
"""One server, whose settings situations change: they have it one after the other."""


def _keep(step: Callable[[], object]) -> None:
    _KEEPER.submit(step).result()


@cache
def _server() -> Postgres:
    """One server for all situations, started at the first that needs it; each leaves it as it was."""
    folder = tempfile.TemporaryDirectory(prefix="fault-lab-postgres-")
    Path(folder.name).chmod(0o755)
    server = Postgres(
        Path(folder.name),
        port=free_port(),
        database="shop",
        owner=APPLICATION,
        roles=[MONITOR, SINGLE, RETIRED, UNSEEING, READER, EXPIRED],
        settings={"max_connections": "10", "max_prepared_transactions": "5"},
    )
    _keep(server.start)
    atexit.register(folder.cleanup)
    atexit.register(server.stop)
    for statement in (
        "ALTER ROLE expired VALID UNTIL '2020-01-01'",
        "ALTER ROLE reader SET default_transaction_read_only = on",
        "CREATE TABLE orders (id int PRIMARY KEY, item text)",
        "INSERT INTO orders VALUES (1, 'teapot'), (2, 'cup')",
        "GRANT ALL ON orders TO shop",
        "CREATE TABLE alembic_version (version_num text)",
        "INSERT INTO alembic_version VALUES ('b2'), ('a1')",
        "GRANT SELECT (version_num) ON alembic_version TO health_auditor",
        "CREATE TABLE locked_version (version_num text)",
    ):
        server.execute(statement)
    return server


def _alone(make: Callable[P, AbstractContextManager[Situation]]) -> Callable[P, AbstractContextManager[Situation]]:
    """A situation that has the server for itself."""

    @contextmanager
    @functools.wraps(make)
    def alone(*args: P.args, **kwargs: P.kwargs) -> Iterator[Situation]:
        with _ALONE, make(*args, **kwargs) as situation:
            yield situation

    return alone


def _situation(
    who: Role = MONITOR, *, secret: str | None = None, network: Network = NOWHERE, port: int | None = None, **spec: Any
) -> Situation:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": _server().port if port is None else port,
        "database": "shop",
        "user": who.name,
        "secret": SECRET,
        "tls": "disable",
        "login": "own" if who.name in (MONITOR.name, UNSEEING.name) else "application",
        "timeout": timedelta(seconds=3),
    }
    made = DatabaseSpec(**(values | spec))
    target = Target(id="database", family="database", service="shop", component="rds.shop", spec=made)
    password = who.password if secret is None else secret
    return Situation(target=target, network=network, secrets={SECRET: password}, peers=_peers(made, password))


def _peers(spec: DatabaseSpec, password: str) -> dict[str, str]:
    """How the plugin of Nagios asks the same, which reads no JSON and knows no name of the situation's own resolver."""
    if spec.host != "127.0.0.1" or password.startswith("{"):
        return {}
    option = "sslmode=disable" if spec.tls == "disable" else "sslmode=require"
    asked = ["-H", spec.host, "-P", str(spec.port), "-d", spec.database, "-l", spec.user, "-p", password, "-o", option]
    return {"check_pgsql": shlex.join(asked)}


@_alone
@contextmanager
def plain(who: Role = MONITOR, **more: Any) -> Iterator[Situation]:
    """The server as it is."""
    yield _situation(who, **more)


@_alone
@contextmanager
def altered(change: str, undo: str, who: Role = MONITOR, **more: Any) -> Iterator[Situation]:
    """While a statement of an administrator holds."""
    _server().execute(change, database="postgres")
    try:
        yield _situation(who, **more)
    finally:
        _server().execute(undo, database="postgres")


@_alone
@contextmanager
def held(count: int, by: Role, who: Role = MONITOR, **more: Any) -> Iterator[Situation]:
    """While a role holds connections."""
    with ExitStack() as sessions:
        for _ in range(count):
            sessions.enter_context(closing(_server().session(by)))
        yield _situation(who, **more)


@_alone
@contextmanager
def admitting(rules: Sequence[str], who: Role = MONITOR, **more: Any) -> Iterator[Situation]:
    """While pg_hba.conf has other rules."""
    _server().admit(rules)
    try:
        yield _situation(who, **more)
    finally:
        _server().admit(_ADMIT_ALL)


@contextmanager
def peer(script: Script, **more: Any) -> Iterator[Situation]:
    """A scripted peer."""
    listeners = Listeners()
    with listeners.closing:
        yield _situation(port=listeners.tcp(script), **more)


# ---- Healthy --------------------------------------------------------------------------------------------------------
@_alone
@contextmanager
def idle_session() -> Iterator[Situation]:
    with closing(_server().session(APPLICATION)) as session:
        session.run("SELECT 1")
        time.sleep(0.3)
        yield _situation(max_transaction=WAIT)


@_alone
@contextmanager
def other_password(password: str, encryption: str = "scram-sha-256") -> Iterator[Situation]:
    server = _server()
    server.admit([f"host all all 127.0.0.1/32 {encryption}"])
    with closing(server.session()) as session:
        session.run(f"SET password_encryption = '{encryption}'")
        session.run("ALTER ROLE shop PASSWORD '{}'".format(password.replace("'", "''")))
    try:
        yield _situation(APPLICATION, secret=password)
    finally:
        server.set_password("shop", APPLICATION.password)
        server.admit(_ADMIT_ALL)


@_alone
@contextmanager
def standby(**more: Any) -> Iterator[Situation]:
    server = _server()
    signal_file = server._data / "standby.signal"
    server.stop()
    signal_file.touch()
    try:
        _keep(server.start)
        yield _situation(**more)
    finally:
        server.stop()
        signal_file.unlink()
        _keep(server.start)


# ---- Name, connection, TLS ------------------------------------------------------------------------------------------
@contextmanager
def name_gone() -> Iterator[Situation]:
    listeners = Listeners()
    with listeners.closing:
        yield _situation(host="db.gone.test", network=listeners.dns({}))


@contextmanager
def silent() -> Iterator[Situation]:
    listeners = Listeners()
    with listeners.closing:
        yield _situation(port=listeners.black_hole(), timeout=SHORT)


@_alone
@contextmanager
def frozen(tls: str) -> Iterator[Situation]:
    _server().freeze()
    try:
        yield _situation(tls=tls, timeout=SHORT)
    finally:
        _server().thaw()


Certify = Callable[[trustme.CA], trustme.LeafCert]


def leaf(*names: str, begins: int = -1, ends: int = 30) -> Certify:
    """``begins`` and ``ends`` in days from now."""
    now = datetime.now(UTC)

    def certify(authority: trustme.CA) -> trustme.LeafCert:
        return authority.issue_cert(
            *names, not_before=now + timedelta(days=begins), not_after=now + timedelta(days=ends)
        )

    return certify


@_alone
@contextmanager
def behind_tls(
    certify: Certify | None = None,
    *,
    trusted: bool = True,
    self_signed: bool = False,
    demands: bool = False,
    behind: Script | None = None,
    **more: Any,
) -> Iterator[Situation]:
    """The server, or a peer, behind a door that ends TLS. ``trusted``: ca_file has its authority."""
    authority, other = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if self_signed:
        with authority.cert_pem.tempfile() as certificate, authority.private_key_pem.tempfile() as key:
            context.load_cert_chain(certificate, key)
    else:
        (certify or leaf("db.test"))(authority).configure_cert(context)
    if demands:
        other.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    listeners, server = Listeners(), _server()
    with listeners.closing, (authority if trusted else other).cert_pem.tempfile() as ca_file:
        backend = (server.address, listeners.tcp(behind) if behind else server.port)
        port = listeners.tcp(lambda connection: serve_tls(connection, context, backend))
        verified: dict[str, Any] = {"tls": "verify", "ca_file": ca_file}
        yield _situation(
            port=port, host="db.test", network=listeners.dns({"db.test": ["127.0.0.1"]}), **(verified | more)
        )


def after_tls_request(script: Script) -> Script:
    def serve(connection: socket.socket) -> None:
        connection.recv(8, socket.MSG_WAITALL)
        script(connection)

    return serve


# ---- Login ----------------------------------------------------------------------------------------------------------
@_alone
@contextmanager
def stopping() -> Iterator[Situation]:
    """SIGTERM: a smart shutdown, which waits for the sessions that exist and admits none."""
    server = _server()
    with closing(server.session(APPLICATION)):
        server._signal(signal.SIGTERM)
        until = time.monotonic() + 5
        with contextlib.suppress(Exception):
            while time.monotonic() < until:
                server.session(APPLICATION).close()  # until the signal has arrived
        yield _situation()
    server.stop()
    _keep(server.start)


# ---- Locks and transactions -----------------------------------------------------------------------------------------
class _Busy:
    """Sessions that run statements in threads, so that they can wait for each other; ended when it closes."""

    def __init__(self) -> None:
        self.closing = ExitStack()

    def session(self) -> Any:
        return self.closing.enter_context(closing(_server().session(APPLICATION)))

    def waits(self, statement: str, session: Any = None) -> None:
        """A session that runs a statement which does not end by itself."""
        session = session or self.session()
        (pid,) = (row[0] for row in session.run("SELECT pg_backend_pid()"))

        def run() -> None:
            with contextlib.suppress(Exception):
                session.run(statement)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.closing.callback(thread.join, 5)
        self.closing.callback(lambda: _server().execute(f"SELECT pg_cancel_backend({pid})"))


@_alone
@contextmanager
def locked(begin: Callable[[_Busy], None], *, lasts: float = 0.4, **more: Any) -> Iterator[Situation]:
    busy = _Busy()
    with busy.closing:
        begin(busy)
        time.sleep(lasts)
        yield _situation(**({"max_lock_wait": WAIT} | more))


_TAKE = "UPDATE orders SET item = 'pot' WHERE id = {}"


def _holds(busy: _Busy, row: int = 1) -> Any:
    """A session that is idle in its transaction and holds a row."""
    session = busy.session()
    session.run("BEGIN")
    session.run(_TAKE.format(row))
    return session


def idle_blocker(busy: _Busy) -> None:
    _holds(busy)
    busy.waits(_TAKE.format(1))


def busy_blocker(busy: _Busy) -> None:
    busy.waits("BEGIN; LOCK TABLE orders; SELECT pg_sleep(20)")
    time.sleep(0.1)
    busy.waits("SELECT * FROM orders")


def chain(busy: _Busy) -> None:
    _holds(busy)
    middle = _holds(busy, row=2)
    busy.waits(_TAKE.format(1), middle)
    time.sleep(0.1)
    busy.waits(_TAKE.format(2))


def advisory(busy: _Busy) -> None:
    busy.session().run("SELECT pg_advisory_lock(4711)")
    busy.waits("SELECT pg_advisory_lock(4711)")


def prepared_alone(busy: _Busy) -> None:
    _holds(busy).run("PREPARE TRANSACTION 'forgotten'")
    busy.closing.callback(lambda: _server().execute("ROLLBACK PREPARED 'forgotten'"))


def prepared_blocker(busy: _Busy) -> None:
    prepared_alone(busy)
    busy.waits(_TAKE.format(1))


def left_open(busy: _Busy) -> None:
    _holds(busy)


def works(busy: _Busy) -> None:
    busy.waits("SELECT pg_sleep(20)")
