"""A real MLflow server in the stand-in's place (``make audit ESTATE=hokusai MLFLOW=real``); see `make mlflow`."""

import http.client
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from sandbox import tether
from sandbox.fargate.dialling import Dialler
from sandbox.fargate.task import Task
from sandbox.instance import ROOT

ENVIRONMENT = ROOT / ".build" / "mlflow"
_LAUNCHER = Path(__file__).with_name("mlflow_launcher.py")
_QUESTION = "/api/2.0/mlflow/experiments/search?max_results=1"
_START_SECONDS = 60.0
_MEMORY_BYTES = 2 * 1024**3
"""Of data; it needs 190 MB."""


class MlflowError(RuntimeError):
    """When the server is not installed or does not start."""


def installed() -> bool:
    """Whether `make mlflow` has come to its end."""
    return (ENVIRONMENT / ".installed").exists()


def start_mlflow(
    task: Task, dialler: Dialler, addresses: tuple[tuple[str, int], ...], folder: Path
) -> subprocess.Popen[bytes]:
    """Starts it with what its task definition says and its artifacts below ``folder``; returns when it answers.

    It logs in at its start and ends when the database refuses: then, and after 60 s, this raises MlflowError. It dies
    with the thread that called this.
    """
    if not installed():
        raise MlflowError("a real MLflow is not installed; `make mlflow` does it")
    at = ",".join(f"{host}:{port}" for host, port in addresses)
    command = [sys.executable, "-I", "-S", tether.__file__, str(os.getpid())]
    command += [str(ENVIRONMENT / "bin" / "python"), "-I", str(_LAUNCHER), at]
    command += ["server", "--static-prefix", "/mlflow", "--workers", "1"]
    command += ["--allowed-hosts", task.environment["MLFLOW_ALLOWED_HOSTS"]]
    artifacts = folder / "mlflow-artifacts"
    environment = {
        "PATH": os.defpath,
        "HOME": str(folder),
        "MLFLOW_BACKEND_STORE_URI": _dialled(task.environment["BACKEND_STORE_URI"], dialler),
        "MLFLOW_DEFAULT_ARTIFACT_ROOT": task.environment["DEFAULT_ARTIFACT_ROOT"],
        "MLFLOW_ARTIFACTS_DESTINATION": str(artifacts),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # would start further processes
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    log_path = folder / "mlflow.log"
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    resource.prlimit(process.pid, resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))
    until = time.monotonic() + _START_SECONDS
    host = task.environment["MLFLOW_ALLOWED_HOSTS"].partition(",")[0]
    while not all(_answers(address, host) for address in addresses):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            process.wait()
            raise MlflowError(f"MLflow does not start; see {log_path}. It ends where the database refuses its login")
        time.sleep(0.05)
    return process


def _dialled(uri: str, dialler: Dialler) -> str:
    """The URI with the address that the sandbox's DNS has for its host; libpq would ask the machine's resolver."""
    parts = urlsplit(uri)
    rcode, found = dialler.look_up(parts.hostname or "")
    if not found:
        raise MlflowError(f"the host of BACKEND_STORE_URI has no address: {rcode}")
    address, _ = dialler.side(found[0], parts.port or 5432)
    return urlunsplit(parts._replace(query=f"{parts.query}&hostaddr={address}"))


def _answers(address: tuple[str, int], host: str) -> bool:
    """Whether it has read its store: the first time takes longer than its callers wait."""
    connection = http.client.HTTPConnection(*address, timeout=_START_SECONDS)
    try:
        connection.request("GET", _QUESTION, headers={"Host": host})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
