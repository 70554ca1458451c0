"""A function started as Lambda starts it: the real ``awslambdaric`` against a Runtime API, from the unpacked assets.

The protocol is that of "Using the Lambda runtime API for custom runtimes" (Lambda guide); the same server is also AWS.
"""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor import names
from infra.build import RUNTIME_VERSION, Assets, build_assets, find_interpreter

ROOT = Path(__file__).resolve().parents[2]
RUNTIME_CLIENT = "awslambdaric==4.2.2"
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """An interpreter with everything that a function finds in Lambda: its code, both layers, the runtime's client."""

    interpreter: Path
    version: str
    paths: tuple[Path, ...]

    @property
    def task(self) -> Path:
        """The folder that stands for /var/task."""
        return self.paths[0]


def unpacked_runtime(folder: Path, catalogue: Mapping[str, str]) -> Runtime:
    """The assets of a catalogue for the runtime's own Python where that and its client are found, else for this one."""
    assets = build_assets(ROOT, "bench", catalogue, byte_code_required=False)
    interpreter = find_interpreter()
    client = _client_for(interpreter) if interpreter else None
    paths = _unpacked(folder, assets)
    if interpreter is not None and client is not None:
        return Runtime(interpreter=interpreter, version="{}.{}".format(*RUNTIME_VERSION), paths=(*paths, client))
    here = Path(sys.executable)
    for path in paths:
        # unchecked-hash, as the build does for the runtime's own version
        command = [str(here), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(path)]
        subprocess.run(command, check=True)
    site = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    client = folder / "client"
    client.mkdir()
    for part in ("awslambdaric", "simplejson", "snapshot_restore_py.py"):
        (client / part).symlink_to(site / part)
    for native in site.glob("runtime_client*.so"):
        (client / native.name).symlink_to(native)
    return Runtime(interpreter=here, version="{}.{}".format(*sys.version_info[:2]), paths=(*paths, client))


def _client_for(interpreter: Path) -> Path | None:
    folder = ROOT / ".build" / "bench" / "{}-{}.{}".format(RUNTIME_CLIENT, *RUNTIME_VERSION)
    if not folder.is_dir():
        command = [str(interpreter), "-m", "pip", "install", "--quiet", "--target", str(folder), RUNTIME_CLIENT]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return None
    return folder


def _unpacked(folder: Path, assets: Assets) -> tuple[Path, ...]:
    paths = []
    for name, archive in (("task", assets.code), ("auditor", assets.auditor_layer), ("deps", assets.dependency_layer)):
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(folder / name)
        paths.append(folder / name if name == "task" else folder / name / "python")
    return tuple(paths)


@dataclass(frozen=True, kw_only=True)
class Start:
    """Processor time in milliseconds until the function asked for its first event, or until it answered that."""

    cpu_ms: float
    answer: dict[str, Any] | None


def start(runtime: Runtime, function: str, event: Mapping[str, Any] | None = None) -> Start:
    """Starts a function in a fresh process and ends it when it is ready, or when it has answered ``event``."""
    with _Host(event) as host:
        environment = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": os.pathsep.join(str(path) for path in runtime.paths),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{host.server_port}",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{host.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "LAMBDA_TASK_ROOT": str(runtime.task),
            "_HANDLER": f"functions.{function}.handler.handler",
            names.ENV_STAGE: "bench",
            names.ENV_CATALOGUE: names.CATALOGUE_FILE,
            names.ENV_TABLE: "bench",
            names.ENV_BUCKET: "bench",
        }
        handler = environment["_HANDLER"]
        command = [str(runtime.interpreter), "-S", "-m", "awslambdaric", handler]
        process = subprocess.Popen(command, env=environment, cwd=runtime.task, stdout=subprocess.DEVNULL)
        try:
            if not host.done.wait(_PATIENCE_SECONDS):
                raise TimeoutError(f"{handler} was not ready within {_PATIENCE_SECONDS:g} s")
        finally:
            process.send_signal(signal.SIGKILL)
            _, _, used = os.wait4(process.pid, 0)
            process.returncode = -signal.SIGKILL
        if host.error:
            raise RuntimeError(f"{handler} failed: {host.error[:2000]}")
        return Start(cpu_ms=(used.ru_utime + used.ru_stime) * 1000, answer=host.answer)


def bare_cpu_ms(runtime: Runtime, statement: str = "pass") -> float:
    """Processor time of the interpreter alone, or with a statement."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(str(path) for path in runtime.paths)}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    process = subprocess.Popen([str(runtime.interpreter), "-S", "-c", statement], env=environment)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = status
    return (used.ru_utime + used.ru_stime) * 1000


class _Host(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, event: Mapping[str, Any] | None) -> None:
        super().__init__(("127.0.0.1", 0), _Api)
        self.event = event
        self.done = threading.Event()
        self.error = ""
        self.answer: dict[str, Any] | None = None

    def __enter__(self) -> "_Host":
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Api(http.server.BaseHTTPRequestHandler):
    """The Runtime API under /2018-06-01/runtime; everything else is an AWS call, which succeeds."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # else each header is a packet of its own
    disable_nagle_algorithm = True
    server: _Host

    def do_GET(self) -> None:
        if self.server.event is None or self.server.answer is not None:
            self.server.done.set()
            threading.Event().wait(_PATIENCE_SECONDS)
            return
        deadline = str(int((time.time() + 30) * 1000))
        headers = {"Lambda-Runtime-Aws-Request-Id": "bench-1", "Lambda-Runtime-Deadline-Ms": deadline}
        headers["Lambda-Runtime-Invoked-Function-Arn"] = "arn:aws:lambda:us-east-1:123456789012:function:bench"
        # without a content type the runtime's native client crashes
        self._answer(200, json.dumps(self.server.event).encode(), {**headers, "Content-Type": "application/json"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.endswith("/response"):
            self.server.answer = json.loads(body)
            self.server.done.set()
        elif self.path.endswith("/error"):
            self.server.error = body.decode()
            self.server.done.set()
        self._answer(202 if "/runtime/" in self.path else 200, b"{}", {"Content-Type": "application/x-amz-json-1.0"})

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(200, b"", {"ETag": '"bench"'})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def handle(self) -> None:
        """One connection; the function's process is ended in the middle of it."""
        with suppress(ConnectionResetError, BrokenPipeError):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the table is the bench's output."""
