"""The sandbox's PostgreSQL, really started: ready, refusing, frozen, and gone with its parent."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pg8000.exceptions import DatabaseError

from sandbox.postgres import Postgres, PostgresError, Role, monitoring_role

APPLICATION = Role(name="shop", password="application's \\ password")
MONITOR = monitoring_role("health_auditor", "monitor-password")


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def accepts(port: int) -> bool:
    with closing(socket.socket()) as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder = tmp_path_factory.mktemp("postgres")
    with Postgres(folder, port=free_port(), database="shop", owner=APPLICATION, roles=[MONITOR]) as postgres:
        yield postgres


def test_the_application_owns_the_database_and_the_monitor_may_watch(server: Postgres) -> None:
    with closing(server.session(APPLICATION)) as session:
        session.run("CREATE TABLE orders (id int)")
        session.run("DROP TABLE orders")
    with closing(server.session(MONITOR)) as session:
        assert session.run("SELECT pg_has_role(current_user, 'pg_monitor', 'USAGE'), current_database()") == [
            [True, "shop"]
        ]
    assert server.execute("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'health_auditor'") == [[3]]


def test_passwords_are_checked_by_scram(server: Postgres) -> None:
    assert server.execute("SELECT left(rolpassword, 13) FROM pg_authid WHERE rolname = 'shop'") == [["SCRAM-SHA-256"]]
    with pytest.raises(DatabaseError, match="28P01"):
        server.session(Role(name="shop", password="wrong"))


def test_a_changed_password_shuts_the_old_one_out(server: Postgres) -> None:
    server.set_password("shop", "another")
    with pytest.raises(DatabaseError, match="28P01"):
        server.session(APPLICATION)
    server.session(Role(name="shop", password="another")).close()
    server.set_password("shop", APPLICATION.password)
    server.session(APPLICATION).close()


def test_rules_of_admission_hold_when_admit_returns(server: Postgres) -> None:
    server.admit(["host shop health_auditor 127.0.0.1/32 scram-sha-256"])
    with pytest.raises(DatabaseError, match=r"no pg_hba\.conf entry"):
        server.session(APPLICATION)
    server.admit(["host all all 127.0.0.1/32 scram-sha-256"])
    server.session(APPLICATION).close()


def test_a_frozen_server_accepts_and_says_nothing_until_it_is_thawed(server: Postgres) -> None:
    server.freeze()
    try:
        with socket.create_connection((server.address, server.port), timeout=0.3) as sock:
            sock.sendall(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")
            with pytest.raises(TimeoutError):
                sock.recv(1)
    finally:
        server.thaw()
    server.session(APPLICATION).close()


def test_a_stopped_server_refuses_and_a_started_one_has_its_data(server: Postgres) -> None:
    server.execute("CREATE TABLE kept (id int)")
    server.stop()
    assert not server.running
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.address, server.port), timeout=1)
    with pytest.raises(PostgresError, match="does not run"):
        server.freeze()
    server.start()
    assert server.execute("SELECT count(*) FROM kept") == [[0]]


def test_a_frozen_server_can_be_stopped(server: Postgres) -> None:
    server.freeze()
    server.stop()
    assert not server.running
    server.start()


def test_an_occupied_port_is_named_in_the_error(server: Postgres) -> None:
    server.stop()
    with closing(socket.create_server((server.address, server.port))), pytest.raises(PostgresError) as refused:
        server.start()
    assert "could not bind" in str(refused.value)
    assert str(server.port) in str(refused.value)
    server.start()


def test_the_server_dies_with_a_killed_parent_and_is_never_root(tmp_path: Path) -> None:
    port = free_port()
    program = f"""
import sys, time
from pathlib import Path
from sandbox.postgres import Postgres, Role
server = Postgres(Path({str(tmp_path)!r}), port={port}, database="shop", owner=Role(name="shop", password="x"))
server.start()
print(server._process.pid, flush=True)
server.freeze()
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        assert Path(f"/proc/{server}").stat().st_uid != 0
        parent.send_signal(signal.SIGKILL)
    limit = time.monotonic() + 10
    while accepts(port):
        assert time.monotonic() < limit, f"PostgreSQL {server} outlived its parent"
        time.sleep(0.02)
    owner = Role(name="shop", password="x")
    # What the killed one left behind is no hindrance.
    with Postgres(tmp_path, port=port, database="shop", owner=owner) as again:
        again.session(owner).close()
