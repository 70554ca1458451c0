"""The platform at work: DNS, PostgreSQL and Valkey behind TLS, the services' process, and its control plane."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import valkey
from pg8000.exceptions import DatabaseError, InterfaceError

from sandbox.blackhole import BlackHole
from sandbox.dns import Dns
from sandbox.fargate.authority import Authority
from sandbox.fargate.control_plane import ControlPlane
from sandbox.fargate.estate import RAW_PORT_OFFSET, Estate, auditor_side, platform_side
from sandbox.fargate.front import TlsFront
from sandbox.fargate.owner import owner_client
from sandbox.fargate.process import READY, Place
from sandbox.fargate.valkey import Valkey
from sandbox.instance import ROOT, Instance
from sandbox.postgres import MONITORING_SCRIPT, Postgres, Role, monitoring_role

_NODE_SETTINGS = ("maxmemory 64mb", "maxmemory-policy noeviction")
"""A node of ElastiCache always has a limit."""
_HEALTHY_BACKLOG = 3
_ROOM_BYTES = 6 * 1024 * 1024
"""What a queue may take of a cache that is to become full."""
_AT_ONCE = 500

Side = Callable[[str, int], tuple[str, int]]
"""Where who dials an address ends: ``auditor_side`` or ``platform_side``."""

PATIENCE_SECONDS = 3.0
"""What the 30 s that a service waits for a neighbour are where a minute takes ten seconds, and a little less."""


class PlatformError(RuntimeError):
    """When a part of the platform does not start."""


class FargatePlatform:
    """Everything that is audited. The thread that starts it must live as long as it does.

    In order: ``prepare``, then what an incident changes, then ``run``; after a later change ``run`` again, which starts
    the services anew, as a deployment would.
    """

    def __init__(self, instance: Instance, estate: Estate, *, patience: float = PATIENCE_SECONDS) -> None:
        self.estate = estate
        self._instance = instance
        self._folder = instance.path
        self._patience = patience
        self.names: dict[str, tuple[str, ...]] = {name: (address,) for name, address in estate.names.items()}
        self._dns = Dns(address="127.0.0.1", port=instance.dns_port, names=self.names)
        database, cache, credentials = estate.database, estate.cache.store, estate.credentials
        self._raw_database = platform_side(database.store.address, database.store.port + RAW_PORT_OFFSET)
        self._raw_cache = platform_side(cache.address, cache.port + RAW_PORT_OFFSET)
        self._owner = Role(name=database.application_role, password=credentials.application_password)
        self.postgres = Postgres(
            self._folder / "postgres",
            address=self._raw_database[0],
            port=self._raw_database[1],
            database=database.database,
            owner=self._owner,
            roles=(monitoring_role(database.monitoring_role, credentials.monitoring_password),),
            settings={"rds.force_ssl": "1"},  # as RDS does from PostgreSQL 15 on; the front before it sees to it
            superuser=Role(name="rdsadmin", password=os.urandom(12).hex()),  # RDS has no role called postgres either
        )
        self._valkey = Valkey(
            self._raw_cache, credentials.cache_token, self._folder / "valkey.log", settings=_NODE_SETTINGS
        )
        self._valkey = Valkey(self._raw_cache, credentials.cache_token, self._folder / "valkey.log")
        self._authority = Authority(self._folder)
        self._fronts: dict[tuple[str, int], TlsFront] = {}
        self._holes: dict[tuple[str, int], BlackHole] = {}
        self._fillers: list[Any] = []
        self._services: subprocess.Popen[bytes] | None = None
        self._clients: dict[str, Any] = {}
        self.control_plane = ControlPlane(self.aws, estate, instance.endpoint)

    def aws(self, service: str) -> Any:
        """A client of the emulator with the owner's rights; made once, since that costs more than a call."""
        if service not in self._clients:
            self._clients[service] = owner_client(self._instance.endpoint, service)
        return self._clients[service]

    def prepare(self) -> None:
        """The data stores, the names and the control plane, healthy; nobody uses them yet."""
        database, cache = self.estate.database, self.estate.cache.store
        for name in (self.estate.certificate, database.store.name, cache.name):
            self._authority.issue(name)
        shown = self._authority.certificates
        of_database, of_cache = (shown.server_context(store.name) for store in (database.store, cache))
        self._dns.start()
        self.postgres.start()
        if not self._instance.real:  # real software makes its own schema
            for statement in database.schema:
                self.postgres.execute(statement)
            self._show_versions()
        self._valkey.start()
        self._push(0, _HEALTHY_BACKLOG)
        for side in (auditor_side, platform_side):
            at = side(database.store.address, database.store.port)
            self._fronts[at] = TlsFront(at, self._raw_database, of_database, postgres=True)
            at = side(cache.address, cache.port)
            self._fronts[at] = TlsFront(at, self._raw_cache, of_cache)
        self.control_plane.seed()

    def run(self) -> None:
        """Starts the services from what the control plane says now; returns when they listen."""
        self._stop_services()
        place = Place(
            network=self.estate.network,
            endpoint=self._instance.endpoint,
            resolver_port=self._instance.dns_port,
            folder=str(self._folder),
            canary_key=self.estate.credentials.canary_key,
            patience=self._patience,
            real=self._instance.real,
        )
        log_path = self._folder / "services.log"
        with log_path.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", self.estate.services_module],
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
        if self._instance.real:
            self._show_versions()

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

    def swallow(self, address: str, port: int, *, sides: Sequence[Side] = (auditor_side, platform_side)) -> None:
        """From now on nobody, or who dials on one side, gets an answer there; what served there is closed."""
        for side in sides:
            at = side(address, port)
            front = self._fronts.pop(at, None)
            if front is not None:
                front.close()
            if at not in self._holes:
                self._holes[at] = BlackHole(*at)

    def register_dead_task(self, service: str, address: str) -> None:
        """A task of the service went away without leaving Cloud Map: its name leads there too, and nobody answers."""
        of = self.estate.service(service)
        self.swallow(address, of.port)
        self.control_plane.register(service, f"{service}-task-earlier", address)
        name = self.estate.internal(service)
        if address not in self.names[name]:
            self.names[name] = (*self.names[name], address)

    def recreate_registry(self, service: str) -> None:
        """Somebody made the Cloud Map service anew; the tasks run on, and nobody registers them there."""
        self.control_plane.recreate_registry(service)
        self.names.pop(self.estate.internal(service), None)

    def take_cache_away(self) -> None:
        """No cache was ever deployed. The settings that name it are the services' and stay theirs."""
        store = self.estate.cache.store
        if self.names.pop(store.name, None) is None:
            return  # an incident before this one took it away
        self.control_plane.remove_cache()
        for side in (auditor_side, platform_side):
            self._fronts.pop(side(store.address, store.port)).close()
        self._valkey.stop()

    def fill_cache(self) -> int:
        """Messages that nobody reads, until the cache takes no more; returns how many."""
        owner = self._valkey.owner()
        owner.config_set("maxmemory", int(owner.info("memory")["used_memory"]) + _ROOM_BYTES)
        owner.close()
        pushed = _HEALTHY_BACKLOG
        with suppress(valkey.ResponseError):
            while True:
                self._push(pushed, _AT_ONCE)
                pushed += _AT_ONCE
        return pushed

    def let_certificate_expire(self) -> None:
        """The load balancers' certificate ended yesterday and was not renewed."""
        self._authority.issue(self.estate.certificate, left=timedelta(days=-1))

    def fill_database_slots(self) -> int:
        """Holds every connection that an ordinary role gets; returns how many."""
        with suppress(DatabaseError):
            while True:
                self._fillers.append(self.postgres.session(self._owner))
        return len(self._fillers)

    def free_database_slots(self) -> None:
        """Gives them back."""
        while self._fillers:
            with suppress(DatabaseError, InterfaceError, OSError):
                self._fillers.pop().close()

    def _push(self, first: int, count: int) -> None:
        """Messages of these numbers, as a producer pushes them: one command each."""
        cache, owner = self.estate.cache, self._valkey.owner()
        try:
            pipeline = owner.pipeline(transaction=False)
            for number in range(first, first + count):
                pipeline.lpush(cache.queue, cache.envelope(number))
            pipeline.execute()
        finally:
            owner.close()

    def _show_versions(self) -> None:
        """The auditor's role may read the tables of versions, as their owner lets it once they exist."""
        versions = ",".join(self.estate.database.versions)
        role = self.estate.database.monitoring_role
        self.postgres.run_script(MONITORING_SCRIPT, role=role, versions=versions, keep_password="yes")

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
