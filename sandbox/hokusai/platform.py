"""The platform at work: DNS, PostgreSQL and Valkey behind TLS, the services' process, and its control plane."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import boto3
from pg8000.exceptions import DatabaseError, InterfaceError

from sandbox.blackhole import BlackHole
from sandbox.dns import Dns
from sandbox.hokusai.authority import issue
from sandbox.hokusai.estate import (
    APPLICATION_ROLE,
    DATABASE,
    DATABASE_PORT,
    MONITORING_ROLE,
    RAW_PORT_OFFSET,
    REDIS_NAME,
    REDIS_PORT,
    HokusaiEstate,
    auditor_side,
    platform_side,
)
from sandbox.hokusai.front import TlsFront
from sandbox.hokusai.seed import ControlPlane
from sandbox.hokusai.services import READY, Place
from sandbox.hokusai.valkey import Valkey
from sandbox.instance import REGION, ROOT, Instance
from sandbox.postgres import Postgres, Role, monitoring_role

PATIENCE_SECONDS = 3.0
"""What the API's 30 s for MLflow are in a sandbox whose minute takes ten seconds, and a little less."""


class PlatformError(RuntimeError):
    """When a part of the platform does not start."""


class HokusaiPlatform:
    """Everything that is audited. The thread that starts it must live as long as it does.

    In order: ``prepare``, then what an incident changes, then ``run``; after a later change ``run`` again, which starts
    the services anew, as a deployment would.
    """

    def __init__(self, instance: Instance, estate: HokusaiEstate, *, patience: float = PATIENCE_SECONDS) -> None:
        self.estate = estate
        self._instance = instance
        self._folder = instance.path
        self._patience = patience
        self.names = dict(estate.names)
        self._dns = Dns(address="127.0.0.1", port=instance.dns_port, names=self.names)
        self._raw_database = platform_side(estate.database, DATABASE_PORT + RAW_PORT_OFFSET)
        self._raw_redis = platform_side(estate.redis, REDIS_PORT + RAW_PORT_OFFSET)
        self.postgres = Postgres(
            self._folder / "postgres",
            address=self._raw_database[0],
            port=self._raw_database[1],
            database=DATABASE,
            owner=Role(name=APPLICATION_ROLE, password=estate.application_password),
            roles=(monitoring_role(MONITORING_ROLE, estate.monitoring_password),),
            superuser=Role(name="rdsadmin", password=os.urandom(12).hex()),  # RDS has no role called postgres either
        )
        self._valkey = Valkey(self._raw_redis, estate.redis_token, self._folder / "valkey.log")
        self._fronts: dict[tuple[str, int], TlsFront] = {}
        self._holes: dict[tuple[str, int], BlackHole] = {}
        self._fillers: list[Any] = []
        self._services: subprocess.Popen[bytes] | None = None
        self._clients: dict[str, Any] = {}
        self.control_plane = ControlPlane(self.aws, estate)

    def aws(self, service: str) -> Any:
        """A client of the emulator with the owner's rights; made once, since that costs more than a call."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self._instance.endpoint,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self._clients[service]

    def prepare(self) -> None:
        """The data stores, the names and the control plane, healthy; nobody uses them yet."""
        context = issue(self._folder).server_context()
        self._dns.start()
        self.postgres.start()
        self.postgres.execute("CREATE TABLE experiments (experiment_id serial PRIMARY KEY, name text NOT NULL)")
        self.postgres.execute("INSERT INTO experiments (name) VALUES ('Default'), ('sales-lead-scoring')")
        self.postgres.execute(f"GRANT SELECT ON experiments TO {APPLICATION_ROLE}")
        self._valkey.start()
        for side in (auditor_side, platform_side):
            at = side(self.estate.database, DATABASE_PORT)
            self._fronts[at] = TlsFront(at, self._raw_database, context, postgres=True)
            at = side(self.estate.redis, REDIS_PORT)
            self._fronts[at] = TlsFront(at, self._raw_redis, context)
        self.control_plane.seed()

    def run(self) -> None:
        """Starts the services from what the control plane says now; returns when they listen."""
        self._stop_services()
        place = Place(
            network=self.estate.network,
            endpoint=self._instance.endpoint,
            resolver_port=self._instance.dns_port,
            folder=str(self._folder),
            canary_key=self.estate.canary_key,
            patience=self._patience,
        )
        log_path = self._folder / "services.log"
        with log_path.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "sandbox.hokusai.services"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self._services = process
        assert process.stdin is not None, "stdin is a pipe"
        assert process.stdout is not None, "stdout is a pipe"
        process.stdin.write(json.dumps(asdict(place)).encode() + b"\n")
        process.stdin.flush()
        if process.stdout.readline().decode().strip() != READY:  # its end is an empty line
            raise PlatformError(f"the services do not start; see {log_path}")

    def stop(self) -> None:
        """Stops all of it, also what was started half."""
        self._stop_services()
        self.free_database_slots()
        for front in self._fronts.values():
            front.close()
        for hole in self._holes.values():
            hole.close()
        self._fronts.clear()
        self._holes.clear()
        self._valkey.stop()
        self.postgres.stop()
        self._dns.stop()

    def swallow(self, address: str, port: int, *, auditor_only: bool = False) -> None:
        """From now on nobody, or the auditor alone, gets an answer there; what served there is closed."""
        for side in (auditor_side,) if auditor_only else (auditor_side, platform_side):
            at = side(address, port)
            front = self._fronts.pop(at, None)
            if front is not None:
                front.close()
            if at not in self._holes:
                self._holes[at] = BlackHole(*at)

    def take_redis_away(self) -> None:
        """No Redis was ever deployed."""
        if REDIS_NAME not in self.names:
            return  # an incident before this one took it away
        self.control_plane.change_api(REDIS_HOST=None, REDIS_PORT=None, REDIS_TLS_ENABLED=None, REDIS_AUTH_TOKEN=None)
        self.control_plane.remove_redis()
        self.names.pop(REDIS_NAME, None)
        for side in (auditor_side, platform_side):
            self._fronts.pop(side(self.estate.redis, REDIS_PORT)).close()
        self._valkey.stop()

    def fill_database_slots(self) -> int:
        """Holds every connection that an ordinary role gets; returns how many."""
        role = Role(name=APPLICATION_ROLE, password=self.estate.application_password)
        with suppress(DatabaseError):
            while True:
                self._fillers.append(self.postgres.session(role))
        return len(self._fillers)

    def free_database_slots(self) -> None:
        """Gives them back."""
        while self._fillers:
            with suppress(DatabaseError, InterfaceError, OSError):
                self._fillers.pop().close()

    def _stop_services(self) -> None:
        process, self._services = self._services, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
