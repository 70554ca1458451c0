"""The real ``cdk bootstrap`` and ``cdk deploy`` of the real stack, against the emulator."""

import json
import os
import subprocess
import sys
from pathlib import Path

from sandbox.instance import ACCOUNT, REGION, ROOT, STAGE, Instance
from sandbox.platforms import catalogue_of

STACK = f"HealthAuditor-{STAGE}"
_LIMIT_SECONDS = 300


class DeployError(RuntimeError):
    """When a CDK command fails; the message names its log."""


def synthesize(assembly: Path, log: Path, *, estate: str = "minimal", incident: str = "") -> None:
    """Synthesizes the sandbox's stage for an estate and the catalogue that its owner has in the incident.

    Needs no emulator, so it can run while that starts.
    """
    catalogue = assembly.with_name(f"{assembly.name}-catalogue.yaml")
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    catalogue.write_text(catalogue_of(estate, incident), encoding="utf-8")
    command = ["synth", "--quiet", "--no-validation", "-c", f"stage={STAGE}", "--output", str(assembly)]
    _run([*command, "-c", f"catalogue={catalogue.resolve()}"], {}, log)


def bootstrap(instance: Instance, log: Path) -> None:
    """The real bootstrap stack of the emulator's account."""
    _run(["bootstrap", f"aws://{ACCOUNT}/{REGION}"], instance.aws_environment(), log, app=None)


def deploy(instance: Instance, assembly: Path, log: Path) -> dict[str, str]:
    """Deploys a synthesized stack; returns its outputs."""
    outputs = assembly.parent / f"{assembly.name}-outputs.json"
    command = ["deploy", STACK, "--exclusively", "--require-approval", "never", "--outputs-file", str(outputs)]
    _run(command, instance.aws_environment(), log, app=assembly)
    found: dict[str, dict[str, str]] = json.loads(outputs.read_text(encoding="utf-8"))
    return found[STACK]


def _run(arguments: list[str], environment: dict[str, str], log: Path, app: Path | None = None) -> None:
    programs = Path(sys.executable).parent
    command = [str(programs / "cdk"), *arguments]
    if app is not None:
        command += ["--app", str(app)]
    # Credentials of the host's own never reach the deployer: it can only ever talk to the emulator.
    host = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    variables = {**host, **environment, "PATH": f"{programs}:{host.get('PATH', '')}", "CI": "true", "NO_COLOR": "1"}
    cwd = ROOT if arguments[0] != "bootstrap" else log.parent  # outside the project cdk asks for no app
    with log.open("ab") as sink:
        sink.write(f"\n$ cdk {' '.join(arguments)}\n".encode())
        sink.flush()
        done = subprocess.run(
            command,
            cwd=cwd,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            timeout=_LIMIT_SECONDS,
            check=False,
        )
    if done.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise DeployError(f"cdk {arguments[0]} ended with {done.returncode}; {log} ends with:\n{tail}")
