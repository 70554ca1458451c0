"""The audited platform of the sandbox: a real PostgreSQL, a real web site, a DNS; made to be broken and mended."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from sandbox.blackhole import BlackHole
from sandbox.dns import Dns
from sandbox.estate import APPLICATION_ROLE, DATABASE, DATABASE_PORT, MONITORING_ROLE, WEB_PORT, Estate
from sandbox.instance import ROOT, Instance
from sandbox.postgres import Postgres, Role, monitoring_role
from sandbox.website import PASSWORD_VARIABLE

_READY_SECONDS = 15.0


class PlatformError(RuntimeError):
    """When a part of the sandbox's platform does not start."""


class SandboxPlatform:
    """Everything that is audited. The thread that starts it must live as long as it does."""

    def __init__(self, instance: Instance, estate: Estate) -> None:
        self._folder = instance.path
        self.estate = estate
        self._dns = Dns(address="127.0.0.1", port=instance.dns_port, names=estate.names)
        outer, port = estate.auditor_side(estate.database_address, DATABASE_PORT)
        inner, _ = estate.platform_side(estate.database_address, DATABASE_PORT)
        self.database_addresses = (inner, outer)
        self.database_port = port
        self.postgres = Postgres(
            self._folder / "postgres",
            address=inner,
            also_on=(outer,),
            port=port,
            database=DATABASE,
            owner=Role(name=APPLICATION_ROLE, password=estate.application_password),
            roles=(monitoring_role(MONITORING_ROLE, estate.monitoring_password),),
        )
        self._web: subprocess.Popen[bytes] | None = None
        self._holes: list[BlackHole] = []

    @property
    def mode_file(self) -> Path:
        """What the web site reads its misbehaviour from."""
        return self._folder / "web-mode"

    def start(self) -> None:
        """Starts all of it; returns when all of it answers."""
        self._dns.start()
        self.postgres.start()
        self.postgres.execute("CREATE TABLE IF NOT EXISTS orders (id serial PRIMARY KEY, item text NOT NULL)")
        self.postgres.execute("INSERT INTO orders (item) SELECT 'item ' || n FROM generate_series(1, 3) AS n")
        self.postgres.execute(f"GRANT SELECT ON orders TO {APPLICATION_ROLE}")
        self._start_web()

    def stop(self) -> None:
        """Stops all of it."""
        self.fill_holes()
        if self._web is not None:
            self._web.kill()
            self._web.wait()
        self.postgres.stop()
        self._dns.stop()

    def dig_holes(self, *addresses: str) -> None:
        """Makes the database's addresses swallow every connection attempt; they must be free."""
        self._holes += [BlackHole(address, self.database_port) for address in addresses]

    def fill_holes(self) -> None:
        """The addresses are free again."""
        while self._holes:
            self._holes.pop().close()

    def _start_web(self) -> None:
        self.mode_file.unlink(missing_ok=True)
        host, port = self.estate.auditor_side(self.estate.web_address, WEB_PORT)
        inner, database_port = self.database_addresses[0], self.database_port
        command = [sys.executable, "-m", "sandbox.website", "--at", f"{host}:{port}"]
        command += ["--database", f"{inner}:{database_port}", "--mode-file", str(self.mode_file)]
        environment = {**os.environ, PASSWORD_VARIABLE: self.estate.application_password}
        with (self._folder / "website.log").open("ab") as log:
            self._web = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until = time.monotonic() + _READY_SECONDS
        while not _accepts(host, port):
            if time.monotonic() > until or self._web.poll() is not None:
                raise PlatformError(f"the web site does not serve at {host}:{port}; see {self._folder / 'website.log'}")
            time.sleep(0.05)


def _accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=0.5).close()
    except OSError:
        return False
    return True
