"""The process that holds one sandbox: it starts emulator and platform, breaks and mends on request, and ends them all.

``python -m sandbox.supervisor INSTANCE_JSON``. Requests are served one after the other by the main thread, because the
kernel ties a tethered child to the thread that started it.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import FrameType
from typing import Any

from auditor.names import ENV_COMMIT_WAIT, ENV_SANDBOX_NETWORK, ENV_SANDBOX_PACE
from sandbox import platforms
from sandbox.estate import (
    APPLICATION_ROLE,
    APPLICATION_SECRET,
    MONITORING_ROLE,
    MONITORING_SECRET,
    Estate,
)
from sandbox.faults import FAULTS, World
from sandbox.instance import ROOT, Instance, forget_instance, write_instance
from sandbox.platform import SandboxPlatform

COMMIT_WAIT_SECONDS = 7
"""Of the ten that a minute takes: latencies are real here, and a page that is slow three times takes nearly six."""
_EMULATOR_READY_SECONDS = 20.0
_STOP_SECONDS = 5.0

Changes = Mapping[tuple[str, str], Callable[[], None]]
"""What can be done to a platform while it runs, by verb and name."""


def start_emulator(instance: Instance, ends: ExitStack) -> subprocess.Popen[bytes]:
    """Starts the emulator in a process group of its own; returns when it answers. ``ends`` will end it."""
    command = [sys.executable, "-m", "sandbox.emulator", "--port", str(instance.emulator_port)]
    command += [
        "--state-dir",
        str(instance.path / "emulator"),
        "--seconds-per-minute",
        str(instance.seconds_per_minute),
    ]
    command += ["--auth"] if instance.auth else []
    variables = {
        ENV_SANDBOX_NETWORK: instance.resolver,
        ENV_SANDBOX_PACE: f"{instance.seconds_per_minute:g}",
        ENV_COMMIT_WAIT: str(COMMIT_WAIT_SECONDS),
        **platforms.function_variables(instance),
    }
    for name, value in variables.items():
        command += ["--function-env", f"{name}={value}"]
    with (instance.path / "emulator.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        ends.callback(stop_group, process)
    until = time.monotonic() + _EMULATOR_READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with (
            suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(instance.endpoint + "/_sandbox/time", timeout=1),
        ):
            return process
        time.sleep(0.05)
    raise RuntimeError(f"the emulator does not answer at {instance.endpoint}; see {instance.path / 'emulator.log'}")


def stop_group(process: subprocess.Popen[bytes]) -> None:
    """Ends a process that leads its group, and the whole group with it."""
    with suppress(ProcessLookupError):
        process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def seed_secrets(world: World, estate: Estate) -> None:
    """The platform's secrets, as its owner would have put them."""
    manager = world.aws("secretsmanager")
    for name, user, password in (
        (APPLICATION_SECRET, APPLICATION_ROLE, estate.application_password),
        (MONITORING_SECRET, MONITORING_ROLE, estate.monitoring_password),
    ):
        manager.create_secret(Name=name, SecretString=json.dumps({"username": user, "password": password}))


def start_minimal(instance: Instance, ends: ExitStack) -> Changes:
    """Starts the web site and its database; returns what can be broken and mended. ``ends`` will end it."""
    estate = Estate(network=instance.network)
    platform = SandboxPlatform(instance, estate)
    world = World(platform, instance)
    ends.callback(platform.stop)
    ends.callback(world.stop)
    seed_secrets(world, estate)
    platform.start()
    broken = {("break", name): partial(fault.break_, world) for name, fault in FAULTS.items()}
    return broken | {("mend", name): partial(fault.mend, world) for name, fault in FAULTS.items()}


class _Control(BaseHTTPRequestHandler):
    server: "_ControlServer"

    def do_POST(self) -> None:
        verb, _, what = self.path.strip("/").partition("/")
        change = self.server.changes.get((verb, what))
        if change is None:
            allowed = ", ".join(f"{verb} {what}" for verb, what in self.server.changes)
            self._answer(404, {"error": f"{verb} {what}: allowed are {allowed}"})
            return
        try:
            change()
        except Exception as error:  # noqa: BLE001 - the person who asked is told; the sandbox goes on
            self._answer(500, {"error": f"{type(error).__name__}: {error}"})
            return
        self._answer(200, {"done": f"{verb} {what}"})

    def do_GET(self) -> None:
        self._answer(200, {"changes": [f"{verb} {what}" for verb, what in self.server.changes]})

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the supervisor's log is for its own trouble."""


class _ControlServer(HTTPServer):
    def __init__(self, port: int, changes: Changes) -> None:
        super().__init__(("127.0.0.1", port), _Control)
        self.changes = changes


def serve(instance: Instance) -> None:
    """Holds the sandbox until SIGTERM or SIGINT; whatever was started by then is ended."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    for old in ("emulator", "postgres"):
        # Every start is a fresh estate with passwords of its own; what an earlier one left would contradict it.
        shutil.rmtree(instance.path / old, ignore_errors=True)
    instance.path.mkdir(parents=True, exist_ok=True)
    with ExitStack() as ends:
        emulator = start_emulator(instance, ends)
        start = platforms.start if instance.estate in platforms.FARGATE else start_minimal
        changes = start(instance, ends)
        ends.callback(forget_instance, instance.path)
        with _ControlServer(instance.control_port, changes) as server:
            write_instance(replace(instance, pid=os.getpid(), emulator_pid=emulator.pid))
            server.serve_forever(poll_interval=0.1)


def _leave(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # a second signal must not interrupt the clearing up
    sys.exit(0)


if __name__ == "__main__":
    serve(Instance(**json.loads(sys.argv[1])))
