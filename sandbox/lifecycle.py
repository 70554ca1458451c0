"""A sandbox's life as seen from outside: start it, find it, change it, end it."""

import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from sandbox.faults import FAULTS
from sandbox.instance import Instance, forget_instance, read_instance

_READY_SECONDS = 40.0
_DOWN_SECONDS = 15.0
_CHANGE_SECONDS = 60.0


class LifecycleError(RuntimeError):
    """When a sandbox cannot be started, found or changed; the message says where to look."""


def running(folder: Path) -> Instance | None:
    """The sandbox that runs in a folder, or None; what a killed one left behind is cleared away."""
    instance = read_instance(folder)
    if instance is None:
        return None
    if _alive(instance.pid):
        return instance
    down(folder)
    return None


def start(instance: Instance) -> Instance:
    """Starts a sandbox in the background; returns when its platform and its emulator answer."""
    _refuse_taken_ports(instance)
    instance.path.mkdir(parents=True, exist_ok=True)
    log_path = instance.path / "supervisor.log"
    # No Popen object: this process neither waits for the sandbox nor ends it, it leaves it running.
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "sandbox.supervisor", json.dumps(asdict(instance))],
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log_path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    until = time.monotonic() + _READY_SECONDS
    try:
        while time.monotonic() < until:
            found = read_instance(instance.path)
            if found is not None and found.pid == pid:
                return found
            if not _alive(pid):
                break
            time.sleep(0.05)
    except KeyboardInterrupt:
        _end(pid)
        raise
    _end(pid)
    tail = log_path.read_text(encoding="utf-8", errors="replace")[-1500:]
    raise LifecycleError(f"the sandbox did not start; {log_path} ends with:\n{tail}")


def down(folder: Path) -> str:
    """Ends a sandbox and everything that it started; says what was done."""
    instance = read_instance(folder)
    if instance is None:
        return "no sandbox runs"
    _end(instance.pid)
    # A supervisor that was killed could not end the emulator's group; one that ended by itself has.
    if _alive(instance.emulator_pid):
        with suppress(ProcessLookupError):
            os.killpg(instance.emulator_pid, signal.SIGKILL)
    forget_instance(folder)
    return "the sandbox is down"


def change(folder: Path, verb: str, what: str) -> str:
    """Breaks or mends a part of a running sandbox; says what was done."""
    if what not in FAULTS:
        raise LifecycleError(f"{verb} {what!r}: allowed are {', '.join(FAULTS)}")
    instance = running(folder)
    if instance is None:
        raise LifecycleError("no sandbox runs; start it with `make audit`")
    request = urllib.request.Request(f"http://127.0.0.1:{instance.control_port}/{verb}/{what}", method="POST", data=b"")
    try:
        with urllib.request.urlopen(request, timeout=_CHANGE_SECONDS):
            pass
    except urllib.error.HTTPError as error:
        raise LifecycleError(f"{verb} {what} failed: {json.load(error).get('error')}") from error
    return f"broken: {FAULTS[what].what}" if verb == "break" else f"mended, so no longer: {FAULTS[what].what}"


def list_faults() -> str:
    """What can be broken, a line each."""
    width = max(len(name) for name in FAULTS)
    return "\n".join(f"  {name:<{width}}  {fault.what}" for name, fault in FAULTS.items())


def _refuse_taken_ports(instance: Instance) -> None:
    for port in (instance.emulator_port, instance.control_port, instance.dns_port):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise LifecycleError(
                    f"port {port} of 127.0.0.1 is taken, maybe by another checkout's sandbox: `make down` there ends it"
                ) from error


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + _DOWN_SECONDS
    while _alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    if _alive(pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _alive(pid: int) -> bool:
    """Whether a process lives; one that ended and was not yet waited for does not."""
    if pid <= 0:
        return False
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] != "Z"
        )
    except OSError:
        return False
