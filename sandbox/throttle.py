"""DynamoDB throttles one function: microburst stands between it and the emulator."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

_READY_SECONDS = 10.0
RULE = {"service": "dynamodb", "error": {"code": "ProvisionedThroughputExceededException"}}


class Throttle:
    """A proxy that answers every DynamoDB call as an overloaded table does."""

    def __init__(self, upstream: str, port: int, log: Path) -> None:
        command = [str(Path(sys.executable).parent / "microburst"), "--upstream", upstream, "--port", str(port)]
        with log.open("ab") as sink:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink)
        self.url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + _READY_SECONDS
        while time.monotonic() < until:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
                break
            time.sleep(0.05)
        request = urllib.request.Request(
            f"{self.url}/_microburst/rules",
            data=json.dumps([RULE]).encode(),
            headers={"Content-Type": "application/json"},
            method="PATCH",
        )
        with urllib.request.urlopen(request, timeout=5):
            pass

    def close(self) -> None:
        """Ends the proxy."""
        self._process.kill()
        self._process.wait()
